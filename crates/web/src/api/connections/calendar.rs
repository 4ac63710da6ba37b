//! Connecting Calendar.com: a signing secret, and a plan that suffices (I3, M9).

use connectors::signature::standard::check_secret;
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

/// The plans that suffice, in lower case (PRODUCT §8).
const PLANS: [&str; 5] = ["pro", "premium", "team", "business", "enterprise"];

/// How Calendar.com is connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectCalendar)]
pub struct Connect {
    /// What its webhooks are signed with: base64, with or without `whsec_` before it.
    #[schema(value_type = String, format = Password)]
    signing_secret: SecretString,
    /// The plan, any case: `pro`, `premium`, `team`, `business` or `enterprise`.
    plan: String,
}

/// Connects Calendar.com.
pub async fn connect(app: &App, scope: &Scope, body: Connect) -> Result<(), Problem> {
    let plan = body.plan.trim().to_lowercase();
    if !PLANS.contains(&plan.as_str()) {
        return Err(Problem::invalid("plan", "Calendar.com needs its Pro plan or above to be connected"));
    }
    check_secret(body.signing_secret.expose_secret())
        .map_err(|unusable| Problem::invalid("signing_secret", unusable.to_string()))?;
    let secret = secret::Signing { signing_secret: body.signing_secret, api_token: None };
    let _turn = app.changes.hold(scope.ws()).await;
    hook_key(app, scope, Source::Calendar).await?;
    let connection = connected(app, scope, Source::Calendar, json!({ "plan": plan }), &secret)?;
    app.web.store.save_connection(connection).await?;
    scope.audit("connection.connected", json!({ "connection": "calendar", "plan": plan })).await
}
