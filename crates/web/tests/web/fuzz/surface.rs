//! The outside surfaces: doors that are knocked at with a right signature, and calls of the API with any body.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::Try;
use crate::{
    bench::{ADMIN, Bench},
    doors::knock,
};

/// So many requests have a workbench of their own: what they leave behind makes the next ones slower.
const REQUESTS: u64 = 5_000;

/// A workbench that is renewed now and then.
struct Counter {
    runtime: Runtime,
    bench: Option<(Bench, String)>,
    served: u64,
}

impl Counter {
    fn new() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { runtime, bench: None, served: 0 }
    }

    /// Serves a request; `ask` is given the workbench and the path of a hook.
    fn serve<T>(&mut self, ask: impl AsyncFnOnce(&Bench, &str) -> T) -> T {
        if self.served.is_multiple_of(REQUESTS) {
            self.bench = None;
        }
        self.served += 1;
        let bench = self.bench.get_or_insert_with(|| {
            self.runtime.block_on(async {
                let bench = Bench::new().await;
                bench.connect_both().await;
                let hook = bench.connect_calendar().await;
                (bench, hook)
            })
        });
        self.runtime.block_on(ask(&bench.0, &bench.1))
    }
}

/// A body that is signed as it is.
pub fn doors() -> Try {
    let mut counter = Counter::new();
    let mut number = 0_u64;
    Box::new(move |input| {
        number += 1;
        let id = format!("msg_{number}");
        let status = counter.serve(async |bench, hook| knock(bench, hook, &id, input).await);
        match status.as_u16() {
            202 | 400 | 413 => Ok(status.to_string()),
            _ => Err(format!("a signed body is answered {status}")),
        }
    })
}

/// The first line is the method and the address, the rest the body.
pub fn api() -> Try {
    let mut counter = Counter::new();
    let described =
        Request::get("/api/v1/openapi.json").header(header::AUTHORIZATION, format!("Bearer {ADMIN}"));
    let described = described.body(Body::empty()).unwrap();
    let described = counter.serve(async |bench, _| bench.send(described).await).text;
    let words: BTreeSet<String> = described.split('"').map(ToOwned::to_owned).collect();
    Box::new(move |input| {
        let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
        let line = String::from_utf8_lossy(&input[..end]).into_owned();
        let body = input.get(end + 1..).unwrap_or_default().to_vec();
        let Some((method, path)) = line.split_once(' ') else { return Ok("no line".to_owned()) };
        let (Ok(method), true) = (Method::from_bytes(method.as_bytes()), path.starts_with("/api/v1/")) else {
            return Ok("no call".to_owned());
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN}"))
            .header(header::CONTENT_TYPE, "application/json");
        let Ok(request) = request.body(Body::from(body)) else { return Ok("no address".to_owned()) };
        let answer = counter.serve(async |bench, _| bench.send(request).await);
        if answer.status.is_success() || answer.status.is_redirection() {
            // What stands behind the path is another line each time, and no other way.
            let call = line.split(['?', '#']).next().unwrap_or_default();
            return Ok(format!("{call}: {}", answer.status));
        }
        let problem: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let is_others = match answer.status {
            // The provider that was to be asked is a local server of the test, which knows little.
            StatusCode::BAD_GATEWAY => true,
            // One of the inputs before has disconnected it.
            StatusCode::SERVICE_UNAVAILABLE => {
                problem["detail"].as_str().is_some_and(|detail| detail.ends_with(" is not connected."))
            }
            _ => false,
        };
        let is_ours = answer.status.is_server_error() && !is_others;
        if is_ours || problem["status"] != answer.status.as_u16() {
            return Err(format!("{line} is answered {}: {}", answer.status, answer.text));
        }
        // A field that we do not have is another one each time, and no other way.
        let field = problem["errors"][0]["field"].as_str().unwrap_or_default();
        let is_known = field.split('.').all(|part| words.contains(part));
        Ok(format!("{} {}", answer.status, if is_known { field } else { "another field" }))
    })
}
