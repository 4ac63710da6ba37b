//! `patchbay doctor`: looks at the installation and at what a workspace is connected to.

mod connection;
mod installation;
mod report;

use anyhow::{Result, bail};

use self::{connection::Line, report::Report};
use crate::command;

/// Checks the installation and a workspace's connections, and probes its HubSpot.
///
/// # Errors
/// Something is wrong, as was reported; or there is no such workspace.
pub async fn run(options: command::Doctor) -> Result<()> {
    let settings = options.settings.check()?;
    let http = connectors::http::client()?;
    let mut report = Report::new(options.json);
    report.check(&installation::public_url(&http, &settings).await);
    report.check(&installation::clock(&http, &settings).await);
    let (checks, store) = installation::database(&settings).await;
    report.checks(&checks);
    if let Some(store) = store {
        let Some(workspace) = store.workspace(&options.workspace).await? else {
            bail!("there is no workspace \"{}\"", options.workspace)
        };
        let line = Line::new(&settings, http, store.clone()).await?;
        for connection in store.connections(workspace.id).await? {
            line.examine(&connection, options.write, &mut report).await;
        }
        line.hang_up().await;
        store.close().await;
    }
    match report.wrong() {
        0 => Ok(()),
        1 => bail!("one check found something wrong"),
        wrong => bail!("{wrong} checks found something wrong"),
    }
}
