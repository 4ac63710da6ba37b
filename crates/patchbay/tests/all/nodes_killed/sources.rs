//! Aircall for many customers: each call's webhooks in their order, sent again until a node has acknowledged them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::Customer;
use crate::world::{after, call};

/// Comments on a call, each told by a webhook with all that were made so far.
pub const COMMENTS: usize = 3;

/// People that a customer's calls are with, in turn.
pub const PEOPLE: u64 = 3;

/// How long a source waits before it sends again what was not acknowledged.
const AGAIN: Duration = Duration::from_millis(200);

pub struct Sources {
    told: Arc<Told>,
    tasks: Vec<JoinHandle<()>>,
}

/// What was sent, and how it went.
#[derive(Default)]
pub struct Told {
    is_over: AtomicBool,
    /// Calls of which each webhook was acknowledged: customer and call.
    pub calls: Mutex<Vec<(u64, u64)>>,
    pub acknowledged: AtomicU64,
    /// Webhooks sent again, as a node was down, fell in between or refused.
    pub repeated: AtomicU64,
}

impl Sources {
    /// One source for each customer, so many webhooks a second of all together; they go to the nodes in turn, as behind a
    /// proxy.
    pub fn start(
        http: &connectors::http::Client,
        nodes: &[String],
        customers: &Arc<Vec<Customer>>,
        a_second: u64,
    ) -> Self {
        let told = Arc::<Told>::default();
        let pace = Duration::from_millis(1_000 * customers.len() as u64 / a_second);
        let source = |index: usize| {
            let (http, nodes, customers, told) =
                (http.clone(), nodes.to_vec(), Arc::clone(customers), Arc::clone(&told));
            tokio::spawn(async move {
                let customer = &customers[index];
                let mut pace = tokio::time::interval(pace);
                let mut calls = 1..;
                // A call that has begun is told to its end.
                while !told.is_over.load(Ordering::Relaxed) {
                    let id = customer.number * 10_000 + calls.next().unwrap();
                    for webhook in story(id) {
                        pace.tick().await;
                        deliver(&http, &nodes, &customer.hook, &webhook, &told).await;
                    }
                    told.calls.lock().unwrap().push((customer.number, id));
                }
            })
        };
        let tasks = (0..customers.len()).map(source).collect();
        Self { told, tasks }
    }

    /// Waits until so many more webhooks are acknowledged.
    pub async fn go_on_for(&self, more: u64) {
        let acknowledged = || self.told.acknowledged.load(Ordering::Relaxed);
        let target = acknowledged() + more;
        let mut look = tokio::time::interval(Duration::from_millis(1));
        let begun = Instant::now();
        while acknowledged() < target {
            assert!(begun.elapsed() < Duration::from_mins(1), "webhooks are not acknowledged any more");
            look.tick().await;
        }
    }

    /// Lets each tell the call that it is at to its end.
    pub async fn stop(self) -> Arc<Told> {
        self.told.is_over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.told
    }
}

/// Sends a webhook to one node after the other until it is acknowledged.
async fn deliver(
    http: &connectors::http::Client,
    nodes: &[String],
    hook: &str,
    webhook: &Value,
    told: &Told,
) {
    static TURN: AtomicU64 = AtomicU64::new(0);
    let mut again = tokio::time::interval(AGAIN);
    loop {
        again.tick().await;
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let node = &nodes[usize::try_from(turn).unwrap() % nodes.len()];
        match http.post(format!("{node}{hook}")).json(webhook).send().await {
            Ok(answer) if answer.status() == 202 => break,
            Ok(answer) => assert_eq!(answer.status(), 503, "{hook}"),
            Err(_) => {}
        }
        told.repeated.fetch_add(1, Ordering::Relaxed);
    }
    told.acknowledged.fetch_add(1, Ordering::Relaxed);
}

/// The second in which a call began: no two have the same.
pub fn started(id: u64) -> i64 {
    1_700_000_000 + i64::try_from(id).unwrap()
}

/// A call that is answered, ends, and is commented on.
fn story(id: u64) -> Vec<Value> {
    let digits = format!("+1 415-556-{:04}", id % PEOPLE);
    let mut answered = call("call.answered", started(id), id, &digits, &[]);
    answered["timestamp"] = json!(started(id) + 10);
    answered["data"]["status"] = json!("answered");
    for open in ["ended_at", "duration"] {
        answered["data"][open] = Value::Null;
    }
    let ended = call("call.ended", started(id), id, &digits, &[]);
    let commented = (1..=COMMENTS).map(|count| {
        let seconds = i64::try_from(count).unwrap() * 10;
        let mut webhook = after(ended.clone(), "call.commented", seconds);
        let comment = |n: usize| json!({ "id": n, "content": note(n), "posted_at": started(id) + 100 });
        webhook["data"]["comments"] = (1..=count).map(comment).collect();
        webhook
    });
    [answered, ended.clone()].into_iter().chain(commented).collect()
}

/// What a comment says; no note is a part of another one's.
pub fn note(n: usize) -> String {
    format!("note-{n}-")
}
