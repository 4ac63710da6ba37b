//! HubSpot paused, disconnected or refusing the key: hooks go on, nothing is written, nothing is lost (M10, I4, I5).

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, ended_call, until};

/// Calls sent while HubSpot cannot be written to wait and say why; each was acknowledged at once.
async fn wait_saying(world: &World, ids: std::ops::Range<u64>, words: &str) {
    let hook = world.hook("aircall").await;
    for id in ids.clone() {
        let begun = Instant::now();
        assert_eq!(world.aircall(&hook, &ended_call(id, &number(id), &[])).await, 202);
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
    for id in ids {
        let record = world.record_in("aircall", &id.to_string(), "waiting").await;
        assert!(record["why"].as_str().unwrap().contains(words), "{record}");
    }
}

fn number(n: u64) -> String {
    format!("+1 415-555-01{:02}", n % 100)
}

#[tokio::test(flavor = "multi_thread")]
async fn while_paused_calls_wait_and_are_written_on_resume() {
    let world = World::connected().await;
    world.post("connections/hubspot/pause", Value::Null).await;
    assert_eq!(world.status("hubspot").await, "paused");
    world.forget_requests().await;
    wait_saying(&world, 1..6, "HubSpot is paused").await;
    assert_eq!(world.requests().await, 0);
    world.post("connections/hubspot/resume", Value::Null).await;
    world.settled(5).await;
    assert_eq!(world.objects("calls").await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_disconnect_no_request_goes_out_though_work_is_under_way_and_a_new_key_writes_it_all() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.fault(json!({ "kind": "latency", "delay_ms": 300 })).await;
    world.forget_requests().await;
    world
        .aircall_at_once(&hook, (1..150).map(|n| ended_call(n, &format!("+1 415-556-{n:04}"), &[])).collect())
        .await;
    until("work is under way", async || world.requests().await > 1).await;
    world.delete("connections/hubspot").await;
    // What was on its way when the answer came may still arrive; nothing is sent after.
    let newest = || async {
        let all = world.hubspot(Method::GET, "requests?since=0", Value::Null).await;
        all["items"].as_array().unwrap().len()
    };
    wait_saying(&world, 200..203, "HubSpot is not connected").await;
    let then = newest().await;
    wait_saying(&world, 203..206, "HubSpot is not connected").await;
    assert_eq!(newest().await, then, "requests after the disconnect");
    assert_eq!(world.status("hubspot").await, "disconnected");

    world.lift_faults().await;
    world.connect_hubspot("pat-na1-sandbox").await;
    world.settled(155).await;
    assert_eq!((world.objects("calls").await.len(), world.objects("contacts").await.len()), (155, 155));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_asks_for_attention_hammers_nobody_and_a_new_one_writes_all() {
    let world = World::connected().await;
    world.hubspot(Method::POST, "keys", json!({ "key": "pat-na1-other" })).await;
    world.hubspot(Method::DELETE, "keys/pat-na1-sandbox", Value::Null).await;
    world.forget_requests().await;
    let hook = world.hook("aircall").await;
    assert_eq!(world.aircall(&hook, &ended_call(1, &number(1), &[])).await, 202);
    until("attention is asked for", async || world.status("hubspot").await == "needs_attention").await;
    let connection = world.get("connections/hubspot").await;
    assert!(connection["reason"].as_str().unwrap().contains("credential"), "{connection}");
    wait_saying(&world, 2..10, "needs attention").await;
    world.record_in("aircall", "1", "waiting").await;
    let asked = world.requests().await;
    assert!((1..=2).contains(&asked), "{asked} requests with a refused key");

    world.connect_hubspot("pat-na1-other").await;
    assert_eq!(world.status("hubspot").await, "connected");
    world.settled(9).await;
    assert_eq!(world.objects("calls").await.len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_noticed_without_any_call() {
    let world = World::with(&[("PATCHBAY_LIST_REFRESH", "1s")]).await;
    world.connect().await;
    world.hubspot(Method::DELETE, "keys/pat-na1-sandbox", Value::Null).await;
    until("attention is asked for", async || world.status("hubspot").await == "needs_attention").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_hammers_nobody_and_all_is_written_soon_after() {
    let world = World::connected().await;
    world.fault(json!({ "kind": "status", "status": 503 })).await;
    world.forget_requests().await;
    let hook = world.hook("aircall").await;
    let begun = Instant::now();
    // One after the other, as they come in life, so that each could tempt the lane.
    let mut id = 0;
    while begun.elapsed() < Duration::from_secs(5) {
        id += 1;
        assert_eq!(world.aircall(&hook, &ended_call(id, &format!("+1 415-556-{id:04}"), &[])).await, 202);
    }
    let asked = world.requests().await;
    assert!((2..=12).contains(&asked), "{asked} requests in five seconds of an outage with {id} calls");
    let record = world.record_in("aircall", "1", "waiting").await;
    assert!(record["why"].as_str().unwrap().contains("503"), "{record}");
    world.lift_faults().await;
    world.settled(usize::try_from(id).unwrap()).await;
    assert_eq!(world.objects("calls").await.len(), usize::try_from(id).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_server_asks_nothing_and_takes_no_time() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    assert_eq!(world.aircall(&hook, &ended_call(1, &number(1), &[])).await, 202);
    world.settled(1).await;
    world.post("connections/hubspot/pause", Value::Null).await;
    wait_saying(&world, 2..3, "HubSpot is paused").await;
    let before = world.server.cpu();
    let begun = Instant::now();
    // The clock itself is what is waited for: nothing is to happen.
    until("three seconds have passed", async || begun.elapsed() > Duration::from_secs(3)).await;
    let took = world.server.cpu().saturating_sub(before);
    assert!(took < Duration::from_millis(300), "{took:?} of CPU in three idle seconds");
}
