//! An Aircall that refuses us, does not call us any more, or hangs (I2, C9).

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, after, ended_call, until};

/// A server that reads the lists every second, with its webhook registered at the sandbox's Aircall.
async fn registered() -> World {
    let world = World::with(&[("PATCHBAY_LIST_REFRESH", "1s"), ("PATCHBAY_LOG", "error")]).await;
    world.connect_hubspot("pat-na1-sandbox").await;
    connect(&world).await;
    world
}

async fn connect(world: &World) {
    world.put("connections/aircall", json!({ "api_id": "sandbox", "api_token": "sandbox" })).await;
}

async fn needs_attention(world: &World, because: &str) {
    until(because, async || {
        let connection = world.get("connections/aircall").await;
        connection["status"] == "needs_attention" && connection["reason"].as_str().unwrap().contains(because)
    })
    .await;
}

async fn is_connected(world: &World) {
    until("Aircall is connected", async || world.status("aircall").await == "connected").await;
}

/// Speaks to the sandbox's Aircall by its API.
async fn api(world: &World, method: Method, path: &str, body: Value) -> Value {
    let address = format!("{}/v1/{path}", world.sandbox.aircall_url());
    let request = world.http.request(method, address).basic_auth("sandbox", Some("sandbox")).json(&body);
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_aircall_disabled_asks_for_attention_and_is_revived_by_connecting_again() {
    let world = registered().await;
    let ours = api(&world, Method::GET, "webhooks", Value::Null).await["webhooks"][0].clone();
    let path = format!("webhooks/{}", ours["webhook_id"].as_str().unwrap());
    let enable = async |active: bool| {
        let fields = json!({ "url": ours["url"], "events": ours["events"], "active": active });
        api(&world, Method::PUT, &path, fields).await;
    };
    enable(false).await;
    needs_attention(&world, "disabled our webhook").await;
    connect(&world).await;
    is_connected(&world).await;
    let webhooks = api(&world, Method::GET, "webhooks", Value::Null).await["webhooks"].clone();
    assert_eq!((webhooks.as_array().unwrap().len(), &webhooks[0]["active"]), (1, &json!(true)));

    // Enabled by hand at Aircall's, it is noticed too.
    enable(false).await;
    needs_attention(&world, "disabled our webhook").await;
    enable(true).await;
    is_connected(&world).await;
    api(&world, Method::DELETE, &path, Value::Null).await;
    needs_attention(&world, "gone from Aircall's list").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_aircall_refuses_asks_for_attention_and_calls_go_on() {
    let world = registered().await;
    world.phone(Method::DELETE, "keys/sandbox", Value::Null).await;
    needs_attention(&world, "refused the API id and token").await;
    let told = json!({ "direction": "inbound", "from": "+1 415-555-0101", "story": "missed" });
    world.phone(Method::POST, "calls", told).await;
    world.settled(1).await;
    world.phone(Method::POST, "keys", json!({ "api_id": "sandbox", "api_token": "sandbox" })).await;
    is_connected(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aircall_that_hangs_holds_up_no_lane() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    let tagged = ended_call(1, "+1 415-555-0101", &[(5, "met")]);
    world.aircall_at_once(&hook, vec![tagged.clone()]).await;
    world.settled(1).await;
    world.phone(Method::POST, "latency", json!({ "ms": 120_000 })).await;
    let begun = Instant::now();
    // A tag that went missing has the list of tags read.
    for seconds in [30, 40, 50] {
        let mut untagged = after(tagged.clone(), "call.untagged", seconds);
        untagged["data"]["tags"] = json!([]);
        untagged["data"]["comments"] =
            json!([{ "id": seconds, "content": format!("note {seconds}"), "posted_at": 1_780_000_000 }]);
        world.aircall_at_once(&hook, vec![untagged]).await;
        until("the note is written", async || {
            let call = &world.objects("calls").await[0];
            call["properties"]["hs_call_body"].as_str().unwrap().contains(&format!("note {seconds}"))
        })
        .await;
    }
    world.aircall_at_once(&hook, vec![ended_call(2, "+1 415-555-0102", &[])]).await;
    world.settled(2).await;
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
}
