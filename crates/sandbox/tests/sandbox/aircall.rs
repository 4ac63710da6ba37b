//! Aircall: credentials, webhooks, and the story of a call.

use serde_json::{Value, json};

use crate::world::{self, World};

async fn rest(world: &World, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}{path}", world.sandbox.aircall_url());
    let request = world.client.request(method.parse().unwrap(), url).basic_auth("sandbox", Some("sandbox"));
    world.send(if body.is_null() { request } else { request.json(&body) }).await
}

async fn order(world: &World, method: &str, path: &str, body: Value) -> Value {
    let url = format!("{}/_sandbox/{path}", world.sandbox.aircall_url());
    let (status, answer) = world.ask(method, &url, body).await;
    assert!(status < 300, "{status} {answer}");
    answer
}

fn events(received: &[Value]) -> Vec<&str> {
    received.iter().map(|body| body["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn no_credential_is_401_and_a_wrong_one_403() {
    let world = world::start().await;
    let url = format!("{}/v1/ping", world.sandbox.aircall_url());
    assert_eq!(world.ask("GET", &url, Value::Null).await.0, 401);
    let wrong = world.client.get(&url).basic_auth("sandbox", Some("wrong"));
    assert_eq!(world.send(wrong).await, (403, json!({"message": "Forbidden"})));
    assert_eq!(rest(&world, "GET", "/v1/ping", Value::Null).await.1, json!({"ping": "pong"}));
}

#[tokio::test]
async fn an_answered_call_tells_its_whole_story_in_order() {
    let world = world::start().await;
    let hook = world.inbox().await;
    let (status, made) = rest(&world, "POST", "/v1/webhooks", json!({"url": hook})).await;
    assert_eq!(status, 201);
    let story = json!({"direction": "inbound", "from": "+443308186690", "story": "answered", "talk_s": 40,
        "user_email": "ben@example.com", "tags_during": ["good call"], "tags_after": ["bad call"]});
    order(&world, "POST", "calls", story).await;
    let received = world.received().await;
    assert_eq!(
        events(&received),
        [
            "call.created",
            "call.ringing_on_agent",
            "call.answered",
            "call.tagged",
            "call.hungup",
            "call.tagged",
            "call.ended",
        ]
    );
    let (first, last) = (&received[0], &received[6]);
    assert_eq!(first["token"], made["webhook"]["token"]);
    assert!(first["data"].get("user").is_none(), "nobody has answered yet");
    assert_eq!(last["data"]["raw_digits"], "+44 330 818 6690");
    assert_eq!(last["data"]["user"]["email"], "ben@example.com");
    assert_eq!(last["data"]["tags"].as_array().unwrap().len(), 2);
    let ended_at = last["data"]["ended_at"].as_i64().unwrap();
    assert_eq!(last["timestamp"].as_i64().unwrap(), ended_at + 30);
    assert_eq!(last["data"]["duration"], 48);
}

#[tokio::test]
async fn a_voicemail_comes_after_the_end_and_a_missed_call_has_no_user() {
    let world = world::start().await;
    let hook = world.inbox().await;
    rest(
        &world,
        "POST",
        "/v1/webhooks",
        json!({"url": hook, "events": ["call.ended", "call.voicemail_left"]}),
    )
    .await;
    order(
        &world,
        "POST",
        "calls",
        json!({"direction": "inbound", "from": "+14155550132", "story": "voicemail"}),
    )
    .await;
    let received = world.received().await;
    assert_eq!(events(&received), ["call.ended", "call.voicemail_left"]);
    assert_eq!(received[0]["data"]["voicemail"], Value::Null);
    assert!(received[1]["data"]["asset"].as_str().unwrap().ends_with("/voicemail"));
    assert!(received[1]["data"].get("user").is_none());
}

#[tokio::test]
async fn a_deleted_tag_is_gone_from_every_call() {
    let world = world::start().await;
    let call =
        order(&world, "POST", "calls", json!({"from": "+14155550132", "tags_after": ["bad call"]})).await;
    let (_, tags) = rest(&world, "GET", "/v1/tags?per_page=50", Value::Null).await;
    let tag = tags["tags"].as_array().unwrap().iter().find(|tag| tag["name"] == "bad call").unwrap();
    order(&world, "DELETE", &format!("tags/{}", tag["id"]), Value::Null).await;
    let (_, read) = rest(&world, "GET", &format!("/v1/calls/{}", call["id"]), Value::Null).await;
    assert_eq!(read["call"]["tags"], json!([]));
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again() {
    let world = world::start().await;
    let hook = world.inbox().await;
    let fault = json!({"kind": "status", "status": 500, "times": 1});
    let mailbox = world.sandbox.mailbox_url();
    world.ask("DELETE", &format!("{mailbox}/_sandbox/faults"), Value::Null).await;
    world.ask("POST", &format!("{mailbox}/_sandbox/faults"), fault).await;
    world.inbox().await;
    rest(&world, "POST", "/v1/webhooks", json!({"url": hook, "events": ["call.ended"]})).await;
    order(&world, "POST", "delivery", json!({"retry_ms": 20})).await;
    order(&world, "POST", "calls", json!({"from": "+14155550132"})).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let deliveries = order(&world, "GET", "deliveries", Value::Null).await;
    assert_eq!(deliveries["items"][0]["state"], "delivered");
    assert_eq!(deliveries["items"][0]["attempts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_call_at_speed_is_told_in_the_background_and_ends_now() {
    let world = world::start().await;
    let hook = world.inbox().await;
    rest(&world, "POST", "/v1/webhooks", json!({"url": hook})).await;
    let story = json!({"direction": "outbound", "to": "+33612345678", "story": "busy", "speed": 500});
    let call = order(&world, "POST", "calls", story).await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    let received = world.received().await;
    assert_eq!(events(&received), ["call.created", "call.hungup", "call.ended"]);
    assert_eq!(received[0]["data"]["user"]["email"], "ada@example.com");
    assert_eq!(
        (&received[2]["data"]["id"], &received[2]["data"]["hangup_cause"]),
        (&call["id"], &json!("busy"))
    );
}

#[tokio::test]
async fn two_changes_by_hand_never_share_a_second() {
    let world = world::start().await;
    let hook = world.inbox().await;
    rest(&world, "POST", "/v1/webhooks", json!({"url": hook, "events": ["call.tagged", "call.untagged"]}))
        .await;
    let call = order(&world, "POST", "calls", json!({"from": "+14155550132"})).await;
    order(&world, "POST", &format!("calls/{}/tags", call["id"]), json!({"name": "bad call"})).await;
    order(&world, "DELETE", &format!("calls/{}/tags/bad%20call", call["id"]), Value::Null).await;
    let received = world.received().await;
    assert_eq!(events(&received), ["call.tagged", "call.untagged"]);
    assert!(received[0]["timestamp"].as_i64() < received[1]["timestamp"].as_i64());
    assert_eq!(received[1]["data"]["tags"], json!([]));
}
