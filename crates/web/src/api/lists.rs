//! The live lists that others keep: read now where that can be done, else as last known (C10).

pub mod reading;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use self::reading::Unread;
use super::{
    id::Id,
    page::{Asked, Cut, Items},
    problem::Problem,
    scope::Scope,
};
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

/// A live list, or a page of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveList {
    /// What can be picked.
    pub items: Vec<Choice>,
    /// The cursor of the next page; null at the end.
    #[schema(required)]
    pub next: Option<String>,
    /// Whether the list could not be read now and is as last known.
    pub stale: bool,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl LiveList {
    fn of(items: Vec<Choice>, unread: Option<Unread>, cut: Cut) -> Self {
        let Items { items, next } = Items::cut(items, cut, |choice| &choice.id.0);
        let reason = unread.map(|unread| unread.reason);
        Self { items, next, stale: reason.is_some(), reason }
    }
}

/// Lists HubSpot's call outcomes as they are now.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/outcomes", tag = "lists",
    operation_id = "list_outcomes",
    params(("limit" = Option<u32>, Query, description = "1 to 200; all if it is left out", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = LiveList)))]
pub async fn outcomes(
    State(app): State<Shared>,
    scope: Scope,
    asked: Asked,
) -> Result<Json<LiveList>, Problem> {
    let cut = asked.cut()?;
    let reading = reading::outcomes(&app, scope.ws()).await?;
    reading.need(reading.catalog.read_at)?;
    Ok(Json(LiveList::of(reading.items, reading.unread, cut)))
}

/// Lists Aircall's tags as they are now.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/tags", tag = "lists",
    operation_id = "list_tags",
    params(("limit" = Option<u32>, Query, description = "1 to 200; all if it is left out", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = LiveList)))]
pub async fn tags(State(app): State<Shared>, scope: Scope, asked: Asked) -> Result<Json<LiveList>, Problem> {
    let cut = asked.cut()?;
    let reading = reading::tags(&app, scope.ws()).await?;
    reading.need(reading.catalog.read_at)?;
    Ok(Json(LiveList::of(reading.items, reading.unread, cut)))
}

/// Lists HubSpot's call types as they are now; none where the account has not turned them on.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/call-types", tag = "lists",
    operation_id = "list_call_types",
    params(("limit" = Option<u32>, Query, description = "1 to 200; all if it is left out", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = LiveList)))]
pub async fn call_types(
    State(app): State<Shared>,
    scope: Scope,
    asked: Asked,
) -> Result<Json<LiveList>, Problem> {
    let cut = asked.cut()?;
    let items = reading::call_types(&app, scope.ws()).await?.map_err(|unread| unread.problem())?;
    Ok(Json(LiveList::of(items, None, cut)))
}
