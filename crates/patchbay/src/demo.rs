//! `patchbay demo`: Patchbay beside the sandbox, a story played on them, and what became of it.

mod report;
mod script;
mod story;

use std::net::SocketAddr;

use anyhow::{Context, Result};
use jiff::SignedDuration;

use crate::{
    clock, command,
    instance::Instance,
    serve::{log, until_told},
    settings::Settings,
};
use script::Script;

/// The demo's own admin token: it lives as long as the demo, on this machine alone.
const TOKEN: &str = "demo";

/// The demo's own admin, who signs in to its dashboard.
const ADMIN: (&str, &str, &str) = ("Ada Park", "ada@example.com", "patchbay demo");

/// The app that the sandbox's HubSpot knows: so that access can be granted on its page, too.
const APP: (&str, &str) = ("sandbox-client", "sandbox-secret");

/// Plays the demo.
///
/// # Errors
/// Something does not start, or does not become what the story says.
pub async fn run(options: command::Demo) -> Result<()> {
    log("warn")?;
    let folder = Folder::make()?;
    let world =
        sandbox::Sandbox::start(sandbox::Settings::default()).await.context("the sandbox does not start")?;
    let settings = Settings {
        listen: Some(free_or_any(options.listen).to_string()),
        database_url: Some(format!("sqlite:{}", folder.0.join("demo.db").display())),
        admin_token: Some(TOKEN.to_owned()),
        hubspot_api_url: Some(world.hubspot_url()),
        hubspot_authorize_url: Some(world.hubspot_url()),
        hubspot_client_id: Some(APP.0.to_owned()),
        hubspot_client_secret: Some(APP.1.to_owned()),
        aircall_api_url: Some(world.aircall_url()),
        calcom_api_url: Some(world.calcom_url()),
        calendly_api_url: Some(world.calendly_url()),
        smtp_url: Some(world.smtp_url()),
        mail_from: Some("Bookings <bookings@example.com>".to_owned()),
        ..Settings::default()
    };
    let mut settings = settings.check()?;
    settings.list_refresh = SignedDuration::from_secs(5);
    let instance = Instance::serve(settings).await?;
    let address = instance.address()?;
    let script = Script::new(&format!("http://{address}"), TOKEN, &world)?;
    let (name, email, password) = ADMIN;
    script.make_admin(name, email, password).await?;
    println!("Patchbay   http://{address}  (sign in: {email}, {password})");
    println!("Its API    http://{address}/api/v1/openapi.json  (bearer token: {TOKEN})");
    println!("HubSpot    {}  (a sandbox, in memory: change outcomes, break it)", world.hubspot_url());
    println!("Aircall    {}  (place calls, tag them)", world.aircall_url());
    println!("Scheduler  {}  (book, move, cancel)", world.scheduler_url());
    println!("Mailbox    {}", world.mailbox_url());
    println!();
    let told = story::tell(&script).await?;
    report::print(&script, &told).await?;
    if !options.exit {
        println!("\nEverything goes on running: open the addresses above and click. Ctrl-C ends it.");
        until_told().await?;
    }
    instance.stop().await?;
    world.stop().await;
    Ok(())
}

/// The address asked for, or any port if that one is taken.
fn free_or_any(wanted: SocketAddr) -> SocketAddr {
    match std::net::TcpListener::bind(wanted) {
        Ok(_) => wanted,
        Err(_) => SocketAddr::new(wanted.ip(), 0),
    }
}

/// A folder for the demo's database, gone with the demo.
struct Folder(std::path::PathBuf);

impl Folder {
    fn make() -> Result<Self> {
        let name = format!("patchbay-demo-{}-{}", std::process::id(), clock::now().as_millisecond());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
