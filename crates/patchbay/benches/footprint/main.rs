//! What Patchbay costs before it does anything: size, start-up, memory. Fails where one is over its budget.
//!
//! `cargo bench -p patchbay --bench footprint`

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on ends")]
#![expect(clippy::cast_precision_loss, reason = "a size stays far below 2^52")]

#[path = "../figures/figure.rs"]
mod figure;
#[path = "../nodes/process.rs"]
mod process;

use std::{
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use figure::{Figure, Of, number};
use process::Process;

/// What each may come to at most: size and memory a quarter above what they were when the budgets were set (37.7 MB, 20 MB),
/// starts five times (50 ms, 30 ms), since the machine's disk and its other work lie in them. To raise one is a decision,
/// with its reason in the commit.
const SIZE_MB: f64 = 47.0;
const FIRST_START_MS: f64 = 250.0;
const START_MS: f64 = 150.0;
const MEMORY_MB: f64 = 25.0;

/// How often it is started, each time first on an empty database and then on that of the start before.
const STARTS: usize = 11;
/// How long it does nothing before its memory is looked at.
const REST: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_patchbay")).expect("the binary").len() as f64 / 1e6;
    let (mut first, mut again, mut processor) = (Vec::new(), Vec::new(), Duration::ZERO);
    for _ in 0..STARTS {
        let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        for took in [&mut first, &mut again] {
            let (node, ms) = runtime.block_on(start(folder.path()));
            took.push(ms);
            processor = node.processor();
            node.stop();
        }
    }
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let (node, _) = runtime.block_on(start(folder.path()));
    std::thread::sleep(REST);
    let memory = node.memory_mb();
    println!(
        "processor time of a start on a database that is there: {:.0} ms",
        processor.as_secs_f64() * 1_000.0
    );
    let kept = [
        within("size of the binary", size, SIZE_MB, "MB"),
        within("start on an empty database, until ready", median(first), FIRST_START_MS, "ms"),
        within("start on a database that is there, until ready", median(again), START_MS, "ms"),
        within("memory at rest", memory, MEMORY_MB, "MB"),
    ];
    if cfg!(debug_assertions) {
        println!("not optimised: not held against the budgets");
    } else if kept.contains(&false) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Starts Patchbay; how many milliseconds it took until `/readyz` said that it is ready.
async fn start(folder: &Path) -> (Process, f64) {
    let http = connectors::http::client().expect("a client");
    let database = ("PATCHBAY_DATABASE_URL", format!("sqlite:{}", folder.join("bench.db").display()));
    let begun = Instant::now();
    let node = Process::start("serve", &[database]);
    let answer = http.get(format!("{}/readyz", node.origin)).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "it says that it listens, and is not ready");
    (node, begun.elapsed().as_secs_f64() * 1_000.0)
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Tells a figure; says whether it is within its budget.
fn within(what: &str, value: f64, budget: f64, unit: &str) -> bool {
    let is_kept = value <= budget;
    let verdict = if is_kept { "within" } else { "OVER" };
    println!("{what}: {} {unit}, {verdict} its budget of {budget} {unit}", number(value, 1));
    Figure {
        what: what.to_owned(),
        came_to: format!("{} {unit}", number(value, 1)),
        limit: format!("{budget} {unit}"),
        of: Of::Budget,
        share: value / budget,
        aim: None,
    }
    .tell();
    is_kept
}
