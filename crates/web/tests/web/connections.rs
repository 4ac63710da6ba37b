//! Connecting, halting and cutting.

use axum::http::{Method, StatusCode};
use connectors::gate::Closed;
use domain::source::System;
use rstest::rstest;
use serde_json::{Value, json};
use store::{AuditFilter, Status};

use crate::bench::{BASE, Bench, SECRET, VIEWER, path_of};

#[tokio::test]
async fn all_five_systems_are_listed_from_the_beginning() {
    let bench = Bench::new().await;
    let list = bench.get("/connections").await.json();
    let items = list["items"].as_array().unwrap();
    let ids: Vec<&str> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["hubspot", "aircall", "calendar", "calcom", "calendly"]);
    assert!(items.iter().all(|item| item["status"] == "disconnected" && item["hook_url"].is_null()));
}

#[tokio::test]
async fn hubspot_tells_its_account_and_how_doubles_are_kept_out() {
    let bench = Bench::new().await;
    let answer = bench.put("/connections/hubspot", &json!({ "service_key": "pat-na1-right" })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let json = answer.json();
    assert_eq!(json["status"], "connected");
    assert_eq!(json["portal_id"], "62515");
    assert_eq!(json["duplicate_guard"], "unique_property");
    bench.world.facts().has_room = false;
    let answer = bench.put("/connections/hubspot", &json!({ "service_key": "pat-na1-right" })).await;
    assert_eq!(answer.json()["duplicate_guard"], "lookup");
}

#[tokio::test]
async fn a_key_that_hubspot_refuses_connects_nothing() {
    let bench = Bench::new().await;
    let answer = bench.put("/connections/hubspot", &json!({ "service_key": "pat-na1-wrong" })).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.text.contains("pat-na1-wrong"));
    assert_eq!(bench.get("/connections/hubspot").await.json()["status"], "disconnected");
}

#[tokio::test]
async fn a_provider_that_is_down_is_no_refusal() {
    let bench = Bench::new().await;
    bench.world.facts().is_down = true;
    let hubspot = bench.put("/connections/hubspot", &json!({ "service_key": "pat-na1-right" })).await;
    assert_eq!(hubspot.status, StatusCode::SERVICE_UNAVAILABLE);
    let aircall = bench.put("/connections/aircall", &json!({ "api_id": "aid", "api_token": "atoken" })).await;
    assert_eq!(aircall.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn no_secret_is_ever_answered_and_no_viewer_sees_a_hook() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    bench.connect_calendar().await;
    let list = bench.get("/connections").await;
    for secret in ["pat-na1-right", "atoken", "token-1", SECRET] {
        assert!(!list.text.contains(secret), "{secret}");
    }
    let path = format!("{BASE}/connections");
    let seen = bench.call_as(VIEWER, Method::GET, &path, &Value::Null).await;
    assert!(list.text.contains("/hooks/") && !seen.text.contains("/hooks/"));
}

#[tokio::test]
async fn from_the_answer_to_a_disconnect_on_nothing_goes_to_hubspot() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let passes = async || bench.gates.pass(bench.default.id, async {}).await;
    assert_eq!(passes().await, Ok(()));
    assert_eq!(bench.delete("/connections/hubspot").await.status, StatusCode::NO_CONTENT);
    assert_eq!(passes().await, Err(Closed::Before));
    let stored = bench.store.connection(bench.default.id, System::Hubspot).await.unwrap().unwrap();
    assert!(stored.secret.is_none() && stored.status == Status::Disconnected);

    let before = bench.world.facts().requests;
    let list = bench.get("/outcomes").await.json();
    assert_eq!((&list["stale"], &list["reason"]), (&json!(true), &json!("HubSpot is not connected.")));
    assert_eq!(bench.world.facts().requests, before);

    bench.connect_both().await;
    assert_eq!(passes().await, Ok(()));
}

#[tokio::test]
async fn a_pause_of_hubspot_closes_the_gate_and_a_resume_opens_it() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    assert_eq!(bench.post("/connections/hubspot/pause", &Value::Null).await.json()["status"], "paused");
    assert_eq!(bench.gates.pass(bench.default.id, async {}).await, Err(Closed::Before));
    assert_eq!(bench.post("/connections/hubspot/resume", &Value::Null).await.json()["status"], "connected");
    assert_eq!(bench.gates.pass(bench.default.id, async {}).await, Ok(()));
}

#[tokio::test]
async fn another_account_forgets_the_outcomes_of_the_one_before() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    bench.delete("/connections/hubspot").await;
    {
        let mut facts = bench.world.facts();
        facts.portal = 7;
        facts.outcomes = vec![("guid-of-7".to_owned(), "Of seven".to_owned())];
    }
    bench.connect_both().await;
    let catalog = bench.store.outcome_catalog(bench.default.id).await.unwrap();
    let seen: Vec<_> = catalog.outcomes.iter().map(|(id, seen)| (id.as_str(), seen.new_at)).collect();
    assert_eq!(seen, [("guid-of-7", None)]);
}

#[tokio::test]
async fn what_is_not_connected_can_be_neither_paused_nor_rotated() {
    let bench = Bench::new().await;
    for what in ["pause", "resume", "rotate-key"] {
        let answer = bench.post(&format!("/connections/aircall/{what}"), &Value::Null).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{what}");
    }
    assert_eq!(bench.delete("/connections/aircall").await.status, StatusCode::NO_CONTENT);
    assert_eq!(bench.delete("/connections/outlook").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn our_webhook_is_registered_moved_and_taken_back() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let hook = path_of(&bench.get("/connections/aircall").await);
    let registered =
        || bench.world.facts().webhooks.iter().map(|(_, url, _)| url.clone()).collect::<Vec<_>>();
    assert_eq!(registered(), [format!("https://hooks.example.com{hook}")]);
    bench.connect_both().await;
    assert_eq!(registered().len(), 1, "connecting anew registers nothing twice");
    let moved = path_of(&bench.post("/connections/aircall/rotate-key", &Value::Null).await);
    assert_eq!(registered(), [format!("https://hooks.example.com{moved}")]);
    bench.delete("/connections/aircall").await;
    assert!(registered().is_empty());
}

#[tokio::test]
async fn a_webhook_made_by_hand_registers_nothing() {
    let bench = Bench::new().await;
    let by_hand = json!({ "api_id": "aid", "api_token": "atoken", "webhook_token": "mine" });
    let answer = bench.put("/connections/aircall", &by_hand).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.json()["hook_url"].is_string());
    assert!(bench.world.facts().webhooks.is_empty());
}

#[tokio::test]
async fn a_webhook_made_by_hand_needs_its_token() {
    let bench = Bench::new().await;
    let none = json!({ "api_id": "aid", "api_token": "atoken", "register_webhook": false });
    let answer = bench.put("/connections/aircall", &none).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.field(), "webhook_token");
}

#[tokio::test]
async fn a_wrong_aircall_key_is_refused() {
    let bench = Bench::new().await;
    let answer = bench.put("/connections/aircall", &json!({ "api_id": "aid", "api_token": "wrong" })).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bench.put("/connections/aircall", &json!({ "api_id": "aid" })).await.field(), "api_token");
}

#[rstest]
#[case("pro", 200)]
#[case("Enterprise", 200)]
#[case(" TEAM ", 200)]
#[case("premium", 200)]
#[case("business", 200)]
#[case("basic", 422)]
#[case("free", 422)]
#[case("", 422)]
#[tokio::test]
async fn calendar_needs_pro_or_above(#[case] plan: &str, #[case] status: u16) {
    let bench = Bench::new().await;
    let body = json!({ "signing_secret": SECRET, "plan": plan });
    let answer = bench.put("/connections/calendar", &body).await;
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    if status == 422 {
        assert_eq!(answer.field(), "plan");
        assert!(answer.json()["detail"].as_str().unwrap().contains("Pro plan"));
    }
}

#[rstest]
#[case("calendar", json!({ "signing_secret": SECRET }), "plan")]
#[case("calendar", json!({ "signing_secret": "whsec_", "plan": "pro" }), "signing_secret")]
#[case("calendar", json!({ "signing_secret": "not base64!", "plan": "pro" }), "signing_secret")]
#[case("calendar", json!({ "signing_secret": SECRET, "plan": 5 }), "plan")]
#[case("calcom", json!({ "signing_secret": "" }), "signing_secret")]
#[case("calendly", json!({ "api_token": "x" }), "signing_secret")]
#[case("hubspot", json!({ "service_key": "a\nb" }), "service_key")]
#[case("hubspot", json!({ "service_key": "a", "portal": 5 }), "portal")]
#[tokio::test]
async fn a_wrong_field_is_named(#[case] system: &str, #[case] body: Value, #[case] field: &str) {
    let bench = Bench::new().await;
    let answer = bench.put(&format!("/connections/{system}"), &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert_eq!(answer.field(), field);
}

#[tokio::test]
async fn a_grant_without_a_client_id_says_so() {
    let bench = Bench::new().await;
    let answer = bench.post("/connections/hubspot/grant", &Value::Null).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("client id"));
}

#[tokio::test]
async fn every_change_is_in_the_audit() {
    let bench = Bench::new().await;
    bench.connect_calendar().await;
    bench.post("/connections/calendar/pause", &Value::Null).await;
    bench.delete("/connections/calendar").await;
    let ten = AuditFilter { limit: 10, ..AuditFilter::default() };
    let audits = bench.store.audits(bench.default.id, ten).await.unwrap().items;
    let mut what: Vec<&str> = audits.iter().map(|audit| audit.what.as_str()).collect();
    what.sort_unstable();
    assert_eq!(what, ["connection.connected", "connection.disconnected", "connection.paused"]);
    assert!(audits.iter().all(|audit| audit.who == "operator" && !audit.detail.to_string().contains(SECRET)));
}
