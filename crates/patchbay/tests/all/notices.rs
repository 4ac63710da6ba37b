//! Mails to both parties of a booking that was moved or canceled (M6), as the sandbox's mailbox gets them.

use std::collections::BTreeSet;

use hmac::{Hmac, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::world::{World, until};

pub const ADA: &str = "ada@example.com";
pub const LIN: &str = "lin@example.net";

pub async fn connected() -> World {
    let world = World::connected().await;
    world.connect_scheduler().await;
    world
}

/// A full hour so many days from now: a meeting that is over is told to nobody.
#[expect(clippy::disallowed_methods, reason = "the server goes by the machine's clock")]
pub fn in_days(days: i64) -> Timestamp {
    let hour = SignedDuration::from_hours(1);
    let now = Timestamp::now().as_second() / hour.as_secs();
    Timestamp::from_second(now * hour.as_secs()).unwrap() + hour * i32::try_from(24 * days).unwrap()
}

pub fn times(days: i64) -> Value {
    let start = in_days(days);
    let end = start + SignedDuration::from_mins(30);
    json!({ "start": start, "end": end, "changed_by": "host", "reason": "The train is late" })
}

pub fn booking(id: &str, days: i64) -> Value {
    let mut booking = times(days);
    booking["booking_id"] = json!(id);
    booking["event_name"] = json!("Intro call");
    booking
}

pub async fn book(world: &World, id: &str) {
    world.scheduler("bookings", booking(id, 7)).await;
    world.record_in("calendar", id, "logged").await;
}

pub async fn mail_count(world: &World, count: usize) -> Vec<Value> {
    until(&format!("{count} mails have come"), async || world.mails().await.len() >= count).await;
    let mails = world.mails().await;
    assert_eq!(mails.len(), count, "{mails:#?}");
    mails
}

pub fn to(mail: &Value) -> &str {
    assert_eq!(mail["to"].as_array().unwrap().len(), 1);
    mail["to"][0].as_str().unwrap()
}

pub fn header(mail: &Value, name: &str) -> String {
    let raw = mail["raw"].as_str().unwrap();
    let head = raw.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
    let found = head.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned()));
    found.unwrap_or_else(|| panic!("no {name}: {head}"))
}

pub async fn timeline(world: &World, id: &str) -> Vec<String> {
    let record = world.record("calendar", id).await.unwrap();
    let record = world.get(&format!("records/{}", record["id"].as_str().unwrap())).await;
    let moments = record["timeline"].as_array().unwrap();
    moments.iter().map(|moment| moment["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_parties_get_a_mail_for_a_move_and_for_a_cancel_and_none_for_a_repetition() {
    let world = connected().await;
    book(&world, "bk1").await;
    assert_eq!(world.mails().await, Vec::<Value>::new());
    world.scheduler("bookings/bk1/move", times(8)).await;
    let mut mails = mail_count(&world, 2).await;
    mails.sort_by_key(|mail| to(mail).to_owned());
    assert_eq!((to(&mails[0]), to(&mails[1])), (ADA, LIN));
    for (mail, with, by) in [(&mails[0], "Lin Wu", "you"), (&mails[1], "Ada Park", "Ada Park")] {
        assert_eq!(mail["from"], "bookings@example.com");
        assert_eq!(header(mail, "From"), "Bookings <bookings@example.com>");
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert!(mail["subject"].as_str().unwrap().starts_with("Moved to "), "{mail}");
        let kinds: Vec<&str> = mail["parts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["content_type"].as_str().unwrap())
            .collect();
        assert_eq!(
            kinds,
            ["text/plain; charset=utf-8", "text/html; charset=utf-8"],
            "no calendar part without the real UID"
        );
        for part in mail["parts"].as_array().unwrap() {
            let text = part["text"].as_str().unwrap();
            let zones = ["America/New_York", "Asia/Tokyo"];
            assert!(zones.iter().all(|zone| text.contains(zone)), "{text}");
            assert!(text.contains(&format!("with {with} was moved to another time by {by}.")), "{text}");
            assert!(text.contains("The train is late"), "{text}");
        }
    }
    assert_eq!(header(&mails[0], "Reply-To"), "\"Lin Wu\" <lin@example.net>");

    world.scheduler("bookings/bk1/redeliver", Value::Null).await;
    world.post("replay", json!({ "from": in_days(-1), "to": in_days(1) })).await;
    world.scheduler("bookings/bk1/cancel", json!({ "changed_by": "invitee", "reason": "no time" })).await;
    let mails = mail_count(&world, 4).await;
    for mail in &mails[2..] {
        assert!(mail["subject"].as_str().unwrap().starts_with("Canceled: Intro call with "), "{mail}");
        assert!(mail["text"].as_str().unwrap().contains("no time"));
    }
    let keys: BTreeSet<String> = mails.iter().map(|mail| header(mail, "Message-ID")).collect();
    assert_eq!(keys.len(), 4);
    let told = timeline(&world, "bk1").await;
    for party in ["host", "invitee"] {
        for change in ["moved", "canceled"] {
            let words = format!("Mail to the {party}, that the meeting was {change}");
            for said in [format!("{words}: to be sent."), format!("{words}: sent.")] {
                assert_eq!(told.iter().filter(|text| **text == said).count(), 1, "{said}: {told:#?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn switches_silence_all_notices_or_those_of_a_source() {
    let world = connected().await;
    for (n, switch) in [json!({ "notify": false }), json!({ "notify": true, "notify_sources": ["calcom"] })]
        .into_iter()
        .enumerate()
    {
        let id = format!("bk{n}");
        world.put("settings/meetings", switch).await;
        book(&world, &id).await;
        world.scheduler(&format!("bookings/{id}/move"), times(8)).await;
        until("the move is read", async || world.unread().await == 0).await;
        world.record_in("calendar", &id, "logged").await;
    }
    // The next change of the same bookings is told, and the one before is not made up for.
    world.put("settings/meetings", json!({ "notify_sources": ["calendar"] })).await;
    for id in ["bk0", "bk1"] {
        world.scheduler(&format!("bookings/{id}/cancel"), json!({})).await;
    }
    let mails = mail_count(&world, 4).await;
    assert!(
        mails.iter().all(|mail| mail["subject"].as_str().unwrap().starts_with("Canceled: ")),
        "{mails:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_nothing_is_queued_and_the_settings_say_so() {
    let world = World::with(&[("PATCHBAY_SMTP_URL", "")]).await;
    world.connect().await;
    world.connect_scheduler().await;
    book(&world, "bk1").await;
    world.scheduler("bookings/bk1/cancel", json!({})).await;
    until("the cancel is read", async || world.unread().await == 0).await;
    world.record_in("calendar", "bk1", "logged").await;
    let told = timeline(&world, "bk1").await;
    assert!(!told.iter().any(|text| text.starts_with("Mail to")), "{told:#?}");
    let settings = world.get("settings/meetings").await;
    assert_eq!(settings["notices_off"], "No mail server is set (PATCHBAY_SMTP_URL): no notice is sent.");
    let with_server = connected().await;
    let mut settings = with_server.get("settings/meetings").await;
    assert_eq!(settings["notices_off"], Value::Null);
    settings["notify"] = json!(false);
    assert_eq!(
        with_server.put("settings/meetings", settings.clone()).await,
        settings,
        "what was read can be sent back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_reaches_us_days_late_is_mailed_all_the_same() {
    let world = connected().await;
    let hook = world.hook("calendar").await;
    let post = async |id: &str, kind: &str, at: Timestamp, days: i64| {
        let mut data = booking("bk1", days);
        data["host"] = json!({ "name": "Ada Park", "email": ADA });
        data["invitee"] = json!({ "name": "Lin Wu", "email": LIN });
        data["previous_start"] = json!(in_days(7));
        let body = json!({ "type": kind, "timestamp": at, "data": data });
        assert_eq!(world.signed(&hook, id, &body.to_string()).await, 202);
        until("it is read", async || world.unread().await == 0).await;
        world.record_in("calendar", "bk1", "logged").await;
    };
    post("msg_1", "booking.scheduled", in_days(-3), 7).await;
    post("msg_2", "booking.rescheduled", in_days(-2), 8).await;
    mail_count(&world, 2).await;
    post("msg_3", "booking.canceled", in_days(0), 8).await;
    mail_count(&world, 4).await;
}

const CALCOM_SECRET: &str = "calcom-signing-secret";

/// Posts a webhook of Cal.com under its signature: bare hex over the body.
async fn calcom(world: &World, event: &str, payload: Value) {
    let body = json!({ "triggerEvent": event, "createdAt": in_days(0), "payload": payload }).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(CALCOM_SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let post = world.http.post(world.hook("calcom").await).header("x-cal-signature-256", signature);
    let answer = post.header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    until("it is read", async || world.unread().await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_invitee_of_a_booking_whose_calendar_entry_is_known_gets_it_brought_up_to_date() {
    let world = connected().await;
    world.put("connections/calcom", json!({ "signing_secret": CALCOM_SECRET })).await;
    world.put("settings/meetings", json!({ "notify_sources": ["calcom"] })).await;
    let payload = |uid: &str, days: i64, sequence: u32| {
        let mut payload = json!({
            "uid": uid, "title": "Intro call", "startTime": in_days(days), "endTime": in_days(days) + SignedDuration::from_mins(30),
            "organizer": { "name": "Ada Park", "email": ADA, "timeZone": "Europe/Paris" },
            "attendees": [{ "name": "Lin \"L\" Wu", "email": LIN, "timeZone": "Asia/Tokyo" }],
            "iCalUID": "bk1@Cal.com", "iCalSequence": sequence,
        });
        if days != 7 {
            payload["rescheduleUid"] = json!("bk1");
        }
        payload
    };
    calcom(&world, "BOOKING_CREATED", payload("bk1", 7, 0)).await;
    calcom(&world, "BOOKING_RESCHEDULED", payload("bk2", 8, 1)).await;
    mail_count(&world, 2).await;
    calcom(&world, "BOOKING_CANCELLED", payload("bk2", 8, 2)).await;
    let mails = mail_count(&world, 4).await;
    let entries: Vec<String> = mails
        .iter()
        .filter_map(|mail| {
            let part = mail["parts"].as_array().unwrap().get(2)?;
            assert_eq!(to(mail), LIN);
            let kind = part["content_type"].as_str().unwrap();
            Some(format!("{kind}\n{}", part["text"].as_str().unwrap().replace("\r\n ", "").replace('\r', "")))
        })
        .collect();
    let [moved, canceled] = entries.try_into().unwrap();
    let start = in_days(8).strftime("DTSTART:%Y%m%dT%H%M%SZ").to_string();
    let of_both = [
        "UID:bk1@Cal.com",
        start.as_str(),
        "ORGANIZER;CN=\"Ada Park\":mailto:ada@example.com",
        "CN=\"Lin 'L' Wu\"",
    ];
    let of_move = ["method=REQUEST", "METHOD:REQUEST", "SEQUENCE:1", "STATUS:CONFIRMED"];
    let of_cancel = ["method=CANCEL", "METHOD:CANCEL", "SEQUENCE:2", "STATUS:CANCELLED"];
    for (entry, own) in [(&moved, of_move), (&canceled, of_cancel)] {
        for words in of_both.iter().chain(&own) {
            assert!(entry.contains(words), "{words} in {entry}");
        }
    }
}

const HOSTILE: &str = "Eve\r\nBcc: all@example.org\r\n\r\n<img src=x onerror=alert(1)>\"'\u{202E}\u{0}; \\";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_people_wrote_becomes_a_header_a_recipient_or_a_tag() {
    let world = connected().await;
    let long = HOSTILE.repeat(1_000);
    let mut order = booking("bk1", 7);
    order["event_name"] = json!(long);
    order["location"] = json!(HOSTILE);
    order["host"] = json!({ "name": HOSTILE, "email": ADA, "timezone": HOSTILE });
    order["invitee"] = json!({ "name": long, "email": LIN, "timezone": HOSTILE });
    world.scheduler("bookings", order).await;
    world.record_in("calendar", "bk1", "logged").await;
    let mut moved = times(8);
    moved["reason"] = json!(long);
    moved["changed_by"] = json!(HOSTILE);
    world.scheduler("bookings/bk1/move", moved).await;
    let mails = mail_count(&world, 2).await;
    let known = [
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];
    for mail in &mails {
        assert!([ADA, LIN].contains(&to(mail)));
        let raw = mail["raw"].as_str().unwrap();
        let head = raw.split("\r\n\r\n").next().unwrap();
        for line in head.lines().filter(|line| !line.starts_with([' ', '\t'])) {
            assert!(known.contains(&line.split(':').next().unwrap()), "{line}");
        }
        assert!(raw.lines().all(|line| line.len() <= 998) && raw.len() < 40_000);
        let parts = mail["parts"].as_array().unwrap();
        assert_eq!(parts.len(), 2);
        let html = parts[1]["text"].as_str().unwrap();
        assert!(!html.contains("<img") && !html.contains('\u{202E}') && !html.contains('\u{0}'), "{html}");
    }
}
