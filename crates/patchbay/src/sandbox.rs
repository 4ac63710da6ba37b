//! `patchbay sandbox`

use anyhow::{Context, Result};

use crate::{command, serve::until_told};

/// Runs the sandbox until SIGTERM or SIGINT.
///
/// # Errors
/// An address is taken.
pub async fn run(options: command::Sandbox) -> Result<()> {
    let settings = sandbox::Settings {
        hubspot: options.hubspot,
        aircall: options.aircall,
        scheduler: options.scheduler,
        calcom: options.calcom,
        calendly: options.calendly,
        mailbox_http: options.mailbox,
        mailbox_smtp: options.smtp,
    };
    let sandbox = sandbox::Sandbox::start(settings).await.context("the sandbox does not start")?;
    println!("hubspot    {}", sandbox.hubspot_url());
    println!("aircall    {}", sandbox.aircall_url());
    println!("scheduler  {}", sandbox.scheduler_url());
    println!("calcom     {}", sandbox.calcom_url());
    println!("calendly   {}", sandbox.calendly_url());
    println!("mailbox    {}", sandbox.mailbox_url());
    println!("smtp       {}", sandbox.smtp_url());
    until_told().await?;
    sandbox.stop().await;
    Ok(())
}
