//! The live lists that others keep: read now where that can be done, else as last known (C10).

pub mod reading;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use self::reading::Reading;
use super::{id::Id, problem::Problem, scope::Scope};
use crate::app::Shared;

/// Something that can be picked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Choice {
    /// Its id: HubSpot's GUID of an outcome, Aircall's number of a tag, HubSpot's value of a call type.
    pub id: Id,
    /// What people read.
    pub label: String,
}

impl Choice {
    /// A choice.
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self { id: Id(id.into()), label: label.into() }
    }
}

/// A live list, whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveList {
    /// What can be picked.
    pub items: Vec<Choice>,
    /// Always null: the list is answered whole.
    #[schema(required)]
    pub next: Option<String>,
    /// Whether the list could not be read now and is as last known.
    pub stale: bool,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl LiveList {
    fn of<C>(reading: Reading<C>) -> Self {
        let reason = reading.unread.map(|unread| unread.reason);
        Self { items: reading.items, next: None, stale: reason.is_some(), reason }
    }
}

/// Lists HubSpot's call outcomes as they are now.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/outcomes", tag = "lists",
    operation_id = "list_outcomes",
    responses((status = 200, body = LiveList)))]
pub async fn outcomes(State(app): State<Shared>, scope: Scope) -> Result<Json<LiveList>, Problem> {
    let reading = reading::outcomes(&app, scope.ws()).await?;
    reading.need(reading.catalog.read_at)?;
    Ok(Json(LiveList::of(reading)))
}

/// Lists Aircall's tags as they are now.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/tags", tag = "lists",
    operation_id = "list_tags",
    responses((status = 200, body = LiveList)))]
pub async fn tags(State(app): State<Shared>, scope: Scope) -> Result<Json<LiveList>, Problem> {
    let reading = reading::tags(&app, scope.ws()).await?;
    reading.need(reading.catalog.read_at)?;
    Ok(Json(LiveList::of(reading)))
}

/// Lists HubSpot's call types as they are now; none where the account has not turned them on.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/call-types", tag = "lists",
    operation_id = "list_call_types",
    responses((status = 200, body = LiveList)))]
pub async fn call_types(State(app): State<Shared>, scope: Scope) -> Result<Json<LiveList>, Problem> {
    let items = reading::call_types(&app, scope.ws()).await?.map_err(|unread| unread.problem())?;
    Ok(Json(LiveList { items, next: None, stale: false, reason: None }))
}
