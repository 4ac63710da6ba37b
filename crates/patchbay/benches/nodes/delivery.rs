//! Delivery of 1, 2 and 4 `work` processes: how it grows.

use std::{path::Path, time::Instant};

use futures_util::{StreamExt, stream};

use crate::{
    calls, customers,
    options::number,
    process::Process,
    world::{World, now},
};

const LATENCY_MS: u64 = 100;
/// Envelopes that are handed to the store at once: a part of what its queue takes.
const AT_ONCE: usize = 1_000;

pub async fn measure(folder: &Path) {
    let (workspaces, calls) = (number("--workspaces", 400), number("--calls", 50));
    println!(
        "{workspaces} workspaces of as many accounts, {calls} calls each; HubSpot answers after {LATENCY_MS} ms"
    );
    let mut alone = None;
    for nodes in [1, 2, 4] {
        let per_second = deliver(folder, nodes, workspaces, calls).await;
        let alone = *alone.get_or_insert(per_second);
        println!("  {:.2} times what one process delivers", per_second / alone);
    }
}

async fn deliver(folder: &Path, nodes: usize, workspaces: usize, calls: usize) -> f64 {
    let world = World::start(folder, "postgres").await;
    let serve = world.run("serve");
    let customers = customers::connect(&world, &serve, workspaces).await;
    serve.stop();
    // In turn, so that each workspace's wait at the end of the queue is alike.
    let envelopes = (0..calls).flat_map(|n| customers.iter().map(move |customer| (customer, n)));
    let kept = stream::iter(envelopes)
        .map(|(customer, n)| world.store.append(calls::envelope(customer, n, now())))
        .buffer_unordered(AT_ONCE);
    kept.for_each(async |kept| assert!(kept.is_ok(), "{kept:?}")).await;
    world.latency(LATENCY_MS).await;
    let before = world.look("requests/count").await["count"].as_u64().expect("a count");
    let begun = Instant::now();
    let processes: Vec<Process> = (0..nodes).map(|_| world.run("work")).collect();
    world.until_written().await;
    let took = begun.elapsed().as_secs_f64();
    let requests = world.look("requests/count").await["count"].as_u64().expect("a count") - before;
    let processor: f64 = processes.iter().map(|process| process.processor().as_secs_f64()).sum();
    let mut held = 0;
    for number in 1..=workspaces {
        let objects = world.look(&format!("objects/calls?portal_id={number}")).await;
        held += objects["items"].as_array().expect("a list").len();
    }
    assert_eq!(held, workspaces * calls, "each call once");
    let per_second = held as f64 / took;
    println!(
        "{nodes} work: {per_second:.0} calls/s over {took:.1} s; {requests} requests; their processor time {processor:.1} s"
    );
    per_second
}
