//! How calls are logged: when, under which title, with which contacts and tasks, and what ends a call (C2, C12, C14, C17).

use std::collections::BTreeMap;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::{
    kind::Kind,
    settings::{CALL_TITLE_PLACES, LogWhen},
};
use serde_json::{Map, Value, json};

use crate::{
    api::settings::calls::{self, CallSettingsView, CreateContacts},
    dashboard::{
        failure::Failure,
        form::{Form, Posted},
        frame::{Frame, Visit, page},
        merge::changes,
    },
};

/// The kinds that a hang-up cause can make of a call, each with its field's label.
const CAUSES: [(Kind, &str); 3] = [
    (Kind::OutboundBusy, "Busy"),
    (Kind::OutboundWrongNumber, "Wrong number"),
    (Kind::OutboundUnanswered, "Unanswered"),
];

#[derive(Template)]
#[template(path = "calls_logging.html")]
struct LoggingPage {
    frame: Frame,
    tab: &'static str,
    form: Form,
    as_shown: Value,
    waits_for_end: bool,
    missed_call_task: bool,
    title_template: String,
    places: [&'static str; 7],
    contacts: Vec<(Kind, bool)>,
    causes: Vec<(&'static str, &'static str, String)>,
}

/// Shows how calls are logged.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    let settings = calls::current(&visit.app, &visit.scope).await?;
    Ok(show_with(visit.frame, StatusCode::OK, &settings, Form::default()))
}

fn show_with(frame: Frame, status: StatusCode, settings: &CallSettingsView, form: Form) -> Response {
    let causes = |kind: Kind| {
        let own = settings.outcome_causes.iter().filter(|(_, word)| **word == kind.word());
        own.map(|(cause, _)| cause.as_str()).collect::<Vec<_>>().join(", ")
    };
    page(
        status,
        &LoggingPage {
            frame,
            tab: "logging",
            as_shown: shown(settings),
            waits_for_end: settings.log_when == LogWhen::Ended,
            missed_call_task: settings.missed_call_task,
            title_template: settings.title_template.clone(),
            places: CALL_TITLE_PLACES,
            contacts: Kind::ALL.map(|kind| (kind, creates(settings, kind))).into(),
            causes: CAUSES.map(|(kind, label)| (kind.word(), label, causes(kind))).into(),
            form,
        },
    )
}

/// Sets how calls are logged.
pub async fn set(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let now = shown(&calls::current(&visit.app, &visit.scope).await?);
    let sent = changes(&posted, &body(&posted), &now)?;
    match calls::set(&visit.app, &visit.scope, sent).await {
        Ok(_) => Ok(visit.done("calls/logging", "Saved.")),
        Err(problem) => {
            let mut settings = calls::current(&visit.app, &visit.scope).await?;
            posted.text("title_template").clone_into(&mut settings.title_template);
            let status = problem.status();
            Ok(show_with(visit.frame, status, &settings, Form::refused(&posted, &[], problem)))
        }
    }
}

/// Whether an unknown caller becomes a contact.
fn creates(settings: &CallSettingsView, kind: Kind) -> bool {
    match &settings.create_contacts {
        CreateContacts::All(all) => *all,
        CreateContacts::ByKind(by_kind) => by_kind.get(kind.word()).copied().unwrap_or(true),
    }
}

/// What the form shows, as it is sent.
fn shown(settings: &CallSettingsView) -> Value {
    let contacts = Kind::ALL.map(|kind| (kind.word(), creates(settings, kind)));
    json!({
        "log_when": settings.log_when,
        "title_template": settings.title_template,
        "missed_call_task": settings.missed_call_task,
        "create_contacts": BTreeMap::from(contacts),
        "outcome_causes": settings.outcome_causes,
    })
}

/// The form, as the API takes it.
fn body(posted: &Posted) -> Value {
    let contacts: Map<String, Value> = Kind::ALL
        .into_iter()
        .map(|kind| (kind.word().to_owned(), json!(posted.has(&format!("create_contacts.{}", kind.word())))))
        .collect();
    let mut causes = BTreeMap::new();
    for (kind, _) in CAUSES {
        let listed = posted.text(kind.word()).split(',').map(str::trim).filter(|cause| !cause.is_empty());
        causes.extend(listed.map(|cause| (cause.to_owned(), kind.word())));
    }
    json!({
        "log_when": posted.text("log_when"),
        "title_template": posted.text("title_template"),
        "missed_call_task": posted.has("missed_call_task"),
        "create_contacts": contacts,
        "outcome_causes": causes,
    })
}
