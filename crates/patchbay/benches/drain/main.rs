//! Calls waiting for a HubSpot that allows 110 requests in ten seconds and answers after 50 ms: how fast they are written.
//!
//! `cargo bench -p patchbay --bench drain`, or with the number of calls: `cargo bench -p patchbay --bench drain -- 100000`

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on ends")]
#![expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]

#[path = "../intake/disk.rs"]
mod disk;
#[path = "../figures/figure.rs"]
mod figure;
mod post;
mod watch;
mod world;

use std::time::Instant;

use crate::{
    figure::{Figure, Of, number},
    world::World,
};

/// Calls, unless told otherwise.
const CALLS: usize = 20_000;
/// People in HubSpot whom the calls are with, in turn.
const CONTACTS: usize = 100;
/// What an app from HubSpot's marketplace may send.
const BURST_MAX: u64 = 110;
const BURST_MS: u64 = 10_000;
const LATENCY_MS: u64 = 50;
/// Activities in one request at most.
const BATCH_MAX: u64 = 100;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(bench());
}

async fn bench() {
    let calls = calls();
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let disk = disk::measure(folder.path());
    println!("machine: {cores} cores, shared by Patchbay, HubSpot's stand-in and this");
    println!("fdatasync: {} a second, p50 {:.2} ms", disk.per_second, disk.p50_ms);

    let world = World::start(folder.path()).await;
    world.know(CONTACTS).await;
    world.pause().await;
    let begun = Instant::now();
    post::calls(&world.hook, calls, CONTACTS).await;
    println!("{calls} webhooks acknowledged in {:.1} s, HubSpot paused", begun.elapsed().as_secs_f64());
    world.until_read(calls).await;
    println!("all read and waiting after {:.1} s", begun.elapsed().as_secs_f64());

    // What connecting took is to be out of HubSpot's window.
    tokio::time::sleep(std::time::Duration::from_millis(BURST_MS)).await;
    world.limit(BURST_MAX, BURST_MS, LATENCY_MS).await;
    let (processor, before) = (world.processor(), world.requests().await);
    world.resume().await;
    let drained = watch::until_written(&world).await;
    let processor = world.processor().saturating_sub(processor);
    world.check(calls).await;

    let took = drained.took.as_secs_f64();
    let requests = drained.requests - before;
    println!(
        "calls of {CONTACTS} contacts that HubSpot has; {BURST_MAX} requests in {} s, {LATENCY_MS} ms each",
        BURST_MS / 1_000
    );
    println!(
        "refused for rate (429): {}; most requests in any window: {}",
        drained.refused, drained.burst_peak
    );
    println!(
        "share of the allowance used: {:.1} % over {} whole windows (aim: at least 95 %)",
        drained.share(BURST_MAX, BURST_MS) * 100.0,
        drained.windows(BURST_MS)
    );
    let ceiling = (BURST_MAX * BATCH_MAX * 1_000 / BURST_MS) as f64;
    println!(
        "activities: {:.0} a second over {took:.1} s (ceiling: {ceiling:.0}); {requests} requests, {:.4} for each activity",
        calls as f64 / took,
        requests as f64 / calls as f64
    );
    println!(
        "Patchbay's processor time: {:.1} s, {:.0} % of one core",
        processor.as_secs_f64(),
        processor.as_secs_f64() / took * 100.0
    );
    let each = requests as f64 / calls as f64;
    Figure {
        what: format!("HubSpot's allowance used while {} calls wait", number(calls as f64, 0)),
        came_to: format!("{} calls/s", number(calls as f64 / took, 0)),
        limit: format!("{}/s by the account's limits", number(ceiling, 0)),
        of: Of::Possible,
        share: drained.share(BURST_MAX, BURST_MS),
        aim: Some(0.95),
    }
    .tell();
    Figure {
        what: "requests for each of these calls".to_owned(),
        came_to: format!("{each:.4}"),
        limit: format!("{:.4} with {BATCH_MAX} in each request and no question", 1.0 / BATCH_MAX as f64),
        of: Of::Possible,
        share: 1.0 / BATCH_MAX as f64 / each,
        aim: None,
    }
    .tell();
}

fn calls() -> usize {
    std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(CALLS)
}
