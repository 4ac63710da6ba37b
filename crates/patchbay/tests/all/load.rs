//! How a workspace does: what was done today, what waits, what is left of HubSpot's allowance.

use serde_json::{Value, json};

use crate::world::{World, call, ended_call, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_day_is_counted_as_things_are_written_and_what_waits_is_told() {
    let world = World::connected().await;
    world.connect_scheduler().await;
    let hook = world.hook("aircall").await;
    let before = world.get("health").await;
    assert_eq!((&before["today"]["webhooks"], &before["samples"]), (&json!(0), &json!([])));

    for id in 1..=3 {
        assert_eq!(world.aircall(&hook, &ended_call(id, "+1 415-555-0199", &[])).await, 202);
    }
    world.book("bk_1", "lin@example.net", "2026-12-01T15:00:00Z", "2026-12-01T15:30:00Z").await;
    world.settled(4).await;
    let tagged = call("call.tagged", 1_780_000_060, 1, "+1 415-555-0199", &[(5, "met")]);
    assert_eq!(world.aircall(&hook, &tagged).await, 202);
    let done = until_today(&world, json!([5, 3, 1, 1, 0])).await;
    assert!(done["p50_ms"].as_i64().unwrap() <= done["p95_ms"].as_i64().unwrap(), "{done}");
    let left = &done["left"];
    assert!(left["burst"].as_u64() < left["burst_max"].as_u64(), "requests were sent: {left}");
    assert!(left["day"].is_u64(), "the sandbox tells what the day has left: {left}");

    world.post("connections/hubspot/pause", Value::Null).await;
    assert_eq!(world.aircall(&hook, &ended_call(4, "+1 415-555-0199", &[])).await, 202);
    world.record_in("aircall", "4", "waiting").await;
    let load = world.get("health").await;
    assert_eq!((&load["unread"], &load["unwritten"]), (&json!(0), &json!(1)));
    let waits_since = load["oldest_unwritten"].as_str().unwrap().to_owned();
    assert!(load["since"].as_str().unwrap() <= waits_since.as_str(), "{load}");

    world.post("connections/hubspot/resume", Value::Null).await;
    world.record_in("aircall", "4", "logged").await;
    until_today(&world, json!([6, 4, 1, 1, 0])).await;
    let load = world.get("health").await;
    assert_eq!((&load["unwritten"], &load["oldest_unwritten"]), (&json!(0), &Value::Null));
}

/// Waits until webhooks, calls, meetings, changes and problems of today are so many; returns all of today.
async fn until_today(world: &World, expected: Value) -> Value {
    let today = async || world.get("health").await["today"].clone();
    let counts = |today: &Value| {
        json!(["webhooks", "calls", "meetings", "changes", "problems"].map(|name| today[name].clone()))
    };
    until(&format!("today's counts are {expected}"), async || counts(&today().await) == expected).await;
    today().await
}
