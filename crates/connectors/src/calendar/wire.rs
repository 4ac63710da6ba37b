//! The spelling of our contract for Calendar.com (PRODUCT §6).

use serde_json::Value;

use crate::source::Field;

/// What a body's `type` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Scheduled,
    Rescheduled,
    Canceled,
}

/// `{"type", "timestamp", "data"}`.
pub(super) struct Envelope<'a> {
    pub kind: Field<'a>,
    pub timestamp: Field<'a>,
    pub booking_id: Field<'a>,
}

impl<'a> Envelope<'a> {
    pub fn of(body: &'a Value) -> Self {
        Self {
            kind: Field::at(body, "type"),
            timestamp: Field::at(body, "timestamp"),
            booking_id: Field::at(body, "data.booking_id"),
        }
    }

    pub fn known_type(&self) -> Option<Type> {
        match self.kind.value().as_str()? {
            "booking.scheduled" => Some(Type::Scheduled),
            "booking.rescheduled" => Some(Type::Rescheduled),
            "booking.canceled" => Some(Type::Canceled),
            _ => None,
        }
    }
}

/// The booking itself.
pub(super) struct Booking<'a> {
    pub event_name: Field<'a>,
    pub event_type: Field<'a>,
    pub start: Field<'a>,
    pub end: Field<'a>,
    pub host: Person<'a>,
    pub invitee: Person<'a>,
    pub guests: Field<'a>,
    pub location: Field<'a>,
    pub description: Field<'a>,
    pub answers: Field<'a>,
    pub previous_start: Field<'a>,
    pub changed_by: Field<'a>,
    pub reason: Field<'a>,
}

impl<'a> Booking<'a> {
    pub fn of(body: &'a Value) -> Self {
        Self {
            event_name: Field::at(body, "data.event_name"),
            event_type: Field::at(body, "data.event_type"),
            start: Field::at(body, "data.start"),
            end: Field::at(body, "data.end"),
            host: Person::of(Field::at(body, "data.host").value()),
            invitee: Person::of(Field::at(body, "data.invitee").value()),
            guests: Field::at(body, "data.guests"),
            location: Field::at(body, "data.location"),
            description: Field::at(body, "data.description"),
            answers: Field::at(body, "data.answers"),
            previous_start: Field::at(body, "data.previous_start"),
            changed_by: Field::at(body, "data.changed_by"),
            reason: Field::at(body, "data.reason"),
        }
    }
}

/// A host, an invitee or a guest.
pub(super) struct Person<'a> {
    pub name: Field<'a>,
    pub email: Field<'a>,
    pub phone: Field<'a>,
    pub timezone: Field<'a>,
}

impl<'a> Person<'a> {
    pub fn of(person: &'a Value) -> Self {
        Self {
            name: Field::at(person, "name"),
            email: Field::at(person, "email"),
            phone: Field::at(person, "phone"),
            timezone: Field::at(person, "timezone"),
        }
    }
}

/// `{"question_id", "question", "answer"}`
pub(super) struct Answer<'a> {
    pub question_id: Field<'a>,
    pub question: Field<'a>,
    pub answer: Field<'a>,
}

impl<'a> Answer<'a> {
    pub fn of(entry: &'a Value) -> Self {
        Self {
            question_id: Field::at(entry, "question_id"),
            question: Field::at(entry, "question"),
            answer: Field::at(entry, "answer"),
        }
    }
}
