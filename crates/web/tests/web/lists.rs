//! The live lists.

use axum::http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    world::{BAD_CALL, CONNECTED, GOOD_CALL},
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

/// The ids on a page, and the cursor of the next one.
fn page(list: &Value) -> (Vec<String>, Option<String>) {
    let ids = list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned());
    (ids.collect(), list["next"].as_str().map(str::to_owned))
}

#[rstest]
#[case("/outcomes")]
#[case("/tags")]
#[case("/connections")]
#[case("/outcome-rules")]
#[tokio::test]
async fn a_list_is_turned_page_by_page(#[case] path: &str) {
    let bench = Bench::new().await;
    bench.connect_both().await;
    for tag in [BAD_CALL, GOOD_CALL] {
        bench.post("/outcome-rules", &json!({ "tag_id": tag, "outcome_id": CONNECTED })).await;
    }
    let (all, next) = page(&bench.get(path).await.json());
    assert!(all.len() > 1 && next.is_none(), "{path}: whole if no page is asked for");
    let (mut turned, mut next) = page(&bench.get(&format!("{path}?limit=1")).await.json());
    while let Some(cursor) = next {
        let (ids, after) = page(&bench.get(&format!("{path}?limit=1&cursor={cursor}")).await.json());
        assert_eq!(ids.len(), 1, "{path}");
        turned.extend(ids);
        next = after;
    }
    assert_eq!(turned, all, "{path}");
}

#[tokio::test]
async fn what_goes_between_two_pages_takes_nothing_else_along() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    for tag in [BAD_CALL, GOOD_CALL] {
        bench.post("/outcome-rules", &json!({ "tag_id": tag, "outcome_id": CONNECTED })).await;
    }
    let (all, _) = page(&bench.get("/outcome-rules").await.json());
    let (first, next) = page(&bench.get("/outcome-rules?limit=1").await.json());
    let gone = bench.call(Method::DELETE, &format!("/outcome-rules/{}", first[0]), &json!(null)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let rest = bench.get(&format!("/outcome-rules?limit=1&cursor={}", next.unwrap())).await.json();
    assert_eq!(page(&rest), (vec![all[1].clone()], None));
}

#[rstest]
#[tokio::test]
async fn every_list_refuses_pages_that_it_does_not_have(
    #[values(
        "/outcomes",
        "/tags",
        "/call-types",
        "/connections",
        "/outcome-rules",
        "/call-type-rules",
        "/records",
        "/problems",
        "/audit"
    )]
    path: &str,
) {
    let bench = Bench::new().await;
    for (query, field) in
        [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("cursor=zzz", "cursor")]
    {
        let answer = bench.get(&format!("{path}?{query}")).await;
        assert_eq!(
            (answer.status, answer.field().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, field),
            "{path}"
        );
    }
}
