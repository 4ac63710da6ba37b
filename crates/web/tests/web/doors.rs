//! Webhook doors: every refusal in its order, and what is kept.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::bench::{Answer, Bench, SECRET, path_of};

const MIB: usize = 1024 * 1024;

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

pub fn booking(id: &str) -> Vec<u8> {
    let data = json!({
        "booking_id": id, "event_name": "Intro call",
        "start": "2026-11-24T15:00:00Z", "end": "2026-11-24T15:30:00Z",
        "invitee": { "name": "Lin Wu", "email": "lin@example.net" },
        "host": { "name": "Ada Park", "email": "ada@example.com" }
    });
    json!({ "type": "booking.scheduled", "timestamp": "2026-11-20T10:00:00Z", "data": data })
        .to_string()
        .into_bytes()
}

fn call(token: &str, event: &str, id: u64) -> Vec<u8> {
    let data = json!({ "id": id, "direction": "inbound", "started_at": 1_763_632_800, "tags": [] });
    let body = json!({ "resource": "call", "event": event, "timestamp": 1_763_632_800, "token": token, "data": data });
    body.to_string().into_bytes()
}

/// A request signed by the contract of Calendar.com.
fn signed(bench: &Bench, path: &str, id: &str, body: &[u8]) -> Request<Body> {
    let at = bench.now().as_second();
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let content = [id.as_bytes(), b".", at.to_string().as_bytes(), b".", body].concat();
    let signature = format!("v1,{}", STANDARD.encode(hmac(&key, &content)));
    Request::post(path)
        .header("webhook-id", id)
        .header("webhook-timestamp", at)
        .header("webhook-signature", signature)
        .body(Body::from(body.to_vec()))
        .unwrap()
}

fn plain(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).body(body.into()).unwrap()
}

pub async fn knock(bench: &Bench, path: &str, id: &str, body: &[u8]) -> StatusCode {
    bench.send(signed(bench, path, id, body)).await.status
}

#[tokio::test]
async fn a_signed_hook_is_refused_for_the_first_thing_that_is_wrong() {
    let bench = Bench::new().await;
    let path = bench.connect_calendar().await;
    let key = path.split('/').nth(2).unwrap();
    let large = vec![b' '; MIB + 1];
    let declared = Request::post(&path).header(header::CONTENT_LENGTH, MIB + 1).body(Body::empty()).unwrap();
    let stale = {
        let request = signed(&bench, &path, "m", &booking("bk_1"));
        bench.pass(SignedDuration::from_secs(301));
        request
    };
    let cases: [(&str, Request<Body>, u16); 13] = [
        ("unknown key, well signed", signed(&bench, "/hooks/nobody/calendar", "m", &booking("bk_1")), 404),
        ("unknown key, too large", plain("/hooks/nobody/calendar", large.clone()), 404),
        (
            "key of another source",
            signed(&bench, &format!("/hooks/{key}/calcom"), "m", &booking("bk_1")),
            404,
        ),
        ("unknown source", plain(&format!("/hooks/{key}/outlook"), "{}"), 404),
        ("key that is no text", plain("/hooks/%ff/calendar", "{}"), 404),
        ("too large, unsigned", plain(&path, large), 413),
        ("said to be too large, unsigned", declared, 413),
        ("unsigned and no JSON", plain(&path, "{"), 401),
        ("signed five minutes ago", stale, 401),
        ("signed, no JSON", signed(&bench, &path, "m1", b"{"), 400),
        ("signed, nested too deep", signed(&bench, &path, "m2", "[".repeat(129).as_bytes()), 400),
        ("signed, a REST body", signed(&bench, &path, "m3", b"{\"id\":1}"), 202),
        ("signed, whole", signed(&bench, &path, "m4", &booking("bk_1")), 202),
    ];
    for (what, request, status) in cases {
        let answer = bench.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{what}");
        assert_eq!(answer.text, "", "{what}");
    }
}

#[tokio::test]
async fn a_body_of_one_mebibyte_is_taken() {
    let bench = Bench::new().await;
    let path = bench.connect_calendar().await;
    let mut body = booking("bk_1");
    body.resize(MIB, b' ');
    assert_eq!(knock(&bench, &path, "m", &body).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn aircalls_token_is_looked_for_once_the_body_is_json() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let path = path_of(&bench.get("/connections/aircall").await);
    let cases: [(&str, Vec<u8>, u16); 6] = [
        ("no JSON", b"{".to_vec(), 400),
        ("no token", b"{}".to_vec(), 401),
        ("wrong token", call("token-x", "call.created", 1), 401),
        ("right token", call("token-1", "call.created", 1), 202),
        ("unknown event", call("token-1", "robot.started", 2), 202),
        ("a call without an id", br#"{"event":"call.ended","token":"token-1","data":{}}"#.to_vec(), 202),
    ];
    for (what, body, status) in cases {
        assert_eq!(bench.send(plain(&path, body)).await.status.as_u16(), status, "{what}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_and_glued_to_nothing() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let path = path_of(&bench.get("/connections/aircall").await);
    for extra in ["a", "b"] {
        let body =
            json!({ "event": "call.ended", "token": "token-1", "data": { "note": extra } }).to_string();
        assert_eq!(bench.send(plain(&path, body)).await.status, StatusCode::ACCEPTED);
    }
    bench.send(plain(&path, call("token-1", "robot.started", 3))).await;
    let batch = bench.store.claim(bench.default.id, store::Taken::default(), 10, bench.now()).await.unwrap();
    let subjects: Vec<&str> = batch.items.iter().map(|claimed| claimed.subject.as_str()).collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects.iter().all(|subject| subject.starts_with("unreadable:")), "{subjects:?}");
}

#[tokio::test]
async fn calcom_and_calendly_sign_in_their_own_ways() {
    let bench = Bench::new().await;
    let body = b"{}";
    let calcom = path_of(&bench.put("/connections/calcom", &json!({ "signing_secret": "s1" })).await);
    let calendly = path_of(&bench.put("/connections/calendly", &json!({ "signing_secret": "s2" })).await);
    let at = bench.now().as_second();
    let by_calcom = hex::encode(hmac(b"s1", body));
    let by_calendly = format!("t={at},v1={}", hex::encode(hmac(b"s2", format!("{at}.{{}}").as_bytes())));
    for (path, name, value) in
        [(&calcom, "x-cal-signature-256", by_calcom), (&calendly, "calendly-webhook-signature", by_calendly)]
    {
        let request =
            |value: &str| Request::post(path).header(name, value).body(Body::from(body.to_vec())).unwrap();
        assert_eq!(bench.send(request(&value)).await.status, StatusCode::ACCEPTED, "{name}");
        assert_eq!(
            bench.send(request(&value.replace(['0', '1'], "2"))).await.status,
            StatusCode::UNAUTHORIZED,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_repeated_webhook_id_is_acknowledged_and_does_nothing() {
    let bench = Bench::new().await;
    let path = bench.connect_calendar().await;
    for _ in 0..3 {
        assert_eq!(knock(&bench, &path, "same", &booking("bk_1")).await, StatusCode::ACCEPTED);
    }
    assert_eq!(bench.unread().await, 1);
}

#[tokio::test]
async fn other_methods_are_not_taken() {
    let bench = Bench::new().await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request =
            Request::builder().method(method).uri("/hooks/nobody/calendar").body(Body::empty()).unwrap();
        assert_eq!(bench.send(request).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[tokio::test]
async fn after_a_disconnect_the_hook_is_gone_and_a_new_one_is_another() {
    let bench = Bench::new().await;
    let path = bench.connect_calendar().await;
    assert_eq!(knock(&bench, &path, "m1", &booking("bk_1")).await, StatusCode::ACCEPTED);
    assert_eq!(bench.delete("/connections/calendar").await.status, StatusCode::NO_CONTENT);
    assert_eq!(knock(&bench, &path, "m2", &booking("bk_2")).await, StatusCode::NOT_FOUND);
    let again = bench.connect_calendar().await;
    assert_ne!(again, path);
    assert_eq!(knock(&bench, &path, "m3", &booking("bk_3")).await, StatusCode::NOT_FOUND);
    assert_eq!(knock(&bench, &again, "m3", &booking("bk_3")).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn connecting_anew_keeps_the_hook() {
    let bench = Bench::new().await;
    assert_eq!(bench.connect_calendar().await, bench.connect_calendar().await);
}

#[tokio::test]
async fn what_comes_while_paused_is_kept_until_a_replay() {
    let bench = Bench::new().await;
    let path = bench.connect_calendar().await;
    let paused = bench.post("/connections/calendar/pause", &Value::Null).await;
    assert_eq!(paused.json()["status"], "paused");
    assert_eq!(knock(&bench, &path, "m1", &booking("bk_1")).await, StatusCode::ACCEPTED);
    let resumed = bench.post("/connections/calendar/resume", &Value::Null).await;
    assert_eq!(resumed.json()["status"], "connected");
    assert_eq!(bench.unread().await, 0);
    assert_eq!(knock(&bench, &path, "m2", &booking("bk_2")).await, StatusCode::ACCEPTED);
    assert_eq!(bench.unread().await, 1);

    let span = json!({ "from": "2026-11-20T09:00:00Z", "to": "2026-11-20T11:00:00Z", "source": "calendar" });
    let replay = bench.post("/replay", &span).await;
    assert_eq!((replay.status, replay.json()), (StatusCode::ACCEPTED, json!({ "envelopes": 1 })));
    assert_eq!(bench.unread().await, 2);
    let of_all = json!({ "from": "2026-11-20T09:00:00Z", "to": "2026-11-20T11:00:00Z", "source": null });
    assert_eq!(bench.post("/replay", &of_all).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_key_that_was_replaced_works_for_a_day_more() {
    let bench = Bench::new().await;
    let old = bench.connect_calendar().await;
    let new = path_of(&bench.post("/connections/calendar/rotate-key", &Value::Null).await);
    assert_ne!(old, new);
    bench.pass(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    assert_eq!(knock(&bench, &old, "m1", &booking("bk_1")).await, StatusCode::ACCEPTED);
    bench.pass(SignedDuration::from_secs(1));
    assert_eq!(knock(&bench, &old, "m2", &booking("bk_2")).await, StatusCode::NOT_FOUND);
    assert_eq!(knock(&bench, &new, "m2", &booking("bk_2")).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_webhook_that_cannot_be_kept_is_not_acknowledged() {
    let bench = Bench::new().await;
    let path = bench.connect_calendar().await;
    assert_eq!(knock(&bench, &path, "m1", &booking("bk_1")).await, StatusCode::ACCEPTED);
    bench.store.close().await;
    let answer: Answer = bench.send(signed(&bench, &path, "m2", &booking("bk_2"))).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::SERVICE_UNAVAILABLE, ""));
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
}
