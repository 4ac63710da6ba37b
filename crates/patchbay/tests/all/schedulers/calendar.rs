//! Calendar.com's stories, by the contract of PRODUCT §6.

use serde_json::{Value, json};

use super::story::{self, Story, connected, meeting, with};

const BOOKED: &str = "2026-12-01T10:00:00Z";
const MOVED: &str = "2026-12-02T12:00:00Z";
const AGAIN: &str = "2026-12-03T09:00:00Z";
const LIN: &str = "lin{n}@example.net";
const TITLE: &str = "Meeting - Calendar.com: Intro #{n}.";
const CANCELED: &str = "[Canceled] Intro #{n}.";

fn end(start: &str) -> String {
    start.replace(":00:00Z", ":30:00Z")
}

/// The contract's own example, told at a minute.
fn scheduled(minute: u8) -> Value {
    json!({"type": "booking.scheduled", "timestamp": format!("2026-11-20T10:{minute:02}:00Z"), "data": {
        "booking_id": "bk_{n}", "event_name": "Intro #{n}.", "event_type": "30min", "start": BOOKED, "end": end(BOOKED),
        "host": {"name": "Ada Park", "email": "ada@example.com", "timezone": "America/New_York"},
        "invitee": {"name": "Lin Wu", "email": "Lin{n}@Example.net", "phone": "+14155550132", "timezone": "Asia/Tokyo"},
        "guests": [{"email": "kim@example.net"}], "location": "https://meet.example.com/x", "description": "",
        "answers": [{"question_id": "q1", "question": "Company size", "answer": "50"}],
        "previous_start": null, "changed_by": "invitee", "reason": null}})
}

fn rescheduled(minute: u8, from: &str, to: &str) -> Value {
    let body = with(scheduled(minute), "", &json!({"type": "booking.rescheduled"}));
    with(body, "/data", &json!({"start": to, "end": end(to), "previous_start": from, "changed_by": "host"}))
}

fn canceled(minute: u8) -> Value {
    let body = with(scheduled(minute), "", &json!({"type": "booking.canceled"}));
    with(body, "/data", &json!({"reason": "Ill", "changed_by": "host"}))
}

/// A cancel that tells only whose it is.
fn bare_cancel(minute: u8) -> Value {
    json!({"type": "booking.canceled", "timestamp": format!("2026-11-20T10:{minute:02}:00Z"),
        "data": {"booking_id": "bk_{n}", "reason": null}})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_calendar_com_tells_ends_the_same_in_any_order() {
    let scheduled_meeting = |start| vec![meeting(TITLE, "SCHEDULED", start, &[LIN])];
    let canceled_meeting = |start| vec![meeting(CANCELED, "CANCELED", start, &[LIN])];
    let stories = [
        Story { name: "booked", told: vec![scheduled(0)], holds: scheduled_meeting(BOOKED) },
        Story {
            name: "moved",
            told: vec![scheduled(0), rescheduled(1, BOOKED, MOVED)],
            holds: scheduled_meeting(MOVED),
        },
        Story {
            name: "moved twice",
            told: vec![scheduled(0), rescheduled(1, BOOKED, MOVED), rescheduled(2, MOVED, AGAIN)],
            holds: scheduled_meeting(AGAIN),
        },
        Story {
            name: "moved there and back",
            told: vec![scheduled(0), rescheduled(1, BOOKED, MOVED), rescheduled(2, MOVED, BOOKED)],
            holds: scheduled_meeting(BOOKED),
        },
        Story { name: "canceled", told: vec![scheduled(0), canceled(1)], holds: canceled_meeting(BOOKED) },
        Story {
            name: "canceled by a body that tells nothing else",
            told: vec![scheduled(0), bare_cancel(1)],
            holds: canceled_meeting(BOOKED),
        },
        Story {
            name: "a cancel that tells enough",
            told: vec![canceled(1)],
            holds: canceled_meeting(BOOKED),
        },
        Story { name: "a cancel alone", told: vec![bare_cancel(1)], holds: vec![] },
        Story {
            name: "moved, then canceled",
            told: vec![scheduled(0), rescheduled(1, BOOKED, MOVED), bare_cancel(2)],
            holds: canceled_meeting(MOVED),
        },
        Story {
            name: "moved, of what was never told",
            told: vec![rescheduled(1, BOOKED, MOVED)],
            holds: scheduled_meeting(MOVED),
        },
        Story {
            name: "of the same second",
            told: vec![scheduled(0), rescheduled(0, BOOKED, MOVED), bare_cancel(0)],
            holds: canceled_meeting(MOVED),
        },
    ];
    let world = connected("calendar").await;
    story::tell(&world, "calendar", &stories, story::calendar).await;
}
