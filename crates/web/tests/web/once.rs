//! `Idempotency-Key`: what is sent again is answered as the first time, and done once.

use axum::{
    body::Body,
    http::{HeaderName, Method, Request, StatusCode, header},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    bench::{ADMIN, Answer, BASE, Bench, STRANGER},
    world::{BAD_CALL, CONNECTED, GOOD_CALL, NO_ANSWER},
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: &str = "idempotency-replayed";

fn rule(tag: u64, outcome: &str) -> Value {
    json!({ "tag_id": tag, "outcome_id": outcome })
}

fn request(token: &str, path: &str, key: &str, body: &Value) -> Request<Body> {
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(KEY, key);
    request.body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).unwrap()
}

async fn post(bench: &Bench, path: &str, key: &str, body: &Value) -> Answer {
    bench.send(request(ADMIN, &format!("{BASE}{path}"), key, body)).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.headers.get(REPLAYED).is_some_and(|value| value == "true")
}

async fn rules(bench: &Bench) -> usize {
    bench.get("/outcome-rules").await.json()["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_post_sent_again_under_its_key_gives_the_same_answer_and_is_done_once() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let first = post(&bench, "/outcome-rules", "k1", &rule(BAD_CALL, NO_ANSWER)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert!(!is_replayed(&first));
    let again = post(&bench, "/outcome-rules", "k1", &rule(BAD_CALL, NO_ANSWER)).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.headers[header::CONTENT_TYPE], first.headers[header::CONTENT_TYPE]);
    assert!(is_replayed(&again));
    assert_eq!(rules(&bench).await, 1);
    let under_another = post(&bench, "/outcome-rules", "k2", &rule(BAD_CALL, NO_ANSWER)).await;
    assert_eq!(under_another.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_refusal_is_given_again_too_as_a_problem() {
    let bench = Bench::new().await;
    let refuse = async || post(&bench, "/replay", "k", &json!({ "from": "yesterday", "to": "today" })).await;
    let (first, again) = (refuse().await, refuse().await);
    assert_eq!((first.status, is_replayed(&first)), (StatusCode::UNPROCESSABLE_ENTITY, false));
    assert_eq!((again.status, is_replayed(&again)), (StatusCode::UNPROCESSABLE_ENTITY, true));
    assert_eq!(again.text, first.text);
    assert_eq!(again.headers[header::CONTENT_TYPE], "application/problem+json");
}

#[tokio::test]
async fn another_body_under_a_known_key_is_refused() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    post(&bench, "/outcome-rules", "k", &rule(BAD_CALL, NO_ANSWER)).await;
    let other = post(&bench, "/outcome-rules", "k", &rule(GOOD_CALL, CONNECTED)).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(rules(&bench).await, 1);
}

#[tokio::test]
async fn a_key_is_the_callers_the_addresses_and_the_workspaces_own() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let body = rule(BAD_CALL, NO_ANSWER);
    let mine = post(&bench, "/outcome-rules", "k", &body).await;
    assert_eq!(mine.status, StatusCode::CREATED);
    // The same key and body elsewhere is something else.
    let elsewhere = post(&bench, "/call-type-rules", "k", &body).await;
    assert!(!is_replayed(&elsewhere));
    for (token, path) in [
        (STRANGER, "/api/v1/workspaces/other/outcome-rules".to_owned()),
        (ADMIN, "/api/v1/workspaces/other/outcome-rules".to_owned()),
    ] {
        let theirs = bench.send(request(token, &path, "k", &body)).await;
        assert_eq!(theirs.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", theirs.text);
        assert!(!is_replayed(&theirs));
    }
    let unseen = bench.send(request(STRANGER, &format!("{BASE}/outcome-rules"), "k", &body)).await;
    assert_eq!(unseen.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn of_posts_sent_at_once_one_is_carried_out_and_none_is_answered_otherwise() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let path = format!("{BASE}/outcome-rules");
    let body = rule(BAD_CALL, NO_ANSWER);
    let sent = (0..12).map(|_| {
        let (router, request) = (bench.router.clone(), request(ADMIN, &path, "k", &body));
        tokio::spawn(async move { tower::ServiceExt::oneshot(router, request).await.unwrap() })
    });
    let (mut carried_out, mut given_again, mut turned_away) = (0, 0, 0);
    for answer in sent.collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        match (answer.status(), answer.headers().contains_key(REPLAYED)) {
            (StatusCode::CREATED, false) => carried_out += 1,
            (StatusCode::CREATED, true) => given_again += 1,
            (StatusCode::CONFLICT, false) => {
                assert!(answer.headers().contains_key(header::RETRY_AFTER), "it is another conflict");
                turned_away += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((carried_out, given_again + turned_away), (1, 11));
    assert_eq!(rules(&bench).await, 1);
    assert!(is_replayed(&post(&bench, "/outcome-rules", "k", &body).await));
}

#[tokio::test]
async fn what_failed_for_now_is_tried_anew_under_the_same_key() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    bench.world.facts().is_down = true;
    bench.store.forget_tags(bench.default.id).await.unwrap();
    let failed = post(&bench, "/outcome-rules", "k", &rule(BAD_CALL, NO_ANSWER)).await;
    assert_eq!(failed.status, StatusCode::SERVICE_UNAVAILABLE, "{}", failed.text);
    bench.world.facts().is_down = false;
    let done = post(&bench, "/outcome-rules", "k", &rule(BAD_CALL, NO_ANSWER)).await;
    assert_eq!((done.status, is_replayed(&done)), (StatusCode::CREATED, false), "{}", done.text);
}

#[tokio::test]
async fn an_answer_is_given_again_for_a_day() {
    let bench = Bench::new().await;
    bench.connect_calendar().await;
    let rotate = async || post(&bench, "/connections/calendar/rotate-key", "k", &Value::Null).await;
    let first = rotate().await;
    bench.pass(SignedDuration::from_hours(23));
    let again = rotate().await;
    assert_eq!((again.text == first.text, is_replayed(&again)), (true, true));
    bench.pass(SignedDuration::from_hours(2));
    let anew = rotate().await;
    assert_eq!((anew.text == first.text, is_replayed(&anew)), (false, false));
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_and_of_other_methods_none_is_read() {
    let bench = Bench::new().await;
    let long = "x".repeat(256);
    for key in ["", " ", long.as_str()] {
        let answer = post(&bench, "/problems/retry", key, &Value::Null).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{key:?}");
    }
    let twice = Request::post(format!("{BASE}/problems/retry"))
        .header(header::AUTHORIZATION, format!("Bearer {ADMIN}"))
        .header(KEY, "one")
        .header(KEY, "two");
    assert_eq!(bench.send(twice.body(Body::empty()).unwrap()).await.status, StatusCode::BAD_REQUEST);
    let mut read = request(ADMIN, &format!("{BASE}/connections"), "", &Value::Null);
    *read.method_mut() = Method::GET;
    assert_eq!(bench.send(read).await.status, StatusCode::OK);
}
