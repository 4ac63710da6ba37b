//! All figures of a run in one table and one chart, each beside its limit. `bench/run` starts this last.
//!
//! `cargo bench -p patchbay --bench figures -- --from FILE --commit WORD --into FOLDER`: prints the table and writes
//! `benchmarks.md`'s part of it and `pictures/figures.svg` below the folder.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on ends")]
#![expect(clippy::cast_precision_loss, reason = "a rate stays far below 2^52")]

mod chart;
#[path = "../intake/disk.rs"]
mod disk;
#[expect(dead_code, reason = "the others tell figures, this one is told")]
mod figure;
mod table;

use std::{fs, path::Path};

use figure::{Figure, number};

/// What stands between these lines of the document is written by this.
const BEGIN: &str = "<!-- written by bench/run, from here -->\n";
const END: &str = "<!-- to here -->\n";

fn main() {
    let lines = fs::read_to_string(option("--from")).expect("the figures of the run");
    let figures: Vec<Figure> =
        lines.lines().map(|line| serde_json::from_str(line).expect("a line that is a figure")).collect();
    let run = run();
    println!("{run}\n\n{}", table::plain(&figures));

    let folder = option("--into");
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("pictures")).expect("a folder");
    fs::write(folder.join("pictures/figures.svg"), chart::draw(&figures, &run)).expect("room for the chart");
    let document = folder.join("benchmarks.md");
    let before = fs::read_to_string(&document).unwrap_or_else(|_| format!("# Benchmarks\n\n{BEGIN}{END}"));
    fs::write(document, rewritten(&before, &table::markdown(&figures, &run))).expect("room for the table");
}

/// The document with another part between its two lines.
fn rewritten(document: &str, part: &str) -> String {
    let (before, rest) = document.split_once(BEGIN).expect("the line where the part begins");
    let (_, after) = rest.split_once(END).expect("the line where the part ends");
    format!("{before}{BEGIN}\n{part}\n{END}{after}")
}

/// When, where and of what.
#[expect(clippy::disallowed_methods, reason = "a benchmark has no clock handed in")]
fn run() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let scratch = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let disk = disk::measure(scratch.path());
    let optimised = if cfg!(debug_assertions) { ", not optimised" } else { "" };
    format!(
        "{}, commit {}{optimised}: {cores} cores{}; fdatasync {}/s, p50 {:.2} ms",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        option("--commit"),
        processor().map(|name| format!(" of {name}")).unwrap_or_default(),
        number(disk.per_second as f64, 0),
        disk.p50_ms
    )
}

/// The processor's name, where the system tells it (proc(5)).
fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(": ")?.1.trim().to_owned())
}

fn option(name: &str) -> String {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).unwrap_or_else(|| panic!("{name} is missing: bench/run gives it"))
}
