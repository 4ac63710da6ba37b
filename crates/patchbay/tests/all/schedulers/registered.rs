//! Where a token is given, our webhook is registered at the scheduler, moved with its address, and taken back.

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use super::{calcom, calendly, story::SECRET};
use crate::world::{TOKEN, World, until};

/// A scheduler with an API: its sandbox, a token that it takes, what it lists its webhooks as, and a booking.
#[derive(Clone, Copy)]
struct Source {
    word: &'static str,
    token: &'static str,
    webhooks: &'static str,
    address: &'static str,
    booked: fn() -> Value,
}

const CALCOM: Source = Source {
    word: "calcom",
    token: "cal_sandbox",
    webhooks: "webhooks",
    address: "subscriberUrl",
    booked: calcom::booked,
};

const CALENDLY: Source = Source {
    word: "calendly",
    token: "calendly-sandbox",
    webhooks: "subscriptions",
    address: "callback_url",
    booked: calendly::booked,
};

impl Source {
    fn origin(self, world: &World) -> String {
        if self.word == "calcom" { world.sandbox.calcom_url() } else { world.sandbox.calendly_url() }
    }

    async fn connect(self, world: &World, token: &str) -> (StatusCode, Value) {
        let address =
            format!("{}/api/v1/workspaces/default/connections/{}", world.server.address(), self.word);
        let how = json!({ "signing_secret": SECRET, "api_token": token });
        let answer = world.http.put(address).bearer_auth(TOKEN).json(&how).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn order(self, world: &World, method: Method, order: &str, body: &Value) -> Value {
        let request = world.http.request(method, format!("{}/_sandbox/{order}", self.origin(world)));
        let answer = request.json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{order}: {}", answer.status());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    }

    /// The addresses that the scheduler tells.
    async fn told(self, world: &World) -> Vec<String> {
        let state = self.order(world, Method::GET, "state", &Value::Null).await;
        let webhooks = state[self.webhooks].as_array().unwrap();
        webhooks.iter().map(|one| one[self.address].as_str().unwrap().to_owned()).collect()
    }
}

#[rstest]
#[case::cal_com(CALCOM)]
#[case::calendly(CALENDLY)]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_registers_our_webhook_and_its_bookings_arrive(#[case] source: Source) {
    let world = World::new().await;
    world.connect_hubspot("pat-na1-sandbox").await;
    let (status, connected) = source.connect(&world, source.token).await;
    assert_eq!(
        (status, connected["webhook_registered"].as_bool()),
        (StatusCode::OK, Some(true)),
        "{connected}"
    );
    assert_eq!(source.told(&world).await, [connected["hook_url"].as_str().unwrap()]);
    let sent = source.order(&world, Method::POST, "send", &(source.booked)()).await;
    assert_eq!(sent["items"][0]["status"], 202, "{sent}");
    world.settled(1).await;
    assert_eq!(world.objects("meetings").await.len(), 1);
}

#[rstest]
#[case::cal_com(CALCOM)]
#[case::calendly(CALENDLY)]
#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_moves_with_its_address_and_goes_with_the_connection(#[case] source: Source) {
    let world = World::new().await;
    let (_, first) = source.connect(&world, source.token).await;
    // Connected again, it is the same one.
    source.connect(&world, source.token).await;
    assert_eq!(source.told(&world).await, [first["hook_url"].as_str().unwrap()]);
    let rotated = world.post(&format!("connections/{}/rotate-key", source.word), Value::Null).await;
    assert_ne!(rotated["hook_url"], first["hook_url"]);
    assert_eq!(source.told(&world).await, [rotated["hook_url"].as_str().unwrap()]);
    world.delete(&format!("connections/{}", source.word)).await;
    assert_eq!(source.told(&world).await, Vec::<String>::new());
}

#[rstest]
#[case::cal_com(CALCOM)]
#[case::calendly(CALENDLY)]
#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_goes_where_the_next_connecting_gives_no_token(#[case] source: Source) {
    let world = World::new().await;
    source.connect(&world, source.token).await;
    let by_hand =
        world.put(&format!("connections/{}", source.word), json!({ "signing_secret": "another" })).await;
    assert_eq!(by_hand["webhook_registered"], Value::Null);
    assert_eq!(source.told(&world).await, Vec::<String>::new());
}

#[rstest]
#[case::cal_com(CALCOM)]
#[case::calendly(CALENDLY)]
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_connects_nothing(#[case] source: Source) {
    let world = World::new().await;
    let (status, problem) = source.connect(&world, "wrong").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("refused the API token"), "{problem}");
    assert_eq!(world.status(source.word).await, "disconnected");
}

#[rstest]
#[case::cal_com(CALCOM)]
#[case::calendly(CALENDLY)]
#[tokio::test(flavor = "multi_thread")]
async fn a_scheduler_that_is_down_is_connected_without_its_webhook(#[case] source: Source) {
    let world = World::new().await;
    let down = json!({ "kind": "status", "status": 503, "times": null });
    source.order(&world, Method::POST, "faults", &down).await;
    let (status, connected) = source.connect(&world, source.token).await;
    assert_eq!(
        (status, connected["webhook_registered"].as_bool()),
        (StatusCode::OK, Some(false)),
        "{connected}"
    );
    source.order(&world, Method::DELETE, "faults", &Value::Null).await;
    let (_, again) = source.connect(&world, source.token).await;
    assert_eq!(again["webhook_registered"], true);
    until("it is told", async || source.told(&world).await.len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_admin_at_calendly_subscribes_to_their_own_events_until_an_admin_connects() {
    let world = World::new().await;
    let (status, connected) = CALENDLY.connect(&world, "calendly-member").await;
    assert_eq!(status, StatusCode::OK, "{connected}");
    let state = CALENDLY.order(&world, Method::GET, "state", &Value::Null).await;
    let subscription = &state["subscriptions"][0];
    assert_eq!(subscription["scope"], "user");
    assert_eq!(subscription["user"], "https://api.calendly.com/users/MEMBER1");
    // An admin's token takes its place, though the admin is not shown what the member subscribed to.
    let (status, connected) = CALENDLY.connect(&world, CALENDLY.token).await;
    assert_eq!(status, StatusCode::OK, "{connected}");
    let state = CALENDLY.order(&world, Method::GET, "state", &Value::Null).await;
    assert_eq!(state["subscriptions"].as_array().unwrap().len(), 1, "{state}");
    assert_eq!(state["subscriptions"][0]["scope"], "organization");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_calendlys_webhook_leaves_out_is_asked_for() {
    let world = World::new().await;
    world.connect_hubspot("pat-na1-sandbox").await;
    CALENDLY.connect(&world, CALENDLY.token).await;
    // As the webhooks of 2020 were: the invitee alone.
    let booked = calendly::booked().to_string().replace("{n}", "7");
    let mut booked: Value = serde_json::from_str(&booked).unwrap();
    let payload = booked["payload"].as_object_mut().unwrap();
    let mut event = payload.remove("scheduled_event").unwrap();
    event["created_at"] = json!("2026-11-20T09:59:59.000000Z");
    let invitee = payload["uri"].as_str().unwrap().to_owned();
    CALENDLY.order(&world, Method::POST, "send", &booked).await;
    let problem = world.record_in("calendly", &invitee, "problem").await;
    assert!(problem["why"].as_str().unwrap().contains("Calendly"), "{problem}");
    let id = event["uri"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    CALENDLY.order(&world, Method::PUT, &format!("scheduled_events/{id}"), &event).await;
    let problems = world.get("problems").await;
    let problem = problems["items"][0]["id"].as_str().unwrap();
    world.post(&format!("problems/{problem}/retry"), Value::Null).await;
    world.record_in("calendly", &invitee, "logged").await;
    let meeting = world.objects("meetings").await[0]["properties"].clone();
    assert!(
        meeting["hs_meeting_title"].as_str().unwrap().starts_with("Meeting - Calendly: Intro"),
        "{meeting}"
    );
    assert!(meeting["hs_meeting_body"].as_str().unwrap().contains("Company size"), "{meeting}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calendlys_free_plan_is_refused_in_calendlys_words() {
    let world = World::new().await;
    CALENDLY.order(&world, Method::POST, "plan", &json!({ "free": true })).await;
    let (status, problem) = CALENDLY.connect(&world, CALENDLY.token).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("upgrade your Calendly account"), "{problem}");
}
