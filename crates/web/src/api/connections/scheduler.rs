//! Connecting Cal.com and Calendly: the secret that their own webhooks are signed with, and our webhook where a token lets
//! us register it (I3).

use std::time::Duration;

use connectors::{calcom::Calcom, calendly::Calendly, scheduler::Scheduler};
use domain::{
    fault::Fault,
    source::{Source, System},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connection;
use utoipa::ToSchema;

use super::{connected, hook_key, secret};
use crate::{
    api::{problem::Problem, scope::Scope},
    app::App,
};

/// What is done for good order only, an answer does not wait for longer.
const COURTESY: Duration = Duration::from_secs(5);

/// How Cal.com or Calendly is connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectScheduler)]
pub struct Connect {
    /// What its webhooks are signed with.
    #[schema(value_type = String, format = Password)]
    signing_secret: SecretString,
    /// A token for its API: our webhook is registered with it.
    #[schema(value_type = Option<String>, format = Password)]
    api_token: Option<SecretString>,
}

/// The scheduler's API; `None` without a token.
fn client(app: &App, source: Source, secret: &secret::Signing) -> Option<Scheduler> {
    let (http, token) = (app.web.http.clone(), secret.api_token.clone()?);
    let settings = &app.web.settings;
    match source {
        Source::Calcom => Some(Scheduler::Calcom(Calcom::new(http, settings.calcom_origin.clone(), token))),
        Source::Calendly => {
            Some(Scheduler::Calendly(Calendly::new(http, settings.calendly_origin.clone(), token)))
        }
        Source::Aircall | Source::Calendar => None,
    }
}

/// Connects Cal.com or Calendly; registers our webhook where a token is given.
///
/// A token that is refused is refused here too. A scheduler that cannot be reached is connected all the same: its webhook
/// can be entered by hand, or registered by connecting again.
pub async fn connect(app: &App, scope: &Scope, source: Source, body: Connect) -> Result<(), Problem> {
    if body.signing_secret.expose_secret().is_empty() {
        return Err(Problem::invalid("signing_secret", "must not be empty"));
    }
    let trimmed = |token: SecretString| SecretString::from(token.expose_secret().trim());
    let api_token = body.api_token.map(trimmed).filter(|token| !token.expose_secret().is_empty());
    let secret = secret::Signing { signing_secret: body.signing_secret, api_token };
    let key = hook_key(app, scope, source).await?;
    let mut details = json!({});
    if let Some(client) = client(app, source, &secret) {
        let url = app.hook_url(&key, source);
        let mut registered = client.register(&url, &secret.signing_secret).await;
        if matches!(registered, Err(Fault::Never { .. }))
            && let Some(before) = app.web.store.connection(scope.ws(), System::Source(source)).await?
        {
            // What another token registered may be in the way, and not be shown to this one.
            take_back(app, &before).await;
            registered = client.register(&url, &secret.signing_secret).await;
        }
        details["webhook_registered"] = json!(registered.is_ok());
        match registered {
            Ok(id) => details["webhook_id"] = json!(id),
            Err(fault @ Fault::Later { .. }) => not_registered(scope.ws().0, source, &fault),
            Err(fault) => return Err(Problem::of_connect(&fault)),
        }
    }
    let webhook_id = webhook_of(&details).map(str::to_owned);
    let before = save(app, scope, source, &key, details, &secret).await?;
    if let Some(before) = before.filter(|before| webhook_of(&before.details) != webhook_id.as_deref()) {
        take_back(app, &before).await;
    }
    Ok(())
}

/// Saves the connection; returns the one before.
async fn save(
    app: &App,
    scope: &Scope,
    source: Source,
    key: &str,
    details: Value,
    secret: &secret::Signing,
) -> Result<Option<Connection>, Problem> {
    let _turn = app.changes.hold(scope.ws()).await;
    if app.web.store.hook_key(scope.ws(), source).await?.as_deref() != Some(key) {
        let why = format!("{} was disconnected, or its hook moved, meanwhile. Try again.", source.name());
        return Err(Problem::conflict(why));
    }
    let before = app.web.store.connection(scope.ws(), System::Source(source)).await?;
    let audit = json!({ "connection": source.word(), "webhook_registered": details["webhook_registered"] });
    app.web.store.save_connection(connected(app, scope, source, details, secret)?).await?;
    scope.audit("connection.connected", audit).await?;
    Ok(before)
}

fn webhook_of(details: &Value) -> Option<&str> {
    details.get("webhook_id").and_then(Value::as_str)
}

/// The API and the id of a webhook that we registered.
fn registered(app: &App, connection: &Connection) -> Option<(Scheduler, secret::Signing, String)> {
    let System::Source(source) = connection.system else { return None };
    let secret = secret::read::<secret::Signing>(connection.secret.as_ref())?;
    let webhook = webhook_of(&connection.details)?.to_owned();
    Some((client(app, source, &secret)?, secret, webhook))
}

/// Takes our webhook off the scheduler's list, if that can be done. If not, the scheduler gets 404 from it.
pub async fn take_back(app: &App, connection: &Connection) {
    let Some((client, _, webhook)) = registered(app, connection) else { return };
    if !matches!(tokio::time::timeout(COURTESY, client.unregister(&webhook)).await, Ok(Ok(()))) {
        tracing::info!(
            workspace = connection.workspace.0,
            "the webhook could not be taken off {}'s list",
            connection.system.name()
        );
    }
}

/// Registers our webhook under its new address, if that can be done, and takes the old one back.
///
/// If not, the scheduler goes on sending to the old address, which works for a day more.
pub async fn move_webhook(app: &App, connection: &Connection, url: &str) -> Result<(), Problem> {
    let Some((client, secret, webhook)) = registered(app, connection) else { return Ok(()) };
    let (workspace, system) = (connection.workspace, connection.system);
    let registering = client.register(url, &secret.signing_secret);
    let Ok(Ok(id)) = tokio::time::timeout(COURTESY, registering).await else {
        tracing::warn!(
            workspace = workspace.0,
            "the new hook address could not be registered with {}",
            system.name()
        );
        return Ok(());
    };
    let mut moved = Connection { changed_at: app.now(), ..connection.clone() };
    moved.details["webhook_id"] = json!(id);
    let turn = app.changes.hold(workspace).await;
    let now = app.web.store.connection(workspace, system).await?;
    if now.is_none_or(|now| now.changed_at != connection.changed_at) {
        return Ok(()); // It was connected anew, or cut, meanwhile.
    }
    app.web.store.save_connection(moved).await?;
    drop(turn);
    if webhook != id {
        take_back(app, connection).await;
    }
    Ok(())
}

fn not_registered(workspace: i64, source: Source, fault: &Fault) {
    tracing::warn!(workspace, "no webhook was registered with {}: {}", source.name(), fault.why());
}
