//! `patchbay replay`

use anyhow::{Result, anyhow, bail};
use domain::source::Source;

use crate::{clock::now, command, instance::open_store, settings::Usage};

/// Marks the envelopes of a span as unread; a server on the same database reads them again.
///
/// # Errors
/// The span is empty, or the workspace or source unknown.
pub async fn run(options: command::Replay) -> Result<()> {
    if options.from >= options.to {
        return Err(anyhow!("--from must be before --to").context(Usage));
    }
    let source = match &options.source {
        None => None,
        Some(word) => Some(
            Source::from_word(word).ok_or_else(|| anyhow!("there is no source \"{word}\"").context(Usage))?,
        ),
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
