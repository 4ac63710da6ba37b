//! Who may do what: every route with no token, a wrong one, a viewer's, and one of another workspace.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};

use crate::bench::{ADMIN, BASE, Bench, STRANGER, VIEWER};

async fn document(bench: &Bench) -> Value {
    let request = Request::get("/api/v1/openapi.json").body(Body::empty()).unwrap();
    bench.send(request).await.json()
}

/// Every documented call, with something in its places.
pub async fn calls(bench: &Bench) -> Vec<(Method, String)> {
    let document = document(bench).await;
    let paths = document["paths"].as_object().unwrap();
    let mut calls = Vec::new();
    for (path, item) in paths {
        let path = path
            .replace("{ws}", "default")
            .replace("{source}", "aircall")
            .replace("{id}", "00000000-0000-4000-8000-000000000000");
        for method in item.as_object().unwrap().keys().filter(|word| *word != "parameters") {
            calls.push((method.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    assert!(calls.len() > 30, "{calls:?}");
    calls
}

#[tokio::test]
async fn no_call_is_let_in_without_a_token_or_with_a_wrong_one() {
    let bench = Bench::new().await;
    for (method, path) in calls(&bench).await {
        let bare = Request::builder().method(method.clone()).uri(&path).body(Body::empty()).unwrap();
        let none = bench.send(bare).await;
        assert_eq!(none.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(none.headers[header::WWW_AUTHENTICATE], "Bearer realm=\"patchbay\"");
        assert_eq!(none.headers[header::CONTENT_TYPE], "application/problem+json");
        let wrong = bench.call_as("nobody", method.clone(), &path, &json!({})).await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert!(wrong.headers[header::WWW_AUTHENTICATE].to_str().unwrap().contains("invalid_token"));
    }
}

#[tokio::test]
async fn a_viewer_may_only_read() {
    let bench = Bench::new().await;
    for (method, path) in calls(&bench).await {
        let answer = bench.call_as(VIEWER, method.clone(), &path, &json!({})).await;
        if method == Method::GET {
            assert_ne!(answer.status, StatusCode::FORBIDDEN, "{path}");
        } else {
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_token_of_another_workspace_finds_nothing() {
    let bench = Bench::new().await;
    for (method, path) in calls(&bench).await {
        let answer = bench.call_as(STRANGER, method.clone(), &path, &json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    let own =
        bench.call_as(STRANGER, Method::GET, "/api/v1/workspaces/other/connections", &Value::Null).await;
    assert_eq!(own.status, StatusCode::OK);
}

#[tokio::test]
async fn each_documented_call_is_there() {
    let bench = Bench::new().await;
    for (method, path) in calls(&bench).await {
        let answer = bench.call_as(ADMIN, method.clone(), &path, &json!({})).await;
        assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert!(!answer.text.contains("no such address"), "{method} {path}");
    }
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_names_no_shape_that_it_lacks() {
    let bench = Bench::new().await;
    let document = document(&bench).await;
    assert_eq!(document["openapi"], "3.1.0");
    let text = document.to_string();
    let named = text.split("\"#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap());
    for name in named {
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
    let mut operations: Vec<&str> =
        text.split("\"operationId\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let all = operations.len();
    operations.sort_unstable();
    operations.dedup();
    assert_eq!(operations.len(), all, "{operations:?}");
}

#[tokio::test]
async fn errors_are_problem_details() {
    let bench = Bench::new().await;
    let calls = format!("{BASE}/settings/calls");
    let with = |kind: &str, body: &str| {
        Request::put(&calls)
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN}"))
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body.to_owned()))
            .unwrap()
    };
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    let cases = [
        ("unknown address", Request::get("/api/v1/nowhere").body(Body::empty()).unwrap(), 404),
        ("outside of the version", Request::get("/api/nowhere").body(Body::empty()).unwrap(), 404),
        ("not JSON", with("application/json", "{"), 400),
        ("text", with("text/plain", "{}"), 415),
        ("too large", with("application/json", &large), 413),
        ("a list", with("application/json", "[]"), 422),
        ("wrong method", Request::post("/api/v1/openapi.json").body(Body::empty()).unwrap(), 405),
    ];
    for (what, request, status) in cases {
        let answer = bench.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{what}");
        assert_eq!(answer.json()["status"], status, "{what}");
        for name in ["type", "title", "detail"] {
            assert!(answer.json()[name].is_string(), "{what}: {name}");
        }
    }
}

#[tokio::test]
async fn an_unknown_workspace_is_not_found() {
    let bench = Bench::new().await;
    let answer =
        bench.call_as(ADMIN, Method::GET, "/api/v1/workspaces/nobody/connections", &Value::Null).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn answers_are_neither_sniffed_nor_kept() {
    let bench = Bench::new().await;
    let answer = bench.get("/connections").await;
    assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(answer.headers[header::REFERRER_POLICY], "no-referrer");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
}
