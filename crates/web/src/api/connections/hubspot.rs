//! Connecting HubSpot, by service key or by grant.

use std::sync::Arc;

use connectors::hubspot::{self, Credential, Fixed, Guard, Guards, Pace, Secret};
use domain::{
    fault::Fault,
    ids::{OutcomeId, WorkspaceId},
    source::System,
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Audit, Connection, Status};
use utoipa::ToSchema;

use super::standing_now;
use crate::{
    api::{problem::Problem, scope::Scope},
    app::App,
    hearing,
};

/// How HubSpot is connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectHubspot)]
pub struct Connect {
    /// A service key, or a private app's token.
    #[schema(value_type = String, format = Password)]
    service_key: SecretString,
}

/// A client that signs in with a credential and keeps to a budget.
fn client(app: &App, credential: Arc<dyn Credential>, pace: Arc<dyn Pace>) -> hubspot::Hubspot {
    let settings = hubspot::Settings {
        origin: app.web.settings.hubspot_origin.clone(),
        version: app.web.settings.hubspot_version,
    };
    hubspot::Hubspot::new(app.web.http.clone(), settings, credential, pace)
}

/// A client for a connection; `None` if it keeps no credential.
pub fn client_of(app: &App, connection: &Connection) -> Option<hubspot::Hubspot> {
    let secret = Secret::read(connection.secret.as_ref()?)?;
    let credential = (app.web.sign_in)(connection.workspace, connection.connected_at, secret);
    Some(client(app, credential, (app.web.pacing)(connection.workspace, &connection.details)))
}

/// Connects HubSpot with a service key.
pub async fn connect(app: &App, scope: &Scope, body: Connect) -> Result<(), Problem> {
    let key = SecretString::from(body.service_key.expose_secret().trim());
    if key.expose_secret().is_empty() || !key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::invalid("service_key", "is not a key that HubSpot gives"));
    }
    establish(app, scope.ws(), &scope.caller.who, Secret::Key { service_key: key }, None).await
}

/// Connects HubSpot: tries the credential for all that we need, makes our properties, and wakes what waits.
///
/// Nothing is changed if HubSpot refuses it or does not answer. `granted_for` is the account that HubSpot named with the
/// token.
pub async fn establish(
    app: &App,
    ws: WorkspaceId,
    who: &str,
    secret: Secret,
    granted_for: Option<&str>,
) -> Result<(), Problem> {
    let (token, by) = match &secret {
        Secret::Key { service_key } => (service_key, "service key"),
        Secret::Granted(tokens) => (&tokens.access_token, "grant"),
    };
    let refused = |fault| Problem::of_connect(&fault);
    let account = account_of(app, ws, token).await.map_err(refused)?;
    if granted_for.is_some_and(|portal| portal != account.portal_id) {
        return Err(Problem::refused("HubSpot's token is for another account than the one that it opens."));
    }
    let mut details = json!({
        "portal_id": account.portal_id,
        "time_zone": account.time_zone,
        "ui_domain": account.ui_domain,
    });
    let client = client(app, Fixed::of(token.clone()), (app.web.pacing)(ws, &details));
    client.owners(false).await.map_err(refused)?;
    let asked_at = app.now();
    let outcomes = client.outcomes().await.map_err(refused)?;
    let guards = client.prepare().await.map_err(refused)?;

    let _turn = app.changes.hold(ws).await;
    let _reading = app.readings.hold(ws).await;
    let before = app.web.store.connection(ws, System::Hubspot).await?;
    let portal_before = before.as_ref().and_then(|before| before.details.get("portal_id")?.as_str());
    let is_another = portal_before.is_some_and(|portal| portal != account.portal_id);
    let was_open = closed_because(before.as_ref()).is_none();
    let swaps = is_another && was_open;
    if swaps {
        // What is under way to the other account is dropped, on all nodes: it would be taken for this one's.
        app.web.gates.close(ws);
        app.web.store.set_status(ws, System::Hubspot, Status::Paused, app.now()).await?;
        hearing::everywhere(app).await?;
    }
    details["guards"] = json!(guards);
    details["connected_by"] = json!(who);
    let connection = standing_now(app, ws, System::Hubspot, details, secret.write().map_err(refused)?);
    let saved = save(app, connection, outcomes, asked_at, is_another).await;
    if saved.is_err() && swaps {
        app.web.store.set_status(ws, System::Hubspot, Status::Connected, app.now()).await?;
    }
    if saved.is_ok() || was_open {
        app.web.gates.open(ws);
    }
    saved?;
    hearing::everywhere(app).await?;
    app.web.store.wake(ws, app.now()).await?;
    let audit = Audit {
        workspace: Some(ws),
        at: app.now(),
        who: who.to_owned(),
        what: "connection.connected".to_owned(),
        detail: json!({ "connection": "hubspot", "portal_id": account.portal_id, "by": by }),
    };
    Ok(app.web.store.audit(audit).await?)
}

/// Whose token it is. It is asked at the meter of the account that was connected before, which it most likely is.
async fn account_of(app: &App, ws: WorkspaceId, token: &SecretString) -> Result<hubspot::Account, Fault> {
    let before = app.web.store.connection(ws, System::Hubspot).await;
    let before = before.ok().flatten().map(|before| before.details).unwrap_or_default();
    client(app, Fixed::of(token.clone()), (app.web.pacing)(ws, &before)).account().await
}

/// Saves the connection and what its outcomes are. Outcomes and contacts of another account before say nothing of these.
async fn save(
    app: &App,
    connection: Connection,
    outcomes: Vec<(OutcomeId, String)>,
    asked_at: Timestamp,
    is_another: bool,
) -> Result<(), Problem> {
    let ws = connection.workspace;
    if is_another {
        app.web.store.forget_outcomes(ws).await?;
        app.web.store.forget_contacts(ws).await?;
    }
    app.web.store.save_connection(connection).await?;
    // HubSpot's defaults are not all deleted at once: an empty list is a reading that failed.
    if !outcomes.is_empty() {
        app.web.store.observe_outcomes(ws, outcomes, asked_at, app.now()).await?;
    }
    Ok(())
}

/// What a cut connection leaves behind: the account it was to, so that connecting another one is noticed, its day, and where
/// people see it.
pub fn remembered(connection: &Connection) -> Value {
    let known = ["portal_id", "time_zone", "ui_domain"];
    let details = known.iter().filter_map(|name| Some((*name, connection.details.get(name)?.clone())));
    details.map(|(name, value)| (name.to_owned(), value)).collect::<serde_json::Map<_, _>>().into()
}

/// The guard of the activities, in one word: the weaker one if they differ.
pub fn guard_word(connection: &Connection) -> &'static str {
    let guards = connection.details.get("guards").cloned().unwrap_or_default();
    let guards: Guards = serde_json::from_value(guards).unwrap_or_default();
    match (guards.calls, guards.meetings) {
        (Guard::UniqueProperty, Guard::UniqueProperty) => "unique_property",
        _ => "lookup",
    }
}

/// Why HubSpot is not written to, in plain words; `None` if it can be.
pub fn closed_because(connection: Option<&Connection>) -> Option<String> {
    match connection.map_or(&Status::Disconnected, |connection| &connection.status) {
        Status::Connected => None,
        Status::Paused => Some("HubSpot is paused.".to_owned()),
        Status::NeedsAttention { reason } => Some(format!("HubSpot needs attention: {reason}")),
        Status::Disconnected => Some("HubSpot is not connected.".to_owned()),
    }
}
