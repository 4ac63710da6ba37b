//! The disk under SQLite fails in each way that it can, under load: webhooks are refused rather than acknowledged and not
//! kept, and what was acknowledged survives the power cut after it.

use std::time::Duration;

use rand::{SeedableRng, rngs::StdRng};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    database::Database,
    disk::{Disk, State},
    senders::{Senders, nothing_lost_nothing_doubled},
    world::{AIRCALL_TOKEN, World, until},
};

const SENDERS: u64 = 4;

/// The longest that a source waits for an answer, whatever the disk does.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Everything connected, on a disk of its own.
async fn world() -> (World, Disk) {
    let database = Database::file();
    let disk = Disk::under(database.folder());
    let environment = disk.environment();
    let mut settings: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.push(("PATCHBAY_LOG", "error"));
    let world = World::on(database, &settings).await;
    world.connect().await;
    // A little latency widens the gaps between the steps that a fault may fall into.
    world.hubspot(Method::POST, "latency", json!({ "ms": 20 })).await;
    (world, disk)
}

/// The power is cut; then the disk is well and everything begins again.
fn power_cut(world: &mut World, disk: &Disk, random: &mut StdRng) {
    let lost = disk.power_cut(random);
    println!("{lost} pages lost in the power cut");
    disk.be(State::Well);
    world.server.start_again();
}

fn random() -> StdRng {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    StdRng::seed_from_u64(seed)
}

async fn status(world: &World, path: &str) -> StatusCode {
    world.http.get(format!("{}{path}", world.server.address())).send().await.unwrap().status()
}

/// Waits until each sender was refused several times: all that was acknowledged before is known by then.
async fn refused(senders: &Senders) {
    let before = senders.refused();
    until("webhooks are refused", async || senders.refused() > before + 10 * SENDERS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_writes_refuses_webhooks_and_all_goes_on_once_it_takes_them() {
    let (mut world, disk) = world().await;
    let hook = world.hook("aircall").await;
    let senders = Senders::start(&world, &hook, SENDERS);
    for state in [State::Full, State::HalfFull, State::ReadOnly, State::Failing] {
        senders.go_on_for(50).await;
        disk.be(state);
        refused(&senders).await;
        let acknowledged = senders.acknowledged();
        assert_eq!(status(&world, "/readyz").await, 503, "{state:?}");
        assert_eq!(status(&world, "/healthz").await, 200, "it lives, and mends by itself");
        refused(&senders).await;
        assert_eq!(senders.acknowledged(), acknowledged, "{state:?}: nothing is acknowledged");
        disk.be(State::Well);
    }
    senders.go_on_for(50).await;
    assert_eq!(status(&world, "/readyz").await, 200);
    world.server.kill();
    let outcome = senders.stop().await;
    power_cut(&mut world, &disk, &mut random());
    assert_eq!(outcome.odd, Vec::<String>::new());
    nothing_lost_nothing_doubled(&world, &outcome.acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_syncs_too_slowly_refuses_webhooks_in_time_and_all_goes_on_once_it_is_quick() {
    let (mut world, disk) = world().await;
    let hook = world.hook("aircall").await;
    let senders = Senders::start(&world, &hook, SENDERS);
    senders.go_on_for(50).await;
    disk.be(State::Slow);
    let before = senders.refused();
    until("webhooks are refused", async || senders.refused() > before).await;
    disk.be(State::Well);
    senders.go_on_for(50).await;
    world.server.kill();
    let outcome = senders.stop().await;
    power_cut(&mut world, &disk, &mut random());
    assert_eq!(outcome.odd, Vec::<String>::new());
    assert!(outcome.longest < ANSWER_MAX, "{:?}", outcome.longest);
    nothing_lost_nothing_doubled(&world, &outcome.acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_fails_ends_the_server_and_nothing_acknowledged_is_lost_by_the_power_cut_after_it() {
    const ROUNDS: usize = 6;
    let (mut world, disk) = world().await;
    let hook = world.hook("aircall").await;
    let mut random = random();
    let senders = Senders::start(&world, &hook, SENDERS);
    for round in 0..ROUNDS {
        senders.go_on_for(50).await;
        disk.be(State::Unsynced);
        assert_eq!(world.server.ended().await, Some(1), "{}", world.server.log());
        if round % 2 == 0 {
            // The service manager starts it again, and the kernel still shows what is not on the disk.
            disk.be(State::Well);
            world.server.start_again();
            senders.go_on_for(50).await;
            world.server.kill();
        }
        power_cut(&mut world, &disk, &mut random);
    }
    senders.go_on_for(50).await;
    let outcome = senders.stop().await;
    assert_eq!(outcome.odd, Vec::<String>::new());
    nothing_lost_nothing_doubled(&world, &outcome.acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_synced_ends_the_server_though_its_log_can() {
    let (mut world, disk) = world().await;
    let hook = world.hook("aircall").await;
    let senders = Senders::start(&world, &hook, SENDERS);
    senders.go_on_for(50).await;
    disk.be(State::DatabaseUnsynced);
    senders.go_on_for(50).await;
    // Webhooks of half a megabyte fill the log until it is moved into the database.
    let large = json!({
        "resource": "user", "event": "user.created", "timestamp": 1, "token": AIRCALL_TOKEN,
        "data": { "id": 1, "name": "x".repeat(500_000) },
    });
    let fill = async || {
        let answer = world.http.post(&hook).json(&large).send().await;
        !answer.is_ok_and(|answer| answer.status() == StatusCode::ACCEPTED)
    };
    until("the log is full", fill).await;
    assert_eq!(world.server.ended().await, Some(1), "{}", world.server.log());
    power_cut(&mut world, &disk, &mut random());
    senders.go_on_for(50).await;
    let outcome = senders.stop().await;
    assert_eq!(outcome.odd, Vec::<String>::new());
    nothing_lost_nothing_doubled(&world, &outcome.acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn power_cuts_under_load_lose_nothing_and_double_nothing() {
    const CUTS: usize = 20;
    let (mut world, disk) = world().await;
    let hook = world.hook("aircall").await;
    let mut random = random();
    let senders = Senders::start(&world, &hook, SENDERS);
    for _ in 0..CUTS {
        senders.go_on_for(30).await;
        world.server.kill();
        power_cut(&mut world, &disk, &mut random);
    }
    let outcome = senders.stop().await;
    nothing_lost_nothing_doubled(&world, &outcome.acknowledged).await;
}
