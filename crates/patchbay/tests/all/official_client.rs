//! HubSpot's official Node client against the sandbox: what it does not complain of is spoken as HubSpot speaks.

use std::{process::Command, time::Duration};

use crate::tool::{Workshop, run, version};

/// The client's own demand.
const NODE_MAJOR_MIN: u32 = 18;
const CHECK_MAX: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_reads_and_writes_on_the_sandbox_without_complaint() {
    if version("npm").is_none() || version("node").is_none_or(|(major, _)| major < NODE_MAJOR_MIN) {
        println!("skipped: node {NODE_MAJOR_MIN} or npm is missing");
        return;
    }
    let workshop = Workshop::of("hubspot-client");
    if !workshop.npm_ci() {
        return;
    }
    let sandbox = sandbox::Sandbox::start(sandbox::Settings::default()).await.unwrap();
    let mut check = Command::new("node");
    check.arg("check.mjs").arg(sandbox.hubspot_url()).current_dir(&workshop.folder);
    let (status, said) = run(check, CHECK_MAX);
    assert!(status.success(), "{said}");
    println!("{said}");
}
