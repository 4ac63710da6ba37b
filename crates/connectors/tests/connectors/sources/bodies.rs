//! Bodies as the providers document them, and readers that say what a test wants to know.

use domain::{
    booking::BookingEvent,
    call::CallSnapshot,
    event::{Event, Unreadable},
    source::Source,
};
use jiff::Timestamp;
use serde_json::{Value, json};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Puts `value` where the JSON pointer points; `None` takes away what is there.
pub fn with(mut body: Value, pointer: &str, value: impl Into<Option<Value>>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value.into() {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    body
}

pub fn call(body: &Value) -> CallSnapshot {
    match connectors::read(Source::Aircall, body).unwrap() {
        Event::Call(call) => *call,
        other => panic!("no call: {other:?}"),
    }
}

pub fn booking(source: Source, body: &Value) -> BookingEvent {
    match connectors::read(source, body).unwrap() {
        Event::Booking(booking) => *booking,
        other => panic!("no booking: {other:?}"),
    }
}

pub fn unreadable_field(source: Source, body: &Value) -> String {
    let Err(Unreadable { field, problem }) = connectors::read(source, body) else {
        panic!("was read: {body}");
    };
    assert!(!problem.is_empty());
    field
}

pub fn is_ignored(source: Source, body: &Value) -> bool {
    matches!(connectors::read(source, body), Ok(Event::Ignored { .. }))
}

/// The captured `call.tagged` of 2022 (reference/aircall.md §2.5).
pub fn call_tagged() -> Value {
    let agent = json!({"id": 731_416, "direct_link": "https://api.aircall.io/v1/users/731416", "name": "Agent",
        "email": "Agent@Example.com", "available": true, "availability_status": "available",
        "language": "en-US", "wrap_up_time": 90});
    json!({"resource": "call", "event": "call.tagged", "timestamp": 1_646_391_384,
        "token": "0123456789abcdef0123456789abcdef",
        "data": {"id": 780_883_160, "direct_link": "https://api.aircall.io/v1/calls/780883160",
            "direction": "inbound", "status": "done", "missed_call_reason": null, "started_at": 1_646_391_174,
            "answered_at": 1_646_391_189, "ended_at": 1_646_391_382, "duration": 208, "cost": "0.0",
            "hangup_cause": null, "voicemail": null, "recording": null, "asset": null,
            "raw_digits": "+44 330 818 6690", "user": agent,
            "number": {"id": 397_375, "direct_link": "https://api.aircall.io/v1/numbers/397375", "name": "Vienna",
                "digits": "+43 720 880079", "country": "AT", "time_zone": "Europe/Vienna", "open": true,
                "availability_status": "custom", "is_ivr": false, "live_recording_activated": false,
                "messages": {}},
            "archived": false, "teams": [], "comments": [],
            "tags": [{"id": 1_022_984, "name": "Assess_Eng_Lvl", "tagged_by": agent,
                "tagged_at": 1_646_391_384}],
            "transferred_to": {"id": 530_103, "name": "Second agent", "email": "second@example.com"},
            "transferred_by": agent}})
}

/// The documented sample of 2026 (reference/aircall.md §2.5), whole.
pub fn call_created() -> Value {
    json!({"resource": "call", "event": "call.created", "timestamp": 1_732_622_896, "token": "cebcaac65XXXXXXXXXx",
        "data": {"id": 123, "direct_link": "https://api.aircall.io/v1/calls/123", "direction": "outbound",
            "call_uuid": "CAed058bba60a84d62c77cee898a852b05", "status": "initial", "missed_call_reason": null,
            "started_at": 1_732_622_895, "answered_at": null, "ended_at": null, "duration": 0, "cost": "0",
            "hangup_cause": null, "voicemail": null, "recording": null, "raw_digits": "+1 800-123-4567",
            "participants": [{"phone_number": "+1 800-123-4567", "type": "external"},
                {"id": 123, "name": "John Doe", "type": "user"}],
            "user": {}, "contact": {}, "number": {}}})
}

/// The contract's own example (PRODUCT §6).
pub fn calendar_scheduled() -> Value {
    json!({"type": "booking.scheduled", "timestamp": "2026-11-20T10:00:00Z", "data": {
        "booking_id": "bk_81", "event_name": "Intro call", "event_type": "30min",
        "start": "2026-11-24T15:00:00Z", "end": "2026-11-24T15:30:00Z",
        "host": {"name": "Ada Park", "email": "ada@example.com", "timezone": "America/New_York"},
        "invitee": {"name": "Lin Wu", "email": "lin@example.net", "phone": "+14155550132",
            "timezone": "Asia/Tokyo"},
        "guests": [{"email": "kim@example.net"}], "location": "https://meet.example.com/x", "description": "",
        "answers": [{"question_id": "q1", "question": "Company size", "answer": "50"}],
        "previous_start": null, "changed_by": "invitee", "reason": null}})
}

/// A booking by the builder of 2021-10-20 (reference/scheduling.md §2.3).
pub fn calcom_created() -> Value {
    json!({"triggerEvent": "BOOKING_CREATED", "createdAt": "2026-11-20T10:00:00.000Z", "payload": {
        "uid": "7Kx2", "bookingId": 91, "type": "30min", "title": "30min between Ada and Lin",
        "eventTitle": "Intro call", "eventDescription": "A first talk", "startTime": "2026-11-24T15:00:00Z",
        "endTime": "2026-11-24T15:30:00Z", "length": 30, "status": "ACCEPTED",
        "organizer": {"id": 1, "name": "Ada Park", "email": "Ada@example.com", "timeZone": "Europe/Paris",
            "language": {"locale": "en"}, "utcOffset": 60},
        "attendees": [
            {"email": "lin@example.net", "name": "Lin Wu", "timeZone": "Asia/Tokyo", "language": {"locale": "ja"}},
            {"email": "kim@example.net", "name": "", "timeZone": "Asia/Tokyo"}],
        "responses": {
            "name": {"label": "your_name", "value": "Lin Wu"},
            "email": {"label": "email_address", "value": "lin@example.net"},
            "guests": {"label": "additional_guests", "value": ["kim@example.net"]},
            "notes": {"label": "additional_notes"},
            "size": {"label": "Company size", "value": "50", "isHidden": false}},
        "userFieldsResponses": {"size": {"label": "Company size", "value": "50", "isHidden": false}},
        "location": "integrations:daily", "videoCallData": {"type": "daily_video", "url": "https://daily.example.com/x"},
        "metadata": {"videoCallUrl": "https://app.cal.com/video/7Kx2"},
        "iCalUID": "7Kx2@Cal.com", "iCalSequence": 0, "seatsPerTimeSlot": null, "destinationCalendar": null}})
}

/// An invitee by webhooks v2 (reference/scheduling.md §3.1).
pub fn calendly_created() -> Value {
    json!({"event": "invitee.created", "created_at": "2026-11-20T10:00:00.000000Z",
        "created_by": "https://api.calendly.com/users/U9", "payload": {
        "uri": "https://api.calendly.com/scheduled_events/E1/invitees/I1", "email": "Lin@example.net",
        "name": "Lin Wu", "first_name": null, "last_name": null, "status": "active", "timezone": "Asia/Tokyo",
        "event": "https://api.calendly.com/scheduled_events/E1",
        "scheduled_event": {"uri": "https://api.calendly.com/scheduled_events/E1", "name": "Intro call",
            "status": "active", "start_time": "2026-11-24T15:00:00.000000Z",
            "end_time": "2026-11-24T15:30:00.000000Z",
            "event_type": "https://api.calendly.com/event_types/T1",
            "location": {"type": "zoom", "join_url": "https://zoom.example.com/j/1", "data": {}},
            "invitees_counter": {"total": 1, "active": 1, "limit": 1},
            "event_memberships": [{"user": "https://api.calendly.com/users/U1", "user_email": "ada@example.com",
                "user_name": "Ada Park"}],
            "event_guests": [{"email": "kim@example.net", "created_at": "2026-11-20T10:00:00.000000Z"}]},
        "questions_and_answers": [
            {"question": "Which topics?", "answer": "A1\nOther", "position": 1},
            {"question": "Company size", "answer": "50", "position": 0},
            {"question": "Anything else?", "answer": "", "position": 2}],
        "tracking": {"utm_campaign": null}, "text_reminder_number": null, "rescheduled": false,
        "old_invitee": null, "new_invitee": null, "no_show": null, "payment": null}})
}
