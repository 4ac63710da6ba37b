//! `patchbay token`

use anyhow::{Result, bail};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    clock::{entropy, now},
    command::{self, Role},
    instance::{DEFAULT_WORKSPACE, open_store},
};

/// Makes a token, keeps its hash, prints it once.
///
/// # Errors
/// The workspace is unknown, or the store does not open.
pub async fn run(options: command::Token) -> Result<()> {
    let store = open_store(&options.settings.check()?)?;
    store.ensure_workspace(DEFAULT_WORKSPACE, now()).await?;
    let workspace = match &options.workspace {
        None => None,
        Some(slug) => match store.workspace(slug).await? {
            Some(workspace) => Some(workspace.id),
            None => bail!("there is no workspace \"{slug}\""),
        },
    };
    let token = format!("pb_{}", URL_SAFE_NO_PAD.encode(entropy()));
    store
        .add_token(store::Token {
            id: Uuid::new_v4(),
            hash: Sha256::digest(token.as_bytes()).into(),
            role: match options.role {
                Role::Admin => store::Role::Admin,
                Role::Viewer => store::Role::Viewer,
            },
            workspace,
            name: options.name,
            created_at: now(),
        })
        .await?;
    store.close().await;
    println!("{token}");
    Ok(())
}
