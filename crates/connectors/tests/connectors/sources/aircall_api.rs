//! Aircall's API, against a server that answers as the reference tells (reference/aircall.md §1).

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use connectors::aircall::{Aircall, Number, User};
use domain::{email::Email, fault::Fault, ids::TagId};
use jiff::SignedDuration;
use rstest::rstest;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// One request, as the server saw it.
#[derive(Debug, Clone)]
struct Asked {
    line: String,
    authorization: Option<String>,
    content_type: Option<String>,
    body: Value,
}

type Answering = dyn Fn(&Asked) -> Response + Send + Sync;

#[derive(Clone)]
struct Server {
    asked: Arc<Mutex<Vec<Asked>>>,
    answering: Arc<Answering>,
}

/// A server, and a client of it with the credential `id:secret`.
async fn server(answering: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> (Server, Aircall) {
    let server = Server { asked: Arc::default(), answering: Arc::new(answering) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(server.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = connectors::http::client().unwrap();
    let aircall = Aircall::new(client, origin.parse().unwrap(), "id".into(), SecretString::from("secret"));
    (server, aircall)
}

async fn answer(
    State(server): State<Server>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let asked = Asked {
        line: format!("{method} {uri}"),
        authorization: header("authorization"),
        content_type: header("content-type"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    server.asked.lock().unwrap().push(asked.clone());
    (server.answering)(&asked)
}

impl Server {
    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

fn ok(body: &Value) -> Response {
    (StatusCode::OK, body.to_string()).into_response()
}

/// A page of a list of `total` rows, with or without the link to the next.
fn page(asked: &Asked, name: &str, total: usize, with_links: bool, row: impl Fn(usize) -> Value) -> Response {
    let number = |key: &str| -> usize {
        let query = asked.line.split_once('?').unwrap().1;
        query.split('&').find_map(|pair| pair.strip_prefix(&format!("{key}="))).unwrap().parse().unwrap()
    };
    let (page, per_page) = (number("page"), number("per_page"));
    let rows: Vec<Value> = ((page - 1) * per_page..total.min(page * per_page)).map(row).collect();
    let mut meta = json!({"count": rows.len(), "total": total, "current_page": page, "per_page": per_page});
    if with_links {
        meta["next_page_link"] =
            if page * per_page < total { json!("https://elsewhere.example.com/next") } else { Value::Null };
    }
    let mut body = json!({"meta": meta});
    body[name] = json!(rows);
    ok(&body)
}

#[tokio::test]
async fn a_credential_is_tried_with_a_ping() {
    let (server, aircall) = server(|_| ok(&json!({"ping": "pong"}))).await;
    assert_eq!(aircall.ping().await, Ok(()));
    assert_eq!(server.lines(), ["GET /v1/ping"]);
    // base64 of `id:secret`
    assert_eq!(server.asked()[0].authorization.as_deref(), Some("Basic aWQ6c2VjcmV0"));
}

#[rstest]
#[case(403, r#"{"message":"Forbidden"}"#)]
#[case(401, r#"{"message":"Unauthorized"}"#)]
#[tokio::test]
async fn a_wrong_credential_asks_to_sign_in(#[case] status: u16, #[case] body: &'static str) {
    let (_server, aircall) =
        server(move |_| (StatusCode::from_u16(status).unwrap(), body).into_response()).await;
    assert!(matches!(aircall.ping().await, Err(Fault::SignIn { .. })));
}

#[rstest]
#[case::as_the_header_says(&[("retry-after", "7")], 7)]
#[case::as_the_reset_says(&[("x-aircallapi-reset", "1792490430"), ("date", "Tue, 20 Oct 2026 10:00:00 GMT")], 30)]
#[case::a_minute_if_nothing_is_said(&[], 60)]
#[tokio::test]
async fn the_limit_asks_to_come_later(
    #[case] headers: &'static [(&'static str, &'static str)],
    #[case] wait: i64,
) {
    let (_server, aircall) = server(move |_| {
        let mut answer = StatusCode::TOO_MANY_REQUESTS.into_response();
        for (name, value) in headers {
            answer.headers_mut().insert(*name, value.parse().unwrap());
        }
        answer
    })
    .await;
    let Err(Fault::Later { after, .. }) = aircall.tags().await else { panic!("was not put off") };
    assert_eq!(after, Some(SignedDuration::from_secs(wait)));
}

#[rstest]
#[case::down(503, "")]
#[case::gateway(502, "<html>")]
#[case::no_json(200, "<html>")]
#[case::no_list(200, "{}")]
#[tokio::test]
async fn what_may_pass_asks_to_come_later(#[case] status: u16, #[case] body: &'static str) {
    let (_server, aircall) =
        server(move |_| (StatusCode::from_u16(status).unwrap(), body).into_response()).await;
    assert!(matches!(aircall.tags().await, Err(Fault::Later { .. })));
}

#[tokio::test]
async fn nobody_there_asks_to_come_later() {
    let client = connectors::http::client().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let aircall = Aircall::new(client, origin.parse().unwrap(), "id".into(), SecretString::from("secret"));
    assert!(matches!(aircall.ping().await, Err(Fault::Later { .. })));
}

#[tokio::test]
async fn a_refusal_says_aircalls_words() {
    let (_server, aircall) = server(|asked| {
        if asked.line.starts_with("GET") {
            return ok(&json!({"webhooks": []}));
        }
        let body = json!({"error": "Bad Request", "troubleshoot": "url is mandatory"});
        (StatusCode::BAD_REQUEST, body.to_string()).into_response()
    })
    .await;
    let refused = aircall.register("http://x", "Patchbay").await.map(|_| ());
    assert_eq!(refused, Err(Fault::never("Aircall refused (400): Bad Request url is mandatory")));
}

#[tokio::test]
async fn all_pages_of_a_list_are_read() {
    let (server, aircall) = server(|asked| {
        page(asked, "tags", 120, true, |n| json!({"id": n, "name": format!("tag {n}"), "color": "#29C8FF"}))
    })
    .await;
    let tags = aircall.tags().await.unwrap();
    assert_eq!(tags.len(), 120);
    assert_eq!(tags[119], (TagId::from("119"), "tag 119".to_owned()));
    assert_eq!(
        server.lines(),
        [
            "GET /v1/tags?page=1&per_page=50",
            "GET /v1/tags?page=2&per_page=50",
            "GET /v1/tags?page=3&per_page=50"
        ]
    );
}

#[tokio::test]
async fn a_tag_without_a_name_is_there_all_the_same() {
    let (_server, aircall) =
        server(|asked| page(asked, "tags", 1, true, |n| json!({"id": n, "name": null}))).await;
    assert_eq!(aircall.tags().await.unwrap(), [(TagId::from("0"), String::new())]);
}

#[tokio::test]
async fn a_list_with_a_tag_that_says_not_which_it_is_is_no_list() {
    let (_server, aircall) =
        server(|asked| page(asked, "tags", 2, true, |_| json!({"name": "bad call"}))).await;
    assert!(matches!(aircall.tags().await, Err(Fault::Later { .. })));
}

#[tokio::test]
async fn a_list_without_links_is_read_to_its_total() {
    let (server, aircall) = server(|asked| {
        page(asked, "webhooks", 51, false, |n| json!({"webhook_id": format!("w{n}"), "url": "https://x/y"}))
    })
    .await;
    assert_eq!(aircall.webhooks().await.unwrap().len(), 51);
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn a_list_that_promises_more_than_it_has_ends() {
    let (server, aircall) = server(|_| {
        ok(&json!({"tags": [], "meta": {"total": 9000, "per_page": 50, "next_page_link": "https://x/next"}}))
    })
    .await;
    assert_eq!(aircall.tags().await, Ok(Vec::new()));
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn users_and_numbers_are_listed() {
    let (server, aircall) = server(|asked| {
        if asked.line.contains("users") {
            page(asked, "users", 1, true, |_| json!({"id": 7, "name": "Ada", "email": "Ada@example.com"}))
        } else {
            page(asked, "numbers", 1, true, |_| {
                json!({"id": 8, "name": "Paris", "digits": "+33 1 76 36 06 95", "country": "FR", "open": true})
            })
        }
    })
    .await;
    let user = User { id: "7".into(), name: Some("Ada".into()), email: Email::read("ada@example.com") };
    let number = Number {
        id: "8".into(),
        name: Some("Paris".into()),
        digits: Some("+33 1 76 36 06 95".into()),
        country: Some("FR".into()),
    };
    assert_eq!(aircall.users().await, Ok(vec![user]));
    assert_eq!(aircall.numbers().await, Ok(vec![number]));
    assert_eq!(server.lines(), ["GET /v2/users?page=1&per_page=50", "GET /v1/numbers?page=1&per_page=50"]);
}

const OURS: &str = "https://patchbay.example.com/hooks/k/aircall";

fn made(webhook_id: &str, token: Option<&str>) -> Response {
    let mut webhook =
        json!({"webhook_id": webhook_id, "url": OURS, "active": true, "events": ["call.ended"]});
    if let Some(token) = token {
        webhook["token"] = json!(token);
    }
    (StatusCode::CREATED, json!({"webhook": webhook}).to_string()).into_response()
}

/// The events of a request's body: an empty or missing list would subscribe to everything.
fn events(asked: &Asked) -> BTreeSet<String> {
    serde_json::from_value(asked.body["events"].clone()).unwrap()
}

#[tokio::test]
async fn a_webhook_is_made_for_the_events_that_are_read() {
    let (server, aircall) = server(|asked| match asked.line.as_str() {
        "POST /v1/webhooks" => made("w1", Some("t1")),
        _ => page(asked, "webhooks", 1, false, |_| {
            json!({"webhook_id": "w0", "url": "https://another.example.com", "active": true, "token": "t0"})
        }),
    })
    .await;
    let registered = aircall.register(OURS, "Patchbay").await.unwrap();
    assert_eq!((registered.webhook_id.as_str(), registered.token.expose_secret()), ("w1", "t1"));
    let asked = server.asked();
    assert_eq!(server.lines(), ["GET /v1/webhooks?page=1&per_page=50", "POST /v1/webhooks"]);
    assert_eq!(asked[1].content_type.as_deref(), Some("application/json"));
    assert_eq!((&asked[1].body["url"], &asked[1].body["custom_name"]), (&json!(OURS), &json!("Patchbay")));
    let events = events(&asked[1]);
    assert!(events.iter().all(|event| event.starts_with("call.")), "{events:?}");
    for event in ["call.answered", "call.ended", "call.tagged", "call.untagged", "call.voicemail_left"] {
        assert!(events.contains(event), "{event}");
    }
}

#[tokio::test]
async fn a_disabled_webhook_of_ours_is_revived_with_its_events() {
    let (server, aircall) = server(|asked| match asked.line.as_str() {
        "PUT /v1/webhooks/w1" => made("w1", None),
        _ => page(asked, "webhooks", 1, false, |_| {
            json!({"webhook_id": "w1", "url": OURS, "active": false, "token": "t1", "events": ["call.ended"]})
        }),
    })
    .await;
    let registered = aircall.register(OURS, "Patchbay").await.unwrap();
    assert_eq!((registered.webhook_id.as_str(), registered.token.expose_secret()), ("w1", "t1"));
    let put = server.asked().pop().unwrap();
    assert_eq!((put.line.as_str(), &put.body["active"]), ("PUT /v1/webhooks/w1", &json!(true)));
    assert_eq!(put.content_type.as_deref(), Some("application/json"));
    assert!(events(&put).contains("call.untagged"));
}

#[tokio::test]
async fn a_webhook_that_is_right_already_is_left_alone() {
    let kept: Arc<Mutex<Value>> = Arc::default();
    let (server, aircall) = server(move |asked| {
        let mut kept = kept.lock().unwrap();
        if asked.line.starts_with("POST") {
            *kept = asked.body.clone();
            kept["webhook_id"] = json!("w1");
            kept["token"] = json!("t1");
            kept["active"] = json!(true);
            // Aircall does not keep the order.
            kept["events"].as_array_mut().unwrap().reverse();
            return ok(&json!({"webhook": kept.clone()}));
        }
        let rows: Vec<Value> = Some(kept.clone()).into_iter().filter(Value::is_object).collect();
        ok(&json!({"webhooks": rows, "meta": {"total": rows.len(), "per_page": 50}}))
    })
    .await;
    for _ in 0..2 {
        let registered = aircall.register(OURS, "Patchbay").await.unwrap();
        assert_eq!((registered.webhook_id.as_str(), registered.token.expose_secret()), ("w1", "t1"));
    }
    let writes = server.lines().into_iter().filter(|line| !line.starts_with("GET")).count();
    assert_eq!(writes, 1);
    assert!(aircall.webhooks().await.unwrap()[0].active);
}

#[rstest]
#[case(204, Ok(()))]
#[case(404, Ok(()))]
#[case(400, Err(Fault::never("Aircall refused (400).")))]
#[tokio::test]
async fn a_webhook_is_removed_once_at_most(#[case] status: u16, #[case] expected: Result<(), Fault>) {
    let (server, aircall) = server(move |_| StatusCode::from_u16(status).unwrap().into_response()).await;
    assert_eq!(aircall.unregister("w/1").await, expected);
    assert_eq!(server.lines(), ["DELETE /v1/webhooks/w%2F1"]);
    assert_eq!(server.asked()[0].content_type.as_deref(), Some("application/json"));
}

#[tokio::test]
async fn no_secret_is_printed() {
    let (_server, aircall) = server(|asked| match asked.line.as_str() {
        "POST /v1/webhooks" => made("w1", Some("token-of-a-webhook")),
        _ => ok(&json!({"webhooks": []})),
    })
    .await;
    let registered = aircall.register(OURS, "Patchbay").await.unwrap();
    let printed = format!("{aircall:?} {registered:?}");
    assert!(!printed.contains("token-of-a-webhook") && !printed.contains("secret\""), "{printed}");
}
