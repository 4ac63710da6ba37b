//! Calls: which outcome and call type a call gets, and how it is logged (C1–C17).

pub mod logging;
pub mod owners;
pub mod rule;
mod section;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::kind::Kind;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use self::section::{Matter, Section, sections};
use super::{
    failure::Failure,
    form::{Form, Posted},
    frame::{Frame, Visit, page},
    merge::changes,
};
use crate::api::settings::calls;

/// The lists of an open page are read again no more and no less often than this, in seconds.
const PACE: (i64, i64) = (2, 15);

#[derive(Template)]
#[template(path = "calls.html")]
struct CallsPage {
    frame: Frame,
    tab: &'static str,
    sections: [Section; 2],
    first_rule_wins: bool,
    /// How often the lists are read again while the page is open, in seconds.
    pace: i64,
    /// How long what is applied lags what the lists show, in words; empty if it does not.
    delay: String,
}

/// Shows outcomes and call types.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    show_with(visit, StatusCode::OK, None).await
}

/// Shows outcomes and call types with a form that was refused.
async fn show_with(
    visit: Visit,
    status: StatusCode,
    refused: Option<(Matter, Form)>,
) -> Result<Response, Failure> {
    let (mut sections, settings) = sections(&visit).await?;
    if let Some((matter, form)) = refused
        && let Some(section) = sections.iter_mut().find(|section| section.matter == matter)
    {
        section.form = form;
    }
    let first_rule_wins = settings.on_conflict == domain::settings::OnConflict::FirstRule;
    let (pace, delay) = (visit.app.web.settings.list_refresh, visit.app.web.settings.outcome_delay);
    Ok(page(
        status,
        &CallsPage {
            frame: visit.frame,
            tab: "",
            sections,
            first_rule_wins,
            pace: pace.as_secs().clamp(PACE.0, PACE.1),
            delay: in_words(delay),
        },
    ))
}

/// A duration as people say it.
fn in_words(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let count = |n: i64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match seconds {
        ..=0 => String::new(),
        _ if seconds % 3600 == 0 => count(seconds / 3600, "hour"),
        _ if seconds % 60 == 0 => count(seconds / 60, "minute"),
        _ => count(seconds, "second"),
    }
}

/// Sets what each kind of call gets.
pub async fn set(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let matter = Matter::of(&visit)?;
    let field = |kind: Kind| format!("{}.{}", matter.setting(), kind.word());
    let chosen: Map<String, Value> = Kind::ALL
        .into_iter()
        .filter(|kind| posted.has(&field(*kind)))
        .map(|kind| (kind.word().to_owned(), json!(posted.given(&field(kind)))))
        .collect();
    let now = matter.shown(&calls::current(&visit.app, &visit.scope).await?);
    let sent = changes(&posted, &json!({ matter.setting(): chosen }), &now)?;
    match calls::set(&visit.app, &visit.scope, sent).await {
        Ok(_) => {
            let said = "Saved. It holds for calls that end from now on; what is logged stays as it is.";
            Ok(visit.done("calls", said))
        }
        Err(problem) => {
            let status = problem.status();
            let form = Form::refused(&posted, &[], problem);
            show_with(visit, status, Some((matter, form))).await
        }
    }
}

/// Sets what counts when a call's tags disagree (C5).
pub async fn set_conflict(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let body = json!({ "on_conflict": posted.text("on_conflict") });
    calls::set(&visit.app, &visit.scope, body.into()).await?;
    Ok(visit.done("calls", "Saved. It holds for calls that end from now on."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_told_as_people_say_it() {
        let words = |seconds| in_words(SignedDuration::from_secs(seconds));
        assert_eq!([words(0), words(3600), words(7200)], ["", "1 hour", "2 hours"]);
        assert_eq!([words(300), words(90)], ["5 minutes", "90 seconds"]);
    }
}
