//! HubSpot's limits: no request is sent that it would refuse, whatever else spends and whenever we are killed (N5).

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    clocked::Clocked,
    cluster::Cluster,
    database::{Database, order},
    server::{Installation, Server},
    world::{AIRCALL_TOKEN, TOKEN, World, ended_call, until},
};

/// Requests in a window of two seconds.
const BURST_MAX: u32 = 10;
const WINDOW: Duration = Duration::from_secs(2);

/// Small limits, once what connecting took is out of the window.
async fn limit(world: &World) {
    let burst = json!({ "max": BURST_MAX, "interval_ms": 2_000 });
    world.hubspot(Method::POST, "limits", json!({ "burst": burst, "search_per_second": 5 })).await;
    let begun = Instant::now();
    until("the window is empty", async || begun.elapsed() > WINDOW).await;
    world.forget_requests().await;
}

async fn limits(world: &World) -> Value {
    world.hubspot(Method::GET, "limits", Value::Null).await
}

/// Nothing was refused, and nothing was near to it: the sandbox counts each window to the letter.
async fn assert_none_refused(world: &World) {
    let limits = limits(world).await;
    assert_eq!(limits["refused_total"], 0, "{limits}");
    assert!(limits["search_peak"].as_u64().unwrap() <= 5, "{limits}");
}

fn calls(ids: std::ops::Range<u64>, numbers: u64) -> Vec<Value> {
    ids.map(|id| ended_call(id, &format!("+1 415-556-{:04}", id % numbers), &[])).collect()
}

/// Kills the server and starts it again; connections to the one before are not used again.
fn restart(world: &mut World) {
    world.server.kill();
    world.server.start_again();
    world.http = connectors::http::client().unwrap();
}

/// Gauges of what is left, by limit.
async fn left(world: &World, limit: &str) -> Option<f64> {
    let address = format!("{}/metrics", world.server.address());
    let text = world.http.get(address).send().await.unwrap().text().await.unwrap();
    let labels = ["workspace=\"1\"".to_owned(), format!("limit=\"{limit}\"")];
    let is_it = |line: &&str| {
        line.starts_with("patchbay_budget_left{") && labels.iter().all(|label| line.contains(label))
    };
    text.lines().find(is_it).map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_written_without_one_refusal_and_what_waited_says_so() {
    let world = World::connected().await;
    limit(&world).await;
    let hook = world.hook("aircall").await;
    // All of it waits at first, so that what is felt is HubSpot's limit and not the machine's speed.
    world.post("connections/hubspot/pause", Value::Null).await;
    world.aircall_at_once(&hook, calls(0..3_500, 30)).await;
    until("all is read", async || world.unread().await == 0).await;
    world.post("connections/hubspot/resume", Value::Null).await;
    until("requests go out", async || world.requests().await > 3).await;
    assert!(left(&world, "burst").await.unwrap() < f64::from(BURST_MAX));
    assert!(left(&world, "search").await.is_some());
    assert!(left(&world, "day").await.unwrap() > 600_000.0);
    world.settled(3_500).await;
    assert_none_refused(&world).await;
    assert_eq!(world.objects("calls").await.len(), 3_500);
    assert_eq!(world.objects("contacts").await.len(), 30);
    let requests = world.requests().await;
    assert!(requests > 2 * u64::from(BURST_MAX), "the limit was felt: {requests} requests");
    let mut waited = 0;
    for id in (0..3_500).step_by(50) {
        let record = world.record("aircall", &id.to_string()).await.unwrap();
        let record = world.get(&format!("records/{}", record["id"].as_str().unwrap())).await;
        let moments = record["timeline"].as_array().unwrap();
        let says = |moment: &&Value| {
            let text = moment["text"].as_str().unwrap();
            text.starts_with("Waited ") && text.contains("HubSpot's allowance of 10 requests in 2 s is spent")
        };
        waited += moments.iter().filter(says).count();
    }
    assert!(waited > 0, "some of the records had to wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_app_spends_of_the_window_is_left_to_it() {
    let world = World::connected().await;
    limit(&world).await;
    let hook = world.hook("aircall").await;
    let begun = Instant::now();
    for _ in 0..BURST_MAX - 2 {
        let address = format!("{}/crm/owners/2026-09?limit=1", world.sandbox.hubspot_url());
        let answer = world.http.get(address).bearer_auth("pat-na1-sandbox").send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    world.aircall_at_once(&hook, calls(0..300, 5)).await;
    world.settled(300).await;
    assert_none_refused(&world).await;
    assert!(begun.elapsed() > WINDOW, "the rest had to wait for the next window");
    assert_eq!(world.objects("calls").await.len(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_day_parks_the_lane_until_the_accounts_midnight_and_nothing_more_is_sent() {
    let mut world = World::connected().await;
    let used = limits(&world).await["daily_used"].as_u64().unwrap();
    world.hubspot(Method::POST, "limits", json!({ "daily": used + 6 })).await;
    let hook = world.hook("aircall").await;
    world.aircall_at_once(&hook, calls(0..1_000, 10)).await;
    let record = world.record_in("aircall", "999", "waiting").await;
    until("the day is spent", async || says_so(&world, "999").await).await;
    assert!(record["hubspot"].as_array().unwrap().is_empty(), "{record}");
    assert_eq!(left(&world, "day").await, Some(0.0));
    let requests = world.requests().await;

    // Hooks stay fast, and what they bring shows with the reason.
    let begun = Instant::now();
    assert_eq!(world.aircall(&hook, &ended_call(5_000, "+1 415-556-0001", &[])).await, 202);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    until("the new one says why", async || says_so(&world, "5000").await).await;

    // A restart knows of it too.
    restart(&mut world);
    assert_eq!(world.aircall(&hook, &ended_call(5_001, "+1 415-556-0001", &[])).await, 202);
    until("the next one says why", async || says_so(&world, "5001").await).await;
    assert_eq!(world.requests().await, requests, "requests on a spent day");
    assert_none_refused(&world).await;

    // A greater allowance counts as soon as a person resumes.
    world.hubspot(Method::POST, "limits", json!({ "daily": null })).await;
    world.post("connections/hubspot/pause", Value::Null).await;
    world.post("connections/hubspot/resume", Value::Null).await;
    world.settled(1_002).await;
    assert_none_refused(&world).await;
    assert_eq!(world.objects("calls").await.len(), 1_002);
}

/// Whether a call waits for the account's next day. Which minute that is, the day's own tests say: shortly after the
/// account's midnight it is another.
async fn says_so(world: &World, id: &str) -> bool {
    let Some(record) = world.record("aircall", id).await else { return false };
    let why = record["why"].as_str().unwrap();
    record["state"] == "waiting"
        && why.contains("HubSpot's allowance for today is spent; goes on at 00:0")
        && why.ends_with(" US/Eastern.")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_hubspot_says_is_spent_is_believed_without_headers() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    let body = json!({
        "status": "error", "message": "You have reached your daily limit.", "errorType": "RATE_LIMIT",
        "policyName": "DAILY",
    });
    let fault = json!({ "match": { "path_contains": "calls/batch" }, "times": 1, "kind": "status", "status": 429, "body": body });
    world.fault(fault).await;
    world.aircall_at_once(&hook, calls(0..3, 3)).await;
    until("the day is spent", async || says_so(&world, "0").await).await;
    world.post("connections/hubspot/pause", Value::Null).await;
    world.post("connections/hubspot/resume", Value::Null).await;
    world.settled(3).await;
    assert_eq!(world.objects("calls").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_a_window_forgets_nothing_of_what_was_spent() {
    let mut world = World::connected().await;
    limit(&world).await;
    let hook = world.hook("aircall").await;
    world.aircall_at_once(&hook, calls(0..2_000, 30)).await;
    for more in [1, 3, 5, 7, 8] {
        let before = world.requests().await;
        until("requests go out", async || world.requests().await >= before + more).await;
        restart(&mut world);
    }
    world.settled(2_000).await;
    assert_none_refused(&world).await;
    assert_eq!(world.objects("calls").await.len(), 2_000);
    assert_eq!(world.objects("contacts").await.len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_being_moved_is_left_alone_for_as_long_as_it_says() {
    let mut world = World::connected().await;
    let hook = world.hook("aircall").await;
    let body = json!({ "status": "error", "message": "Migration in progress" });
    let fault = json!({
        "match": { "path_contains": "calls/batch" }, "times": 1, "kind": "status", "status": 477, "body": body,
        "headers": { "retry-after": "7200" },
    });
    world.fault(fault).await;
    world.aircall_at_once(&hook, calls(0..3, 3)).await;
    let is_said = async |id: &str| {
        let record = world.record("aircall", id).await;
        record.is_some_and(|record| record["why"].as_str().unwrap().contains("moving the account"))
    };
    until("the move is told", async || is_said("0").await).await;
    let requests = world.requests().await;
    assert_eq!(world.aircall(&hook, &ended_call(10, "+1 415-556-0001", &[])).await, 202);
    until("the new one says why", async || is_said("10").await).await;
    restart(&mut world);
    world.record_in("aircall", "10", "waiting").await;
    assert_eq!(world.requests().await, requests, "requests while the account is being moved");
    world.post("connections/hubspot/pause", Value::Null).await;
    world.post("connections/hubspot/resume", Value::Null).await;
    world.settled(4).await;
    assert_eq!(world.objects("calls").await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_object_is_left_alone_for_two_seconds() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.fault(json!({ "match": { "path_contains": "calls/batch" }, "times": 1, "kind": "status", "status": 423 })).await;
    world.aircall_at_once(&hook, calls(0..1, 1)).await;
    world.settled(1).await;
    let all = world.hubspot(Method::GET, "requests?since=0", Value::Null).await;
    let creates: Vec<jiff::Timestamp> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|asked| asked["path"].as_str().unwrap().ends_with("calls/batch/create"))
        .map(|asked| asked["at"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(creates.len(), 2);
    let rest = creates[1].duration_since(creates[0]);
    assert!(rest >= jiff::SignedDuration::from_secs(2), "{rest:?}");
}

/// 32 bytes: what two processes seal with.
const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_keep_to_the_limits_of_one_account_and_pages_of_one_get_on_beside_lanes_of_the_other() {
    let Some(cluster) = Cluster::start() else { return };
    let world = World::on(Database::on(&cluster.url), &[("PATCHBAY_MASTER_KEY", KEY)]).await;
    world.connect().await;
    // Another workspace of the same account.
    let sql = "INSERT INTO workspaces (slug, name, created_at) VALUES ('second', 'second', 0)";
    order(&world.database.url(), sql.to_owned()).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let environment = [
        ("PATCHBAY_DATABASE_URL", world.database.url()),
        ("PATCHBAY_MASTER_KEY", KEY.to_owned()),
        ("PATCHBAY_HUBSPOT_API_URL", world.sandbox.hubspot_url()),
        ("PATCHBAY_AIRCALL_API_URL", world.sandbox.aircall_url()),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
    let other = Server::start(&Installation { folder: folder.path().to_owned(), environment }, "serve");
    let ask = async |method: Method, path: &str, body: Value| -> Value {
        let address = format!("{}/api/v1/workspaces/second/{path}", other.address());
        let answer = world.http.request(method, address).bearer_auth(TOKEN).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    };
    ask(Method::PUT, "connections/hubspot", json!({ "service_key": "pat-na1-sandbox" })).await;
    let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": AIRCALL_TOKEN });
    let connected = ask(Method::PUT, "connections/aircall", aircall).await;
    limit(&world).await;

    world.aircall_at_once(&world.hook("aircall").await, calls(0..1_000, 30)).await;
    let hook = connected["hook_url"].as_str().unwrap();
    // Its webhooks are posted to the process that says where its hook is; each takes those of all.
    world.aircall_at_once(hook, calls(10_000..11_000, 30)).await;
    // How soon a page gets its turn, the budget's own tests say, on a clock of their own. Here it is told by how many requests
    // went by meanwhile: a window lets so many through, however slow the machine is.
    let mut overtaken = Vec::new();
    while world.objects("calls").await.len() < 2_000 {
        let before = world.requests().await;
        ask(Method::GET, "outcomes", Value::Null).await;
        overtaken.push(world.requests().await - before);
    }
    world.settled(1_000).await;
    assert_none_refused(&world).await;
    overtaken.sort_unstable();
    let median = overtaken[overtaken.len() / 2];
    assert!(
        overtaken.len() > 1 && median <= 2 * u64::from(BURST_MAX),
        "requests before each page: {overtaken:?}"
    );
    // Each asks for about as many as the batches of its calls come to: together more than two windows have room for.
    let requests = world.requests().await;
    assert!(requests > 2 * u64::from(BURST_MAX), "the limit was felt: {requests} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_forward_before_a_start_frees_nothing_of_the_window_that_was_used() {
    let mut clocked = Clocked::new().await;
    let limits = json!({ "burst": { "max": BURST_MAX, "interval_ms": 4_000 } });
    clocked.hubspot(Method::POST, "limits", limits).await;
    clocked.connect().await;
    for id in 1..20 {
        if id == 15 {
            clocked.restart_ahead(SignedDuration::from_secs(17)).await;
        }
        // Of one person who is known by then, so that each costs a request; the next one comes once that is sent.
        clocked.aircall(&ended_call(id, "+1 415-556-0001", &[])).await;
        clocked.settled().await;
    }
    let limits = clocked.hubspot(Method::GET, "limits", Value::Null).await;
    assert_eq!(limits["refused_total"], 0, "{limits}");
    assert!(limits["burst_peak"].as_u64().unwrap() > u64::from(BURST_MAX) / 2, "{limits}");
}
