//! A workspace's connections: how they stand, whether the credential works, and what HubSpot shows to probes.

use std::sync::Arc;

use anyhow::Result;
use connectors::{
    aircall::Aircall,
    http::Client,
    hubspot::{self, Hubspot},
};
use domain::{
    email::Email,
    fault::Fault,
    source::{Source, System},
};
use secrecy::SecretString;
use serde_json::Value;
use store::{Connection, Status, Store};
use uuid::Uuid;

use super::report::{Check, Report};
use crate::{
    clock::{now, steady},
    instance,
    settings::Checked,
};

/// The way to what a workspace is connected to. It keeps to the same tokens and budget as a server beside it.
pub struct Line {
    http: Client,
    hubspot: hubspot::Settings,
    aircall_origin: url::Url,
    tokens: engine::Tokens,
    pacing: hubspot::Pacing,
}

impl Line {
    pub async fn new(settings: &Checked, http: Client, store: Store) -> Result<Self> {
        let public_url = instance::public_url(settings, settings.listen.unwrap_or(instance::LISTEN))?;
        let oauth =
            settings.hubspot_app.clone().map(|app| instance::oauth(&http, settings, &public_url, app));
        let steady = steady(&store).await;
        Ok(Self {
            http,
            hubspot: hubspot::Settings {
                origin: settings.hubspot_origin.clone(),
                version: settings.hubspot_version,
            },
            aircall_origin: settings.aircall_origin.clone(),
            tokens: engine::Tokens::new(store.clone(), Arc::new(now), oauth, Uuid::new_v4()),
            pacing: engine::Meters::new(store, Arc::new(now), steady).pacing(),
        })
    }

    /// Waits until a token that is being renewed is stored.
    pub async fn hang_up(&self) {
        self.tokens.rest().await;
    }

    /// Checks one connection.
    pub async fn examine(&self, connection: &Connection, writes: bool, report: &mut Report) {
        let name = connection.system.name();
        match &connection.status {
            Status::Connected => {}
            Status::Paused => report.check(&Check::notice(name, "Paused: nothing is passed on.")),
            Status::NeedsAttention { reason } => {
                report.check(&Check::wrong(name, format!("Needs attention: {reason}")));
            }
            Status::Disconnected => return report.check(&Check::notice(name, "Disconnected.")),
        }
        match (connection.system, &connection.secret) {
            (_, None) => report.check(&Check::wrong(name, "Its credential is missing: connect it again.")),
            (System::Hubspot, Some(secret)) => self.examine_hubspot(connection, secret, writes, report).await,
            (System::Source(Source::Aircall), Some(secret)) => self.examine_aircall(secret, report).await,
            (System::Source(_), Some(_)) => {
                report.check(&Check::fine(name, "Its webhooks are checked with the secret that was given."));
            }
        }
    }

    async fn examine_hubspot(
        &self,
        connection: &Connection,
        secret: &SecretString,
        writes: bool,
        report: &mut Report,
    ) {
        let name = connection.system.name();
        let Some(secret) = hubspot::Secret::read(secret) else {
            return report.check(&Check::wrong(name, "Its credential cannot be read: connect it again."));
        };
        let credential = self.tokens.credential(connection.workspace, connection.connected_at, secret);
        let pace = (self.pacing)(connection.workspace, &connection.details);
        let client = Hubspot::new(self.http.clone(), self.hubspot.clone(), credential, pace);
        let (checks, works) = look(&client, &connection.details).await;
        report.checks(&checks);
        if works {
            report.probes(&client.probe().await);
            if writes {
                let run = Uuid::new_v4().simple().to_string();
                report.probes(&client.probe_by_writing(&run).await);
            }
        }
    }

    async fn examine_aircall(&self, secret: &SecretString, report: &mut Report) {
        let name = Source::Aircall.name();
        let Some(aircall) = Aircall::of_secret(self.http.clone(), self.aircall_origin.clone(), secret) else {
            return report.check(&Check::wrong(name, "Its credential cannot be read: connect it again."));
        };
        report.check(&match aircall.tags().await {
            Ok(tags) => Check::fine(name, format!("Takes the key and lists {} tags.", tags.len())),
            Err(fault) => Check::wrong(name, fault.to_string()),
        });
    }
}

/// Asks HubSpot for all that the work needs to read; says whether the credential works at all.
async fn look(client: &Hubspot, details: &Value) -> (Vec<Check>, bool) {
    let name = System::Hubspot.name();
    let known = details["portal_id"].as_str().unwrap_or_default();
    let mut checks = match client.account().await {
        Ok(account) if account.portal_id == known => {
            vec![Check::fine(
                name,
                format!("Takes the credential for portal {known}, time zone {}.", account.time_zone),
            )]
        }
        Ok(account) => {
            let said = format!(
                "The credential is for portal {}, and {known} was connected: connect it again.",
                account.portal_id
            );
            return (vec![Check::wrong(name, said)], false);
        }
        Err(fault) => return (vec![Check::wrong(name, fault.to_string())], false),
    };
    let said = |what: &str, read: Result<usize, Fault>| match read {
        Ok(count) => Check::fine(name, format!("Lists {count} {what}.")),
        Err(fault) => Check::wrong(name, format!("Does not list its {what}. {fault}")),
    };
    checks.push(said("owners", client.owners(false).await.map(|owners| owners.len())));
    checks.push(said("call outcomes", client.outcomes().await.map(|outcomes| outcomes.len())));
    let nobody: Vec<Email> = Email::read("patchbay-doctor@example.com").into_iter().collect();
    checks.push(match client.contacts_by_email(&nobody).await {
        Ok(_) => Check::fine(name, format!("Guard against duplicates: {}.", guard(details))),
        Err(fault) => Check::wrong(name, fault.to_string()),
    });
    (checks, true)
}

fn guard(details: &Value) -> &str {
    match details["guards"]["calls"].as_str() {
        Some("unique_property") => "calls carry a unique key",
        _ => "calls are looked for before they are sent again",
    }
}
