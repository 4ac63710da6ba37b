//! `patchbay work`

use anyhow::Result;

use crate::{
    instance::Instance,
    serve::{log, until_told},
    settings::Settings,
};

/// Works until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting.
pub async fn run(settings: Box<Settings>) -> Result<()> {
    let settings = settings.check()?;
    log(&settings.log)?;
    let instance = Instance::work(settings).await?;
    println!("working");
    until_told().await?;
    tracing::info!("stopping");
    instance.stop().await
}
