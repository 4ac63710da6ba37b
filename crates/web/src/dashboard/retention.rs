//! Retention: how long webhooks, calls and meetings are kept here (N7).

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{
    failure::Failure,
    form::{Form, Posted},
    frame::{Frame, Visit, page},
    merge::changes,
};
use crate::api::settings::retention::{self, RetentionView};

#[derive(Template)]
#[template(path = "retention.html")]
struct RetentionPage {
    frame: Frame,
    form: Form,
    as_shown: Value,
    webhooks_days: String,
    records_days: String,
}

/// Shows what is set.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    let now = retention::current(&visit.app, &visit.scope).await?;
    let text = |days: Option<u16>| days.map_or_else(String::new, |days| days.to_string());
    let (webhooks_days, records_days) = (text(now.webhooks_days), text(now.records_days));
    let (form, as_shown) = (Form::default(), shown(&now));
    Ok(page(
        StatusCode::OK,
        &RetentionPage { frame: visit.frame, form, as_shown, webhooks_days, records_days },
    ))
}

/// Sets both.
pub async fn set(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let now = shown(&retention::current(&visit.app, &visit.scope).await?);
    let sent = changes(&posted, &body(&posted), &now)?;
    match retention::set(&visit.app, &visit.scope, sent).await {
        Ok(_) => Ok(visit.done("retention", "Saved.")),
        Err(problem) => {
            let status = problem.status();
            let text = |name: &str| posted.text(name).to_owned();
            let (webhooks_days, records_days) = (text("webhooks_days"), text("records_days"));
            let form = Form::refused(&posted, &[], problem);
            let page_with =
                RetentionPage { frame: visit.frame, form, as_shown: now, webhooks_days, records_days };
            Ok(page(status, &page_with))
        }
    }
}

/// What the form shows, as it is sent.
fn shown(now: &RetentionView) -> Value {
    json!({ "webhooks_days": now.webhooks_days, "records_days": now.records_days })
}

/// The form, as the API takes it: an empty field keeps all, and what is no number is refused there.
fn body(posted: &Posted) -> Value {
    let days = |name: &str| {
        posted
            .given(name)
            .map_or(Value::Null, |text| text.parse::<u16>().map_or_else(|_| json!(text), Into::into))
    };
    json!({ "webhooks_days": days("webhooks_days"), "records_days": days("records_days") })
}
