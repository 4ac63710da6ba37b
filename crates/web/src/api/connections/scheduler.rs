//! Connecting Cal.com and Calendly: the secret that their own webhooks are signed with (I3).

use domain::source::Source;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{connected, hook_key, secret};
use crate::{
    api::{problem::Problem, scope::Scope},
    app::App,
};

/// How Cal.com or Calendly is connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectScheduler)]
pub struct Connect {
    /// What its webhooks are signed with.
    #[schema(value_type = String, format = Password)]
    signing_secret: SecretString,
    /// For its API.
    #[schema(value_type = Option<String>, format = Password)]
    api_token: Option<SecretString>,
}

/// Connects Cal.com or Calendly.
pub async fn connect(app: &App, scope: &Scope, source: Source, body: Connect) -> Result<(), Problem> {
    if body.signing_secret.expose_secret().is_empty() {
        return Err(Problem::invalid("signing_secret", "must not be empty"));
    }
    let secret = secret::Signing { signing_secret: body.signing_secret, api_token: body.api_token };
    let _turn = app.changes.hold(scope.ws()).await;
    hook_key(app, scope, source).await?;
    let connection = connected(app, scope, source, json!({}), &secret)?;
    app.web.store.save_connection(connection).await?;
    scope.audit("connection.connected", json!({ "connection": source.word() })).await
}
