//! Calendly's spelling, webhooks v2. Read 2026-11-20 (reference/scheduling.md §3).

use serde_json::{Value, json};

use crate::source::{Field, text};

/// The events we ask Calendly for.
pub(super) const EVENTS: [&str; 4] =
    ["invitee.created", "invitee.canceled", "invitee_no_show.created", "invitee_no_show.deleted"];

/// What a body's `event` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Created,
    Canceled,
    NoShow,
    NoShowTakenBack,
}

/// `{event, created_at, created_by, payload}`.
pub(super) struct Envelope<'a> {
    pub event: Field<'a>,
    pub created_at: Field<'a>,
    pub payload: Invitee<'a>,
}

impl<'a> Envelope<'a> {
    pub fn of(body: &'a Value) -> Self {
        Self {
            event: Field::at(body, "event"),
            created_at: Field::at(body, "created_at"),
            payload: Invitee::of(body),
        }
    }

    pub fn known_name(&self) -> Option<Name> {
        match self.event.value().as_str()? {
            "invitee.created" => Some(Name::Created),
            "invitee.canceled" => Some(Name::Canceled),
            "invitee_no_show.created" => Some(Name::NoShow),
            "invitee_no_show.deleted" => Some(Name::NoShowTakenBack),
            _ => None,
        }
    }

    /// The invitee that the body is about: the payload itself, or whom a no-show names.
    pub fn link(&self, name: Name) -> Field<'a> {
        match name {
            Name::Created | Name::Canceled => self.payload.uri,
            Name::NoShow | Name::NoShowTakenBack => self.payload.no_show_of,
        }
    }
}

/// The payload: an invitee. The unit of booking is the invitee: many share one scheduled event.
pub(super) struct Invitee<'a> {
    pub uri: Field<'a>,
    /// Only in a no-show: the invitee's URI.
    pub no_show_of: Field<'a>,
    pub name: Field<'a>,
    pub first_name: Field<'a>,
    pub last_name: Field<'a>,
    pub email: Field<'a>,
    pub timezone: Field<'a>,
    pub text_reminder_number: Field<'a>,
    pub rescheduled: Field<'a>,
    pub old_invitee: Field<'a>,
    pub new_invitee: Field<'a>,
    pub questions_and_answers: Field<'a>,
    pub cancellation_reason: Field<'a>,
    pub canceler_type: Field<'a>,
    pub canceled_by: Field<'a>,
    /// Missing in bodies of 2020.
    pub scheduled_event: Field<'a>,
    pub event_name: Field<'a>,
    pub start_time: Field<'a>,
    pub end_time: Field<'a>,
    pub notes: Field<'a>,
    pub event_memberships: Field<'a>,
    pub event_guests: Field<'a>,
    pub location_type: Field<'a>,
    pub location: Field<'a>,
    pub join_url: Field<'a>,
}

impl<'a> Invitee<'a> {
    fn of(body: &'a Value) -> Self {
        Self {
            uri: Field::at(body, "payload.uri"),
            no_show_of: Field::at(body, "payload.invitee"),
            name: Field::at(body, "payload.name"),
            first_name: Field::at(body, "payload.first_name"),
            last_name: Field::at(body, "payload.last_name"),
            email: Field::at(body, "payload.email"),
            timezone: Field::at(body, "payload.timezone"),
            text_reminder_number: Field::at(body, "payload.text_reminder_number"),
            rescheduled: Field::at(body, "payload.rescheduled"),
            old_invitee: Field::at(body, "payload.old_invitee"),
            new_invitee: Field::at(body, "payload.new_invitee"),
            questions_and_answers: Field::at(body, "payload.questions_and_answers"),
            cancellation_reason: Field::at(body, "payload.cancellation.reason"),
            canceler_type: Field::at(body, "payload.cancellation.canceler_type"),
            canceled_by: Field::at(body, "payload.cancellation.canceled_by"),
            scheduled_event: Field::at(body, "payload.scheduled_event"),
            event_name: Field::at(body, "payload.scheduled_event.name"),
            start_time: Field::at(body, "payload.scheduled_event.start_time"),
            end_time: Field::at(body, "payload.scheduled_event.end_time"),
            notes: Field::at(body, "payload.scheduled_event.meeting_notes_plain"),
            event_memberships: Field::at(body, "payload.scheduled_event.event_memberships"),
            event_guests: Field::at(body, "payload.scheduled_event.event_guests"),
            location_type: Field::at(body, "payload.scheduled_event.location.type"),
            location: Field::at(body, "payload.scheduled_event.location.location"),
            join_url: Field::at(body, "payload.scheduled_event.location.join_url"),
        }
    }

    /// Where the meeting is: an address to join, or whatever the type calls its location.
    pub fn place(&self) -> Option<String> {
        match self.location_type.value().as_str() {
            Some("physical" | "outbound_call" | "inbound_call" | "ask_invitee" | "custom") => {
                self.location.text()
            }
            _ => self.join_url.text().or_else(|| self.location.text()),
        }
    }

    /// The invitee's number: the host calls it, or reminders go to it.
    pub fn phone(&self) -> Option<String> {
        let is_called = self.location_type.value() == "outbound_call";
        self.text_reminder_number.text().or_else(|| self.location.text().filter(|_| is_called))
    }
}

/// A scheduled event as a webhook would hold it, told when the event was made.
pub(super) fn around(scheduled_event: &Value) -> Value {
    json!({"created_at": scheduled_event["created_at"], "payload": {"scheduled_event": scheduled_event}})
}

/// A host of the event.
pub(super) struct Membership<'a> {
    pub user_name: Field<'a>,
    pub user_email: Field<'a>,
}

impl<'a> Membership<'a> {
    pub fn of(entry: &'a Value) -> Self {
        Self { user_name: Field::at(entry, "user_name"), user_email: Field::at(entry, "user_email") }
    }
}

/// The address of an entry of `event_guests`.
pub(super) fn guest_email(entry: &Value) -> Field<'_> {
    Field::at(entry, "email")
}

/// `{question, answer, position}`. Several choices come as one text with a line for each.
pub(super) struct Answer<'a> {
    pub question: Option<String>,
    pub answer: &'a Value,
    pub position: i64,
}

impl<'a> Answer<'a> {
    pub fn of(entry: &'a Value) -> Self {
        Self {
            question: text(&entry["question"]),
            answer: &entry["answer"],
            position: entry["position"].as_i64().unwrap_or(i64::MAX),
        }
    }
}
