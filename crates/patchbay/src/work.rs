//! `patchbay work`

use anyhow::{Result, anyhow};
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
    if !matches!(settings.database, Location::Postgres(_)) {
        let why = "`work` shares a PostgreSQL with a `serve`; a file of SQLite has one process";
        return Err(anyhow!("PATCHBAY_DATABASE_URL: {why}").context(Usage));
    }
    log(&settings.log)?;
    let instance = Instance::work(settings).await?;
    println!("working");
    until_told().await?;
    tracing::info!("stopping");
    instance.stop().await
}
