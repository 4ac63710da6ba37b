//! The servers under load: Patchbay itself, and its door without a store.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use serde_json::{Value, json};

use crate::load::TOKEN;

const DOOR_ALONE: &str = "PATCHBAY_BENCH_DOOR_ALONE";
const ADMIN_TOKEN: &str = "bench";
const MASTER_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// A server process with the hook to send to.
pub struct Server {
    pub hook: String,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether this process is the server without a store.
#[expect(clippy::disallowed_methods, reason = "the benchmark starts itself a second time")]
pub fn is_door_alone() -> bool {
    std::env::var(DOOR_ALONE).is_ok()
}

/// What the door does to a webhook of Aircall, up to the store: reads, checks the token, finds the subject.
async fn door(body: Bytes) -> StatusCode {
    let Ok(body) = connectors::source::parse(&body) else { return StatusCode::BAD_REQUEST };
    let is_right = body["token"] == TOKEN;
    let source = domain::source::Source::Aircall;
    let subject = connectors::subject(source, &body);
    let event = connectors::event_name(source, &body);
    if is_right && subject.is_some() && !event.is_empty() {
        StatusCode::ACCEPTED
    } else {
        StatusCode::UNAUTHORIZED
    }
}

/// Serves the door alone.
pub async fn serve_door_alone() {
    let router = Router::new().route("/hooks/{key}/aircall", post(door));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("listening on http://{}", listener.local_addr().expect("an address"));
    axum::serve(listener, router).await.expect("a server");
}

/// Starts the door alone as a process of its own.
pub fn start_door_alone() -> Server {
    let this = std::env::current_exe().expect("this program");
    let (child, origin) = start(Command::new(this).env(DOOR_ALONE, "1"));
    Server { hook: format!("{origin}/hooks/key/aircall"), child }
}

/// Starts Patchbay on an empty database, with Aircall connected.
pub async fn start_patchbay(database: &str) -> Server {
    let world = sandbox::Sandbox::start(sandbox::Settings::default()).await.expect("a sandbox");
    let (child, origin) = start(
        Command::new(env!("CARGO_BIN_EXE_patchbay"))
            .arg("serve")
            .env("PATCHBAY_LISTEN", "127.0.0.1:0")
            .env("PATCHBAY_DATABASE_URL", database)
            .env("PATCHBAY_MASTER_KEY", MASTER_KEY)
            .env("PATCHBAY_ADMIN_TOKEN", ADMIN_TOKEN)
            .env("PATCHBAY_AIRCALL_API_URL", world.aircall_url())
            .env("PATCHBAY_LOG", "error"),
    );
    let connection = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": TOKEN });
    let answer: Value = connectors::http::client()
        .expect("a client")
        .put(format!("{origin}/api/v1/workspaces/default/connections/aircall"))
        .bearer_auth(ADMIN_TOKEN)
        .json(&connection)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    world.stop().await;
    Server { hook: answer["hook_url"].as_str().expect("a hook").to_owned(), child }
}

fn start(command: &mut Command) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("a process");
    let mut line = String::new();
    let output = child.stdout.take().expect("its output");
    BufReader::new(output).read_line(&mut line).expect("a line");
    let origin = line.trim().trim_start_matches("listening on ").to_owned();
    assert!(origin.starts_with("http://"), "{line:?}");
    (child, origin)
}
