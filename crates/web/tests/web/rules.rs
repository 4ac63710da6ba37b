//! Outcome rules and call type rules.

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    bench::{Answer, Bench},
    world::{BAD_CALL, CONNECTED, GOOD_CALL, NO_ANSWER},
};

async fn connected() -> Bench {
    let bench = Bench::new().await;
    bench.connect_both().await;
    bench
}

async fn add(bench: &Bench, tag: u64, outcome: &str) -> Answer {
    bench.post("/outcome-rules", &json!({ "tag_id": tag, "outcome_id": outcome })).await
}

/// The only rule, as the list shows it.
async fn only(bench: &Bench) -> Value {
    let list = bench.get("/outcome-rules").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    list["items"][0].clone()
}

#[tokio::test]
async fn a_rule_is_shown_with_its_labels() {
    let bench = connected().await;
    let added = add(&bench, BAD_CALL, NO_ANSWER).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    let rule = added.json();
    assert_eq!(rule["tag_id"], BAD_CALL.to_string());
    assert_eq!(rule["tag"], json!({ "id": BAD_CALL.to_string(), "label": "bad call" }));
    assert_eq!(rule["outcome_id"], NO_ANSWER);
    assert_eq!(rule["outcome"], json!({ "id": NO_ANSWER, "label": "No answer" }));
    assert_eq!((&rule["state"], &rule["effective_at"]), (&json!("active"), &Value::Null));
    assert_eq!(only(&bench).await, rule);
    let shown = bench.get(&format!("/outcome-rules/{}", rule["id"].as_str().unwrap())).await.json();
    assert_eq!(shown, rule);
}

#[tokio::test]
async fn ids_are_taken_as_text_and_as_numbers() {
    let bench = connected().await;
    let by_text = json!({ "tag_id": BAD_CALL.to_string(), "outcome_id": NO_ANSWER });
    assert_eq!(bench.post("/outcome-rules", &by_text).await.status, StatusCode::CREATED);
    let neither = json!({ "tag_id": { "id": 1 }, "outcome_id": NO_ANSWER });
    assert_eq!(bench.post("/outcome-rules", &neither).await.field(), "tag_id");
}

#[tokio::test]
async fn a_tag_has_at_most_one_rule_and_an_outcome_may_have_many() {
    let bench = connected().await;
    add(&bench, BAD_CALL, NO_ANSWER).await;
    assert_eq!(add(&bench, BAD_CALL, CONNECTED).await.status, StatusCode::CONFLICT);
    let second = add(&bench, GOOD_CALL, NO_ANSWER).await;
    assert_eq!(second.status, StatusCode::CREATED);
    let path = format!("/outcome-rules/{}", second.json()["id"].as_str().unwrap());
    let taken = bench.call(Method::PATCH, &path, &json!({ "tag_id": BAD_CALL })).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_is_not_on_the_lists_of_now_is_refused() {
    let bench = connected().await;
    assert_eq!(add(&bench, 5, NO_ANSWER).await.field(), "tag_id");
    assert_eq!(add(&bench, BAD_CALL, "no-such-guid").await.field(), "outcome_id");
    {
        let mut facts = bench.world.facts();
        facts.outcomes.retain(|(id, _)| id != NO_ANSWER);
        facts.tags.retain(|(id, _)| *id != BAD_CALL);
    }
    assert_eq!(add(&bench, BAD_CALL, CONNECTED).await.field(), "tag_id");
    let gone = add(&bench, GOOD_CALL, NO_ANSWER).await;
    assert_eq!((gone.status, gone.field().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "outcome_id"));
}

#[tokio::test]
async fn a_rule_to_a_new_outcome_waits_an_hour() {
    let bench = connected().await;
    bench.world.facts().outcomes.push(("new-guid".to_owned(), "New".to_owned()));
    let rule = add(&bench, BAD_CALL, "new-guid").await.json();
    assert_eq!((&rule["state"], &rule["effective_at"]), (&json!("pending"), &json!("2026-11-20T11:00:00Z")));
    bench.pass(SignedDuration::from_hours(1));
    assert_eq!(only(&bench).await["state"], "active");
}

#[tokio::test]
async fn a_deleted_outcome_leaves_within_an_hour() {
    let bench = connected().await;
    add(&bench, BAD_CALL, NO_ANSWER).await;
    bench.world.facts().outcomes.retain(|(id, _)| id != NO_ANSWER);
    let rule = only(&bench).await;
    assert_eq!((&rule["state"], &rule["until"]), (&json!("outcome_leaving"), &json!("2026-11-20T11:00:00Z")));
    assert_eq!(rule["outcome"]["label"], "No answer");
    bench.pass(SignedDuration::from_hours(1));
    assert_eq!(only(&bench).await["state"], "outcome_deleted");
}

#[tokio::test]
async fn a_deleted_tag_is_called_so() {
    let bench = connected().await;
    add(&bench, BAD_CALL, NO_ANSWER).await;
    bench.world.facts().tags.clear();
    let rule = only(&bench).await;
    assert_eq!((&rule["state"], &rule["tag"]["label"]), (&json!("tag_deleted"), &json!("Deleted tag")));
}

#[tokio::test]
async fn a_list_that_cannot_be_read_deletes_nothing() {
    let bench = connected().await;
    add(&bench, BAD_CALL, NO_ANSWER).await;
    bench.world.facts().is_down = true;
    assert_eq!(only(&bench).await["state"], "active");
}

#[tokio::test]
async fn a_rule_is_removed_in_any_state_with_everybody_down() {
    let bench = connected().await;
    add(&bench, BAD_CALL, NO_ANSWER).await;
    bench.world.facts().tags.clear();
    let path = format!("/outcome-rules/{}", only(&bench).await["id"].as_str().unwrap());
    bench.world.facts().is_down = true;
    bench.delete("/connections/hubspot").await;
    assert_eq!(bench.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(bench.delete(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_changed_outcome_starts_the_clock_anew_and_a_move_does_not() {
    let bench = connected().await;
    let rule = add(&bench, BAD_CALL, NO_ANSWER).await.json();
    let path = format!("/outcome-rules/{}", rule["id"].as_str().unwrap());
    bench.pass(SignedDuration::from_mins(5));
    // The outcome is renamed: a rule that stood goes on, one that is set now waits.
    bench.world.facts().outcomes[0].1 = "Talked".to_owned();
    add(&bench, GOOD_CALL, NO_ANSWER).await;
    let moved = bench.call(Method::PATCH, &path, &json!({ "position": 1 })).await.json();
    assert_eq!((&moved["state"], &moved["position"]), (&json!("active"), &json!(1)));
    let changed = bench.call(Method::PATCH, &path, &json!({ "outcome_id": CONNECTED })).await.json();
    assert_eq!(
        (&changed["state"], &changed["effective_at"]),
        (&json!("pending"), &json!("2026-11-20T11:05:00Z"))
    );
    assert_eq!(changed["position"], 1);
}

#[tokio::test]
async fn positions_stay_without_gaps_whatever_is_asked_for() {
    let bench = connected().await;
    let first = add(&bench, BAD_CALL, NO_ANSWER).await.json();
    add(&bench, GOOD_CALL, CONNECTED).await;
    let path = format!("/outcome-rules/{}", first["id"].as_str().unwrap());
    for (asked, given, order) in [(99, 1, "good bad"), (-1, 0, "bad good"), (1, 1, "good bad")] {
        let moved = bench.call(Method::PATCH, &path, &json!({ "position": asked })).await.json();
        assert_eq!(moved["position"], given, "{asked}");
        assert_eq!(listed(&bench).await, order, "{asked}");
    }
    bench.world.facts().tags.push((3, "third call".to_owned()));
    let asked = json!({ "tag_id": 3, "outcome_id": CONNECTED, "position": -7 });
    let third = bench.post("/outcome-rules", &asked).await.json();
    assert_eq!((&third["position"], listed(&bench).await.as_str()), (&json!(0), "third good bad"));
    bench.delete(&format!("/outcome-rules/{}", third["id"].as_str().unwrap())).await;
    assert_eq!(listed(&bench).await, "good bad");
}

/// The first words of the tags in order; their positions are 0, 1, 2 and so on.
async fn listed(bench: &Bench) -> String {
    let list = bench.get("/outcome-rules").await.json();
    let mut words = Vec::new();
    for (place, rule) in list["items"].as_array().unwrap().iter().enumerate() {
        assert_eq!(rule["position"], place);
        words.push(rule["tag"]["label"].as_str().unwrap().split(' ').next().unwrap().to_owned());
    }
    words.join(" ")
}

#[tokio::test]
async fn rules_are_listed_in_the_admins_order() {
    let bench = connected().await;
    add(&bench, BAD_CALL, NO_ANSWER).await;
    let second = add(&bench, GOOD_CALL, CONNECTED).await.json();
    let path = format!("/outcome-rules/{}", second["id"].as_str().unwrap());
    bench.call(Method::PATCH, &path, &json!({ "position": 0 })).await;
    let list = bench.get("/outcome-rules").await.json();
    let labels: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|rule| rule["tag"]["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["good call", "bad call"]);
}

#[tokio::test]
async fn call_type_rules_go_by_the_same_laws() {
    let bench = connected().await;
    add(&bench, BAD_CALL, NO_ANSWER).await;
    let asked = json!({ "tag_id": BAD_CALL, "call_type": "sales" });
    let rule = bench.post("/call-type-rules", &asked).await;
    assert_eq!(rule.status, StatusCode::CREATED, "{}", rule.text);
    assert_eq!((&rule.json()["call_type"], &rule.json()["state"]), (&json!("sales"), &json!("active")));
    assert_eq!(bench.post("/call-type-rules", &asked).await.status, StatusCode::CONFLICT);
    let unknown = json!({ "tag_id": GOOD_CALL, "call_type": "nonsense" });
    assert_eq!(bench.post("/call-type-rules", &unknown).await.field(), "call_type");
    let path = format!("/call-type-rules/{}", rule.json()["id"].as_str().unwrap());
    let moved = bench.call(Method::PATCH, &path, &json!({ "tag_id": GOOD_CALL })).await.json();
    assert_eq!(moved["tag"]["label"], "good call");
    assert_eq!(bench.get(&path.replace("call-type", "outcome")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(bench.delete(&path).await.status, StatusCode::NO_CONTENT);
}
