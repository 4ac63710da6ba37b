//! A database, HubSpot's stand-in, and what speaks to both.

use std::{path::Path, time::Duration};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use store::{MasterKey, Store};
use uuid::Uuid;

use crate::{cluster::Cluster, process::Process};

/// The token of the admin API.
pub const ADMIN_TOKEN: &str = "bench";
const KEY: [u8; 32] = [7; 32];

/// An empty installation: Patchbay's processes are started on it.
pub struct World {
    /// The same rows, past the processes.
    pub store: Store,
    pub sandbox: sandbox::Sandbox,
    pub http: connectors::http::Client,
    /// Where the data is, as Patchbay takes it.
    pub url: String,
    _cluster: Option<Cluster>,
}

impl World {
    /// On a database of its own.
    pub async fn start(folder: &Path, store: &str) -> Self {
        let folder = folder.join(Uuid::new_v4().to_string());
        std::fs::create_dir_all(&folder).expect("a folder");
        let cluster = (store == "postgres").then(|| Cluster::start(&folder));
        let url = cluster
            .as_ref()
            .map_or_else(|| format!("sqlite:{}", folder.join("bench.db").display()), |one| one.url.clone());
        let location = url.parse().expect("a place");
        let store = Store::open(location, MasterKey::from_bytes(KEY)).expect("a store");
        let sandbox = sandbox::Sandbox::start(sandbox::Settings::default()).await.expect("a sandbox");
        let http = connectors::http::client().expect("a client");
        Self { store, sandbox, http, url, _cluster: cluster }
    }

    /// Starts `serve` or `work`.
    pub fn run(&self, command: &str) -> Process {
        let environment = [
            ("PATCHBAY_DATABASE_URL", self.url.clone()),
            ("PATCHBAY_MASTER_KEY", BASE64_STANDARD.encode(KEY)),
            ("PATCHBAY_ADMIN_TOKEN", ADMIN_TOKEN.to_owned()),
            ("PATCHBAY_HUBSPOT_API_URL", self.sandbox.hubspot_url()),
            ("PATCHBAY_AIRCALL_API_URL", self.sandbox.aircall_url()),
        ];
        Process::start(command, &environment)
    }

    /// Gives the sandbox's HubSpot an order.
    pub async fn order(&self, order: &str, body: Value) {
        let address = format!("{}/_sandbox/{order}", self.sandbox.hubspot_url());
        let answer = self.http.post(address).json(&body).send().await.expect("an answer");
        answer.error_for_status().expect("a success");
    }

    /// Reads of the sandbox's HubSpot.
    pub async fn look(&self, order: &str) -> Value {
        let address = format!("{}/_sandbox/{order}", self.sandbox.hubspot_url());
        self.http.get(address).send().await.expect("an answer").json().await.expect("JSON")
    }

    /// How long HubSpot takes to answer.
    pub async fn latency(&self, ms: u64) {
        self.order("latency", json!({ "ms": ms })).await;
    }

    /// Waits until nothing is unread and nothing waits to be written.
    pub async fn until_written(&self) {
        let mut look = tokio::time::interval(Duration::from_millis(50));
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            let stats = self.store.stats().await.expect("numbers");
            if (stats.unread, stats.waiting) == (0, 0) {
                return;
            }
        }
    }
}

/// The machine's clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark has no clock handed in")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
