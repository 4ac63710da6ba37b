//! Webhooks answered per second: the server as it is, the same door without a store, and the disk's own rate, in one run.
//!
//! `cargo bench -p patchbay --bench intake`, on PostgreSQL `cargo bench -p patchbay --bench intake -- --store postgres`

#![expect(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a benchmark that cannot go on stops; its figures are small"
)]

#[path = "../postgres/cluster.rs"]
mod cluster;
mod disk;
#[path = "../figures/figure.rs"]
mod figure;
mod load;
mod server;

use std::time::Duration;

use figure::{Figure, Of, number};

/// Connections that send at once, each waiting for its answer.
const CONNECTIONS: usize = 64;
/// How many seconds each server is under load, after one of warming up, unless `--seconds` says otherwise.
const SECONDS: u64 = 5;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if server::is_door_alone() {
        runtime.block_on(server::serve_door_alone());
        return;
    }
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let disk = disk::measure(folder.path());
    println!("machine: {cores} cores; fdatasync: {} a second, p50 {:.2} ms", disk.per_second, disk.p50_ms);

    let seconds = option("--seconds").map_or(SECONDS, |text| text.parse().expect("a number of seconds"));
    let span = Duration::from_secs(seconds);
    let door = server::start_door_alone();
    let alone = runtime.block_on(load::run(&door.hook, CONNECTIONS, span));
    drop(door);
    print("no store", &alone);

    let is_postgres = option("--store").as_deref() == Some("postgres");
    let cluster = is_postgres.then(|| cluster::Cluster::start(folder.path()));
    let sqlite = format!("sqlite:{}", folder.path().join("bench.db").display());
    let (database, name, aim) =
        cluster.as_ref().map_or((&sqlite, "SQLite", 25), |cluster| (&cluster.url, "PostgreSQL", 20));
    let kept = runtime.block_on(server::start_patchbay(database));
    let stored = runtime.block_on(load::run(&kept.hook, CONNECTIONS, span));
    drop(kept);
    print(&format!("stored by {name}, answered after the commit"), &stored);

    let share = stored.per_second / alone.per_second;
    println!(
        "share of the no-store rate: {:.0} % (aim: at least {aim} %); p99 {:.1} ms (aim: under 25 ms)",
        share * 100.0,
        stored.p99_ms
    );
    Figure {
        what: format!("webhooks kept by {name}, then answered"),
        came_to: format!(
            "{}/s, p50 {:.2} ms, p99 {:.2} ms",
            number(stored.per_second, 0),
            stored.p50_ms,
            stored.p99_ms
        ),
        limit: format!(
            "{}/s by the same door without a store; the disk syncs {}/s",
            number(alone.per_second, 0),
            number(disk.per_second as f64, 0)
        ),
        of: Of::Possible,
        share,
        aim: Some(f64::from(aim) / 100.0),
    }
    .tell();
}

/// What follows the name on the command line.
fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

fn print(what: &str, figures: &load::Figures) {
    println!(
        "{what}: {:.0}/s; p50 {:.2} ms, p99 {:.2} ms; {} answered, {} refused",
        figures.per_second, figures.p50_ms, figures.p99_ms, figures.answered, figures.refused
    );
}
