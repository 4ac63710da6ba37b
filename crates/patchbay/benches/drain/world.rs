//! Patchbay as a process, and HubSpot's stand-in.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::post::number;

/// The token in the webhooks.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const ADMIN_TOKEN: &str = "bench";

/// Both of them, connected.
pub struct World {
    pub hook: String,
    sandbox: sandbox::Sandbox,
    origin: String,
    child: Child,
    http: connectors::http::Client,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    /// Starts both on an empty database and connects HubSpot and Aircall.
    pub async fn start(folder: &Path) -> Self {
        let sandbox = sandbox::Sandbox::start(sandbox::Settings::default()).await.expect("a sandbox");
        let mut child = Command::new(env!("CARGO_BIN_EXE_patchbay"))
            .arg("serve")
            .env("PATCHBAY_LISTEN", "127.0.0.1:0")
            .env("PATCHBAY_DATABASE_URL", format!("sqlite:{}", folder.join("bench.db").display()))
            .env("PATCHBAY_ADMIN_TOKEN", ADMIN_TOKEN)
            .env("PATCHBAY_HUBSPOT_API_URL", sandbox.hubspot_url())
            .env("PATCHBAY_AIRCALL_API_URL", sandbox.aircall_url())
            .env("PATCHBAY_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let origin = line.trim().trim_start_matches("listening on ").to_owned();
        let http = connectors::http::client().expect("a client");
        let mut world = Self { hook: String::new(), sandbox, origin, child, http };
        world.put("connections/hubspot", json!({ "service_key": "pat-na1-sandbox" })).await;
        let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": TOKEN });
        let answer = world.put("connections/aircall", aircall).await;
        answer["hook_url"].as_str().expect("a hook").clone_into(&mut world.hook);
        world
    }

    /// Puts people into HubSpot.
    pub async fn know(&self, contacts: usize) {
        for n in 0..contacts {
            let person = json!({ "properties": { "phone": number(n), "firstname": format!("Person {n}") } });
            self.order("objects/contacts", person).await;
        }
    }

    /// Sets HubSpot's limits and how long it takes to answer.
    pub async fn limit(&self, max: u64, interval_ms: u64, latency_ms: u64) {
        let burst = json!({ "max": max, "interval_ms": interval_ms });
        self.order("limits", json!({ "burst": burst, "search_per_second": 5 })).await;
        self.order("latency", json!({ "ms": latency_ms })).await;
    }

    pub async fn pause(&self) {
        self.api(reqwest::Method::POST, "connections/hubspot/pause", Value::Null).await;
    }

    pub async fn resume(&self) {
        self.api(reqwest::Method::POST, "connections/hubspot/resume", Value::Null).await;
    }

    /// Waits until all webhooks are read and their records wait.
    pub async fn until_read(&self, calls: usize) {
        while self.number("patchbay_envelopes_unread").await > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(self.waiting().await, calls as u64);
    }

    /// Records that wait, and webhooks not read.
    pub async fn waiting(&self) -> u64 {
        self.number("patchbay_records_waiting").await
    }

    async fn number(&self, name: &str) -> u64 {
        let text = self.http.get(format!("{}/metrics", self.origin)).send().await.expect("an answer");
        let text = text.text().await.expect("a text");
        let line = text.lines().find(|line| line.split(' ').next() == Some(name)).expect("the number");
        line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a whole number")
    }

    /// Requests that HubSpot got.
    pub async fn requests(&self) -> u64 {
        self.look("requests/count").await["count"].as_u64().expect("a count")
    }

    /// Of these, those that count against the burst limit: all but searches.
    pub async fn counted(&self) -> u64 {
        let count = self.look("requests/count").await;
        let paths = count["by_path"].as_object().expect("paths");
        let searches = paths.iter().filter(|(path, _)| path.ends_with("/search"));
        count["count"].as_u64().expect("a count")
            - searches.filter_map(|(_, count)| count.as_u64()).sum::<u64>()
    }

    pub async fn limits(&self) -> Value {
        self.look("limits").await
    }

    /// The processor time of Patchbay so far (proc(5), fields 14 and 15, 100 ticks a second).
    pub fn processor(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("a process");
        let fields = stat.rsplit_once(')').expect("a name").1.split_whitespace();
        Duration::from_millis(
            fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10,
        )
    }

    /// HubSpot holds each call once, with its contact.
    pub async fn check(&self, calls: usize) {
        let held = self.look("objects/calls").await;
        let held = held["items"].as_array().expect("a list");
        let starts: std::collections::HashSet<&str> =
            held.iter().filter_map(|call| call["properties"]["hs_timestamp"].as_str()).collect();
        assert_eq!((held.len(), starts.len()), (calls, calls), "each call once");
        let is_alone = |call: &Value| call["associations"]["contacts"].as_array().is_none_or(Vec::is_empty);
        assert_eq!(held.iter().filter(|call| is_alone(call)).count(), 0, "calls without a contact");
    }

    async fn put(&self, path: &str, body: Value) -> Value {
        self.api(reqwest::Method::PUT, path, body).await
    }

    async fn api(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let address = format!("{}/api/v1/workspaces/default/{path}", self.origin);
        let answer = self.http.request(method, address).bearer_auth(ADMIN_TOKEN).json(&body).send().await;
        let answer = answer.expect("an answer").error_for_status().expect("a success");
        answer.json().await.unwrap_or(Value::Null)
    }

    async fn order(&self, order: &str, body: Value) {
        let address = format!("{}/_sandbox/{order}", self.sandbox.hubspot_url());
        let answer = self.http.post(address).json(&body).send().await.expect("an answer");
        answer.error_for_status().expect("a success");
    }

    async fn look(&self, order: &str) -> Value {
        let address = format!("{}/_sandbox/{order}", self.sandbox.hubspot_url());
        self.http.get(address).send().await.expect("an answer").json().await.expect("JSON")
    }
}
