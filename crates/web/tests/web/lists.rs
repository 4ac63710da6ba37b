//! The live lists.

use axum::http::StatusCode;
use serde_json::json;

use crate::{
    bench::Bench,
    world::{BAD_CALL, CONNECTED},
};

#[tokio::test]
async fn the_lists_are_as_they_are_now() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    {
        let mut facts = bench.world.facts();
        facts.outcomes = vec![(CONNECTED.to_owned(), "Talked".to_owned())];
        facts.tags.retain(|(id, _)| *id == BAD_CALL);
    }
    let outcomes = bench.get("/outcomes").await.json();
    assert_eq!(outcomes["items"], json!([{ "id": CONNECTED, "label": "Talked" }]));
    assert_eq!((&outcomes["next"], &outcomes["stale"]), (&json!(null), &json!(false)));
    let tags = bench.get("/tags").await.json();
    assert_eq!(tags["items"], json!([{ "id": BAD_CALL.to_string(), "label": "bad call" }]));
    let call_types = bench.get("/call-types").await.json();
    assert_eq!(call_types["items"], json!([{ "id": "sales", "label": "Sales call" }]));
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_as_last_known() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    bench.world.facts().is_down = true;
    for (path, items) in [("/outcomes", 2), ("/tags", 2)] {
        let list = bench.get(path).await;
        assert_eq!(list.status, StatusCode::OK, "{path}");
        assert_eq!(list.json()["stale"], true, "{path}");
        assert!(list.json()["reason"].is_string(), "{path}");
        assert_eq!(list.json()["items"].as_array().unwrap().len(), items, "{path}");
    }
}

#[tokio::test]
async fn an_empty_list_of_outcomes_is_a_reading_that_failed() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let states = async || bench.get("/settings/calls").await.json()["outcome_states"].clone();
    let before = states().await;
    bench.world.facts().outcomes.clear();
    let list = bench.get("/outcomes").await.json();
    assert_eq!((&list["stale"], list["items"].as_array().unwrap().len()), (&json!(true), 2), "{list}");
    assert_eq!(states().await, before, "none was deleted");
}

#[tokio::test]
async fn a_list_that_was_never_read_is_not_there() {
    let bench = Bench::new().await;
    for path in ["/outcomes", "/tags", "/call-types"] {
        assert_eq!(bench.get(path).await.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
}
