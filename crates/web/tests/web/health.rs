//! Health and metrics.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use crate::bench::{Answer, Bench};

async fn get(bench: &Bench, path: &str) -> Answer {
    bench.send(Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_not_ready_but_the_process_lives() {
    let bench = Bench::new().await;
    assert_eq!(get(&bench, "/readyz").await.status, StatusCode::OK);
    bench.store.close().await;
    let ready = get(&bench, "/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["status"], 503);
    let alive = get(&bench, "/healthz").await;
    assert_eq!((alive.status, alive.text.as_str()), (StatusCode::OK, "ok"));
}

#[tokio::test]
async fn metrics_are_plain_text() {
    let bench = Bench::new().await;
    let answer = get(&bench, "/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
}
