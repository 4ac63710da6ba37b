//! One call or meeting: what was received, what was decided and why, what was written, what it waits for.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::step::Object;
use jiff::Timestamp;
use serde_json::Value;
use store::Envelope;

use super::Item;
use crate::{
    api::{
        records,
        timeline::{Moment, What},
    },
    dashboard::{
        failure::Failure,
        frame::{Frame, Visit, page},
    },
};

/// More of a body than this is not shown; the whole of it is in the database.
const BODY_CHARS_MAX: usize = 20_000;

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    frame: Frame,
    item: Item,
    external_id: String,
    /// What HubSpot holds, with links into it.
    links: Vec<Link>,
    due_at: Option<Timestamp>,
    attempts: u32,
    steps: Vec<Step>,
}

/// An object in HubSpot: what it is called, and where it is seen.
pub struct Link {
    words: String,
    href: Option<String>,
}

/// One thing that happened, as the page shows it.
pub struct Step {
    at: Timestamp,
    /// What kind of thing it was, for people and for the stylesheet.
    kind: (&'static str, &'static str),
    text: String,
    link: Option<Link>,
    /// What stands behind it, for admins: a heading and a text each.
    behind: Vec<(&'static str, String)>,
}

/// Shows a record with its timeline.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    let story = records::story(&visit.app, &visit.scope).await?;
    let seen = |object: &str, id: &str| link(object, id, story.portal.url(object, id));
    let record = &story.stored.record;
    let contact = record.contact.iter().map(|contact| seen("contacts", &contact.id.0));
    let held = record.held.iter().map(|held| seen(held.object.word(), &held.id.0));
    let links = contact.chain(held).collect();
    let is_admin = visit.frame.is_admin();
    let steps = story.timeline.into_iter().map(|moment| step(moment, &story.envelopes, is_admin)).collect();
    let is_awaited = story.stored.state == store::RecordState::Waiting;
    let page_of = RecordPage {
        item: Item::of(&story.stored, &story.hold),
        external_id: record.external_id.clone(),
        links,
        due_at: story.stored.due_at.filter(|due| is_awaited && *due > visit.frame.now),
        attempts: story.stored.attempts,
        steps,
        frame: visit.frame,
    };
    Ok(page(StatusCode::OK, &page_of))
}

fn step(moment: Moment, envelopes: &[Envelope], is_admin: bool) -> Step {
    let kind = match moment.what {
        What::Received => ("received", "Received"),
        What::Decided => ("decided", "Decided"),
        What::Written => ("written", "Written"),
        What::Waiting => ("waiting", "Waiting"),
        What::Problem => ("problem", "Problem"),
    };
    let mut behind = Vec::new();
    if is_admin {
        let envelope = envelopes.iter().find(|envelope| Some(envelope.seq) == moment.envelope);
        behind.extend(envelope.map(|envelope| ("The webhook as it came", body(&envelope.body))));
        behind.extend(shown(&moment.request).map(|text| ("What was sent", text)));
        behind.extend(shown(&moment.answer).map(|text| ("What HubSpot answered", text)));
    }
    let link = moment.hubspot.map(|touched| link(&touched.object, &touched.id, moment.url));
    Step { at: moment.at, kind, text: moment.text, link, behind }
}

fn shown(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| cut(&serde_json::to_string_pretty(value).unwrap_or_default()))
}

/// A body as it came; JSON with its lines put in order.
fn body(bytes: &[u8]) -> String {
    let read = serde_json::from_slice::<Value>(bytes).ok().and_then(|value| shown(&value));
    read.unwrap_or_else(|| cut(&String::from_utf8_lossy(bytes)))
}

fn cut(text: &str) -> String {
    domain::text::cut(text, BODY_CHARS_MAX)
}

/// An object of HubSpot by its id, with the address where it is seen.
fn link(object: &str, id: &str, href: Option<String>) -> Link {
    let noun = match object {
        "contacts" => "contact",
        word if word == Object::Calls.word() => "call",
        word if word == Object::Meetings.word() => "meeting",
        word if word == Object::Tasks.word() => "task",
        other => other,
    };
    Link { words: format!("{noun} {id}"), href }
}
