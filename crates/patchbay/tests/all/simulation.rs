//! Simulation: the product with a HubSpot, a clock and a network that a seed decides. The same seed is the same run.
//!
//! `bin/simulate` runs as many seeds as asked; what it last came to stands in `docs/reliability.md`.

mod chance;
mod clock;
mod judge;
mod network;
mod node;
mod office;
mod post;
mod story;
mod world;

use std::{
    ops::Range,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use self::world::{Run, run};

/// The seeds that every run of the tests tries.
const USUAL: Range<u64> = 0..100;

#[test]
fn a_hundred_seeds_of_storms_and_crashes_leave_all_invariants_standing() {
    try_all(USUAL);
}

#[test]
fn a_seed_replays_to_the_letter() {
    for seed in 0..5 {
        let again = std::thread::spawn(move || run(seed)).join().unwrap();
        let Run { trace, findings } = run(seed);
        let parted = trace.iter().zip(&again.trace).position(|(one, other)| one != other);
        assert_eq!(parted.map(|at| (&trace[at], &again.trace[at])), None, "seed {seed} parts from itself");
        assert_eq!((trace.len(), findings), (again.trace.len(), again.findings), "seed {seed}");
    }
}

/// `SIMULATION_SEEDS` says which: `1000`, the first thousand; `7..8`, the seventh alone, with all that happens in it.
#[test]
#[expect(clippy::disallowed_methods, reason = "how many is asked for on the command line")]
#[ignore = "as long as one likes: see bin/simulate"]
fn as_many_seeds_as_asked() {
    let asked = std::env::var("SIMULATION_SEEDS").unwrap_or_else(|_| "1000".to_owned());
    let number = |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("{asked} is no span of seeds"));
    let seeds = match asked.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => 0..number(&asked),
    };
    if seeds.end - seeds.start == 1 {
        println!("{}", run(seeds.start).trace.join("\n"));
    }
    try_all(seeds);
}

/// Runs seeds on all processors; a seed with findings is told with how to replay it.
fn try_all(seeds: Range<u64>) {
    let begun = Instant::now();
    let next = AtomicU64::new(seeds.start);
    let failed = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let findings = std::panic::catch_unwind(|| run(seed).findings)
                        .unwrap_or_else(|_| vec!["the run broke down".to_owned()]);
                    if !findings.is_empty() {
                        println!("seed {seed}: {}", findings.join("; "));
                        println!("  replay: bin/simulate {seed}..{}", seed + 1);
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let (count, took, failed) = (seeds.end - seeds.start, begun.elapsed(), failed.into_inner().unwrap());
    println!("{count} seeds in {took:.1?}, {} of them with findings", failed.len());
    assert!(failed.is_empty(), "seeds with findings: {failed:?}");
}
