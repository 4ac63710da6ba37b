//! A Cal.com webhook as a booking event.

use domain::{
    booking::{Answer, BookingEvent, BookingFacts, BookingWhat, Guest, Host, Invitee},
    event::{Event, Unreadable},
};
use serde_json::{Map, Value};

use super::wire::{self, Booking, Envelope, Person, Trigger};
use crate::source::{Field, answer, end_after};

/// Reads a webhook. A booking under `uid`; a move gives a new `uid` and names the one before.
pub(crate) fn read(body: &Value) -> Result<Event, Unreadable> {
    let envelope = Envelope::of(body);
    let name = envelope.trigger.required_text()?;
    let trigger = envelope.known_trigger();
    let said = envelope.booking();
    let what = match trigger {
        Some(Trigger::Created) => BookingWhat::Booked,
        Some(Trigger::Rescheduled) => BookingWhat::Moved {
            from_link: said.reschedule_uid.id(),
            from_start: said.reschedule_start_time.rfc3339().ok().flatten(),
        },
        Some(Trigger::Cancelled) if !may_be_one_seat(&said) => {
            BookingWhat::Canceled { reason: said.cancellation_reason.text() }
        }
        Some(Trigger::Cancelled | Trigger::OtherOfBooking) | None => return Ok(Event::Ignored { name }),
    };
    let link = envelope.uid.required_id().map_err(|unreadable| envelope.placed(unreadable))?;
    let at = envelope.created_at.required_rfc3339()?;
    let facts = facts(&said, &what).map_err(|unreadable| envelope.placed(unreadable))?;
    Ok(Event::Booking(Box::new(BookingEvent { link, what, at, facts })))
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

/// Whether a cancel may be of one seat of a meeting that goes on: it comes under the live booking's `uid`.
/// Only the cancel of a whole booking names who canceled (cancelAttendeeSeat.ts).
fn may_be_one_seat(said: &Booking<'_>) -> bool {
    let has_seats = !said.seats_per_time_slot.value().is_null();
    let is_of_seat = !said.attendee_seat_id.value().is_null();
    has_seats && (is_of_seat || said.cancelled_by.text().is_none())
}

fn facts(said: &Booking<'_>, what: &BookingWhat) -> Result<BookingFacts, Unreadable> {
    let event_name = said.event_title.text().or_else(|| said.title.text());
    let is_cancel = matches!(what, BookingWhat::Canceled { .. });
    let start = if is_cancel {
        said.start_time.rfc3339().ok().flatten()
    } else {
        if event_name.is_none() {
            return Err(said.event_title.unreadable("is missing, and so is the title"));
        }
        Some(said.start_time.required_rfc3339()?)
    };
    let (changed_by, reason) = match what {
        BookingWhat::Canceled { reason } => (said.cancelled_by.text(), reason.clone()),
        BookingWhat::Moved { .. } => {
            let reason = said.reschedule_reason.text().or_else(|| said.cancellation_reason.text());
            (said.rescheduled_by.text(), reason)
        }
        BookingWhat::Booked | BookingWhat::Requested { .. } | BookingWhat::NoShow { .. } => (None, None),
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
        location: location(said),
        description: said.event_description.text(),
        answers: answers(said),
        changed_by,
        reason,
    })
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

fn invitee(said: &Booking<'_>, booker: &Person<'_>) -> Option<Invitee> {
    let phone = booker
        .phone_number
        .text()
        .or_else(|| booker.synthetic_phone())
        .or_else(|| said.phone_response.text())
        .or_else(|| said.sms_response.text());
    let (name, email) = (booker.name.text(), booker.email.email());
    let is_somebody = name.is_some() || email.is_some() || phone.is_some();
    is_somebody.then(|| Invitee { name, email, phone, timezone: booker.time_zone.text() })
}

/// The joined address of a video call first, then the place as it was given.
fn location(said: &Booking<'_>) -> Option<String> {
    said.video_call_url
        .text()
        .or_else(|| said.video_call_data_url.text())
        .or_else(|| said.location.text().filter(|place| !wire::is_kind_of_place(place)))
        .or_else(|| said.location_response.text())
}

/// The custom questions; where the body does not list them apart, all responses but Cal.com's own.
fn answers(said: &Booking<'_>) -> Vec<Answer> {
    let listed = |field: Field<'_>| field.value().as_object().filter(|map| !map.is_empty()).cloned();
    let responses: Map<String, Value> =
        listed(said.user_fields_responses).or_else(|| listed(said.responses)).unwrap_or_default();
    responses
        .iter()
        .filter(|(name, _)| !wire::is_system_field(name))
        .filter_map(|(name, entry)| {
            let said = wire::Response::of(entry);
            let question = said.label.text().unwrap_or_else(|| name.clone());
            Some(Answer { question_id: Some(name.clone()), question, value: answer(said.answer())? })
        })
        .collect()
}
