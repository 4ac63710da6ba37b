//! The example of C4: an answered outbound call tagged "bad call" has the outcome "No answer"; untagged, "Connected".

use serde_json::{Value, json};

use crate::world::{World, call, until};

const NO_ANSWER: &str = "73a0d17f-1163-4015-bdd5-ec830791da20";
const CONNECTED: &str = "f240bbac-87c9-4f6e-bf70-924b57d47db7";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_tagged_bad_call_has_no_answer_until_the_tag_is_taken_off() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    let tags = world.get("tags").await;
    let bad = tags["items"].as_array().unwrap().iter().find(|tag| tag["label"] == "bad call").unwrap();
    let tag: u64 = bad["id"].as_str().unwrap().parse().unwrap();
    let rule = world.post("outcome-rules", json!({ "tag_id": bad["id"], "outcome_id": NO_ANSWER })).await;
    assert_eq!(rule["state"], "active");

    let started = 1_790_000_000;
    let with_tag = call("call.ended", started, 77, "+1 415-555-0188", &[(tag, "bad call")]);
    assert_eq!(world.aircall(&hook, &with_tag).await, 202);
    world.settled(1).await;
    assert_eq!(outcome(&world).await, NO_ANSWER);
    let why = why(&world).await;
    assert!(why.contains("bad call") && why.contains("No answer"), "{why}");

    let mut without = call("call.untagged", started, 77, "+1 415-555-0188", &[]);
    without["timestamp"] = json!(started + 300);
    assert_eq!(world.aircall(&hook, &without).await, 202);
    until("the outcome is back", async || outcome(&world).await == CONNECTED).await;
    assert_eq!(world.objects("calls").await.len(), 1);
}

async fn outcome(world: &World) -> Value {
    world.objects("calls").await[0]["properties"]["hs_call_disposition"].clone()
}

async fn why(world: &World) -> String {
    let records = world.get("records?source=aircall&external_id=77").await;
    records["items"][0]["why"].as_str().unwrap().to_owned()
}
