//! The story: each kind of call, tags put on and taken off, tags that disagree, a booking made, moved and canceled.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::script::{Script, Side};

/// The scheduler's signing secret in the demo.
const SIGNING_SECRET: &str = "whsec_ZGVtby1kZW1vLWRlbW8tZGVtby1kZW1vLWRlbW8=";

/// One thing that happened, and what PRODUCT says it becomes.
pub struct Told {
    /// The source's id of it.
    pub external_id: String,
    /// What happened, in plain words.
    pub what: &'static str,
    /// The outcome that it must have: a label for calls, HubSpot's value for meetings.
    pub outcome: &'static str,
}

/// Connects both sides and plays the story, up to the last record written and the last mail sent.
///
/// # Errors
/// A side refuses, or the records are not written in time, or the mails do not come.
pub async fn tell(script: &Script) -> Result<Vec<Told>> {
    connect(script).await?;
    rules(script).await?;
    let mut told = calls(script).await?;
    told.extend(bookings(script).await?);
    all_written(script, told.len()).await?;
    all_mailed(script).await?;
    Ok(told)
}

async fn connect(script: &Script) -> Result<()> {
    script.post(Side::Hubspot, "outcomes", json!({ "label": "Call back later" })).await?;
    script
        .post(
            Side::Hubspot,
            "owners",
            json!({ "email": "Grace@example.com", "first_name": "Grace", "last_name": "Hopper" }),
        )
        .await?;
    let hubspot = json!({ "service_key": "pat-na1-sandbox" });
    script.put(Side::Patchbay, "connections/hubspot", hubspot).await?;
    let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "register_webhook": true });
    script.put(Side::Patchbay, "connections/aircall", aircall).await?;
    let calendar = json!({ "signing_secret": SIGNING_SECRET, "plan": "pro" });
    let calendar = script.put(Side::Patchbay, "connections/calendar", calendar).await?;
    let hook = json!({ "url": calendar["hook_url"], "signing_secret": SIGNING_SECRET });
    script.post(Side::Scheduler, "hook", hook).await?;
    Ok(())
}

async fn rules(script: &Script) -> Result<()> {
    let tags = script.get(Side::Patchbay, "tags").await?;
    let outcomes = script.get(Side::Patchbay, "outcomes").await?;
    for (tag, outcome) in [("bad call", "No answer"), ("call back", "Call back later")] {
        let rule = json!({ "tag_id": id_of(&tags, tag)?, "outcome_id": id_of(&outcomes, outcome)? });
        script.post(Side::Patchbay, "outcome-rules", rule).await?;
    }
    Ok(())
}

fn id_of(list: &Value, label: &str) -> Result<Value> {
    let items = list["items"].as_array().context("a list has no items")?;
    let item = items.iter().find(|item| item["label"] == label);
    Ok(item.with_context(|| format!("\"{label}\" is not in its list"))?["id"].clone())
}

async fn calls(script: &Script) -> Result<Vec<Told>> {
    let ada = "ada@example.com";
    let plain = [
        ("inbound", "answered", "+1 415-555-0101", "an inbound call, answered", "Connected"),
        ("inbound", "missed", "+1 415-555-0102", "an inbound call, missed", "No answer"),
        ("inbound", "voicemail", "+1 415-555-0103", "an inbound call with a voicemail", "Left voicemail"),
        ("outbound", "answered", "+1 415-555-0104", "an outbound call, answered", "Connected"),
        ("outbound", "unanswered", "+1 415-555-0105", "an outbound call, unanswered", "No answer"),
        ("outbound", "busy", "+1 415-555-0106", "an outbound call to a busy line", "Busy"),
        ("outbound", "wrong_number", "+1 415-555-0107", "an outbound call to a wrong number", "Wrong number"),
        ("inbound", "answered", "anonymous", "an anonymous call: no contact", "Connected"),
    ];
    let mut told = Vec::new();
    for (direction, story, digits, what, outcome) in plain {
        let user = if matches!(story, "missed" | "voicemail") { Value::Null } else { json!(ada) };
        let call =
            json!({ "direction": direction, "story": story, "raw_digits": digits, "user_email": user });
        told.push(Told { external_id: place(script, call).await?, what, outcome });
    }
    let tagged = |digits: &str, during: Value, after: Value| {
        json!({
            "direction": "outbound", "story": "answered", "raw_digits": digits, "user_email": ada,
            "tags_during": during, "tags_after": after,
        })
    };
    let bad = place(script, tagged("+1 415-555-0108", json!([]), json!(["bad call"]))).await?;
    told.push(Told { external_id: bad, what: "tagged \"bad call\"", outcome: "No answer" });

    let taken_off = place(script, tagged("+1 415-555-0109", json!([]), json!(["bad call"]))).await?;
    script.delete(Side::Aircall, &format!("calls/{taken_off}/tags/bad%20call")).await?;
    told.push(Told {
        external_id: taken_off,
        what: "\"bad call\" put on and taken off",
        outcome: "Connected",
    });

    let during = place(script, tagged("+1 415-555-0110", json!(["call back"]), json!([]))).await?;
    told.push(Told {
        external_id: during,
        what: "\"call back\" put on during the call",
        outcome: "Call back later",
    });

    let both = place(script, tagged("+1 415-555-0111", json!([]), json!(["bad call", "call back"]))).await?;
    told.push(Told { external_id: both, what: "two tags that disagree", outcome: "Connected" });
    Ok(told)
}

async fn place(script: &Script, call: Value) -> Result<String> {
    let placed = script.post(Side::Aircall, "calls", call).await?;
    text(&placed["id"])
}

async fn bookings(script: &Script) -> Result<Vec<Told>> {
    let booking = |name: &str, email: &str, day: u8| {
        json!({
            "event_name": "Intro call", "event_type": "30min",
            "start": format!("2027-01-{day:02}T15:00:00Z"), "end": format!("2027-01-{day:02}T15:30:00Z"),
            "host": { "name": "Ada Park", "email": "ada@example.com", "timezone": "America/New_York" },
            "invitee": { "name": name, "email": email, "phone": null, "timezone": "Asia/Tokyo" },
            "answers": [
                { "question_id": "q1", "question": "Company size", "answer": "50" },
                { "question_id": "q2", "question": "Seats", "answer": 12 },
                { "question_id": "q3", "question": "Trial wanted", "answer": true },
            ],
        })
    };
    let mut told = Vec::new();
    let made = book(script, booking("Lin Wu", "lin@example.net", 11)).await?;
    told.push(Told { external_id: made, what: "a booking", outcome: "SCHEDULED" });

    let moved = book(script, booking("Kim Lee", "kim@example.net", 12)).await?;
    written(script, &moved).await?;
    let to = json!({
        "start": "2027-01-14T16:00:00Z", "end": "2027-01-14T16:30:00Z", "changed_by": "invitee", "reason": "on a train",
    });
    script.post(Side::Scheduler, &format!("bookings/{moved}/move"), to).await?;
    told.push(Told { external_id: moved, what: "a booking, moved by the invitee", outcome: "SCHEDULED" });

    let canceled = book(script, booking("Lin Wu", "Lin@Example.net", 13)).await?;
    written(script, &canceled).await?;
    let why = json!({ "changed_by": "host", "reason": "out of office" });
    script.post(Side::Scheduler, &format!("bookings/{canceled}/cancel"), why).await?;
    told.push(Told {
        external_id: canceled,
        what: "a second booking by Lin, canceled by the host",
        outcome: "CANCELED",
    });
    Ok(told)
}

async fn book(script: &Script, booking: Value) -> Result<String> {
    let booked = script.post(Side::Scheduler, "bookings", booking).await?;
    let id = if booked["booking_id"].is_null() { &booked["id"] } else { &booked["booking_id"] };
    text(id)
}

fn text(id: &Value) -> Result<String> {
    match id {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => bail!("{other} is no id"),
    }
}

/// How often and how long the demo looks whether its records are written.
const LOOKS: u32 = 300;
const LOOK_EVERY: Duration = Duration::from_millis(100);

async fn written(script: &Script, external_id: &str) -> Result<()> {
    for _ in 0..LOOKS {
        let records = script.get(Side::Patchbay, &format!("records?external_id={external_id}")).await?;
        if records["items"][0]["state"] == "logged" {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("{external_id} is not written after {} s", (LOOKS * LOOK_EVERY).as_secs())
}

/// Waits until nothing is unread and each record is written.
async fn all_written(script: &Script, records: usize) -> Result<()> {
    let mut settled = 0;
    for _ in 0..LOOKS {
        let listed = script.get(Side::Patchbay, "records?limit=200").await?;
        let items = listed["items"].as_array().context("the records have no items")?;
        let is_settled = items.len() >= records && items.iter().all(|item| item["state"] == "logged");
        // Webhooks that came last may still be unread: what is seen must hold for a second.
        settled = if is_settled { settled + 1 } else { 0 };
        if settled == 10 {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("the records are not all written after {} s", (LOOKS * LOOK_EVERY).as_secs())
}

/// Both parties are told of the booking that was moved and of the one that was canceled.
const MAILS: usize = 4;

async fn all_mailed(script: &Script) -> Result<()> {
    for _ in 0..LOOKS {
        let mails = script.get(Side::Mailbox, "mails").await?;
        if mails["items"].as_array().is_some_and(|mails| mails.len() >= MAILS) {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("{MAILS} mails have not come after {} s", (LOOKS * LOOK_EVERY).as_secs())
}
