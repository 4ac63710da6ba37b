//! Several processes on one PostgreSQL: they share the work, take over from each other, and hear of each other's changes.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    database::{Database, order},
    server::Server,
    world::{AIRCALL_TOKEN, TOKEN, World, ended_call, until},
};

/// Workspaces, each with a HubSpot account of its own: enough for each node to have some.
const WORKSPACES: u64 = 12;

/// A `serve` on PostgreSQL with connected workspaces.
struct Nodes {
    world: World,
    /// Of the database.
    address: String,
    /// Where each workspace's calls are posted.
    hooks: Vec<String>,
}

impl Nodes {
    /// None where PostgreSQL is left out of the tests.
    async fn start() -> Option<Self> {
        let database = Database::postgres()?;
        let address = database.url();
        let world = World::on(database, &[("PATCHBAY_LOG", "warn")]).await;
        let slugs = (1..=WORKSPACES).map(|n| format!("('w{n}', 'w{n}', 0)"));
        let values = slugs.collect::<Vec<_>>().join(", ");
        order(&address, format!("INSERT INTO workspaces (slug, name, created_at) VALUES {values}")).unwrap();
        let mut nodes = Self { world, address, hooks: Vec::new() };
        for n in 1..=WORKSPACES {
            let order = format!("keys?portal_id={}", portal(n));
            nodes.world.hubspot(Method::POST, &order, json!({ "key": key(n) })).await;
            let key = json!({ "service_key": key(n) });
            nodes.ask(&nodes.world.server, Method::PUT, n, "connections/hubspot", key).await;
            let aircall =
                json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": AIRCALL_TOKEN });
            let connected =
                nodes.ask(&nodes.world.server, Method::PUT, n, "connections/aircall", aircall).await;
            nodes.hooks.push(connected["hook_url"].as_str().unwrap().to_owned());
        }
        Some(nodes)
    }

    /// Another process on the same database.
    fn join(&self, command: &'static str) -> Server {
        Server::start(self.world.server.installation(), command)
    }

    async fn ask(&self, server: &Server, method: Method, workspace: u64, path: &str, body: Value) -> Value {
        let address = format!("{}/api/v1/workspaces/w{workspace}/{path}", server.address());
        let mut request = self.world.http.request(method, address).bearer_auth(TOKEN);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path} of w{workspace}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Posts a call to each workspace.
    async fn call_all(&self, id: u64) {
        for hook in &self.hooks {
            let call = ended_call(id, &format!("+1 415-556-{id:04}"), &[]);
            assert_eq!(self.world.aircall(hook, &call).await, 202);
        }
    }

    /// The calls in a workspace's HubSpot by when they began.
    async fn calls(&self, workspace: u64) -> BTreeMap<String, usize> {
        let order = format!("objects/calls?portal_id={}", portal(workspace));
        let all = self.world.hubspot(Method::GET, &order, Value::Null).await;
        let mut counts = BTreeMap::new();
        for call in all["items"].as_array().unwrap() {
            *counts.entry(call["properties"]["hs_timestamp"].to_string()).or_default() += 1;
        }
        counts
    }

    /// Waits until each workspace's HubSpot holds so many calls; each stands there once.
    async fn until_all_hold(&self, calls: u64) -> Duration {
        let begun = Instant::now();
        until(&format!("each HubSpot holds {calls} calls"), async || {
            for n in 1..=WORKSPACES {
                if (self.calls(n).await.len() as u64) < calls {
                    return false;
                }
            }
            true
        })
        .await;
        let took = begun.elapsed();
        for n in 1..=WORKSPACES {
            assert!(self.calls(n).await.values().all(|count| *count == 1), "w{n} holds one twice");
        }
        took
    }

    /// Posts calls to all until some have passed through a process; returns how many each has.
    async fn call_until_passed(&self, server: &Server) -> u64 {
        let mut calls = 0;
        while self.passed(server).await == 0 {
            assert!(calls < 100, "it gets no share");
            calls += 1;
            self.call_all(calls).await;
            self.until_all_hold(calls).await;
        }
        calls
    }

    /// How many records passed through a process.
    async fn passed(&self, server: &Server) -> u64 {
        let text = self.world.http.get(format!("{}/metrics", server.address())).send().await.unwrap();
        let text = text.text().await.unwrap();
        let line = text.lines().find(|line| line.starts_with("patchbay_records_passed_total "));
        line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    }
}

/// The number of a workspace's HubSpot account.
fn portal(workspace: u64) -> u64 {
    1_000 + workspace
}

/// Its key.
fn key(workspace: u64) -> String {
    format!("pat-na1-account-{}", portal(workspace))
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_the_lanes_and_one_that_joins_gets_its_share() {
    let Some(nodes) = Nodes::start().await else { return };
    nodes.call_all(1).await;
    nodes.until_all_hold(1).await;
    // HubSpot holds a call a moment before its record has passed.
    until("all have passed", async || nodes.passed(&nodes.world.server).await == WORKSPACES).await;
    let workers = [nodes.join("work"), nodes.join("work")];
    for id in 2..=6 {
        nodes.call_all(id).await;
    }
    nodes.until_all_hold(6).await;
    let shares = async || {
        let mut shares = vec![nodes.passed(&nodes.world.server).await - WORKSPACES];
        for worker in &workers {
            shares.push(nodes.passed(worker).await);
        }
        shares
    };
    until("all have passed", async || shares().await.iter().sum::<u64>() == 5 * WORKSPACES).await;
    let shares = shares().await;
    println!("passed by serve and two work: {shares:?}");
    assert!(shares.iter().all(|share| *share > 0), "{shares:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lanes_of_a_killed_process_move_in_five_seconds_with_nothing_lost_or_doubled() {
    let Some(nodes) = Nodes::start().await else { return };
    let mut workers = [nodes.join("work"), nodes.join("work")];
    nodes.world.hubspot(Method::POST, "latency", json!({ "ms": 50 })).await;
    for id in 1..=20 {
        nodes.call_all(id).await;
    }
    // In the midst of it.
    workers[0].kill();
    for id in 21..=25 {
        nodes.call_all(id).await;
    }
    nodes.until_all_hold(25).await;
    workers[1].kill();
    nodes.call_all(26).await;
    let took = nodes.until_all_hold(26).await;
    println!("the last lane of a killed process was written to after {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_in_order_lets_go_at_once() {
    let Some(nodes) = Nodes::start().await else { return };
    let mut worker = nodes.join("work");
    let calls = nodes.call_until_passed(&worker).await;
    let (code, took) = worker.terminate();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(10), "{took:?}");
    nodes.call_all(calls + 1).await;
    let took = nodes.until_all_hold(calls + 1).await;
    println!("after an orderly stop: {took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_frozen_gives_up_what_others_have_taken_and_nothing_is_doubled() {
    let Some(nodes) = Nodes::start().await else { return };
    let worker = nodes.join("work");
    let calls = nodes.call_until_passed(&worker).await;
    nodes.world.hubspot(Method::POST, "latency", json!({ "ms": 300 })).await;
    nodes.world.forget_requests().await;
    nodes.call_all(calls + 1).await;
    until("all are at it", async || nodes.world.requests().await >= WORKSPACES).await;
    worker.signal("STOP");
    nodes.call_all(calls + 2).await;
    nodes.until_all_hold(calls + 2).await;
    worker.signal("CONT");
    until("it has noticed", async || nodes.world.server.log().contains("is cut off from the others")).await;
    nodes.call_all(calls + 3).await;
    nodes.until_all_hold(calls + 3).await;
    let before = nodes.passed(&worker).await;
    until("it has its share again", async || {
        nodes.call_all(calls + 4).await;
        nodes.passed(&worker).await > before
    })
    .await;
    nodes.until_all_hold(calls + 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_disconnect_at_one_process_no_other_one_sends_anything() {
    let Some(nodes) = Nodes::start().await else { return };
    let other = nodes.join("serve");
    nodes.world.hubspot(Method::POST, "latency", json!({ "ms": 100 })).await;
    for n in 1..=WORKSPACES {
        let hook = &nodes.hooks[usize::try_from(n).unwrap() - 1];
        let calls = (1..=150).map(|id| ended_call(id, &format!("+1 415-556-{id:04}"), &[]));
        nodes.world.aircall_at_once(hook, calls.collect()).await;
    }
    until("both are at it", async || nodes.passed(&other).await > 0).await;
    for n in 1..=WORKSPACES {
        // Now at one process, now at the other.
        let server = if n % 2 == 0 { &other } else { &nodes.world.server };
        nodes.ask(server, Method::DELETE, n, "connections/hubspot", Value::Null).await;
    }
    // What was on its way when the answer came may still arrive; nothing is sent after.
    let held = async || {
        let mut held = Vec::new();
        for n in 1..=WORKSPACES {
            held.push(nodes.calls(n).await.len());
        }
        held
    };
    let begun = Instant::now();
    until("what was on its way has arrived", async || begun.elapsed() > Duration::from_millis(300)).await;
    let (then, asked) = (held().await, nodes.world.requests().await);
    nodes.call_all(200).await;
    until("what waits is read", async || nodes.world.unread().await == 0).await;
    assert_eq!((held().await, nodes.world.requests().await), (then, asked));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_was_rotated_or_cut_at_one_process_is_so_at_all() {
    let Some(nodes) = Nodes::start().await else { return };
    let other = nodes.join("serve");
    let at = |server: &Server, hook: &str| {
        format!(
            "{}{}",
            server.address(),
            hook.split_once("/hooks").map(|(_, path)| format!("/hooks{path}")).unwrap()
        )
    };
    let call = ended_call(1, "+1 415-556-0001", &[]);
    let hook = &nodes.hooks[0];
    for server in [&nodes.world.server, &other] {
        assert_eq!(nodes.world.aircall(&at(server, hook), &call).await, 202);
    }
    // The sessions by which they ring are lost for a moment.
    let deafen = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid() AND (query LIKE '%pg_backend_pid%' OR query LIKE '%pg_notify%')";
    order(&nodes.address, deafen.to_owned()).unwrap();
    let rotated = nodes.ask(&other, Method::POST, 1, "connections/aircall/rotate-key", Value::Null).await;
    let newer = rotated["hook_url"].as_str().unwrap();
    for server in [&nodes.world.server, &other] {
        assert_eq!(nodes.world.aircall(&at(server, newer), &call).await, 202);
    }
    nodes.ask(&other, Method::DELETE, 1, "connections/aircall", Value::Null).await;
    for server in [&nodes.world.server, &other] {
        for hook in [hook.as_str(), newer] {
            assert_eq!(nodes.world.aircall(&at(server, hook), &call).await, 404);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_changed_at_two_processes_at_once_keep_both_changes() {
    const ROUNDS: u64 = 30;
    let Some(nodes) = Nodes::start().await else { return };
    let other = nodes.join("serve");
    for n in 1..=ROUNDS {
        let title = json!({ "title_template": format!("{n}: {{party}}") });
        let task = json!({ "missed_call_task": n % 2 == 0 });
        let (_, settings) = tokio::join!(
            nodes.ask(&nodes.world.server, Method::PUT, 1, "settings/calls", title.clone()),
            nodes.ask(&other, Method::PUT, 1, "settings/calls", task.clone()),
        );
        assert_eq!(settings["missed_call_task"], task["missed_call_task"]);
        let settings = nodes.ask(&other, Method::GET, 1, "settings/calls", Value::Null).await;
        assert_eq!(settings["title_template"], title["title_template"]);
        assert_eq!(settings["missed_call_task"], task["missed_call_task"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_stands_in_the_name_of_a_process_that_does_not_work_it_is_given_back() {
    let Some(nodes) = Nodes::start().await else { return };
    let worker = nodes.join("work");
    let calls = nodes.call_until_passed(&worker).await;
    // As after one was cut off, its lanes taken by others, and alive again: each stands in another's name.
    let swap = "UPDATE leases SET epoch = epoch + 1,
        node = (SELECT n.id FROM nodes n WHERE n.id <> leases.node ORDER BY n.id LIMIT 1) WHERE node IS NOT NULL";
    order(&nodes.address, swap.to_owned()).unwrap();
    nodes.call_all(calls + 1).await;
    nodes.until_all_hold(calls + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_a_file_is_refused_with_a_clear_word() {
    let world = World::on(Database::file(), &[]).await;
    let (code, says) = world.server.refusal("serve");
    assert_eq!(code, Some(1), "{says}");
    assert!(says.contains("PostgreSQL there may be several"), "{says}");
    let (code, says) = world.server.refusal("work");
    assert_eq!(code, Some(2), "{says}");
    assert!(says.contains("PATCHBAY_DATABASE_URL"), "{says}");
}
