//! `patchbay replay`

use anyhow::{Context, Result, bail, ensure};
use domain::source::Source;

use crate::{clock::now, command, instance::open_store};

/// Marks the envelopes of a span as unread; a server on the same database reads them again.
///
/// # Errors
/// The span is empty, or the workspace or source unknown.
pub async fn run(options: command::Replay) -> Result<()> {
    ensure!(options.from < options.to, "--from must be before --to");
    let source = match &options.source {
        None => None,
        Some(word) => {
            Some(Source::from_word(word).with_context(|| format!("there is no source \"{word}\""))?)
        }
    };
    let store = open_store(&options.settings.check()?)?;
    let Some(workspace) = store.workspace(&options.workspace).await? else {
        bail!("there is no workspace \"{}\"", options.workspace)
    };
    let envelopes = store.replay(workspace.id, options.from, options.to, source, now()).await?;
    store.close().await;
    println!("{envelopes} envelopes are read again");
    Ok(())
}
