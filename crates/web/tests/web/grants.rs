//! Grants in flight: who may ask, how they are bound to a browser, and for how long.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use jiff::SignedDuration;
use serde_json::Value;
use url::Url;

use crate::bench::{ADMIN, Answer, BASE, Bench, STRANGER, VIEWER};

/// Comes back from HubSpot with a code, a state and a cookie.
async fn come_back(bench: &Bench, state: &str, cookie: &str) -> Answer {
    let request = Request::get(format!("{}?code=c&state={state}", web::CALLBACK));
    bench.send(request.header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
}

/// Asks for a grant; the state and the cookie.
async fn ask(bench: &Bench) -> (String, String) {
    let asked = bench.post("/connections/hubspot/grant", &Value::Null).await;
    let cookie = asked.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("; Secure") && cookie.contains("; HttpOnly"), "{cookie}");
    let url = Url::parse(asked.json()["authorize_url"].as_str().unwrap()).unwrap();
    let (_, state) = url.query_pairs().find(|(name, _)| name == "state").unwrap();
    assert!(state.len() >= 43 && !url.as_str().contains("its-secret"), "{url}");
    (state.into_owned(), cookie.split(';').next().unwrap().to_owned())
}

#[tokio::test]
async fn a_grant_is_good_for_ten_minutes() {
    let bench = Bench::with_app().await;
    let (state, cookie) = ask(&bench).await;
    bench.pass(SignedDuration::from_secs(601));
    let before = bench.world.facts().requests;
    let late = come_back(&bench, &state, &cookie).await;
    assert_eq!(late.status, StatusCode::BAD_REQUEST);
    assert!(late.text.contains("older than ten minutes"), "{}", late.text);
    assert_eq!(bench.world.facts().requests, before, "HubSpot is not asked");

    let (state, cookie) = ask(&bench).await;
    bench.pass(SignedDuration::from_secs(599));
    come_back(&bench, &state, &cookie).await;
    assert!(bench.world.facts().requests > before, "HubSpot is asked for a token");
}

#[tokio::test]
async fn the_page_may_neither_be_kept_nor_framed_nor_load_anything() {
    let bench = Bench::with_app().await;
    let page = come_back(&bench, "%22%3E%3Cimg%20src=x%3E", "patchbay_grant=x").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(page.headers[header::REFERRER_POLICY], "no-referrer");
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!page.text.contains("<img"), "{}", page.text);
}

#[tokio::test]
async fn only_an_admin_of_the_workspace_may_ask_and_only_for_hubspot() {
    let bench = Bench::with_app().await;
    let ask = async |token: &str, source: &str| {
        let path = format!("{BASE}/connections/{source}/grant");
        bench.call_as(token, Method::POST, &path, &Value::Null).await.status
    };
    assert_eq!(ask(VIEWER, "hubspot").await, StatusCode::FORBIDDEN);
    assert_eq!(ask(STRANGER, "hubspot").await, StatusCode::NOT_FOUND);
    assert_eq!(ask("nobody", "hubspot").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(ADMIN, "aircall").await, StatusCode::NOT_FOUND);
    assert_eq!(ask(ADMIN, "hubspot").await, StatusCode::OK);
}
