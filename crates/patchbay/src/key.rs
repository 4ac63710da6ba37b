//! The master key: given, read from its file, or made on a first start.

use std::{io::Write, path::Path};

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret;
use store::{Condition, MasterKey};

use crate::{
    clock::entropy,
    settings::{Checked, Usage},
};

/// Returns the key of the installation.
///
/// # Errors
/// The key is not 32 bytes in base64, its file can be neither read nor made, or it is missing where it is needed: a new key
/// opens nothing that was sealed with another one, and a database that is not ours needs none.
pub fn master_key(settings: &Checked) -> Result<MasterKey> {
    if let Some(key) = &settings.master_key {
        return MasterKey::from_base64(key.expose_secret())
            .context("PATCHBAY_MASTER_KEY is not 32 bytes in base64")
            .context(Usage);
    }
    let path = &settings.master_key_file;
    if !path.exists() {
        let condition = settings
            .database
            .condition()
            .with_context(|| format!("the database {} does not open", settings.database))?;
        ensure!(
            condition == Condition::Empty,
            "the master key file {} is not there: without it the secrets of {} stay sealed; bring it back",
            path.display(),
            settings.database
        );
        make(path).with_context(|| format!("the master key file {} cannot be made", path.display()))?;
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the master key file {} cannot be read", path.display()))?;
    MasterKey::from_base64(text.trim())
        .with_context(|| format!("the master key file {} does not hold 32 bytes in base64", path.display()))
}

/// Makes a key file that only its owner can read. It is kept apart from backups of the database: without it the sealed
/// secrets are lost, with it they are open.
fn make(path: &Path) -> std::io::Result<()> {
    // Another node may make it at the same time: one of the two is there whole, and both read that one.
    let draft = path.with_extension(format!("key-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{}", STANDARD.encode(entropy()))?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Ok(()) => {
            tracing::info!("a master key was made: {}", path.display());
            Ok(())
        }
        Err(error) => Err(error),
    }
}
