//! The time for an event with a short and with a long history in the store, while retention is at work.

use std::{path::Path, time::Instant};

use futures_util::{StreamExt, stream};
use serde_json::json;

use crate::{
    calls,
    customers::{self, Customer},
    options::{number, stores},
    process::Process,
    world::World,
};

const WORKSPACES: usize = 20;
/// Connections that send at once.
const AT_ONCE: usize = 16;

/// Days that webhooks are kept. One in ten of the history is older, so that retention has something to do meanwhile.
const WEBHOOK_DAYS: usize = 5;

/// A workspace's first call, many times over: as the product wrote it, under other ids.
const HISTORY: [&str; 4] = [
    "INSERT INTO envelopes (workspace, source, state, subject, event, received_at, body)
        SELECT e.workspace, e.source, e.state, 'history-' || n.i, e.event,
            e.received_at - CASE n.i % 10 WHEN 0 THEN 864000000000 ELSE 0 END, e.body
        FROM envelopes e CROSS JOIN n WHERE e.subject = '100000000'",
    "INSERT INTO records (workspace, id, source, state, why, attempts, created_at, changed_at, record)
        SELECT r.workspace, r.id || '-' || n.i, r.source, r.state, r.why, r.attempts, r.created_at, r.changed_at, r.record
        FROM records r CROSS JOIN n WHERE r.id NOT LIKE '%-%-%-%-%-%'",
    "INSERT INTO record_keys (workspace, external_id, source, record)
        SELECT k.workspace, 'history-' || n.i, k.source, k.record || '-' || n.i
        FROM record_keys k CROSS JOIN n WHERE k.external_id = '100000000'",
    "INSERT INTO ledger (workspace, record, at, step, what, phase, object, object_id, request, answer)
        SELECT l.workspace, l.record || '-' || n.i, l.at, l.step, l.what, l.phase, l.object, l.object_id, l.request, l.answer
        FROM ledger l CROSS JOIN n WHERE l.record NOT LIKE '%-%-%-%-%-%'",
];

pub async fn measure(folder: &Path) {
    let (short, long) = (number("--short", 10_000), number("--rows", 2_000_000));
    let events = number("--events", 4_000);
    for store in stores(&["sqlite", "postgres"]) {
        let before = event_ms(folder, store, short, events).await;
        let after = event_ms(folder, store, long, events).await;
        println!("{store}: {:.2} times as long with the long history (aim: at most 1.2)", after / before);
    }
}

/// Milliseconds for an event, from the first webhook to the last receipt.
async fn event_ms(folder: &Path, store: &str, rows: usize, events: usize) -> f64 {
    let world = World::start(folder, store).await;
    let serve = world.run("serve");
    let customers = customers::connect(&world, &serve, WORKSPACES).await;
    for n in 0..WORKSPACES {
        post(&world, &serve, &customers, n).await;
    }
    world.until_written().await;
    for customer in &customers {
        customer.change(&world, &serve, "settings/retention", json!({ "webhooks_days": WEBHOOK_DAYS })).await;
    }
    serve.stop();
    let rows = fill(&world, rows).await;
    // Each workspace is due to be swept as soon as the node looks.
    run(&world, "DELETE FROM sweeps").await;
    let webhooks = one(&world, "SELECT COUNT(*) FROM envelopes WHERE subject LIKE 'history-%'").await;
    let serve = world.run("serve");
    let (begun, processor) = (Instant::now(), serve.processor());
    stream::iter(WORKSPACES..WORKSPACES + events)
        .for_each_concurrent(AT_ONCE, |n| post(&world, &serve, &customers, n))
        .await;
    world.until_written().await;
    let took = begun.elapsed().as_secs_f64() * 1_000.0 / events as f64;
    let processor = serve.processor().saturating_sub(processor).as_secs_f64() * 1_000.0 / events as f64;
    let left = one(&world, "SELECT COUNT(*) FROM envelopes WHERE subject LIKE 'history-%'").await;
    println!(
        "{store}, {rows} rows of history: {took:.3} ms an event, {processor:.3} ms of Patchbay's processor time; \
         {} of {webhooks} webhooks of the history went by retention meanwhile",
        webhooks - left
    );
    took
}

/// Sends the webhook of a call; the workspaces take turns.
async fn post(world: &World, serve: &Process, customers: &[Customer], n: usize) {
    let hook = customers[n % WORKSPACES].hook(serve);
    let answer = world.http.post(hook).json(&calls::webhook(n / WORKSPACES)).send().await;
    assert_eq!(answer.expect("an answer").status(), 202);
}

/// Multiplies the history to so many rows, about; says how many there are.
async fn fill(world: &World, rows: usize) -> i64 {
    // One call is an envelope, a record, a key, and as many entries in the ledger as it took.
    let count = "SELECT (SELECT COUNT(*) FROM envelopes) + (SELECT COUNT(*) FROM records)
        + (SELECT COUNT(*) FROM record_keys) + (SELECT COUNT(*) FROM ledger)";
    let now = one(world, count).await;
    let times = i64::try_from(rows).expect("a number") / now;
    for insert in HISTORY {
        let numbers =
            format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})");
        run(world, &insert.replacen("SELECT", &format!("{numbers} SELECT"), 1)).await;
    }
    run(world, "ANALYZE").await;
    one(world, count).await
}

async fn run(world: &World, sql: &str) {
    match world.url.strip_prefix("sqlite:") {
        Some(file) => {
            rusqlite::Connection::open(file).and_then(|file| file.execute_batch(sql)).expect("a statement");
        }
        None => session(world).await.batch_execute(sql).await.expect("a statement"),
    }
}

async fn one(world: &World, sql: &str) -> i64 {
    match world.url.strip_prefix("sqlite:") {
        Some(file) => {
            let file = rusqlite::Connection::open(file).expect("a file");
            file.query_row(sql, [], |row| row.get(0)).expect("a number")
        }
        None => session(world).await.query_one(sql, &[]).await.expect("a row").get(0),
    }
}

async fn session(world: &World) -> tokio_postgres::Client {
    let (client, line) = tokio_postgres::connect(&world.url, tokio_postgres::NoTls).await.expect("a session");
    tokio::spawn(line);
    client
}
