//! Replay: what was read is read again, and HubSpot stands as it stood (N3, I9).

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, ended_call, until};

const BOOKED: &str = "2026-12-01T10:00:00Z";
const MOVED: &str = "2026-12-02T12:00:00Z";

async fn edit_by_hand(world: &World, kind: &str, properties: Value) {
    let id = world.objects(kind).await[0]["id"].as_str().unwrap().to_owned();
    let address = format!("{}/crm/objects/2026-09/{kind}/{id}", world.sandbox.hubspot_url());
    let edit =
        world.http.patch(address).bearer_auth("pat-na1-sandbox").json(&json!({ "properties": properties }));
    assert_eq!(edit.send().await.unwrap().status(), 200);
}

async fn paths(world: &World) -> Vec<String> {
    let all = world.hubspot(Method::GET, "requests?since=0", Value::Null).await;
    let items = all["items"].as_array().unwrap().iter();
    items.map(|asked| asked["path"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_rewrites_nothing_that_was_edited_by_hand_whatever_the_settings_say_by_now() {
    let world = World::connected().await;
    world.connect_scheduler().await;
    let hook = world.hook("aircall").await;
    world.aircall_at_once(&hook, vec![ended_call(1, "+1 415-555-0001", &[])]).await;
    world.book("bk1", "lin@example.net", BOOKED, "2026-12-01T10:30:00Z").await;
    let times =
        json!({ "start": MOVED, "end": "2026-12-02T12:30:00Z", "changed_by": "host", "reason": "ill" });
    world.scheduler("bookings/bk1/move", times).await;
    world.settled(2).await;
    edit_by_hand(&world, "calls", json!({ "hs_call_title": "By hand" })).await;
    edit_by_hand(&world, "meetings", json!({ "hs_meeting_outcome": "COMPLETED" })).await;
    world.put("settings/calls", json!({ "title_template": "New: {party}" })).await;
    world.put("settings/meetings", json!({ "on_reschedule": "update" })).await;
    world.forget_requests().await;

    let replayed =
        world.post("replay", json!({ "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z" })).await;
    assert_eq!(replayed["envelopes"], 3);
    until("all is read again", async || world.unread().await == 0).await;
    world.scheduler("bookings/bk1/redeliver", Value::Null).await;
    until("what came again is read", async || world.unread().await == 0).await;
    // The next call is read after all of it.
    world.aircall_at_once(&hook, vec![ended_call(2, "+1 415-555-0001", &[])]).await;
    world.settled(3).await;
    let paths = paths(&world).await;
    let writes: Vec<_> =
        paths.iter().filter(|path| path.contains("/batch/") && !path.contains("/read")).collect();
    assert!(writes.iter().all(|path| path.contains("calls/batch/create")), "{writes:?}");
    let titles = |calls: Vec<Value>| {
        calls.iter().map(|call| call["properties"]["hs_call_title"].clone()).collect::<Vec<_>>()
    };
    assert!(titles(world.objects("calls").await).contains(&json!("By hand")));
    let meetings = world.objects("meetings").await;
    assert!(
        meetings.iter().any(|meeting| meeting["properties"]["hs_meeting_outcome"] == "COMPLETED"),
        "{meetings:?}"
    );
}
