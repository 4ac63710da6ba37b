//! Portals in which no unique property can be made: doubts are settled by looking (HOUSE, duplicate guard).

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{AIRCALL_TOKEN, SIGNING_SECRET, World, call, ended_call, until};

/// A world whose HubSpot refuses our key properties.
async fn guarded_by_look_up() -> World {
    let world = World::new().await;
    world
        .switch(json!({ "refuse_unique_activity_properties": true, "refuse_property_creation": true }))
        .await;
    let answer = world.connect_hubspot("pat-na1-sandbox").await;
    assert_eq!(answer["duplicate_guard"], "lookup");
    let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": AIRCALL_TOKEN });
    world.put("connections/aircall", aircall).await;
    world.put("connections/calendar", json!({ "signing_secret": SIGNING_SECRET, "plan": "pro" })).await;
    world.connect_scheduler().await;
    world
}

async fn known(world: &World, phone: &str, email: &str) {
    let contact = json!({ "properties": { "firstname": "Known", "phone": phone, "email": email } });
    world.hubspot(Method::POST, "objects/contacts", contact).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_after_a_create_makes_one_activity_all_the_same() {
    let world = guarded_by_look_up().await;
    known(&world, "+14155550101", "lin@example.net").await;
    let hook = world.hook("aircall").await;
    for path in ["calls/batch/create", "meetings/batch/create"] {
        world
            .fault(json!({ "kind": "answer_lost_after", "match": { "path_contains": path }, "times": 1 }))
            .await;
    }
    world.aircall_at_once(&hook, vec![ended_call(1, "+1 415-555-0101", &[])]).await;
    world.book("bk1", "lin@example.net", "2026-12-01T10:00:00Z", "2026-12-01T10:30:00Z").await;
    until("both answers were lost", async || world.struck().await == 2).await;
    world.settled(2).await;
    assert_eq!(counts(&world).await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_failed_and_then_lost_its_answer_is_not_sent_a_third_time() {
    let world = guarded_by_look_up().await;
    known(&world, "+14155550101", "lin@example.net").await;
    let hook = world.hook("aircall").await;
    for kind in ["reset", "answer_lost_after"] {
        let path = json!({ "path_contains": "calls/batch/create" });
        world.fault(json!({ "kind": kind, "match": path, "times": 1 })).await;
    }
    world.aircall_at_once(&hook, vec![ended_call(1, "+1 415-555-0101", &[])]).await;
    until("both faults have struck", async || world.struck().await == 2).await;
    world.settled(1).await;
    assert_eq!(counts(&world).await, [1, 1, 0]);
}

/// Two calls of one number, line, direction and second, of which nothing but the length may differ.
fn two_alike(seconds: [i64; 2]) -> Vec<Value> {
    let alike = |(id, seconds): (u64, i64)| {
        let mut body = call("call.ended", 1_780_000_000, id, "+1 415-555-0101", &[]);
        body["data"]["ended_at"] = json!(1_780_000_000 + seconds);
        body
    };
    (1..).zip(seconds).map(alike).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_of_one_moment_whose_answers_are_lost_are_two_in_the_end() {
    for seconds in [[60, 60], [60, 45]] {
        let world = guarded_by_look_up().await;
        known(&world, "+14155550101", "lin@example.net").await;
        let hook = world.hook("aircall").await;
        let path = json!({ "path_contains": "calls/batch/create" });
        world.fault(json!({ "kind": "answer_lost_after", "match": path, "times": 1 })).await;
        world.aircall_at_once(&hook, two_alike(seconds)).await;
        world.settled(2).await;
        each_has_its_own(&world, seconds).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_not_made_is_not_taken_for_one_like_it_that_another_record_holds() {
    for seconds in [[60, 60], [60, 45]] {
        let world = guarded_by_look_up().await;
        known(&world, "+14155550101", "lin@example.net").await;
        let hook = world.hook("aircall").await;
        let [first, second] = two_alike(seconds).try_into().unwrap();
        world.aircall_at_once(&hook, vec![first]).await;
        world.settled(1).await;
        let path = json!({ "path_contains": "calls/batch/create" });
        world.fault(json!({ "kind": "timeout_before", "delay_ms": 100, "match": path, "times": 1 })).await;
        world.aircall_at_once(&hook, vec![second]).await;
        world.settled(2).await;
        assert_eq!(world.struck().await, 1);
        each_has_its_own(&world, seconds).await;
    }
}

/// Each of the two records holds a call of its own, of its own length.
async fn each_has_its_own(world: &World, seconds: [i64; 2]) {
    let calls = world.objects("calls").await;
    assert_eq!(calls.len(), 2);
    let mut held = Vec::new();
    for (id, seconds) in ["1", "2"].into_iter().zip(seconds) {
        let record = world.record("aircall", id).await.unwrap();
        let call = calls.iter().find(|call| call["id"] == record["hubspot"][0]["id"]).unwrap();
        assert_eq!(call["properties"]["hs_call_duration"], (seconds * 1000).to_string());
        held.push(call["id"].clone());
    }
    assert_ne!(held[0], held[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_equal_bookings_whose_answers_are_lost_are_two_in_the_end() {
    let world = guarded_by_look_up().await;
    known(&world, "+14155550101", "lin@example.net").await;
    let path = json!({ "path_contains": "meetings/batch/create" });
    world.fault(json!({ "kind": "answer_lost_after", "match": path, "times": 2 })).await;
    for id in ["bk1", "bk2"] {
        world.book(id, "lin@example.net", "2026-12-01T10:00:00Z", "2026-12-01T10:30:00Z").await;
    }
    world.settled(2).await;
    assert_eq!(counts(&world).await, [1, 0, 2]);
    let held = ["bk1", "bk2"].map(async |id| world.record("calendar", id).await.unwrap()["hubspot"].clone());
    let [one, other] = held;
    assert_ne!(one.await, other.await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_search_can_tell_waits_with_a_reason_and_holds_up_nobody() {
    let world = guarded_by_look_up().await;
    known(&world, "+14155550101", "lin@example.net").await;
    world.switch(json!({ "search_lag_ms": 300_000 })).await;
    let hook = world.hook("aircall").await;
    for path in ["contacts/batch/create", "calls/batch/create"] {
        world
            .fault(json!({ "kind": "answer_lost_after", "match": { "path_contains": path }, "times": 1 }))
            .await;
    }
    // A new contact by number, and a call of nobody.
    world.aircall_at_once(&hook, vec![ended_call(1, "+1 415-555-0102", &[])]).await;
    until("the contact's answer was lost", async || world.struck().await == 1).await;
    world.aircall_at_once(&hook, vec![ended_call(2, "anonymous", &[])]).await;
    until("the call's answer was lost", async || world.struck().await == 2).await;
    for id in ["1", "2"] {
        until("the record says what it waits for", async || {
            let record = world.record("aircall", id).await;
            record.is_some_and(|record| record["why"].as_str().unwrap().contains("search shows"))
        })
        .await;
    }
    // Others go through meanwhile: each alone, so that none is carried by another's success.
    for id in 3..6 {
        world.aircall_at_once(&hook, vec![ended_call(id, "+1 415-555-0101", &[])]).await;
        let record = world.record_in("aircall", &id.to_string(), "logged").await;
        assert_eq!(record["hubspot"].as_array().unwrap().len(), 1);
    }
    for id in ["1", "2"] {
        assert_eq!(world.record("aircall", id).await.unwrap()["state"], "waiting");
    }
    assert_eq!(counts(&world).await, [2, 4, 0]);
}

async fn counts(world: &World) -> [usize; 3] {
    let mut counts = [0; 3];
    for (count, kind) in counts.iter_mut().zip(["contacts", "calls", "meetings"]) {
        *count = world.objects(kind).await.len();
    }
    counts
}
