//! The scheduler's page: a desk to book at, and each booking to move or cancel.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Desk;
use super::booking::Booking;
use crate::clock;
use crate::page::{Form, Html, Page, Section, form};

/// As a browser writes a time without a zone.
const LOCAL: &str = "%Y-%m-%dT%H:%M";

const BY: [(&str, &str); 2] = [("invitee", "the invitee"), ("host", "the host")];

pub fn of(desk: &Desk, deliveries: Section) -> Page {
    let rows = desk.bookings.iter().rev().map(|booking| {
        let data = &booking.data;
        let text = |value: &serde_json::Value| Html::text(value.as_str().unwrap_or_default());
        vec![
            Html::text(&booking.id),
            text(&data["event_name"]),
            Html::time(data["start"].as_str().unwrap_or_default()),
            text(&data["invitee"]["email"]),
            text(&data["host"]["email"]),
            Html::text(booking.state),
            Html::joined(changes(booking)),
        ]
    });
    let columns = &["Id", "Event", "Start", "Invitee", "Host", "State", "Change"];
    Page {
        title: "Scheduler sandbox".to_owned(),
        sections: vec![
            Section::new("Book a meeting", &[], Vec::new()).with(hook(desk)).with(book()),
            Section::new("Bookings", columns, rows.collect()),
            deliveries,
        ],
    }
}

fn hook(desk: &Desk) -> Html {
    match &desk.hook {
        Some((url, _)) => Html(format!("<p>Bookings are told to {}</p>", Html::code(url).0)),
        None => Form::new("/", "POST /hook")
            .field("Webhook address", "url", "")
            .field("Signing secret", "signing_secret", "")
            .button("Tell bookings", ""),
    }
}

fn book() -> Html {
    let tomorrow = clock::now() + SignedDuration::from_hours(24);
    Form::new("/", "POST /bookings")
        .field("Event", "event_name", "Intro call")
        .typed("datetime-local", "Start (UTC)", "start", &local(tomorrow))
        .typed("number", "Minutes", "minutes#", "30")
        .field("Invitee", "invitee.name", "Lin Wu")
        .typed("email", "Invitee's e-mail", "invitee.email", "lin@example.net")
        .field("Host", "host.name", "Ada Park")
        .typed("email", "Host's e-mail", "host.email", "ada@example.com")
        .with(&json!({"answers": [{"question_id": "q1", "question": "Company size", "answer": ""}]}))
        .field("Company size", "answers.0.answer", "")
        .button("Book", "main")
}

fn changes(booking: &Booking) -> Vec<Html> {
    if booking.state == "canceled" {
        return Vec::new();
    }
    let order = |what: &str| Form::new("/", &format!("POST /bookings/{}/{what}", form::part(&booking.id)));
    let start: Option<Timestamp> = booking.data["start"].as_str().and_then(|start| start.parse().ok());
    let later = start.unwrap_or_else(clock::now) + SignedDuration::from_hours(24);
    vec![
        order("move")
            .typed("datetime-local", &format!("New start of {} (UTC)", booking.id), "start", &local(later))
            .select("Moved by", "changed_by", BY)
            .button("Move", ""),
        Html::more([
            order("cancel")
                .select("Canceled by", "changed_by", BY)
                .field("Reason", "reason", "")
                .button("Cancel", "bad"),
            order("redeliver").button("Send again", ""),
        ]),
    ]
}

fn local(at: Timestamp) -> String {
    at.strftime(LOCAL).to_string()
}
