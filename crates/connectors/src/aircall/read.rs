//! A webhook's call as a snapshot.

use std::collections::BTreeMap;

use domain::{
    call::{Agent, CallSnapshot, Comment, Direction, Line, Party, Person},
    event::{Event, Unreadable},
    ids::TagId,
};
use serde_json::Value;

use super::wire::{self, Asset, Envelope};
use crate::source::Field;

/// Reads a webhook: each event of a call that we know is a snapshot of the whole call, all else is ignored.
pub(crate) fn read(body: &Value) -> Result<Event, Unreadable> {
    let envelope = Envelope::of(body);
    let Some(event) = envelope.call_event() else {
        return Ok(Event::Ignored { name: envelope.event.required_text()? });
    };
    let call = envelope.call_id.required_id()?;
    let at = envelope.timestamp.unix_time()?.ok_or_else(|| envelope.timestamp.unreadable("is missing"))?;
    let said = wire::Call::of(body);
    let (recording, voicemail) = links(&call, &said);
    Ok(Event::Call(Box::new(CallSnapshot {
        direction: direction(said.direction)?,
        started_at: said.started_at.unix_time()?,
        answered_at: said.answered_at.unix_time()?,
        ended_at: said.ended_at.unix_time()?,
        missed_reason: said.missed_call_reason.text(),
        hangup_cause: said.hangup_cause.text(),
        has_voicemail: voicemail.is_some() || said.voicemail.text().is_some(),
        recording,
        voicemail,
        party: said.raw_digits.digits().map(party),
        agent: agent(&said.user),
        person: person(&said.contact),
        line: line(&said.number),
        transferred_to: agent(&said.transferred_to).or_else(|| outsider(said.external_transferred_to)),
        tags: tags(said.tags),
        comments: said.comments.list().iter().filter_map(comment).collect(),
        ..CallSnapshot::bare(call, event, at)
    })))
}

/// The call's id.
pub(crate) fn subject(body: &Value) -> Option<String> {
    let envelope = Envelope::of(body);
    envelope.call_event()?;
    envelope.call_id.id()
}

pub(crate) fn event_name(body: &Value) -> Field<'_> {
    Envelope::of(body).event
}

/// A wrong word would turn the whole call round, so it is not guessed.
fn direction(field: Field<'_>) -> Result<Option<Direction>, Unreadable> {
    match field.value() {
        Value::Null => Ok(None),
        Value::String(word) if word == "inbound" => Ok(Some(Direction::Inbound)),
        Value::String(word) if word == "outbound" => Ok(Some(Direction::Outbound)),
        _ => Err(field.unreadable("is neither inbound nor outbound")),
    }
}

fn party(digits: String) -> Party {
    if digits.eq_ignore_ascii_case("anonymous") { Party::Anonymous } else { Party::Digits(digits) }
}

/// The lasting addresses of the recording and the voicemail; the signed ones only tell that there is something.
fn links(call: &str, said: &wire::Call<'_>) -> (Option<String>, Option<String>) {
    let lasting = |field: Field<'_>, what| field.text().filter(|text| wire::asset_of(text) == Some(what));
    let link = |field: Field<'_>, what| {
        lasting(said.asset, what)
            .or_else(|| lasting(field, what))
            .or_else(|| field.text().and_then(|_| wire::asset_address(call, what)))
    };
    (link(said.recording, Asset::Recording), link(said.voicemail, Asset::Voicemail))
}

fn agent(said: &wire::Agent<'_>) -> Option<Agent> {
    let (name, email) = (said.name.text(), said.email.email());
    (name.is_some() || email.is_some()).then_some(Agent { name, email })
}

/// Whom a call was handed to outside the company: known by the number alone.
fn outsider(number: Field<'_>) -> Option<Agent> {
    Some(Agent { name: Some(number.text()?), email: None })
}

fn person(said: &wire::Contact<'_>) -> Option<Person> {
    let emails: Vec<_> =
        said.emails.list().iter().filter_map(|entry| wire::contact_email(entry).email()).collect();
    let person = Person { first_name: said.first_name.text(), last_name: said.last_name.text(), emails };
    let says_nothing = person.name().is_none() && person.emails.is_empty();
    (!says_nothing).then_some(person)
}

/// A line without an id goes by its digits.
fn line(said: &wire::Number<'_>) -> Option<Line> {
    let digits = said.digits.digits().or_else(|| said.e164_digits.digits());
    let id = said.id.id().or_else(|| digits.clone())?;
    Some(Line { id, name: said.name.text(), digits, country: said.country.text() })
}

/// All tags, by id; one without an id goes by its name. A list that is missing says nothing of tags.
fn tags(field: Field<'_>) -> Option<BTreeMap<TagId, String>> {
    let tag = |entry| {
        let tag = wire::Tag::of(entry);
        let id = tag.id.id().or_else(|| tag.name.text())?;
        let name = tag.name.text().unwrap_or_else(|| id.clone());
        Some((TagId(id), name))
    };
    Some(field.value().as_array()?.iter().filter_map(tag).collect())
}

fn comment(entry: &Value) -> Option<Comment> {
    let said = wire::Comment::of(entry);
    let content = said.content.text()?;
    Some(Comment {
        id: said.id.id().unwrap_or_else(|| content.clone()),
        at: said.posted_at.unix_time().ok().flatten(),
        by: said.posted_by_name.text(),
        content,
    })
}
