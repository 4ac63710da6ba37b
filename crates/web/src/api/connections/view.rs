//! A connection as the API shows it. Nothing secret but the hook's address, and that only to admins.

use domain::source::System;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use store::{Connection, Role, Status};
use utoipa::ToSchema;

use super::hubspot;
use crate::{
    api::{problem::Problem, scope::Scope},
    app::App,
};

/// A connection.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectionView {
    /// `hubspot`, `aircall`, `calendar`, `calcom` or `calendly`.
    pub id: &'static str,
    /// The same word: the one in addresses.
    pub source: &'static str,
    /// The name that people know.
    pub name: &'static str,
    /// `connected`, `paused`, `needs_attention` or `disconnected`.
    pub status: &'static str,
    /// What is the matter, where it needs attention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the source sends its webhooks; shown to admins only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_url: Option<String>,
    /// HubSpot's number of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal_id: Option<String>,
    /// What keeps activities from being made twice: `unique_property` or `lookup`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_guard: Option<&'static str>,
    /// Calendar.com's plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Whether the webhook was registered with the source by us; `null` where it has none to register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_registered: Option<bool>,
    /// When it was connected last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub connected_at: Option<Timestamp>,
    /// Who connected it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_by: Option<String>,
    /// When its status changed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub changed_at: Option<Timestamp>,
}

/// Shows one system.
pub async fn of(app: &App, scope: &Scope, system: System) -> Result<ConnectionView, Problem> {
    let connection = app.web.store.connection(scope.ws(), system).await?;
    let mut view = view(system, connection.as_ref());
    if let System::Source(source) = system
        && scope.caller.role == Role::Admin
        && view.status != Status::Disconnected.word()
    {
        let key = app.web.store.hook_key(scope.ws(), source).await?;
        view.hook_url = key.map(|key| app.hook_url(&key, source));
    }
    Ok(view)
}

fn view(system: System, connection: Option<&Connection>) -> ConnectionView {
    let standing = connection.filter(|connection| connection.status != Status::Disconnected);
    let text = |name: &str| standing?.details.get(name)?.as_str().map(str::to_owned);
    let is_hubspot = system == System::Hubspot;
    ConnectionView {
        id: system.word(),
        source: system.word(),
        name: system.name(),
        status: connection.map_or(Status::Disconnected.word(), |connection| connection.status.word()),
        reason: connection.and_then(|connection| connection.status.reason()).map(str::to_owned),
        hook_url: None,
        portal_id: text("portal_id"),
        duplicate_guard: standing.filter(|_| is_hubspot).map(hubspot::guard_word),
        plan: text("plan"),
        webhook_registered: standing
            .and_then(|connection| connection.details.get("webhook_registered"))
            .and_then(Value::as_bool),
        connected_at: standing.map(|connection| connection.connected_at),
        connected_by: text("connected_by"),
        changed_at: connection.map(|connection| connection.changed_at),
    }
}
