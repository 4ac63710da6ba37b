//! Delivers webhooks: a first attempt, retries behind it, and a list of what became of each.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::clock::{self, hold};
use crate::page::{Html, Section};

/// Chooses the TLS implementation for outgoing requests; without it a client cannot be made.
pub fn ready() {
    // An error says that somebody chose before us, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// How a provider delivers. Spacing is much shorter than theirs, so that tests need not wait.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub timeout_ms: u64,
    pub retry_ms: u64,
    pub attempts_max: usize,
    /// Failures in a row after which a hook gets no new events.
    pub disable_after: u64,
}

pub struct Letter {
    pub hook: String,
    pub event: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

pub struct Courier {
    client: OnceLock<reqwest::Client>,
    rules: Mutex<Rules>,
    first_rules: Rules,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    deliveries: Vec<Delivery>,
    failures_in_a_row: HashMap<String, u64>,
    /// Deleted hooks: nothing more is sent to them.
    gone: HashSet<String>,
}

struct Delivery {
    hook: String,
    event: String,
    url: String,
    body: Value,
    headers: Vec<(String, String)>,
    state: &'static str,
    attempts: Vec<Value>,
}

impl Courier {
    pub fn new(rules: Rules) -> Arc<Self> {
        Arc::new(Self {
            client: OnceLock::new(),
            rules: Mutex::new(rules),
            first_rules: rules,
            book: Mutex::default(),
        })
    }

    pub fn reset(&self) {
        *hold(&self.rules) = self.first_rules;
        *hold(&self.book) = Book::default();
    }

    pub fn set(&self, order: &Value) -> Value {
        let mut rules = hold(&self.rules);
        let number = |name: &str, old: u64| order[name].as_u64().unwrap_or(old);
        rules.timeout_ms = number("timeout_ms", rules.timeout_ms);
        rules.retry_ms = number("retry_ms", rules.retry_ms);
        rules.disable_after = number("disable_after", rules.disable_after);
        rules.attempts_max = order["attempts_max"]
            .as_u64()
            .and_then(|max| usize::try_from(max).ok())
            .unwrap_or(rules.attempts_max);
        json!({
            "timeout_ms": rules.timeout_ms, "retry_ms": rules.retry_ms, "attempts_max": rules.attempts_max,
            "disable_after": rules.disable_after,
        })
    }

    pub fn is_disabled(&self, hook: &str) -> bool {
        let failures = hold(&self.book).failures_in_a_row.get(hook).copied().unwrap_or(0);
        failures >= hold(&self.rules).disable_after
    }

    /// Somebody switched the hook on again.
    pub fn forgive(&self, hook: &str) {
        hold(&self.book).failures_in_a_row.remove(hook);
    }

    /// Somebody deleted the hook.
    pub fn forget(&self, hook: &str) {
        hold(&self.book).gone.insert(hook.to_owned());
    }

    /// Makes the first attempt and waits for it; retries follow in the background.
    pub async fn deliver(self: &Arc<Self>, letter: Letter) -> Option<u16> {
        let n = {
            let mut book = hold(&self.book);
            book.deliveries.push(Delivery {
                hook: letter.hook.clone(),
                event: letter.event.clone(),
                url: letter.url.clone(),
                body: serde_json::from_str(&letter.body).unwrap_or_default(),
                headers: letter.headers.clone(),
                state: "sending",
                attempts: Vec::new(),
            });
            book.deliveries.len() - 1
        };
        let status = self.attempt(n, &letter).await;
        if !is_success(status) {
            let courier = Arc::clone(self);
            tokio::spawn(async move { courier.retry(n, letter).await });
        }
        status
    }

    async fn retry(&self, n: usize, letter: Letter) {
        let rules = *hold(&self.rules);
        for attempt in 1..rules.attempts_max {
            // Doubles six times, then stays.
            let wait_ms = rules.retry_ms << attempt.saturating_sub(1).min(6);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            let is_gone = hold(&self.book).gone.contains(&letter.hook);
            if is_gone || is_success(self.attempt(n, &letter).await) {
                return;
            }
        }
        if let Some(delivery) = hold(&self.book).deliveries.get_mut(n) {
            delivery.state = "given_up";
        }
    }

    async fn attempt(&self, n: usize, letter: &Letter) -> Option<u16> {
        let timeout = Duration::from_millis(hold(&self.rules).timeout_ms);
        let (at, since) = (clock::now().to_string(), Instant::now());
        let mut request =
            self.client.get_or_init(client).post(&letter.url).timeout(timeout).body(letter.body.clone());
        request = request.header("content-type", "application/json");
        for (name, value) in &letter.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        let ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (status, error) = match answer {
            Ok(answer) => (Some(answer.status().as_u16()), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let mut book = hold(&self.book);
        let failures = book.failures_in_a_row.entry(letter.hook.clone()).or_default();
        *failures = if is_success(status) { 0 } else { *failures + 1 };
        if let Some(delivery) = book.deliveries.get_mut(n) {
            delivery.attempts.push(json!({"at": at, "status": status, "error": error, "ms": ms}));
            delivery.state = if is_success(status) { "delivered" } else { "retrying" };
        }
        status
    }

    pub fn json(&self) -> Value {
        let book = hold(&self.book);
        let items: Vec<Value> = book
            .deliveries
            .iter()
            .enumerate()
            .map(|(n, delivery)| {
                let headers: HashMap<&str, &str> =
                    delivery.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                json!({
                    "n": n + 1, "hook": delivery.hook, "event": delivery.event, "url": delivery.url,
                    "state": delivery.state, "attempts": delivery.attempts, "headers": headers,
                    "body": delivery.body,
                })
            })
            .collect();
        json!({"items": items, "pending": book.deliveries.iter().filter(|one| one.state != "delivered").count()})
    }

    /// What became of each delivery, newest first.
    pub fn section(&self) -> Section {
        let book = hold(&self.book);
        let rows = book.deliveries.iter().rev().map(|delivery| {
            let last = delivery.attempts.last().and_then(|attempt| attempt["status"].as_u64());
            vec![
                Html::text(&delivery.event),
                Html::code(&delivery.url),
                Html::text(delivery.state),
                Html::text(delivery.attempts.len().to_string()),
                Html::text(last.map(|status| status.to_string()).unwrap_or_default()),
            ]
        });
        Section::new("Deliveries", &["Event", "Address", "State", "Attempts", "Last"], rows.collect())
    }
}

fn client() -> reqwest::Client {
    ready();
    reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap_or_default()
}

/// Only 2xx counts; a redirect is a failure.
fn is_success(status: Option<u16>) -> bool {
    status.is_some_and(|status| (200..300).contains(&status))
}
