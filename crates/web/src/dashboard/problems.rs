//! Problems: what could not be written or read, in plain words, tried again or let go; and the replay of a span (N3).

use std::collections::HashMap;

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{ids::RecordId, name, source::Source};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use store::{Filter, ProblemRow};

use super::{
    failure::Failure,
    form::{Form, Posted},
    frame::{Frame, Visit, page},
};
use crate::api::{page::Asked, problem::Problem, problems, replay};

/// The span that the form of the replay begins with.
const SPAN: SignedDuration = SignedDuration::from_hours(1);

/// As browsers send and take the moments of a form.
const LOCAL: &str = "%Y-%m-%dT%H:%M";

/// The fields of the replay's form.
const FIELDS: [&str; 3] = ["from", "to", "source"];

#[derive(Template)]
#[template(path = "problems.html")]
struct ProblemsPage {
    frame: Frame,
    troubles: Vec<Trouble>,
    older: Option<String>,
    is_newest: bool,
    form: Form,
    from: String,
    to: String,
}

/// A problem as the page shows it.
pub struct Trouble {
    id: String,
    record: Option<RecordId>,
    title: String,
    reason: String,
    since: Timestamp,
}

/// Lists the problems, newest first.
pub async fn list(visit: Visit, asked: Asked) -> Result<Response, Failure> {
    show(visit, &asked, StatusCode::OK, Form::default()).await
}

async fn show(visit: Visit, asked: &Asked, status: StatusCode, form: Form) -> Result<Response, Failure> {
    let store = &visit.app.web.store;
    let found = store.problems(visit.scope.ws(), asked.limit()?, asked.cursor()).await?;
    let ids: Vec<RecordId> = found.items.iter().filter_map(|row| row.record).collect();
    let mut titles = HashMap::new();
    if !ids.is_empty() {
        for stored in store.records_among(visit.scope.ws(), ids, Filter::default()).await? {
            titles.insert(stored.record.id, name::title(&stored.record));
        }
    }
    let local = |at: Timestamp| at.to_zoned(visit.frame.zone().clone()).strftime(LOCAL).to_string();
    let value = |name: &str, at: Timestamp| match form.value(name) {
        "" => local(at),
        value => value.to_owned(),
    };
    let now = visit.frame.now;
    let problems_page = ProblemsPage {
        troubles: found.items.into_iter().map(|row| trouble(row, &titles)).collect(),
        older: found.next.map(|next| visit.path(&format!("problems?cursor={next}"))),
        is_newest: asked.cursor().is_none(),
        from: value("from", now - SPAN),
        // The form knows minutes only: the one that runs is to be within.
        to: value("to", now + SignedDuration::from_mins(1)),
        form,
        frame: visit.frame,
    };
    Ok(page(status, &problems_page))
}

fn trouble(row: ProblemRow, titles: &HashMap<RecordId, String>) -> Trouble {
    let title = row.record.and_then(|record| titles.get(&record).cloned());
    let other = if row.id.starts_with("notice-") {
        "A mail that could not be sent"
    } else {
        "A webhook that could not be read"
    };
    Trouble {
        title: title.unwrap_or_else(|| other.to_owned()),
        id: row.id,
        record: row.record,
        reason: row.reason,
        since: row.since,
    }
}

/// Tries one problem again.
pub async fn retry(visit: Visit) -> Result<Response, Failure> {
    problems::retry_one(&visit.app, &visit.scope).await?;
    Ok(visit.done("problems", "It is being tried again."))
}

/// Tries all problems again.
pub async fn retry_all(visit: Visit) -> Result<Response, Failure> {
    let said = match problems::retry_each(&visit.app, &visit.scope).await? {
        0 => "There was nothing to try again.".to_owned(),
        1 => "One problem is being tried again.".to_owned(),
        retried => format!("{retried} problems are being tried again."),
    };
    Ok(visit.done("problems", said))
}

/// Lets a problem go.
pub async fn dismiss(visit: Visit) -> Result<Response, Failure> {
    problems::dismiss_one(&visit.app, &visit.scope).await?;
    Ok(visit.done("problems", "Dismissed: nothing more is tried."))
}

/// Reads what came within a span again.
pub async fn replay(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    match span(&posted, visit.frame.zone()) {
        Ok((from, to, source)) => {
            let envelopes = replay::of_span(&visit.app, &visit.scope, from, to, source).await?;
            let said = match envelopes {
                0 => "Nothing came within that span.".to_owned(),
                1 => "One webhook is being read again.".to_owned(),
                many => format!("{many} webhooks are being read again."),
            };
            Ok(visit.done("problems", said))
        }
        Err(problem) => {
            let status = problem.status();
            show(visit, &Asked::default(), status, Form::refused(&posted, &FIELDS, problem)).await
        }
    }
}

/// The address of a post, opened as a page: what was posted was not meant to be looked at.
pub async fn back(visit: Visit) -> Response {
    Redirect::to(&visit.path("problems")).into_response()
}

fn span(posted: &Posted, zone: &TimeZone) -> Result<(Timestamp, Timestamp, Option<Source>), Problem> {
    let moment = |name: &str| {
        let wrong = || Problem::invalid(name, "must be a day and a time");
        let local: DateTime = posted.text(name).parse().map_err(|_| wrong())?;
        local.to_zoned(zone.clone()).map(|at| at.timestamp()).map_err(|_| wrong())
    };
    let (from, to) = (moment("from")?, moment("to")?);
    if from >= to {
        return Err(Problem::invalid("to", "must be later than the beginning"));
    }
    let unknown = || Problem::invalid("source", "is none of the choices");
    let source =
        posted.given("source").map(|word| Source::from_word(word).ok_or_else(unknown)).transpose()?;
    Ok((from, to, source))
}
