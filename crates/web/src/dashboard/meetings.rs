//! Meetings: what becomes of bookings that move, of answers, guests and titles, and who is told (M3–M8, M11).

use std::collections::BTreeMap;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::{
    settings::{AnswerProperties, Guests, MEETING_TITLE_PLACES, OnReschedule},
    source::Source,
};
use serde_json::{Value, json};

use super::{
    failure::Failure,
    form::{Form, Posted},
    frame::{Frame, Visit, page},
    merge::changes,
};
use crate::api::settings::meetings::{self, MeetingSettingsView};

/// The sources of bookings.
const SCHEDULERS: [Source; 3] = [Source::Calendar, Source::Calcom, Source::Calendly];

/// So many empty rows invite further entries.
const EMPTY_ROWS: usize = 2;

#[derive(Template)]
#[template(path = "meetings.html")]
struct MeetingsPage {
    frame: Frame,
    form: Form,
    as_shown: Value,
    on_reschedule: OnReschedule,
    notify: bool,
    /// Why no notice is sent whatever is chosen, if so.
    notices_off: Option<&'static str>,
    schedulers: Vec<Scheduler>,
    answer_properties: AnswerProperties,
    answers: Vec<Answer>,
    guests: Guests,
    places: [&'static str; 3],
}

/// A source of bookings with what is set for it.
struct Scheduler {
    word: &'static str,
    name: &'static str,
    is_notified: bool,
    title: String,
    /// The name of the title's field.
    field: String,
}

/// A question with the property that its answers are written to.
struct Answer {
    question: String,
    property: String,
    wrong: String,
}

/// Shows the settings.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    let settings = meetings::current(&visit.app, &visit.scope).await?;
    Ok(show_with(visit.frame, StatusCode::OK, &settings, Form::default(), Vec::new()))
}

/// Shows the settings; `more` are answers that were sent and not taken.
fn show_with(
    frame: Frame,
    status: StatusCode,
    settings: &MeetingSettingsView,
    form: Form,
    more: Vec<(String, String)>,
) -> Response {
    let title = |source: Source| {
        let sent = form.value(&field(source)).to_owned();
        let kept = || settings.title_template.get(source.word()).cloned().unwrap_or_default();
        if sent.is_empty() { kept() } else { sent }
    };
    let scheduler = |source: Source| Scheduler {
        word: source.word(),
        name: source.name(),
        is_notified: settings.notify_sources.contains(&source),
        title: title(source),
        field: field(source),
    };
    let answers = if more.is_empty() { settings.answer_map.clone().into_iter().collect() } else { more };
    let empty_rows = if frame.is_admin() { EMPTY_ROWS } else { 0 };
    let answers = answers.into_iter().chain(vec![(String::new(), String::new()); empty_rows]);
    let answer = |(question, property): (String, String)| {
        let wrong = form.wrong(&format!("answer_map.{question}")).to_owned();
        Answer { question, property, wrong }
    };
    page(
        status,
        &MeetingsPage {
            as_shown: shown(settings),
            on_reschedule: settings.on_reschedule,
            notify: settings.notify,
            notices_off: settings.notices_off,
            schedulers: SCHEDULERS.map(scheduler).into(),
            answer_properties: settings.answer_properties,
            answers: answers.map(answer).collect(),
            guests: settings.guests,
            places: MEETING_TITLE_PLACES,
            frame,
            form,
        },
    )
}

/// The name of the field that holds a source's title.
fn field(source: Source) -> String {
    format!("title_template.{}", source.word())
}

/// Sets all of them.
pub async fn set(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let now = shown(&meetings::current(&visit.app, &visit.scope).await?);
    let sent = changes(&posted, &body(&posted), &now)?;
    match meetings::set(&visit.app, &visit.scope, sent).await {
        Ok(_) => Ok(visit.done("meetings", "Saved.")),
        Err(problem) => {
            let settings = meetings::current(&visit.app, &visit.scope).await?;
            let status = problem.status();
            let titles = SCHEDULERS.map(field);
            let form = Form::refused(&posted, &titles.each_ref().map(String::as_str), problem);
            Ok(show_with(visit.frame, status, &settings, form, answers(&posted).into_iter().collect()))
        }
    }
}

/// The form, as the API takes it.
fn body(posted: &Posted) -> Value {
    let titles: BTreeMap<&str, &str> = SCHEDULERS
        .into_iter()
        .filter_map(|source| Some((source.word(), posted.given(&field(source))?)))
        .collect();
    json!({
        "on_reschedule": posted.text("on_reschedule"),
        "notify": posted.has("notify"),
        "notify_sources": posted.all("notify_sources").collect::<Vec<_>>(),
        "answer_properties": posted.text("answer_properties"),
        "answer_map": answers(posted),
        "guests": posted.text("guests"),
        "title_template": titles,
    })
}

/// What the form shows, as it is sent.
fn shown(settings: &MeetingSettingsView) -> Value {
    let notified = SCHEDULERS.iter().filter(|source| settings.notify_sources.contains(source));
    json!({
        "on_reschedule": settings.on_reschedule,
        "notify": settings.notify,
        "notify_sources": notified.map(|source| source.word()).collect::<Vec<_>>(),
        "answer_properties": settings.answer_properties,
        "answer_map": settings.answer_map,
        "guests": settings.guests,
        "title_template": settings.title_template,
    })
}

/// The rows of questions and properties; a row with one of them left empty is none.
fn answers(posted: &Posted) -> BTreeMap<String, String> {
    let rows = posted.all("question").zip(posted.all("property"));
    let filled = rows.filter(|(question, property)| !question.is_empty() && !property.is_empty());
    filled.map(|(question, property)| (question.to_owned(), property.to_owned())).collect()
}
