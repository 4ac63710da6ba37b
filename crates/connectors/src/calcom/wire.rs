//! Cal.com's spelling, payload version 2021-10-20. Read 2026-11-20 (reference/scheduling.md §2).
//!
//! A custom template can replace the whole body, and some senders leave the envelope off, so each field is looked up
//! where it is, and any may be missing.

use domain::event::Unreadable;
use serde_json::Value;

use crate::source::Field;

/// The triggers we ask Cal.com for.
pub(super) const TRIGGERS: [&str; 6] = [
    "BOOKING_CREATED",
    "BOOKING_RESCHEDULED",
    "BOOKING_REQUESTED",
    "BOOKING_REJECTED",
    "BOOKING_CANCELLED",
    "BOOKING_NO_SHOW_UPDATED",
];

/// What a body's `triggerEvent` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    Created,
    Rescheduled,
    /// It is asked for: the host has to say yes.
    Requested,
    Rejected,
    /// The whole booking is canceled, or seats of it are given up.
    Cancelled,
    /// Who came and who did not, or did after all.
    NoShow,
}

/// `{triggerEvent, createdAt, payload}`, or flat.
pub(super) struct Envelope<'a> {
    pub trigger: Field<'a>,
    pub created_at: Field<'a>,
    pub uid: Field<'a>,
    payload: &'a Value,
    is_flat: bool,
}

impl<'a> Envelope<'a> {
    pub fn of(body: &'a Value) -> Self {
        let is_flat = !body["payload"].is_object();
        let payload = if is_flat { body } else { &body["payload"] };
        let (uid, booking_uid) = (Field::at(payload, "uid"), Field::at(payload, "bookingUid"));
        Self {
            trigger: Field::at(body, "triggerEvent"),
            created_at: Field::at(body, "createdAt"),
            uid: if uid.value().is_null() && !booking_uid.value().is_null() { booking_uid } else { uid },
            payload,
            is_flat,
        }
    }

    /// The complaint with the field's place in the whole body.
    pub fn placed(&self, unreadable: Unreadable) -> Unreadable {
        if self.is_flat {
            return unreadable;
        }
        Unreadable { field: format!("payload.{}", unreadable.field), ..unreadable }
    }

    pub fn known_trigger(&self) -> Option<Trigger> {
        match self.trigger.value().as_str()? {
            "BOOKING_CREATED" => Some(Trigger::Created),
            "BOOKING_RESCHEDULED" => Some(Trigger::Rescheduled),
            "BOOKING_REQUESTED" => Some(Trigger::Requested),
            "BOOKING_REJECTED" => Some(Trigger::Rejected),
            "BOOKING_CANCELLED" => Some(Trigger::Cancelled),
            "BOOKING_NO_SHOW_UPDATED" => Some(Trigger::NoShow),
            // MEETING_STARTED, MEETING_ENDED and the two *_CAL_VIDEO_NO_SHOW tell by clock and video call what nobody has
            // said; the others are of no booking.
            _ => None,
        }
    }

    pub fn booking(&self) -> Booking<'a> {
        Booking::of(self.payload)
    }
}

pub(super) struct Booking<'a> {
    /// The event type's slug.
    pub slug: Field<'a>,
    /// "30min between Host and Guest".
    pub title: Field<'a>,
    /// The event type's own title; may be "".
    pub event_title: Field<'a>,
    pub event_description: Field<'a>,
    pub status: Field<'a>,
    pub start_time: Field<'a>,
    pub end_time: Field<'a>,
    pub organizer: Person<'a>,
    /// The booker, then the guests.
    pub attendees: Field<'a>,
    pub video_call_url: Field<'a>,
    pub video_call_data_url: Field<'a>,
    pub location: Field<'a>,
    pub location_response: Field<'a>,
    pub responses: Field<'a>,
    pub user_fields_responses: Field<'a>,
    /// Question to answer, of bookings from before there were fields.
    pub custom_inputs: Field<'a>,
    pub notes_response: Field<'a>,
    pub additional_notes: Field<'a>,
    /// The address of whoever gave the responses: of a booking with seats, who joined just now.
    pub email_response: Field<'a>,
    pub phone_response: Field<'a>,
    pub sms_response: Field<'a>,
    pub reschedule_reason: Field<'a>,
    /// The booking before the move.
    pub reschedule_uid: Field<'a>,
    pub reschedule_start_time: Field<'a>,
    pub rescheduled_by: Field<'a>,
    pub cancellation_reason: Field<'a>,
    pub rejection_reason: Field<'a>,
    pub cancelled_by: Field<'a>,
    pub seats_per_time_slot: Field<'a>,
    pub attendee_seat_id: Field<'a>,
    pub ical_uid: Field<'a>,
    pub ical_sequence: Field<'a>,
}

impl<'a> Booking<'a> {
    fn of(payload: &'a Value) -> Self {
        Self {
            slug: Field::at(payload, "type"),
            title: Field::at(payload, "title"),
            event_title: Field::at(payload, "eventTitle"),
            event_description: Field::at(payload, "eventDescription"),
            status: Field::at(payload, "status"),
            start_time: Field::at(payload, "startTime"),
            end_time: Field::at(payload, "endTime"),
            organizer: Person::of(Field::at(payload, "organizer").value()),
            attendees: Field::at(payload, "attendees"),
            video_call_url: Field::at(payload, "metadata.videoCallUrl"),
            video_call_data_url: Field::at(payload, "videoCallData.url"),
            location: Field::at(payload, "location"),
            location_response: Field::at(payload, "responses.location.value.optionValue"),
            responses: Field::at(payload, "responses"),
            user_fields_responses: Field::at(payload, "userFieldsResponses"),
            custom_inputs: Field::at(payload, "customInputs"),
            notes_response: Field::at(payload, "responses.notes.value"),
            additional_notes: Field::at(payload, "additionalNotes"),
            email_response: Field::at(payload, "responses.email.value"),
            phone_response: Field::at(payload, "responses.attendeePhoneNumber.value"),
            sms_response: Field::at(payload, "responses.smsReminderNumber.value"),
            reschedule_reason: Field::at(payload, "responses.rescheduleReason.value"),
            reschedule_uid: Field::at(payload, "rescheduleUid"),
            reschedule_start_time: Field::at(payload, "rescheduleStartTime"),
            rescheduled_by: Field::at(payload, "rescheduledBy"),
            cancellation_reason: Field::at(payload, "cancellationReason"),
            rejection_reason: Field::at(payload, "rejectionReason"),
            cancelled_by: Field::at(payload, "cancelledBy"),
            seats_per_time_slot: Field::at(payload, "seatsPerTimeSlot"),
            attendee_seat_id: Field::at(payload, "attendeeSeatId"),
            ical_uid: Field::at(payload, "iCalUID"),
            ical_sequence: Field::at(payload, "iCalSequence"),
        }
    }
}

impl Booking<'_> {
    /// Whether several people book seats of one meeting.
    pub fn has_seats(&self) -> bool {
        !self.seats_per_time_slot.value().is_null()
    }
}

/// An organizer or an attendee.
pub(super) struct Person<'a> {
    pub name: Field<'a>,
    /// Only where the event asks for the parts of the name, in builds of 2026.
    pub first_name: Field<'a>,
    pub last_name: Field<'a>,
    pub email: Field<'a>,
    pub phone_number: Field<'a>,
    pub time_zone: Field<'a>,
    /// Only in a no-show.
    pub no_show: Field<'a>,
}

impl<'a> Person<'a> {
    pub fn of(person: &'a Value) -> Self {
        Self {
            name: Field::at(person, "name"),
            first_name: Field::at(person, "firstName"),
            last_name: Field::at(person, "lastName"),
            email: Field::at(person, "email"),
            phone_number: Field::at(person, "phoneNumber"),
            time_zone: Field::at(person, "timeZone"),
            no_show: Field::at(person, "noShow"),
        }
    }

    /// The number out of `<digits>@sms.cal.com`, the address that Cal.com makes up for who books by phone.
    pub fn synthetic_phone(&self) -> Option<String> {
        let digits = self.email.text()?.to_ascii_lowercase().strip_suffix("@sms.cal.com")?.to_owned();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| format!("+{digits}"))
    }
}

/// An entry of the map of responses: `{label, value, isHidden}`.
pub(super) struct Response<'a> {
    pub label: Field<'a>,
    value: Field<'a>,
    option_value: Field<'a>,
    chosen: Field<'a>,
}

impl<'a> Response<'a> {
    pub fn of(entry: &'a Value) -> Self {
        Self {
            label: Field::at(entry, "label"),
            value: Field::at(entry, "value"),
            option_value: Field::at(entry, "value.optionValue"),
            chosen: Field::at(entry, "value.value"),
        }
    }

    /// The answer: a choice with a text of its own says that text.
    pub fn answer(&self) -> &'a Value {
        if !self.value.value().is_object() {
            self.value.value()
        } else if self.option_value.text().is_some() {
            self.option_value.value()
        } else {
            self.chosen.value()
        }
    }
}

/// Fields that Cal.com asks of itself: they are told elsewhere in the body. Labels differ by trigger, names do not.
pub(super) fn is_system_field(name: &str) -> bool {
    matches!(
        name,
        "name"
            | "email"
            | "location"
            | "title"
            | "notes"
            | "guests"
            | "rescheduleReason"
            | "attendeePhoneNumber"
            | "smsReminderNumber"
    )
}

/// Whether a location is Cal.com's word for a kind of place and not a place.
pub(super) fn is_kind_of_place(location: &str) -> bool {
    location.starts_with("integrations:")
        || matches!(
            location,
            "inPerson" | "attendeeInPerson" | "phone" | "userPhone" | "link" | "somewhereElse"
        )
}
