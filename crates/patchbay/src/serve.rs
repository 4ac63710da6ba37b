//! `patchbay serve`

use std::io::IsTerminal;

use anyhow::{Result, bail};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    instance::Instance,
    settings::{Settings, Usage},
};

/// Serves until SIGTERM or SIGINT, or until nothing can be written any more.
///
/// # Errors
/// What kept it from starting or from going on.
pub async fn run(settings: Box<Settings>) -> Result<()> {
    let settings = settings.check()?;
    log(&settings.log)?;
    let instance = Instance::serve(settings).await?;
    println!("listening on http://{}", instance.address()?);
    tokio::select! {
        told = until_told() => told?,
        () = instance.is_broken() => {
            instance.stop().await?;
            bail!("nothing can be written any more, so this process ends: the next one looks at what is on the disk");
        }
    }
    tracing::info!("stopping");
    instance.stop().await
}

/// Libraries that tell what they were given: of phone numbers the one that reads them, of all that is kept PostgreSQL's
/// client. None of it is to stand in a log.
const SILENT: [&str; 2] = ["rlibphonenumber=off", "tokio_postgres=off"];

/// Logs to standard error.
///
/// # Errors
/// The filter cannot be read.
pub fn log(filter: &str) -> Result<()> {
    let mut filter = EnvFilter::try_new(filter).map_err(|error| {
        anyhow::anyhow!("PATCHBAY_LOG: \"{filter}\" is not a log filter: {error}").context(Usage)
    })?;
    for silent in SILENT {
        filter = filter.add_directive(silent.parse()?);
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
}

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// The signals cannot be listened for.
pub async fn until_told() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
