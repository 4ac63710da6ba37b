//! The dashboard in Chromium, as an admin and a viewer use it, and each of its pages looked at with axe-core.

use std::{path::Path, process::Command, time::Duration};

use crate::{
    oauth::APP,
    tool::{Workshop, run, version},
    world::{TOKEN, World},
};

/// The driver's own demand.
const NODE_MAJOR_MIN: u32 = 20;
/// Where Debian's package puts it.
const CHROMIUM: &str = "/usr/bin/chromium";
const CHECK_MAX: Duration = Duration::from_mins(4);

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_connects_makes_a_rule_sees_calls_live_and_a_viewer_only_looks() {
    if version("npm").is_none() || version("node").is_none_or(|(major, _)| major < NODE_MAJOR_MIN) {
        println!("skipped: node {NODE_MAJOR_MIN} or npm is missing");
        return;
    }
    if !Path::new(CHROMIUM).exists() {
        println!("skipped: {CHROMIUM} is missing");
        return;
    }
    let workshop = Workshop::of("browser");
    if !workshop.npm_ci() {
        return;
    }
    let sandbox = sandbox::Sandbox::start(sandbox::Settings::default()).await.unwrap();
    let page = sandbox.hubspot_url();
    let page = ("PATCHBAY_HUBSPOT_AUTHORIZE_URL", page.as_str());
    let world = World::beside(sandbox, &[APP[0], APP[1], page, ("PATCHBAY_LIST_REFRESH", "2s")]);
    let mut check = Command::new("node");
    check.arg("check.mjs").current_dir(&workshop.folder).env("CHROMIUM", CHROMIUM);
    check.env("PATCHBAY", world.server.address()).env("TOKEN", TOKEN);
    check.env("HUBSPOT", world.sandbox.hubspot_url()).env("AIRCALL", world.sandbox.aircall_url());
    check.env("SCHEDULER", world.sandbox.scheduler_url());
    let (status, said) = run(check, CHECK_MAX);
    assert!(status.success(), "{said}");
    println!("{said}");
}
