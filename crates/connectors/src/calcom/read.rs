//! A Cal.com webhook as a booking event.

use std::collections::BTreeMap;

use domain::{
    booking::{Answer, BookingEvent, BookingFacts, BookingWhat, CalendarEntry, Guest, Host, Invitee, Seat},
    event::{Event, Unreadable},
};
use serde_json::{Map, Value};

use super::wire::{self, Booking, Envelope, Person, Trigger};
use crate::source::{Field, answer, end_after, name_parts};

/// Reads a webhook. A booking under `uid`; a move gives a new `uid` and names the one before.
pub(crate) fn read(body: &Value) -> Result<Event, Unreadable> {
    let envelope = Envelope::of(body);
    let name = envelope.trigger.required_text()?;
    let Some(trigger) = envelope.known_trigger() else { return Ok(Event::Ignored { name }) };
    let said = envelope.booking();
    let link = envelope.uid.required_id().map_err(|unreadable| envelope.placed(unreadable))?;
    let Some(what) = what(trigger, &said, &link) else { return Ok(Event::Ignored { name }) };
    let at = envelope.created_at.required_rfc3339()?;
    let facts = facts(&said, &what).map_err(|unreadable| envelope.placed(unreadable))?;
    Ok(Event::Booking(Box::new(BookingEvent { link, what, at, facts })))
}

/// What happened; `None` if nothing that counts.
fn what(trigger: Trigger, said: &Booking<'_>, link: &str) -> Option<BookingWhat> {
    let from_link = said.reschedule_uid.id();
    let from_start = said.reschedule_start_time.rfc3339().ok().flatten();
    let is_pending = said.status.value() == "PENDING";
    Some(match trigger {
        Trigger::Requested => BookingWhat::Requested { from_link, from_start },
        Trigger::Created | Trigger::Rescheduled if is_pending => {
            BookingWhat::Requested { from_link, from_start }
        }
        // One person takes their seat to another time: the others' meeting stays where it is.
        Trigger::Rescheduled if said.has_seats() && !said.attendee_seat_id.value().is_null() => {
            BookingWhat::Booked
        }
        Trigger::Rescheduled => BookingWhat::Moved { from_link, from_start },
        Trigger::Created => match from_link.filter(|from| from != link) {
            Some(from) => BookingWhat::Moved { from_link: Some(from), from_start },
            None => BookingWhat::Booked,
        },
        Trigger::Rejected => BookingWhat::Rejected { reason: said.rejection_reason.text() },
        Trigger::Cancelled if is_of_seats(said) => BookingWhat::SeatsGivenUp,
        Trigger::Cancelled => BookingWhat::Canceled { reason: said.cancellation_reason.text() },
        Trigger::NoShow => {
            let people = who_came(said);
            if people.is_empty() {
                return None;
            }
            BookingWhat::NoShow { came: people.values().all(|came| *came), people }
        }
    })
}

/// The booking's `uid`.
pub(crate) fn subject(body: &Value) -> Option<String> {
    let envelope = Envelope::of(body);
    envelope.known_trigger()?;
    envelope.uid.id()
}

pub(crate) fn event_name(body: &Value) -> Field<'_> {
    Envelope::of(body).trigger
}

/// Whether a cancel is of seats of a meeting that goes on: it comes under the live booking's `uid` and names those who
/// leave. Only the cancel of a whole booking names who canceled (cancelAttendeeSeat.ts, 2025 and 2026).
fn is_of_seats(said: &Booking<'_>) -> bool {
    let is_of_seat = !said.attendee_seat_id.value().is_null();
    said.has_seats()
        && !said.attendees.list().is_empty()
        && (is_of_seat || said.cancelled_by.text().is_none())
}

/// Those whom a no-show names, by handle; a body that names nobody says nothing.
fn who_came(said: &Booking<'_>) -> BTreeMap<String, bool> {
    let one = |entry| {
        let person = Person::of(entry);
        Some((attendee(&person).handle()?, !person.no_show.value().as_bool()?))
    };
    said.attendees.list().iter().filter_map(one).collect()
}

fn facts(said: &Booking<'_>, what: &BookingWhat) -> Result<BookingFacts, Unreadable> {
    if matches!(what, BookingWhat::NoShow { .. }) {
        return Ok(BookingFacts::default());
    }
    let event_name = said.event_title.text().or_else(|| said.title.text());
    let start = if matches!(what, BookingWhat::Booked | BookingWhat::Moved { .. }) {
        if event_name.is_none() {
            return Err(said.event_title.unreadable("is missing, and so is the title"));
        }
        Some(said.start_time.required_rfc3339()?)
    } else {
        said.start_time.rfc3339().ok().flatten()
    };
    let (changed_by, reason) = match what {
        BookingWhat::Canceled { .. } | BookingWhat::SeatsGivenUp => {
            (said.cancelled_by.text(), said.cancellation_reason.text())
        }
        BookingWhat::Rejected { reason } => (None, reason.clone()),
        BookingWhat::Moved { .. } | BookingWhat::Requested { .. } => {
            let reason = said.reschedule_reason.text().or_else(|| said.cancellation_reason.text());
            (said.rescheduled_by.text(), reason)
        }
        BookingWhat::Booked
        | BookingWhat::Told
        | BookingWhat::MovedOn { .. }
        | BookingWhat::NoShow { .. } => (None, None),
    };
    let (booker, guests) = attendees(said);
    Ok(BookingFacts {
        event_name,
        event_type: said.slug.text(),
        start,
        end: end_after(start, said.end_time),
        host: host(&said.organizer),
        invitee: booker,
        guests,
        seats: seats(said),
        location: location(said),
        description: said.event_description.text(),
        notes: said.notes_response.text().or_else(|| said.additional_notes.text()),
        answers: answers(said),
        changed_by,
        reason,
        calendar_entry: calendar_entry(said),
    })
}

/// RFC 7986 §5.3: a calendar need not keep a longer id.
const UID_BYTES_MAX: usize = 255;

/// Under this id the meeting stands in the parties' calendars. Without the sequence no calendar would know which of two
/// changes is the newer (reference/scheduling.md §2.3).
fn calendar_entry(said: &Booking<'_>) -> Option<CalendarEntry> {
    let is_id = |uid: &String| uid.len() <= UID_BYTES_MAX && !uid.chars().any(char::is_control);
    let uid = said.ical_uid.text().filter(is_id)?;
    let sequence = said.ical_sequence.value().as_u64()?;
    Some(CalendarEntry { uid, sequence: u32::try_from(sequence).ok()? })
}

fn host(said: &Person<'_>) -> Option<Host> {
    let host = Host { name: said.name.text(), email: said.email.email(), timezone: said.time_zone.text() };
    (host.name.is_some() || host.email.is_some()).then_some(host)
}

/// The first attendee booked, the others were asked along.
fn attendees(said: &Booking<'_>) -> (Option<Invitee>, Vec<Guest>) {
    let Some((booker, others)) = said.attendees.list().split_first() else { return (None, Vec::new()) };
    let guest = |entry| {
        let person = Person::of(entry);
        Some(Guest { name: person.name.text(), email: person.email.email()? })
    };
    (invitee(said, &Person::of(booker)), others.iter().filter_map(guest).collect())
}

/// Where the event has seats, each attendee has one. The answers are those of whoever the responses are of; without an
/// address among them, of the last attendee: who joins is put behind the others (handleSeats.ts).
fn seats(said: &Booking<'_>) -> Vec<Seat> {
    if !said.has_seats() {
        return Vec::new();
    }
    let mut seats: Vec<Seat> = said
        .attendees
        .list()
        .iter()
        .map(|entry| Seat { who: attendee(&Person::of(entry)), answers: Vec::new() })
        .filter(|seat| seat.who.handle().is_some())
        .collect();
    let answering = said.email_response.email();
    let of = seats.iter().position(|seat| answering.is_some() && seat.who.email == answering);
    if let Some(seat) = of.or_else(|| seats.len().checked_sub(1)).and_then(|n| seats.get_mut(n)) {
        seat.answers = answers(said);
    }
    seats
}

fn invitee(said: &Booking<'_>, booker: &Person<'_>) -> Option<Invitee> {
    let mut invitee = attendee(booker);
    invitee.phone = invitee.phone.or_else(|| said.phone_response.text()).or_else(|| said.sms_response.text());
    let is_somebody = invitee.name.is_some() || invitee.email.is_some() || invitee.phone.is_some();
    is_somebody.then_some(invitee)
}

fn attendee(said: &Person<'_>) -> Invitee {
    let name_parts = name_parts(said.first_name, said.last_name);
    Invitee {
        name: said.name.text(),
        name_parts,
        email: said.email.email(),
        phone: said.phone_number.text().or_else(|| said.synthetic_phone()),
        timezone: said.time_zone.text(),
    }
}

/// The joined address of a video call first, then the place as it was given.
fn location(said: &Booking<'_>) -> Option<String> {
    said.video_call_url
        .text()
        .or_else(|| said.video_call_data_url.text())
        .or_else(|| said.location.text().filter(|place| !wire::is_kind_of_place(place)))
        .or_else(|| said.location_response.text())
}

/// The custom questions; where the body does not list them apart, all responses but Cal.com's own. Behind them those of
/// the map that older bookings have.
fn answers(said: &Booking<'_>) -> Vec<Answer> {
    let listed = |field: Field<'_>| field.value().as_object().filter(|map| !map.is_empty()).cloned();
    let responses: Map<String, Value> =
        listed(said.user_fields_responses).or_else(|| listed(said.responses)).unwrap_or_default();
    let mut answers: Vec<Answer> = responses
        .iter()
        .filter(|(name, _)| !wire::is_system_field(name))
        .filter_map(|(name, entry)| {
            let said = wire::Response::of(entry);
            let question = said.label.text().unwrap_or_else(|| name.clone());
            Some(Answer { question_id: Some(name.clone()), question, value: answer(said.answer())? })
        })
        .collect();
    for (question, value) in listed(said.custom_inputs).unwrap_or_default() {
        let is_known = answers.iter().any(|one| one.question == question);
        if let Some(value) = answer(&value).filter(|_| !is_known && !question.trim().is_empty()) {
            answers.push(Answer { question_id: None, question, value });
        }
    }
    answers
}
