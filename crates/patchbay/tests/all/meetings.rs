//! Bookings from the scheduler to HubSpot (M1–M5, M8, M12).

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, until};

const ADA: &str = "41629779";

async fn connected() -> World {
    let world = World::connected().await;
    world.connect_scheduler().await;
    world
}

fn booking(id: &str, start: &str, answers: &Value) -> Value {
    json!({
        "booking_id": id, "event_name": "Intro call", "start": start, "end": start.replace(":00:00Z", ":30:00Z"),
        "location": "https://meet.example.com/x", "answers": answers,
    })
}

fn three_answers(size: &str) -> Value {
    json!([
        { "question_id": "q1", "question": "Company size", "answer": size },
        { "question_id": "q2", "question": "Seats", "answer": 12 },
        { "question_id": "q3", "question": "Topics", "answer": ["sales", "support"] },
    ])
}

/// A property of each meeting that HubSpot holds.
async fn of_meetings(world: &World, property: &str) -> Vec<String> {
    let meetings = world.objects("meetings").await;
    let text = |meeting: &Value| meeting["properties"][property].as_str().unwrap_or_default().to_owned();
    meetings.iter().map(text).collect()
}

const BOOKED: &str = "2026-12-01T10:00:00Z";
const MOVED: &str = "2026-12-02T12:00:00Z";

fn times(start: &str) -> Value {
    json!({ "start": start, "end": start.replace(":00:00Z", ":30:00Z"), "changed_by": "host", "reason": "ill" })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_invitee_becomes_a_contact_with_owner_and_answers_and_is_left_alone_from_then_on() {
    let world = connected().await;
    world.scheduler("bookings", booking("bk1", BOOKED, &three_answers("50"))).await;
    world.settled(1).await;
    let contacts = world.objects("contacts").await;
    assert_eq!(contacts.len(), 1);
    let contact = &contacts[0]["properties"];
    assert_eq!((contact["firstname"].as_str(), contact["lastname"].as_str()), (Some("Lin"), Some("Wu")));
    assert_eq!(contact["email"], "lin@example.net");
    assert_eq!(contact["hubspot_owner_id"], ADA);
    assert_eq!(contact["patchbay_company_size"], "50");
    assert_eq!(contact["patchbay_seats"], "12");
    let topics = contact["patchbay_topics"].as_str().unwrap();
    assert!(topics.contains("sales") && topics.contains("support"), "{topics}");

    let meetings = world.objects("meetings").await;
    let meeting = &meetings[0]["properties"];
    assert_eq!(meeting["hs_meeting_title"], "Meeting - Calendar.com: Intro call");
    assert_eq!(meeting["hubspot_owner_id"], ADA);
    assert_eq!(meeting["hs_meeting_outcome"], "SCHEDULED");
    let at = |name: &str| meeting[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().to_string();
    assert_eq!(at("hs_timestamp"), BOOKED);
    assert_eq!(at("hs_meeting_end_time"), "2026-12-01T10:30:00Z");
    assert_eq!(meetings[0]["associations"]["contacts"].as_array().unwrap().len(), 1);

    let writes = contacts[0]["writes"].clone();
    world.scheduler("bookings", booking("bk2", MOVED, &three_answers("5000"))).await;
    world.settled(2).await;
    let contacts = world.objects("contacts").await;
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["properties"]["patchbay_company_size"], "50");
    assert_eq!(contacts[0]["writes"], writes, "the contact is not written to");
    let bodies = of_meetings(&world, "hs_meeting_body").await;
    assert!(bodies.iter().any(|body| body.contains("5000")), "{bodies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_was_there_keeps_its_owner_and_all_else() {
    let world = connected().await;
    let known = json!({ "properties": { "email": "lin@example.net", "firstname": "Linda" } });
    world.hubspot(Method::POST, "objects/contacts", known).await;
    let before = world.objects("contacts").await;
    world.scheduler("bookings", booking("bk1", BOOKED, &three_answers("50"))).await;
    world.settled(1).await;
    let contacts = world.objects("contacts").await;
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["properties"]["firstname"], "Linda");
    assert_eq!(contacts[0]["properties"]["hubspot_owner_id"], before[0]["properties"]["hubspot_owner_id"]);
    assert_eq!(contacts[0]["writes"], before[0]["writes"]);
    assert_eq!(of_meetings(&world, "hubspot_owner_id").await, [ADA]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_booking_is_a_new_activity_and_the_old_one_is_archived() {
    let world = connected().await;
    world.scheduler("bookings", booking("bk1", BOOKED, &json!([]))).await;
    world.settled(1).await;
    let old = world.objects("meetings").await[0]["id"].clone();
    world.scheduler("bookings/bk1/move", times(MOVED)).await;
    until("the new times stand", async || {
        let starts = of_meetings(&world, "hs_meeting_start_time").await;
        starts.len() == 1 && starts[0].starts_with("2026-12-02T12")
    })
    .await;
    world.settled(1).await;
    let all = world.hubspot(Method::GET, "objects/meetings?archived=true", Value::Null).await;
    let all = all["items"].as_array().unwrap().clone();
    assert_eq!(all.len(), 2);
    assert_eq!(all.iter().find(|one| one["id"] == old).unwrap()["archived"], true);
    // There and back again, and once more the same webhook.
    world.scheduler("bookings/bk1/move", times(BOOKED)).await;
    world.scheduler("bookings/bk1/redeliver", Value::Null).await;
    until("the first times stand", async || {
        let starts = of_meetings(&world, "hs_meeting_start_time").await;
        starts.len() == 1 && starts[0].starts_with("2026-12-01T10")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_booking_is_changed_in_place_where_the_admin_wants_that() {
    let world = connected().await;
    world.put("settings/meetings", json!({ "on_reschedule": "update" })).await;
    world.scheduler("bookings", booking("bk1", BOOKED, &json!([]))).await;
    world.settled(1).await;
    let id = world.objects("meetings").await[0]["id"].clone();
    world.scheduler("bookings/bk1/move", times(MOVED)).await;
    until("it is rescheduled", async || of_meetings(&world, "hs_meeting_outcome").await == ["RESCHEDULED"])
        .await;
    let meetings = world.objects("meetings").await;
    assert_eq!(meetings[0]["id"], id);
    assert!(
        meetings[0]["properties"]["hs_meeting_start_time"].as_str().unwrap().starts_with("2026-12-02T12")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canceled_booking_stays_under_another_title() {
    let world = connected().await;
    world.scheduler("bookings", booking("bk1", BOOKED, &json!([]))).await;
    world.settled(1).await;
    world.scheduler("bookings/bk1/cancel", json!({ "changed_by": "invitee", "reason": "no time" })).await;
    until("it is canceled", async || of_meetings(&world, "hs_meeting_outcome").await == ["CANCELED"]).await;
    assert_eq!(of_meetings(&world, "hs_meeting_title").await, ["[Canceled] Intro call"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_in_any_order_end_in_the_same_state() {
    let told = async |world: &World, id: &str| {
        let hold = |mut order: Value| {
            order["deliver"] = json!(false);
            order
        };
        let booked = world.scheduler("bookings", hold(booking(id, BOOKED, &json!([])))).await;
        let moved = world.scheduler(&format!("bookings/{id}/move"), hold(times(MOVED))).await;
        let canceled = world.scheduler(&format!("bookings/{id}/cancel"), hold(json!({}))).await;
        [booked, moved, canceled].map(|told| told["webhook"].clone())
    };
    let world = connected().await;
    let hook = world.hook("calendar").await;
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for (n, order) in orders.iter().enumerate() {
        let webhooks = told(&world, &format!("bk{n}")).await;
        for at in order {
            let body = webhooks[*at]["body"].to_string();
            let id = webhooks[*at]["id"].as_str().unwrap();
            assert_eq!(world.signed(&hook, id, &body).await, 202);
            until("it is read", async || world.unread().await == 0).await;
        }
        world.record_in("calendar", &format!("bk{n}"), "logged").await;
    }
    world.settled(orders.len()).await;
    assert_eq!(of_meetings(&world, "hs_meeting_title").await, ["[Canceled] Intro call"; 6]);
    assert_eq!(of_meetings(&world, "hs_meeting_outcome").await, ["CANCELED"; 6]);
    let starts = of_meetings(&world, "hs_meeting_start_time").await;
    assert!(starts.iter().all(|start| start.starts_with("2026-12-02T12")), "{starts:?}");
    assert_eq!(world.objects("contacts").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_write_tells_what_was_sent_what_was_answered_and_where_it_is_seen() {
    let world = World::connected().await;
    world.connect_scheduler().await;
    world.book("bk1", "lin@example.net", "2026-12-01T10:00:00Z", "2026-12-01T10:30:00Z").await;
    world.settled(1).await;
    world.scheduler("bookings/bk1/cancel", json!({ "changed_by": "invitee" })).await;
    let story = async || {
        let id = world.record("calendar", "bk1").await.unwrap()["id"].as_str().unwrap().to_owned();
        world.get(&format!("records/{id}")).await["timeline"].as_array().cloned().unwrap()
    };
    let written = |told: &[Value], text: &str| told.iter().find(|one| one["text"] == text).cloned();
    until("the cancel is written", async || written(&story().await, "Update meeting: done.").is_some()).await;
    let told = story().await;
    let meeting = &world.objects("meetings").await[0];
    let contact = &world.objects("contacts").await[0];
    for (text, object, property) in [
        ("Create contact: done.", contact, "email"),
        ("Create meeting: done.", meeting, "hs_timestamp"),
        ("Update meeting: done.", meeting, "hs_meeting_outcome"),
    ] {
        let one = written(&told, text).unwrap();
        assert!(one["request"]["properties"][property].is_string(), "{one}");
        assert_eq!(one["answer"]["id"], object["id"], "{one}");
        let url = one["url"].as_str().unwrap();
        assert!(url.starts_with("https://") && url.ends_with(object["id"].as_str().unwrap()), "{one}");
    }
}
