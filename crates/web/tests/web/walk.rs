//! Every route, walked with what must not be let in: each is answered as it should, and afterwards all is as it was.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use serde_json::json;

use crate::{
    access::calls,
    bench::{Bench, STRANGER, VIEWER},
    browser::{Browser, location},
    pages::addresses,
    people::add,
};

/// Pages that need no session.
const OPEN: [&str; 5] = ["/", "/sign-in", "/sign-out", "/first-run", "/back-in"];

/// Pages of one's own account, which a viewer has, too.
const OWN: &str = "/account";

/// All that an admin of the workspace can see.
async fn snapshot(bench: &Bench) -> Vec<(String, String)> {
    let paths = [
        "/connections",
        "/settings/calls",
        "/settings/meetings",
        "/outcome-rules",
        "/call-type-rules",
        "/records",
        "/problems",
        "/audit",
    ];
    let mut seen = Vec::new();
    for path in paths {
        seen.push((path.to_owned(), bench.get(path).await.text));
    }
    seen.push(("kept".to_owned(), format!("{:?}", bench.store.stats().await.unwrap())));
    seen
}

/// A workspace in which there is something to spoil.
async fn furnished() -> Bench {
    let bench = Bench::new().await;
    bench.connect_both().await;
    bench.connect_calendar().await;
    bench.put("/settings/meetings", &json!({"notify": false})).await;
    bench
}

fn within(addresses: Vec<String>) -> Vec<String> {
    let inside: Vec<String> = addresses
        .into_iter()
        .filter(|address| !OPEN.contains(&address.as_str()))
        .map(|address| address.replace("{source}", "aircall").replace("{matter}", "outcomes"))
        .collect();
    assert!(inside.len() > 25, "{inside:?}");
    inside
}

#[tokio::test]
async fn no_form_is_taken_from_a_viewer_and_nothing_is_changed() {
    let bench = furnished().await;
    let mut admin = Browser::admin(&bench).await;
    let mut viewer = add(&mut admin, "lin@example.com", "viewer", "one").await;
    viewer.page(OWN).await;
    let before = snapshot(&bench).await;
    for address in within(addresses()).iter().filter(|address| address.starts_with("/w/")) {
        let refused = viewer.post(address, &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{address}: {}", refused.text);
    }
    assert_eq!(snapshot(&bench).await, before);
}

#[tokio::test]
async fn who_reaches_another_workspace_alone_finds_none_of_its_pages_here_and_changes_nothing() {
    let bench = furnished().await;
    let mut admin = Browser::admin(&bench).await;
    let mut lin = add(&mut admin, "lin@example.com", "admin", "one").await;
    lin.page(OWN).await;
    let before = snapshot(&bench).await;
    for address in within(addresses()).iter().filter(|address| address.starts_with("/w/default")) {
        let elsewhere = address.replacen("/w/default", "/w/other", 1);
        for (method, status) in
            [("GET", lin.get(&elsewhere).await.status), ("POST", lin.post(&elsewhere, &[]).await.status)]
        {
            // Of the two, a page that is not asked for so is no more of a page.
            let is_shut = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&status);
            assert!(is_shut, "{method} {elsewhere}: {status}");
        }
    }
    assert_eq!(snapshot(&bench).await, before);
}

#[tokio::test]
async fn no_form_is_taken_without_the_sessions_token_or_without_a_session_and_nothing_is_changed() {
    let bench = furnished().await;
    let mut admin = Browser::admin(&bench).await;
    let before = snapshot(&bench).await;
    for address in within(addresses()) {
        for fields in [&[][..], &[("csrf", "AAAA")][..]] {
            let refused = admin.post_bare(&address, fields, &[]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{address}");
        }
        let nobody = Browser::new(&bench).post(&address, &[]).await;
        assert_eq!(
            (nobody.status, location(&nobody).as_str()),
            (StatusCode::SEE_OTHER, "/sign-in"),
            "{address}"
        );
    }
    assert_eq!(snapshot(&bench).await, before);
}

#[tokio::test]
async fn no_call_that_is_not_allowed_changes_anything() {
    let bench = furnished().await;
    let before = snapshot(&bench).await;
    for (method, path) in calls(&bench).await {
        for token in ["nobody", VIEWER, STRANGER] {
            let answer = bench.call_as(token, method.clone(), &path, &json!({})).await;
            let is_reading = token == VIEWER && method == Method::GET;
            assert!(
                is_reading || answer.status.is_client_error(),
                "{token} {method} {path}: {}",
                answer.status
            );
        }
        let bare = Request::builder().method(method.clone()).uri(&path).body(Body::empty()).unwrap();
        assert_eq!(bench.send(bare).await.status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
    assert_eq!(snapshot(&bench).await, before);
}

#[tokio::test]
async fn no_door_opens_to_another_key_another_source_or_no_proof_and_nothing_is_kept() {
    let bench = furnished().await;
    let connections = bench.get("/connections").await.json();
    let hooks: Vec<&str> =
        connections["items"].as_array().unwrap().iter().filter_map(|one| one["hook_url"].as_str()).collect();
    let key = |hook: &str| hook.split('/').nth(4).unwrap().to_owned();
    let (aircall, calendar) = (
        key(hooks.iter().find(|hook| hook.ends_with("/aircall")).unwrap()),
        key(hooks.iter().find(|hook| hook.ends_with("/calendar")).unwrap()),
    );
    let before = snapshot(&bench).await;
    let body = json!({"event": "call.ended", "token": "wrong", "data": {"id": 1}}).to_string();
    for source in ["aircall", "calendar", "calcom", "calendly", "hubspot", "outlook"] {
        for (key, owner) in [(aircall.as_str(), "aircall"), (calendar.as_str(), "calendar"), ("nobody", "")] {
            let path = format!("/hooks/{key}/{source}");
            let expected = if source == owner { StatusCode::UNAUTHORIZED } else { StatusCode::NOT_FOUND };
            let posted = Request::post(&path).body(Body::from(body.clone())).unwrap();
            assert_eq!(bench.send(posted).await.status, expected, "POST {source} of {owner}");
            let got = Request::get(&path).body(Body::empty()).unwrap();
            assert_eq!(bench.send(got).await.status, StatusCode::METHOD_NOT_ALLOWED, "GET {source}");
        }
    }
    assert_eq!(snapshot(&bench).await, before);
}
