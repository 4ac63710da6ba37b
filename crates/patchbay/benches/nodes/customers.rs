//! Workspaces, each connected with Aircall and with a HubSpot account of its own.

use domain::ids::WorkspaceId;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use crate::{
    process::Process,
    world::{ADMIN_TOKEN, World},
};

/// The token in the webhooks.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// How many are connected at once: each waits most of the time until all nodes have heard of it.
const AT_ONCE: usize = 64;

/// What an account lets through: HubSpot's limits for an app from its marketplace, per account that installed it.
const LIMITS: (u64, u64, u64) = (110, 10_000, 5);

pub struct Customer {
    pub workspace: WorkspaceId,
    slug: String,
    /// Of its hook, whichever process it is sent to.
    path: String,
}

impl Customer {
    /// Where its webhooks are sent.
    pub fn hook(&self, serve: &Process) -> String {
        format!("{}{}", serve.origin, self.path)
    }

    /// Changes something by the API.
    pub async fn change(&self, world: &World, serve: &Process, path: &str, body: Value) -> Value {
        let address = format!("{}/api/v1/workspaces/{}/{path}", serve.origin, self.slug);
        let put = world.http.put(address).bearer_auth(ADMIN_TOKEN).json(&body);
        let answer = put.send().await.expect("an answer").error_for_status().expect("a change");
        answer.json().await.expect("JSON")
    }
}

/// Connects so many.
pub async fn connect(world: &World, serve: &Process, count: usize) -> Vec<Customer> {
    stream::iter(1..=count).map(|number| one(world, serve, number)).buffered(AT_ONCE).collect().await
}

async fn one(world: &World, serve: &Process, number: usize) -> Customer {
    let slug = format!("customer-{number}");
    let workspace = world.store.ensure_workspace(&slug, Timestamp::UNIX_EPOCH).await.expect("a workspace");
    let mut customer = Customer { workspace: workspace.id, slug, path: String::new() };
    let key = format!("pat-na1-{number}");
    world.order(&format!("keys?portal_id={number}"), json!({ "key": key })).await;
    customer.change(world, serve, "connections/hubspot", json!({ "service_key": key })).await;
    let (max, interval_ms, searches) = LIMITS;
    let limits =
        json!({ "burst": { "max": max, "interval_ms": interval_ms }, "search_per_second": searches });
    world.order(&format!("limits?portal_id={number}"), limits).await;
    let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": TOKEN });
    let connected = customer.change(world, serve, "connections/aircall", aircall).await;
    let hook: Url = connected["hook_url"].as_str().and_then(|hook| hook.parse().ok()).expect("a hook");
    hook.path().clone_into(&mut customer.path);
    customer
}
