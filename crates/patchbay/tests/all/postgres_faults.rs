//! PostgreSQL goes away in each way that it can: webhooks are refused rather than acknowledged and not kept, everything goes
//! on by itself when it is back, nothing is lost and nothing doubled.

use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use crate::{
    cluster::Cluster,
    database::Database,
    senders::{Outcome, Senders, nothing_lost_nothing_doubled},
    world::{World, until},
};

const SENDERS: u64 = 4;

/// The longest that a source waits for an answer while PostgreSQL says nothing at all: a statement that is under way, and
/// the try of a new session after it.
const ANSWER_MAX: Duration = Duration::from_secs(25);

/// A server of its own, and a Patchbay on it with everything connected.
async fn world() -> Option<(World, Cluster)> {
    let cluster = Cluster::start()?;
    let world = world_on(&cluster.url).await;
    Some((world, cluster))
}

/// A Patchbay on the server at that address, with everything connected.
async fn world_on(server: &str) -> World {
    let world = World::on(Database::on(server), &[("PATCHBAY_LOG", "warn")]).await;
    world.connect().await;
    // A little latency widens the gaps between the steps that a fault may fall into.
    world.hubspot(reqwest::Method::POST, "latency", serde_json::json!({ "ms": 20 })).await;
    world
}

/// A session of the test's own.
async fn session(cluster: &Cluster) -> Result<Client, tokio_postgres::Error> {
    let (client, line) = tokio_postgres::connect(&cluster.url, NoTls).await?;
    tokio::spawn(line);
    Ok(client)
}

/// How an address of the server answers, and how long that takes.
async fn status(world: &World, path: &str) -> (u16, Duration) {
    let begun = Instant::now();
    let answer = world.http.get(format!("{}{path}", world.server.address())).send().await.unwrap();
    (answer.status().as_u16(), begun.elapsed())
}

/// Nothing but 202 and 503 was answered, the latter at least once, and what was acknowledged is in HubSpot, once.
async fn judged(world: &World, outcome: Outcome) {
    println!("{} refused, longest answer {:?}", outcome.refused, outcome.longest);
    assert_eq!(outcome.odd, Vec::<String>::new());
    assert!(outcome.longest < ANSWER_MAX, "{:?}", outcome.longest);
    nothing_lost_nothing_doubled(world, &outcome.acknowledged).await;
    assert_eq!(status(world, "/readyz").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_and_crashes_of_postgresql_under_load_lose_nothing_and_double_nothing() {
    let Some((world, cluster)) = world().await else { return };
    let hook = world.hook("aircall").await;
    let senders = Senders::start(&world, &hook, SENDERS);
    for end in ["stop", "crash", "stop", "crash"] {
        senders.go_on_for(50).await;
        let before = senders.refused();
        cluster.order(end);
        until("webhooks are refused", async || senders.refused() > before).await;
        assert_eq!(status(&world, "/readyz").await.0, 503);
        assert_eq!(status(&world, "/healthz").await.0, 200, "it lives, and mends by itself");
        cluster.order("start");
    }
    senders.go_on_for(50).await;
    let outcome = senders.stop().await;
    judged(&world, outcome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_killed_again_and_again_lose_nothing_and_double_nothing() {
    const KILLS: usize = 30;
    let Some((world, cluster)) = world().await else { return };
    let hook = world.hook("aircall").await;
    let admin = session(&cluster).await.unwrap();
    let senders = Senders::start(&world, &hook, SENDERS);
    let mut killed = 0;
    for _ in 0..KILLS {
        senders.go_on_for(20).await;
        killed += kill_sessions(&admin).await;
    }
    println!("{killed} connections killed");
    assert!(killed >= KILLS, "{killed}");
    senders.go_on_for(20).await;
    let outcome = senders.stop().await;
    judged(&world, outcome).await;
}

/// Ends all sessions but the one that orders it; says how many.
async fn kill_sessions(admin: &Client) -> usize {
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND application_name = 'patchbay'";
    admin.query(others, &[]).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_to_be_had_is_waited_out() {
    let Some(cluster) = Cluster::start() else { return };
    // Limits of connections hold for ordinary users alone.
    let admin = session(&cluster).await.unwrap();
    admin.batch_execute("CREATE ROLE ordinary LOGIN CREATEDB").await.unwrap();
    let world = world_on(&cluster.url.replace("postgres@", "ordinary@")).await;
    let hook = world.hook("aircall").await;
    let senders = Senders::start(&world, &hook, SENDERS);
    senders.go_on_for(50).await;
    admin.batch_execute("ALTER ROLE ordinary CONNECTION LIMIT 0").await.unwrap();
    let before = senders.refused();
    let refuses = async || {
        kill_sessions(&admin).await;
        senders.refused() > before
    };
    until("webhooks are refused", refuses).await;
    assert_eq!(status(&world, "/readyz").await.0, 503);
    admin.batch_execute("ALTER ROLE ordinary CONNECTION LIMIT -1").await.unwrap();
    senders.go_on_for(50).await;
    let outcome = senders.stop().await;
    judged(&world, outcome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_postgresql_holds_nobody_up_for_long() {
    let Some((world, cluster)) = world().await else { return };
    let hook = world.hook("aircall").await;
    let senders = Senders::start(&world, &hook, SENDERS);
    senders.go_on_for(50).await;
    cluster.order("freeze");
    let before = senders.refused();
    until("webhooks are refused", async || senders.refused() > before).await;
    let (code, took) = status(&world, "/healthz").await;
    assert!(code == 200 && took < Duration::from_secs(1), "{code} after {took:?}");
    let (code, took) = status(&world, "/readyz").await;
    assert!(code == 503 && took < ANSWER_MAX, "{code} after {took:?}");
    cluster.order("thaw");
    senders.go_on_for(50).await;
    let outcome = senders.stop().await;
    judged(&world, outcome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_somebody_has_locked_is_waited_out() {
    let Some((world, cluster)) = world().await else { return };
    let hook = world.hook("aircall").await;
    let senders = Senders::start(&world, &hook, SENDERS);
    senders.go_on_for(50).await;
    let (client, line) = tokio_postgres::connect(&world.database.url(), NoTls).await.unwrap();
    let line = tokio::spawn(line);
    client.batch_execute("BEGIN; LOCK TABLE envelopes IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let before = senders.refused();
    until("webhooks are refused", async || senders.refused() > before).await;
    drop(client);
    line.await.unwrap().unwrap();
    senders.go_on_for(50).await;
    let outcome = senders.stop().await;
    judged(&world, outcome).await;
    drop(cluster);
}
