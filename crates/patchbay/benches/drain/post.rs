//! The webhooks: answered calls that have ended, with a number of people in turn.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::world::TOKEN;

/// Connections that send at once.
const CONNECTIONS: usize = 32;

/// Sends webhooks of so many calls; each is acknowledged.
pub async fn calls(hook: &str, calls: usize, contacts: usize) {
    let http = connectors::http::client().expect("a client");
    let next = Arc::new(AtomicUsize::new(0));
    let tasks = (0..CONNECTIONS).map(|_| {
        let (http, hook, next) = (http.clone(), hook.to_owned(), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= calls {
                    return;
                }
                let answer = http.post(&hook).json(&call(n, &number(n % contacts))).send().await;
                assert_eq!(answer.expect("an answer").status(), 202);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("a task that ends");
    }
}

/// The number of a person.
pub fn number(n: usize) -> String {
    format!("+1415556{n:04}")
}

fn call(n: usize, digits: &str) -> Value {
    let started = 1_700_000_000 + n * 60;
    json!({
        "resource": "call", "event": "call.ended", "timestamp": started + 90, "token": TOKEN,
        "data": {
            "id": 100_000_000 + n, "direct_link": format!("https://api.aircall.io/v1/calls/{}", 100_000_000 + n),
            "direction": "outbound", "status": "done", "missed_call_reason": null, "started_at": started,
            "answered_at": started + 10, "ended_at": started + 60, "duration": 60, "cost": "0.0",
            "hangup_cause": null, "voicemail": null, "recording": null, "asset": null, "raw_digits": digits,
            "user": { "id": 1, "name": "Ada Park", "email": "ada@example.com" },
            "number": { "id": 7, "name": "Sales", "digits": "+1 415-555-0000", "country": "US" },
            "archived": false, "teams": [], "comments": [], "tags": [],
        }
    })
}
