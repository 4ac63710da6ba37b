//! How many requests HubSpot gets, by its own count.

use std::{collections::BTreeSet, time::Instant};

use serde_json::{Value, json};

use crate::{
    schedulers,
    world::{World, call, ended_call, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_of_known_contacts_cost_at_most_fifty_requests() {
    let world = World::connected().await;
    for n in 0..1_000 {
        let contact = json!({ "properties": { "firstname": format!("N{n}"), "phone": number(n) } });
        world.hubspot(reqwest::Method::POST, "objects/contacts", contact).await;
    }
    let hook = world.hook("aircall").await;
    world.forget_requests().await;
    let posts = (0..1_000).map(|n| {
        let (http, hook) = (world.http.clone(), hook.clone());
        tokio::spawn(async move {
            let body = ended_call(10_000 + n, &number(n), &[]);
            assert_eq!(http.post(hook).json(&body).send().await.unwrap().status(), 202);
        })
    });
    for post in posts.collect::<Vec<_>>() {
        post.await.unwrap();
    }
    world.settled(1_000).await;
    let requests = world.requests().await;
    println!("1,000 calls of known contacts: {requests} requests");
    assert_eq!(world.objects("calls").await.len(), 1_000);
    assert_eq!(world.objects("contacts").await.len(), 1_000, "no contact was made beside the known ones");
    assert!(requests <= 50, "{requests} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_costs_four_requests_a_change_one_and_no_change_none() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.forget_requests().await;
    let body = ended_call(1, "+1 415-555-0199", &[]);
    assert_eq!(world.aircall(&hook, &body).await, 202);
    world.settled(1).await;
    let first = world.requests().await;
    assert!(first <= 4, "an unknown caller: {first} requests");
    assert_eq!(world.objects("contacts").await.len(), 1);

    world.forget_requests().await;
    let started = 1_780_000_060;
    let tagged = call("call.tagged", started, 1, "+1 415-555-0199", &[(5, "met")]);
    let tagged = at(tagged, started + 120);
    assert_eq!(world.aircall(&hook, &tagged).await, 202);
    until("the tag is in the body", async || {
        let calls = world.objects("calls").await;
        calls[0]["properties"]["hs_call_body"].as_str().is_some_and(|body| body.contains("met"))
    })
    .await;
    world.settled(1).await;
    assert_eq!(world.requests().await, 1, "a second event of a logged call");

    world.forget_requests().await;
    assert_eq!(world.aircall(&hook, &at(tagged, started + 150)).await, 202);
    world.settled(1).await;
    assert_eq!(world.requests().await, 0, "an event that changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_bookings_by_new_invitees_cost_at_most_fifty_requests() {
    let world = World::connected().await;
    let hook = world.hook("calendar").await;
    world.hubspot(reqwest::Method::POST, "latency", json!({ "ms": 50 })).await;
    world.forget_requests().await;
    let begun = Instant::now();
    let posts = (0..500).map(|n| {
        let body = booking(n).to_string();
        let post = schedulers::story::calendar(world.http.post(&hook), &body).body(body);
        tokio::spawn(async move { assert_eq!(post.send().await.unwrap().status(), 202) })
    });
    for post in posts.collect::<Vec<_>>() {
        post.await.unwrap();
    }
    world.settled(500).await;
    let (requests, took) = (world.requests().await, begun.elapsed());
    println!(
        "500 bookings by new invitees, 50 ms each request: {requests} requests, {took:.1?} from first webhook to last receipt"
    );
    let contacts = world.objects("contacts").await;
    let emails: BTreeSet<&str> =
        contacts.iter().map(|one| one["properties"]["email"].as_str().unwrap()).collect();
    assert_eq!((contacts.len(), emails.len()), (500, 500), "each contact once");
    let meetings = world.objects("meetings").await;
    let people: BTreeSet<&str> =
        meetings.iter().map(|one| one["associations"]["contacts"][0].as_str().unwrap()).collect();
    assert_eq!((meetings.len(), people.len()), (500, 500), "each meeting once, with its own contact");
    assert!(requests <= 50, "{requests} requests");
}

/// A booking by somebody of their own, with an answer that goes into a property.
fn booking(n: u64) -> Value {
    json!({"type": "booking.scheduled", "timestamp": "2026-11-20T10:00:00Z", "data": {
        "booking_id": format!("bk_{n}"), "event_name": "Intro call", "event_type": "30min",
        "start": "2026-12-01T10:00:00Z", "end": "2026-12-01T10:30:00Z",
        "host": {"name": "Ada Park", "email": "ada@example.com", "timezone": "America/New_York"},
        "invitee": {"name": format!("Lin Wu {n}"), "email": format!("lin{n}@example.net"), "phone": null},
        "guests": [], "location": null, "description": "",
        "answers": [{"question_id": "q1", "question": "Company size", "answer": n}],
        "previous_start": null, "changed_by": "invitee", "reason": null}})
}

fn number(n: u64) -> String {
    format!("+1415{:07}", 5_550_000 + n)
}

fn at(mut body: Value, timestamp: i64) -> Value {
    body["timestamp"] = json!(timestamp);
    body
}
