//! A webhook of our contract as a booking event.

use domain::{
    booking::{Answer, BookingEvent, BookingFacts, BookingWhat, Guest, Host, Invitee},
    event::{Event, Unreadable},
};
use jiff::Timestamp;
use serde_json::Value;

use super::wire::{self, Booking, Envelope, Person, Type};
use crate::source::{Field, answer, end_after};

/// Reads a webhook. A booking and a move must tell the event's name and the start; a cancel only which booking.
pub(crate) fn read(body: &Value) -> Result<Event, Unreadable> {
    let envelope = Envelope::of(body);
    let Some(kind) = envelope.known_type() else {
        return Ok(Event::Ignored { name: envelope.kind.required_text()? });
    };
    let link = envelope.booking_id.required_id()?;
    let at = envelope.timestamp.required_rfc3339()?;
    let said = Booking::of(body);
    let (what, start) = match kind {
        Type::Scheduled => (BookingWhat::Booked, whole(&said)?),
        Type::Rescheduled => {
            let from_start = said.previous_start.rfc3339().ok().flatten();
            (BookingWhat::Moved { from_link: None, from_start }, whole(&said)?)
        }
        Type::Canceled => {
            (BookingWhat::Canceled { reason: said.reason.text() }, said.start.rfc3339().ok().flatten())
        }
    };
    Ok(Event::Booking(Box::new(BookingEvent { link, what, at, facts: facts(&said, start) })))
}

/// The booking's id.
pub(crate) fn subject(body: &Value) -> Option<String> {
    let envelope = Envelope::of(body);
    envelope.known_type()?;
    envelope.booking_id.id()
}

pub(crate) fn event_name(body: &Value) -> Field<'_> {
    Envelope::of(body).kind
}

/// The start of a booking that tells enough to be written.
fn whole(said: &Booking<'_>) -> Result<Option<Timestamp>, Unreadable> {
    said.event_name.required_text()?;
    said.start.required_rfc3339().map(Some)
}

fn facts(said: &Booking<'_>, start: Option<Timestamp>) -> BookingFacts {
    BookingFacts {
        event_name: said.event_name.text(),
        event_type: said.event_type.text(),
        start,
        end: end_after(start, said.end),
        host: host(&said.host),
        invitee: invitee(&said.invitee),
        guests: said.guests.list().iter().filter_map(guest).collect(),
        seats: Vec::new(),
        location: said.location.text(),
        description: said.description.text(),
        notes: None,
        answers: said.answers.list().iter().filter_map(answered).collect(),
        changed_by: said.changed_by.text(),
        reason: said.reason.text(),
        calendar_entry: None,
    }
}

fn host(said: &Person<'_>) -> Option<Host> {
    let host = Host { name: said.name.text(), email: said.email.email(), timezone: said.timezone.text() };
    (host.name.is_some() || host.email.is_some()).then_some(host)
}

fn invitee(said: &Person<'_>) -> Option<Invitee> {
    let invitee = Invitee {
        name: said.name.text(),
        name_parts: None,
        email: said.email.email(),
        phone: said.phone.text(),
        timezone: said.timezone.text(),
    };
    let is_somebody = invitee.name.is_some() || invitee.email.is_some() || invitee.phone.is_some();
    is_somebody.then_some(invitee)
}

fn guest(entry: &Value) -> Option<Guest> {
    let said = Person::of(entry);
    Some(Guest { name: said.name.text(), email: said.email.email()? })
}

/// A question without words goes by its id; one that was not answered is left out.
fn answered(entry: &Value) -> Option<Answer> {
    let said = wire::Answer::of(entry);
    let question_id = said.question_id.id();
    let question = said.question.text().or_else(|| question_id.clone())?;
    Some(Answer { question_id, question, value: answer(said.answer.value())? })
}
