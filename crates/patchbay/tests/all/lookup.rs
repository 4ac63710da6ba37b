//! Portals in which no unique property can be made: doubts are settled by looking (HOUSE, duplicate guard).

use reqwest::Method;
use serde_json::json;

use crate::world::{AIRCALL_TOKEN, SIGNING_SECRET, World, ended_call, until};

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
