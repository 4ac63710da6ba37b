//! The crash loop: server, power and PostgreSQL die at random moments under load, again and again, and nothing is lost, doubled,
//! out of order or over a limit.
//!
//! Some cycles run with all tests; `bin/crash 1000` runs as many as asked.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::{
    cluster::Cluster,
    database::Database,
    disk::Disk,
    nodes_killed::{Limits, connect, judge::judge, slug, sources::Sources},
    world::World,
};

/// Cycles on each database with all tests.
const USUAL: u32 = 15;
/// A window of a second: what a process that was killed held of ten seconds would keep the next ones waiting.
const LIMITS: Limits = Limits { burst_max: 60, burst_ms: 1_000, searches_a_second: 5 };
const CUSTOMERS: u64 = 8;
const WEBHOOKS_A_SECOND: u64 = 160;
/// Webhooks acknowledged between two crashes, at most.
const WEBHOOKS_MAX: u64 = 50;
/// Of the starts, so many are killed while they start, after so long at most.
const STILLBORN_PERCENT: u32 = 10;
const STILLBORN_MS: u64 = 150;
/// Of the crashes, so many are power cuts too, and so many PostgreSQL's alone.
const POWER_CUT_PERCENT: u32 = 50;
const POSTGRES_PERCENT: u32 = 10;

/// What the data is on, and how that is ill-treated.
enum Ground {
    Disk(Disk),
    Postgres(Cluster),
}

#[derive(Default)]
struct Crashes {
    kills: u32,
    starting: u32,
    power_cuts: u32,
    pages_lost: usize,
    postgres: u32,
}

impl fmt::Display for Crashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, starting, power_cuts, pages_lost, postgres } = self;
        write!(f, "{kills} kills, {starting} of them of a server that was starting; ")?;
        write!(f, "{power_cuts} power cuts with {pages_lost} pages lost; {postgres} crashes of PostgreSQL")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_and_power_cuts_under_load_lose_double_and_mix_up_nothing() {
    on_disk(USUAL, rand::random()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_of_server_and_postgresql_under_load_lose_double_and_mix_up_nothing() {
    let Some(cluster) = Cluster::start() else { return };
    on_postgres(cluster, USUAL, rand::random()).await;
}

/// `CRASH_CYCLES`, `CRASH_STORE` and `CRASH_SEED` say what is asked for.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "how many is asked for on the command line")]
#[ignore = "as long as one likes: see bin/crash"]
async fn as_many_crashes_as_asked() {
    let asked = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let cycles = asked("CRASH_CYCLES").map_or(1_000, |cycles| cycles.parse().unwrap());
    let seed = asked("CRASH_SEED").map_or_else(rand::random, |seed| seed.parse().unwrap());
    match asked("CRASH_STORE").as_deref() {
        None | Some("sqlite") => on_disk(cycles, seed).await,
        Some("postgres") => on_postgres(Cluster::new(), cycles, seed).await,
        Some(other) => panic!("there is no store {other}: sqlite or postgres"),
    }
}

async fn on_disk(cycles: u32, seed: u64) {
    let database = Database::file();
    let disk = Disk::under(database.folder());
    let environment = disk.environment();
    let settings: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let world = World::on(database, &[&settings[..], &[("PATCHBAY_LOG", "off")]].concat()).await;
    run(world, Ground::Disk(disk), cycles, seed).await;
}

async fn on_postgres(cluster: Cluster, cycles: u32, seed: u64) {
    let world = World::on(Database::on(&cluster.url), &[("PATCHBAY_LOG", "off")]).await;
    run(world, Ground::Postgres(cluster), cycles, seed).await;
}

async fn run(mut world: World, ground: Ground, cycles: u32, seed: u64) {
    let begun = Instant::now();
    println!("seed {seed}, {cycles} cycles");
    let mut random = StdRng::seed_from_u64(seed);
    // A little latency widens the gaps between the steps that a crash may fall into.
    world.hubspot(reqwest::Method::POST, "latency", json!({ "ms": 20 })).await;
    for number in 1..=CUSTOMERS {
        let (code, said) = world.server.command(&["workspace", &slug(number)], &[]);
        assert_eq!(code, Some(0), "{said}");
    }
    let customers: Vec<_> =
        stream::iter(1..=CUSTOMERS).then(|number| connect(&world, number, LIMITS)).collect().await;
    let customers = Arc::new(customers);
    let address = [world.server.address()];
    let sources = Sources::start(&world.http, &address, &customers, WEBHOOKS_A_SECOND);
    let mut crashes = Crashes::default();
    for cycle in 1..=cycles {
        sources.go_on_for(random.random_range(1..=WEBHOOKS_MAX)).await;
        crash(&mut world, &ground, &mut random, &mut crashes).await;
        if cycle % 100 == 0 {
            println!("{cycle} cycles in {:.0?}", begun.elapsed());
        }
    }
    let told = sources.stop().await;
    println!("{crashes}");
    judge(&world, &customers, LIMITS, &told).await;
    let (acknowledged, repeated) =
        (told.acknowledged.load(Ordering::Relaxed), told.repeated.load(Ordering::Relaxed));
    println!(
        "store, seed, cycles, webhooks acknowledged, sent again, lost, doubled, out of order, refused (429), took"
    );
    let store = if matches!(ground, Ground::Disk(_)) { "SQLite" } else { "PostgreSQL" };
    println!(
        "| {store} | {seed} | {cycles} | {acknowledged} | {repeated} | 0 | 0 | 0 | 0 | {:.0?} |",
        begun.elapsed()
    );
}

async fn crash(world: &mut World, ground: &Ground, random: &mut StdRng, crashes: &mut Crashes) {
    let happens = |random: &mut StdRng, percent| random.random_range(0..100) < percent;
    if let Ground::Postgres(cluster) = ground
        && happens(random, POSTGRES_PERCENT)
    {
        crashes.postgres += 1;
        cluster.order("crash");
        cluster.order("start");
        // The server goes on by itself, or is killed with it.
        if happens(random, 50) {
            return;
        }
    }
    loop {
        crashes.kills += 1;
        world.server.kill();
        if let Ground::Disk(disk) = ground
            && happens(random, POWER_CUT_PERCENT)
        {
            crashes.power_cuts += 1;
            crashes.pages_lost += disk.power_cut(random);
        }
        if !happens(random, STILLBORN_PERCENT) {
            break;
        }
        crashes.starting += 1;
        world.server.begin_again();
        tokio::time::sleep(Duration::from_millis(random.random_range(0..STILLBORN_MS))).await;
    }
    world.server.start_again();
}
