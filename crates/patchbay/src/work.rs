//! `patchbay work`

use anyhow::{Result, ensure};
use store::Location;

use crate::{
    instance::Instance,
    serve::{log, until_told},
    settings::{Settings, Usage},
};

/// Works until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting.
pub async fn run(settings: Box<Settings>) -> Result<()> {
    let settings = settings.check()?;
    ensure!(
        matches!(settings.database, Location::Postgres(_)),
        anyhow::Error::new(Usage)
            .context("PATCHBAY_DATABASE_URL: `work` shares a PostgreSQL with a `serve`; a file of SQLite has one process")
    );
    log(&settings.log)?;
    let instance = Instance::work(settings).await?;
    println!("working");
    until_told().await?;
    tracing::info!("stopping");
    instance.stop().await
}
