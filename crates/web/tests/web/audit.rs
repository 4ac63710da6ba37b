//! The audit as the API lists it.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::Value;

use crate::bench::{Bench, SECRET};

fn words(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["what"].as_str().unwrap()).collect()
}

/// Connected at ten, paused at eleven, disconnected at twelve.
async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.connect_calendar().await;
    bench.pass(SignedDuration::from_hours(1));
    bench.post("/connections/calendar/pause", &Value::Null).await;
    bench.pass(SignedDuration::from_hours(1));
    bench.delete("/connections/calendar").await;
    bench
}

#[tokio::test]
async fn changes_are_listed_newest_first_page_by_page() {
    let bench = bench().await;
    let first = bench.get("/audit?limit=2").await.json();
    assert_eq!(words(&first), ["connection.disconnected", "connection.paused"]);
    assert_eq!(first["items"][0]["at"], "2026-11-20T12:00:00Z");
    assert_eq!(first["items"][0]["who"], "operator");
    assert_eq!(first["items"][0]["detail"]["connection"], "calendar");
    let rest = bench.get(&format!("/audit?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!(words(&rest.json()), ["connection.connected"]);
    assert!(rest.json()["next"].is_null());
    assert!(!rest.text.contains(SECRET));
}

#[tokio::test]
async fn changes_are_narrowed_by_who_what_and_when() {
    let bench = bench().await;
    let cases = [
        ("what=connection.paused", 1),
        ("what=connection", 3),
        ("what=outcome_rule", 0),
        ("who=operator", 3),
        ("who=nobody", 0),
        ("from=2026-11-20T11:00:00Z", 2),
        ("from=2026-11-20T11:00:00Z&to=2026-11-20T13:00:00%2B01:00", 1),
    ];
    for (query, count) in cases {
        let answer = bench.get(&format!("/audit?{query}")).await.json();
        assert_eq!(words(&answer).len(), count, "{query}: {answer}");
    }
    for query in ["from=yesterday", "to=1", "limit=0", "cursor=x"] {
        let answer = bench.get(&format!("/audit?{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(answer.field(), query.split('=').next().unwrap());
    }
}
