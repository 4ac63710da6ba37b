//! A server that is killed again and again under load loses nothing that it acknowledged, and writes nothing twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::Value;

use crate::world::{World, ended_call, until};

const KILLS: u32 = 50;
const SENDERS: u64 = 4;
/// Calls of one unknown number are spread over the kills: they must make one contact all the same.
const NUMBERS: u64 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_under_load_lose_nothing_and_double_nothing() {
    let mut world = World::connected().await;
    // A little latency widens the gaps between the steps that a kill may fall into.
    world.hubspot(reqwest::Method::POST, "latency", serde_json::json!({ "ms": 20 })).await;
    let hook = world.hook("aircall").await;
    let acknowledged: Arc<Mutex<BTreeSet<u64>>> = Arc::default();
    let stop = Arc::new(AtomicBool::new(false));
    let next = Arc::new(AtomicU64::new(1));
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (http, hook) = (world.http.clone(), hook.clone());
            let (acknowledged, stop, next) =
                (Arc::clone(&acknowledged), Arc::clone(&stop), Arc::clone(&next));
            tokio::spawn(async move {
                let mut pace = tokio::time::interval(Duration::from_millis(10));
                while !stop.load(Ordering::Relaxed) {
                    pace.tick().await;
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    let body = ended_call(id, &number(id), &[]);
                    if let Ok(answer) = http.post(&hook).json(&body).send().await
                        && answer.status() == 202
                    {
                        acknowledged.lock().unwrap().insert(id);
                    }
                }
            })
        })
        .collect();
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..KILLS {
        let target = acknowledged.lock().unwrap().len() + random.random_range(1..120);
        let mut look = tokio::time::interval(Duration::from_millis(1));
        while acknowledged.lock().unwrap().len() < target {
            look.tick().await;
        }
        world.server.kill();
        world.server.start_again();
    }
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await.unwrap();
    }
    let acknowledged = acknowledged.lock().unwrap().clone();
    until("all that was acknowledged is in HubSpot", async || {
        let calls = calls_by_start(&world).await;
        acknowledged.iter().all(|id| calls.contains_key(&start(*id)))
    })
    .await;
    let calls = calls_by_start(&world).await;
    let doubled: Vec<_> = calls.iter().filter(|(_, count)| **count > 1).collect();
    println!("{KILLS} kills, {} acknowledged, {} calls in HubSpot", acknowledged.len(), calls.len());
    assert!(acknowledged.len() > 500, "the load was a load: {}", acknowledged.len());
    assert_eq!(doubled, Vec::<(&String, &usize)>::new(), "seed {seed}");
    let mut numbers: Vec<Value> = world
        .objects("contacts")
        .await
        .iter()
        .map(|contact| contact["properties"]["phone"].clone())
        .collect();
    let contacts = numbers.len();
    numbers.sort_by_key(ToString::to_string);
    numbers.dedup();
    assert_eq!(numbers.len(), contacts, "one contact for each number, seed {seed}");
}

async fn calls_by_start(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in world.objects("calls").await {
        let at = call["properties"]["hs_timestamp"].as_str().unwrap();
        let second = at.parse::<jiff::Timestamp>().unwrap().as_second();
        *counts.entry(second.to_string()).or_default() += 1;
    }
    counts
}

fn start(id: u64) -> String {
    (1_780_000_000 + id * 60).to_string()
}

fn number(id: u64) -> String {
    format!("+1 415-556-{:04}", id % NUMBERS)
}
