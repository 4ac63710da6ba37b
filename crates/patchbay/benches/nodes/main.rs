//! Several nodes, many workspaces, long histories: what each costs, on either database.
//!
//! `cargo bench -p patchbay --bench nodes -- delivery`: how delivery grows with 1, 2 and 4 `work` processes
//! `cargo bench -p patchbay --bench nodes -- quiet`: from webhook to HubSpot's write, alone and beside a flood
//! `cargo bench -p patchbay --bench nodes -- idle`: memory and processor time of a node whose workspaces do nothing
//! `cargo bench -p patchbay --bench nodes -- growth`: the time for an event with a short and with a long history
//!
//! `--store sqlite` or `--store postgres` chooses the database where both can be; `docs/benchmarks.md` has the other options.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on ends")]
#![expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]

mod calls;
#[path = "../postgres/cluster.rs"]
mod cluster;
mod customers;
mod delivery;
#[path = "../intake/disk.rs"]
mod disk;
#[path = "../figures/figure.rs"]
mod figure;
mod growth;
mod idle;
mod options;
mod process;
mod quiet;
mod world;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let disk = disk::measure(folder.path());
    println!("machine: {cores} cores, shared by Patchbay, its database, HubSpot's stand-in and this");
    println!("fdatasync: {} a second, p50 {:.2} ms", disk.per_second, disk.p50_ms);
    runtime.block_on(async {
        match options::word().as_str() {
            "delivery" => delivery::measure(folder.path()).await,
            "quiet" => quiet::measure(folder.path()).await,
            "idle" => idle::measure(folder.path()).await,
            "growth" => growth::measure(folder.path()).await,
            other => println!("\"{other}\" is none of delivery, quiet, idle, growth"),
        }
    });
}
