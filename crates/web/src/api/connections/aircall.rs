//! Connecting Aircall: its key, and our webhook with just the events we read (I2).

use std::time::Duration;

use connectors::aircall::{self, Registered};
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

/// The system.
const SYSTEM: System = System::Source(Source::Aircall);

/// What Aircall's settings show as the webhook's name.
const WEBHOOK_NAME: &str = "Patchbay";

/// What is done for good order only, an answer does not wait for longer.
const COURTESY: Duration = Duration::from_secs(5);

/// How Aircall is connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectAircall)]
pub struct Connect {
    /// The API id.
    api_id: String,
    /// The API token.
    #[schema(value_type = String, format = Password)]
    api_token: SecretString,
    /// Whether our webhook is registered with Aircall.
    #[serde(default = "yes")]
    register_webhook: bool,
    /// The token of a webhook made by hand: nothing is registered then.
    #[schema(value_type = Option<String>, format = Password)]
    webhook_token: Option<SecretString>,
}

const fn yes() -> bool {
    true
}

/// A client that speaks for a stored credential.
pub fn client(app: &App, secret: &secret::Aircall) -> aircall::Aircall {
    let origin = app.web.settings.aircall_origin.clone();
    aircall::Aircall::new(app.web.http.clone(), origin, secret.api_id.clone(), secret.api_token.clone())
}

/// Connects Aircall: tries the key, lists the tags and registers our webhook unless told otherwise.
pub async fn connect(app: &App, scope: &Scope, body: Connect) -> Result<(), Problem> {
    for (field, value) in [("api_id", body.api_id.as_str()), ("api_token", body.api_token.expose_secret())] {
        if value.trim().is_empty() {
            return Err(Problem::invalid(field, "must not be empty"));
        }
    }
    if body.webhook_token.as_ref().is_some_and(|token| token.expose_secret().is_empty()) {
        return Err(Problem::invalid("webhook_token", "must not be empty"));
    }
    if !body.register_webhook && body.webhook_token.is_none() {
        let why = "is needed where no webhook is registered: without it nothing tells Aircall's webhooks from others";
        return Err(Problem::invalid("webhook_token", why));
    }
    let mut secret = secret::Aircall {
        api_id: body.api_id.trim().to_owned(),
        api_token: SecretString::from(body.api_token.expose_secret().trim()),
        webhook_token: body.webhook_token,
        webhook_token_before: None,
    };
    let registers = body.register_webhook && secret.webhook_token.is_none();
    let client = client(app, &secret);
    let refused = |fault: Fault| Problem::of_connect(&fault);
    client.ping().await.map_err(refused)?;
    let asked_at = app.now();
    let tags = client.tags().await.map_err(refused)?;

    let key = hook_key(app, scope, Source::Aircall).await?;
    let registered = if registers {
        let url = app.hook_url(&key, Source::Aircall);
        Some(client.register(&url, WEBHOOK_NAME).await.map_err(refused)?)
    } else {
        None
    };
    let webhook_id = registered.as_ref().map(|registered| registered.webhook_id.clone());
    if let Some(Registered { token, .. }) = registered {
        secret.webhook_token = Some(token);
    }
    let before =
        save(app, scope, &key, json!({ "webhook_registered": registers, "webhook_id": webhook_id }), &secret)
            .await?;
    if let Some(before) = before.filter(|before| webhook_of(before) != webhook_id.as_deref()) {
        take_back(app, &before).await;
    }
    let _reading = app.readings.hold(scope.ws()).await;
    app.web.store.observe_tags(scope.ws(), tags, asked_at, app.now()).await?;
    Ok(())
}

/// Saves the connection; returns the one before.
async fn save(
    app: &App,
    scope: &Scope,
    key: &str,
    details: Value,
    secret: &secret::Aircall,
) -> Result<Option<Connection>, Problem> {
    let _turn = app.changes.hold(scope.ws()).await;
    if app.web.store.hook_key(scope.ws(), Source::Aircall).await?.as_deref() != Some(key) {
        return Err(Problem::conflict("Aircall was disconnected, or its hook moved, meanwhile. Try again."));
    }
    let before = app.web.store.connection(scope.ws(), SYSTEM).await?;
    let audit = json!({ "connection": "aircall", "webhook_registered": details["webhook_registered"] });
    app.web.store.save_connection(connected(app, scope, Source::Aircall, details, secret)?).await?;
    scope.audit("connection.connected", audit).await?;
    Ok(before)
}

fn webhook_of(connection: &Connection) -> Option<&str> {
    connection.details.get("webhook_id").and_then(Value::as_str)
}

/// Takes our webhook off Aircall's list, if that can be done. If not, Aircall gets 404 from it and gives it up.
pub async fn take_back(app: &App, connection: &Connection) {
    let secret = secret::read::<secret::Aircall>(connection.secret.as_ref());
    let (Some(webhook), Some(secret)) = (webhook_of(connection), secret) else { return };
    let client = client(app, &secret);
    if !matches!(tokio::time::timeout(COURTESY, client.unregister(webhook)).await, Ok(Ok(()))) {
        tracing::info!(
            workspace = connection.workspace.0,
            "the webhook could not be taken off Aircall's list"
        );
    }
}

/// Registers our webhook under its new address, if that can be done, and takes the old one back.
///
/// If not, Aircall goes on sending to the old address, which works for a day more.
pub async fn move_webhook(app: &App, connection: &Connection, url: &str) -> Result<(), Problem> {
    let secret = secret::read::<secret::Aircall>(connection.secret.as_ref());
    let (Some(webhook), Some(mut secret)) = (webhook_of(connection), secret) else { return Ok(()) };
    let workspace = connection.workspace;
    let client = client(app, &secret);
    let Ok(Ok(registered)) = tokio::time::timeout(COURTESY, client.register(url, WEBHOOK_NAME)).await else {
        tracing::warn!(workspace = workspace.0, "the new hook address could not be registered with Aircall");
        return Ok(());
    };
    secret.webhook_token_before = secret.webhook_token.replace(registered.token);
    let mut details = connection.details.clone();
    details["webhook_registered"] = json!(true);
    details["webhook_id"] = json!(registered.webhook_id);
    let moved = Connection {
        details,
        secret: Some(secret::write(&secret)?),
        changed_at: app.now(),
        ..connection.clone()
    };
    let turn = app.changes.hold(workspace).await;
    let now = app.web.store.connection(workspace, SYSTEM).await?;
    if now.is_none_or(|now| now.changed_at != connection.changed_at) {
        return Ok(()); // It was connected anew, or cut, meanwhile.
    }
    app.web.store.save_connection(moved).await?;
    drop(turn);
    if webhook != registered.webhook_id {
        take_back(app, connection).await;
    }
    Ok(())
}
