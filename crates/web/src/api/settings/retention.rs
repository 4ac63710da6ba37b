//! How long a workspace keeps what it has (N7).

use std::ops::RangeInclusive;

use axum::{Json, extract::State};
use domain::retention::{RECORD_DAYS, Retention, WEBHOOK_DAYS};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    api::{
        body::{Sent, present},
        problem::Problem,
        scope::Scope,
    },
    app::{App, Shared},
};

/// How long the workspace keeps what it has.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionView {
    /// For how many days webhooks are kept as they came; null: as long as records.
    #[schema(required)]
    pub webhooks_days: Option<u16>,
    /// For how many days calls and meetings are kept here after they last changed; null: for good.
    #[schema(required)]
    pub records_days: Option<u16>,
}

/// Any part of how long the workspace keeps what it has.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = RetentionPart)]
#[expect(clippy::option_option, reason = "what is missing, what is null and a number are three things")]
pub struct Part {
    /// For how many days webhooks are kept as they came; null: as long as records. No longer than those.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 3650)]
    webhooks_days: Option<Option<u16>>,
    /// For how many days calls and meetings are kept here after they last changed; null: for good.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<u16>, minimum = 30, maximum = 3650)]
    records_days: Option<Option<u16>>,
}

/// Shows how long the workspace keeps what it has.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/settings/retention", tag = "settings",
    operation_id = "show_retention",
    responses((status = 200, body = RetentionView)))]
pub async fn show(State(app): State<Shared>, scope: Scope) -> Result<Json<RetentionView>, Problem> {
    Ok(Json(current(&app, &scope).await?))
}

/// How it is now.
pub async fn current(app: &App, scope: &Scope) -> Result<RetentionView, Problem> {
    Ok(view(app.web.store.retention(scope.ws()).await?))
}

/// Changes how long the workspace keeps what it has.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/settings/retention", tag = "settings",
    operation_id = "change_retention",
    request_body = Part, responses((status = 200, body = RetentionView)))]
pub async fn change(
    State(app): State<Shared>,
    scope: Scope,
    sent: Sent,
) -> Result<Json<RetentionView>, Problem> {
    Ok(Json(set(&app, &scope, sent).await?))
}

/// Sets any part; returns the whole.
pub async fn set(app: &App, scope: &Scope, sent: Sent) -> Result<RetentionView, Problem> {
    let part: Part = sent.read()?;
    let _turn = app.changes.hold(scope.ws()).await;
    loop {
        let before = app.web.store.retention(scope.ws()).await?;
        let retention = Retention {
            webhooks_days: part.webhooks_days.unwrap_or(before.webhooks_days),
            records_days: part.records_days.unwrap_or(before.records_days),
        };
        check(retention)?;
        if retention == before {
            return Ok(view(retention));
        }
        // Somebody may have changed it at another node: then the part is set upon that.
        if app.web.store.change_retention(scope.ws(), before, retention).await? {
            let now =
                json!({ "webhooks_days": retention.webhooks_days, "records_days": retention.records_days });
            scope.audit("settings.retention_changed", now).await?;
            return Ok(view(retention));
        }
    }
}

fn check(retention: Retention) -> Result<(), Problem> {
    within("webhooks_days", retention.webhooks_days, &WEBHOOK_DAYS)?;
    within("records_days", retention.records_days, &RECORD_DAYS)?;
    match (retention.webhooks_days, retention.records_days) {
        (Some(webhooks), Some(records)) if webhooks > records => Err(Problem::invalid(
            "webhooks_days",
            format!("must not be more than the {records} days that calls and meetings are kept"),
        )),
        _ => Ok(()),
    }
}

fn within(field: &str, days: Option<u16>, range: &RangeInclusive<u16>) -> Result<(), Problem> {
    match days {
        Some(days) if !range.contains(&days) => {
            let (least, most) = (range.start(), range.end());
            Err(Problem::invalid(field, format!("must be {least} to {most} days, or null to keep them")))
        }
        _ => Ok(()),
    }
}

fn view(retention: Retention) -> RetentionView {
    RetentionView { webhooks_days: retention.webhooks_days, records_days: retention.records_days }
}
