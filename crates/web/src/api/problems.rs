//! Problems: what could not be written or read, tried again or let go (N3).

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use store::ProblemRow;
use utoipa::ToSchema;

use super::{
    page::{Asked, Items},
    problem::Problem,
    scope::Scope,
};
use crate::app::{App, Shared};

/// Something that a person should look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemView {
    /// The record's id, or that of an envelope that could not be read.
    id: String,
    /// The record, if it is one's.
    #[schema(required)]
    record: Option<String>,
    /// What happened, in plain words.
    reason: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// How many problems are tried again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Retried {
    /// The number.
    retried: u64,
}

impl From<ProblemRow> for ProblemView {
    fn from(row: ProblemRow) -> Self {
        Self { id: row.id, record: row.record.map(|id| id.to_string()), reason: row.reason, since: row.since }
    }
}

/// Lists the problems, newest first.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/problems", tag = "problems", operation_id = "list_problems",
    params(("limit" = Option<u32>, Query, description = "1 to 200", minimum = 1, maximum = 200), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Items<ProblemView>)))]
pub async fn list(
    State(app): State<Shared>,
    scope: Scope,
    asked: Asked,
) -> Result<Json<Items<ProblemView>>, Problem> {
    let page = app.web.store.problems(scope.ws(), asked.limit()?, asked.cursor()).await?;
    Ok(Json(Items { items: page.items.into_iter().map(ProblemView::from).collect(), next: page.next }))
}

/// Tries one problem again.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/problems/{id}/retry", tag = "problems",
    operation_id = "retry_problem", responses((status = 200, body = Retried)))]
pub async fn retry(State(app): State<Shared>, scope: Scope) -> Result<Json<Retried>, Problem> {
    retry_one(&app, &scope).await?;
    Ok(Json(Retried { retried: 1 }))
}

/// Tries the problem that the address names again.
pub async fn retry_one(app: &App, scope: &Scope) -> Result<(), Problem> {
    let id = scope.param("id");
    if !app.web.store.retry(scope.ws(), id, app.now()).await? {
        return Err(Problem::not_found("problem"));
    }
    scope.audit("problem.retried", json!({ "problem": id })).await
}

/// Tries all problems again.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/problems/retry", tag = "problems",
    operation_id = "retry_all_problems", responses((status = 200, body = Retried)))]
pub async fn retry_all(State(app): State<Shared>, scope: Scope) -> Result<Json<Retried>, Problem> {
    Ok(Json(Retried { retried: retry_each(&app, &scope).await? }))
}

/// Tries all problems again; returns how many there were.
pub async fn retry_each(app: &App, scope: &Scope) -> Result<u64, Problem> {
    let retried = app.web.store.retry_all(scope.ws(), app.now()).await?;
    scope.audit("problem.all_retried", json!({ "problems": retried })).await?;
    Ok(retried)
}

/// How many problems were let go.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dismissed {
    /// The number.
    dismissed: u64,
}

/// Lets a problem go: nothing more is tried.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/problems/{id}/dismiss", tag = "problems",
    operation_id = "dismiss_problem", responses((status = 200, body = Dismissed)))]
pub async fn dismiss(State(app): State<Shared>, scope: Scope) -> Result<Json<Dismissed>, Problem> {
    dismiss_one(&app, &scope).await?;
    Ok(Json(Dismissed { dismissed: 1 }))
}

/// Lets the problem go that the address names.
pub async fn dismiss_one(app: &App, scope: &Scope) -> Result<(), Problem> {
    let id = scope.param("id");
    if !app.web.store.dismiss(scope.ws(), id, app.now()).await? {
        return Err(Problem::not_found("problem"));
    }
    scope.audit("problem.dismissed", json!({ "problem": id })).await
}
