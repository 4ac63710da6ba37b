//! A Calendly webhook as a booking event.

use std::collections::BTreeMap;

use domain::{
    booking::{Answer, BookingEvent, BookingFacts, BookingWhat, Guest, Host, Invitee},
    event::{Event, Unreadable},
};
use jiff::Timestamp;
use serde_json::Value;

use super::wire::{self, Envelope, Membership, Name};
use crate::source::{Field, answer, end_after, name_parts};

/// Reads a webhook. A move is told twice, in any order: the new invitee names the old one and counts; the old one's
/// cancel is its other half, which ties the invitees where the new one is missing. One that names nobody is ignored.
pub(crate) fn read(body: &Value) -> Result<Event, Unreadable> {
    let envelope = Envelope::of(body);
    let event = envelope.event.required_text()?;
    let said = &envelope.payload;
    let Some(name) = envelope.known_name() else { return Ok(Event::Ignored { name: event }) };
    let is_half = name == Name::Canceled && is_half_of_move(said);
    let (old, new) = (said.old_invitee.id(), said.new_invitee.id());
    if is_half && old.is_none() && new.is_none() {
        return Ok(Event::Ignored { name: event });
    }
    let link = envelope.link(name).required_id()?;
    let at = envelope.created_at.required_rfc3339()?;
    let (what, facts) = match name {
        Name::Created => (booked_or_moved(said), facts(said, whole(said)?)),
        Name::Canceled if is_half => {
            (BookingWhat::MovedOn { from_link: old, to_link: new }, BookingFacts::default())
        }
        Name::Canceled => {
            let reason = said.cancellation_reason.text();
            let start = said.start_time.rfc3339().ok().flatten();
            let changed_by = said.canceler_type.text().or_else(|| said.canceled_by.text());
            let facts = BookingFacts { changed_by, reason: reason.clone(), ..facts(said, start) };
            (BookingWhat::Canceled { reason }, facts)
        }
        Name::NoShow | Name::NoShowTakenBack => {
            let came = name == Name::NoShowTakenBack;
            (BookingWhat::NoShow { came, people: BTreeMap::new() }, BookingFacts::default())
        }
    };
    Ok(Event::Booking(Box::new(BookingEvent { link, what, at, facts })))
}

/// The invitee's URI.
pub(crate) fn subject(body: &Value) -> Option<String> {
    let envelope = Envelope::of(body);
    envelope.link(envelope.known_name()?).id()
}

pub(crate) fn event_name(body: &Value) -> Field<'_> {
    Envelope::of(body).event
}

fn is_half_of_move(said: &wire::Invitee<'_>) -> bool {
    said.rescheduled.value().as_bool().unwrap_or_else(|| said.new_invitee.id().is_some())
}

fn booked_or_moved(said: &wire::Invitee<'_>) -> BookingWhat {
    match said.old_invitee.id() {
        Some(old) => BookingWhat::Moved { from_link: Some(old), from_start: None },
        None => BookingWhat::Booked,
    }
}

/// The start of a booking that tells enough to be written. Bodies of 2020 lack the scheduled event as a
/// whole: it is asked for by the API, where there is a token.
fn whole(said: &wire::Invitee<'_>) -> Result<Option<Timestamp>, Unreadable> {
    if said.scheduled_event.value().is_null() {
        return Ok(None);
    }
    said.event_name.required_text()?;
    said.start_time.required_rfc3339().map(Some)
}

/// What a scheduled event tells by itself: all that is no invitee's own.
pub(super) fn told(link: &str, scheduled_event: &Value) -> Result<BookingEvent, Unreadable> {
    let body = wire::around(scheduled_event);
    let envelope = Envelope::of(&body);
    let (said, at) = (&envelope.payload, envelope.created_at.required_rfc3339()?);
    said.event_name.required_text()?;
    let start = said.start_time.required_rfc3339()?;
    let facts = BookingFacts { invitee: None, answers: Vec::new(), ..facts(said, Some(start)) };
    Ok(BookingEvent { link: link.to_owned(), what: BookingWhat::Told, at, facts })
}

fn facts(said: &wire::Invitee<'_>, start: Option<Timestamp>) -> BookingFacts {
    let guest = |entry| Some(Guest { name: None, email: wire::guest_email(entry).email()? });
    BookingFacts {
        event_name: said.event_name.text(),
        event_type: None,
        start,
        end: end_after(start, said.end_time),
        host: said.event_memberships.list().iter().find_map(host),
        invitee: invitee(said),
        guests: said.event_guests.list().iter().filter_map(guest).collect(),
        seats: Vec::new(),
        location: said.place(),
        description: said.notes.text(),
        notes: None,
        answers: answers(said.questions_and_answers),
        changed_by: None,
        reason: None,
        calendar_entry: None,
    }
}

fn host(entry: &Value) -> Option<Host> {
    let said = Membership::of(entry);
    let (name, email) = (said.user_name.text(), said.user_email.email());
    (name.is_some() || email.is_some()).then_some(Host { name, email, timezone: None })
}

fn invitee(said: &wire::Invitee<'_>) -> Option<Invitee> {
    let name_parts = name_parts(said.first_name, said.last_name);
    let joined = || {
        let parts = [said.first_name, said.last_name].into_iter().filter_map(Field::text);
        Some(parts.collect::<Vec<String>>().join(" ")).filter(|name| !name.is_empty())
    };
    let (name, email) = (said.name.text().or_else(joined), said.email.email());
    let phone = said.phone();
    let is_somebody = name.is_some() || email.is_some() || phone.is_some();
    is_somebody.then(|| Invitee { name, name_parts, email, phone, timezone: said.timezone.text() })
}

/// In the order in which they were asked.
fn answers(field: Field<'_>) -> Vec<Answer> {
    let mut said: Vec<wire::Answer<'_>> = field.list().iter().map(wire::Answer::of).collect();
    said.sort_by_key(|one| one.position);
    said.into_iter()
        .filter_map(|one| {
            Some(Answer { question_id: None, question: one.question?, value: answer(one.answer)? })
        })
        .collect()
}
