//! The audit: who changed what, when (N8).

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use store::{Audit, AuditFilter};
use utoipa::ToSchema;

use super::{
    page::{Asked, Items},
    problem::Problem,
    scope::Scope,
};
use crate::app::Shared;

/// One change by a person or a token.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// By whom.
    who: String,
    /// What, e.g. `outcome_rule.added`.
    what: String,
    /// The particulars; nothing secret.
    detail: Value,
}

impl From<Audit> for AuditView {
    fn from(audit: Audit) -> Self {
        Self { at: audit.at, who: audit.who, what: audit.what, detail: audit.detail }
    }
}

/// Lists changes, newest first.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/audit", tag = "audit", operation_id = "list_audit",
    params(
        ("who" = Option<String>, Query, description = "Whole, as it is listed"),
        ("what" = Option<String>, Query, description = "Whole, or what stands before the dot: `outcome_rule`"),
        ("from" = Option<String>, Query, description = "From then on, RFC 3339"),
        ("to" = Option<String>, Query, description = "Before then, RFC 3339"),
        ("limit" = Option<u32>, Query, description = "1 to 200", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Items<AuditView>)))]
pub async fn list(
    State(app): State<Shared>,
    scope: Scope,
    asked: Asked,
) -> Result<Json<Items<AuditView>>, Problem> {
    let filter = AuditFilter {
        who: asked.word("who").map(str::to_owned),
        what: asked.word("what").map(str::to_owned),
        from: asked.moment("from")?,
        to: asked.moment("to")?,
        limit: asked.limit()?,
        cursor: asked.cursor(),
    };
    let page = app.web.store.audits(scope.ws(), filter).await?;
    Ok(Json(Items { items: page.items.into_iter().map(AuditView::from).collect(), next: page.next }))
}
