//! PostgreSQL goes away in each way that it can: webhooks are refused rather than acknowledged and not kept, everything goes
//! on by itself when it is back, nothing is lost and nothing doubled.

use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use crate::{
    cluster::Cluster,
    database::Database,
    senders::{Outcome, Senders, nothing_lost_nothing_doubled},
    world::{TOKEN, World, until},
};

const SENDERS: u64 = 4;

/// The longest that a source waits for an answer, whatever PostgreSQL does: Aircall hangs up after five seconds.
const ANSWER_MAX: Duration = Duration::from_millis(4_500);

/// The longest that whoever asks for it waits to hear that a node is not ready, and the longest for a call of the API or a
/// page.
const READY_MAX: Duration = Duration::from_secs(3);
const CALL_MAX: Duration = Duration::from_secs(10);

/// Longer than a statement may take: by then sessions have been given up.
const LONG: Duration = Duration::from_secs(15);

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
    let request = world.http.get(format!("{}{path}", world.server.address())).bearer_auth(TOKEN);
    // A session that the store would have to be asked for.
    let answer = request.header("cookie", "patchbay_session=unknown").send().await.unwrap();
    (answer.status().as_u16(), begun.elapsed())
}

/// Asks for all that is not a webhook: each is refused soon, but the process says that it lives.
async fn refuses_soon(world: &World) {
    let (code, took) = status(world, "/healthz").await;
    assert!(code == 200 && took < Duration::from_secs(1), "{code} after {took:?}");
    let (ready, api, page) = tokio::join!(
        status(world, "/readyz"),
        status(world, "/api/v1/workspaces/default/settings/calls"),
        status(world, "/w/default/activity"),
    );
    for ((code, took), longest) in [(ready, READY_MAX), (api, CALL_MAX), (page, CALL_MAX)] {
        assert!(code == 503 && took < longest, "{code} after {took:?}");
    }
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
async fn a_frozen_postgresql_holds_nobody_up() {
    let Some((world, cluster)) = world().await else { return };
    let hook = world.hook("aircall").await;
    let senders = Senders::start(&world, &hook, SENDERS);
    senders.go_on_for(50).await;
    cluster.order("freeze");
    let (frozen, before) = (Instant::now(), senders.refused());
    until("webhooks are refused", async || senders.refused() > before).await;
    while frozen.elapsed() < LONG {
        refuses_soon(&world).await;
    }
    cluster.order("thaw");
    senders.go_on_for(50).await;
    let outcome = senders.stop().await;
    judged(&world, outcome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_disk_of_postgresql_is_waited_out() {
    let Some((world, cluster)) = world().await else { return };
    let hook = world.hook("aircall").await;
    let disk = Disk::of(&world).await;
    let senders = Senders::start(&world, &hook, SENDERS);
    senders.go_on_for(50).await;
    disk.does("PERFORM pg_sleep(3);").await;
    let before = senders.refused();
    until("webhooks are refused", async || senders.refused() > before).await;
    senders.go_on_for(2).await;
    disk.does("").await;
    senders.go_on_for(50).await;
    let outcome = senders.stop().await;
    judged(&world, outcome).await;
    drop(cluster);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_postgresql_is_waited_out() {
    let Some((world, cluster)) = world().await else { return };
    let hook = world.hook("aircall").await;
    let disk = Disk::of(&world).await;
    let senders = Senders::start(&world, &hook, SENDERS);
    for _ in 0..3 {
        senders.go_on_for(50).await;
        disk.does(
            "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';",
        )
        .await;
        let before = senders.refused();
        until("webhooks are refused", async || senders.refused() > before + 20).await;
        assert_eq!(status(&world, "/readyz").await.0, 503);
        disk.does("").await;
    }
    senders.go_on_for(50).await;
    let outcome = senders.stop().await;
    judged(&world, outcome).await;
    drop(cluster);
}

/// What PostgreSQL's disk does with each row that is written, as a trigger can play it.
struct Disk(Client);

impl Disk {
    /// Lays it under all tables; it does nothing yet.
    async fn of(world: &World) -> Self {
        let (client, line) = tokio_postgres::connect(&world.database.url(), NoTls).await.unwrap();
        tokio::spawn(line);
        let disk = Self(client);
        disk.does("").await;
        let triggers = "DO $$ DECLARE name TEXT; BEGIN
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
                EXECUTE format('CREATE TRIGGER disk AFTER INSERT OR UPDATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION disk()', name);
            END LOOP; END $$";
        disk.0.batch_execute(triggers).await.unwrap();
        disk
    }

    async fn does(&self, what: &str) {
        let function = format!(
            "CREATE OR REPLACE FUNCTION disk() RETURNS TRIGGER LANGUAGE plpgsql
             AS $$ BEGIN {what} RETURN NULL; END $$"
        );
        self.0.batch_execute(&function).await.unwrap();
    }
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
