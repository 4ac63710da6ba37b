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
async fn hooks_are_counted_by_source_and_status_without_their_keys() {
    let bench = Bench::new().await;
    let _counting = metrics::set_default_local_recorder(&bench.recorder);
    for path in ["/hooks/secret-key/calendar", "/hooks/secret-key/outlook"] {
        bench.send(Request::post(path).body(Body::from("{}")).unwrap()).await;
    }
    let answer = get(&bench, "/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    for line in [
        "patchbay_hooks_total{source=\"calendar\",status=\"404\"} 1",
        "patchbay_hooks_total{source=\"unknown\",status=\"404\"} 1",
        "patchbay_envelopes_unread 0",
    ] {
        assert!(answer.text.contains(line), "{line}\n{}", answer.text);
    }
    assert!(!answer.text.contains("secret-key"));
}
