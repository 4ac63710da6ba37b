//! A server that is killed again and again under load loses nothing that it acknowledged, and writes nothing twice.

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    senders::{Senders, nothing_lost_nothing_doubled},
    world::World,
};

const KILLS: u32 = 50;
const SENDERS: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_under_load_lose_nothing_and_double_nothing() {
    let mut world = World::connected().await;
    // A little latency widens the gaps between the steps that a kill may fall into.
    world.hubspot(reqwest::Method::POST, "latency", serde_json::json!({ "ms": 20 })).await;
    let hook = world.hook("aircall").await;
    let senders = Senders::start(&world, &hook, SENDERS);
    let seed: u64 = rand::random();
    println!("seed {seed}, {KILLS} kills");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..KILLS {
        senders.go_on_for(random.random_range(1..120)).await;
        world.server.kill();
        world.server.start_again();
    }
    let outcome = senders.stop().await;
    assert!(outcome.acknowledged.len() > 500, "the load was a load: {}", outcome.acknowledged.len());
    nothing_lost_nothing_doubled(&world, &outcome.acknowledged).await;
}
