//! Fuzzing of all that comes from outside: what is kept in `tests/corpus` is changed again and again, and whatever comes of
//! it, nothing breaks down and what is promised of any input holds.
//!
//! `bin/fuzz` goes on for as long as asked; what it last came to stands in `docs/reliability.md`. Inputs that are answered
//! in a way not seen before are changed further, which takes the place of counting which lines were run.

mod mutant;
mod reader;
mod signature;
mod surface;
mod text;

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use domain::source::Source;
use sha2::{Digest, Sha256};

use self::mutant::Mutants;

/// Mutants of each target that every run of the tests tries.
const USUAL: u64 = 300;

/// Tries an input: in which way it was answered, or what was wrong with that.
type Try = Box<dyn FnMut(&[u8]) -> Result<String, String>>;

/// What is fuzzed: its name, and how an input is tried.
struct Target {
    name: &'static str,
    try_one: Try,
}

/// What came of fuzzing a target.
struct Outcome {
    tries: u64,
    /// How long they took: less than asked where something was found.
    took: Duration,
    /// Ways in which inputs were answered.
    ways: usize,
    findings: Vec<String>,
}

fn targets() -> Vec<Target> {
    let reader = |source: Source| Target { name: source.word(), try_one: reader::of(source) };
    let mut all: Vec<Target> = Source::ALL.into_iter().map(reader).collect();
    all.extend([
        Target { name: "standard", try_one: Box::new(signature::standard) },
        Target { name: "signatures", try_one: Box::new(signature::others) },
        Target { name: "phones", try_one: Box::new(text::phone) },
        Target { name: "doors", try_one: surface::doors() },
        Target { name: "api", try_one: surface::api() },
    ]);
    all
}

#[test]
fn what_comes_from_outside_breaks_nothing_however_it_is_changed() {
    let mut findings = Vec::new();
    for target in targets() {
        findings.extend(fuzz(target, 0, false, |tries, _| tries < USUAL).findings);
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// `FUZZ_SECONDS` for each target, beginning with `FUZZ_SEED`; `FUZZ_TARGET` picks one. With `FUZZ_KEEP` what was answered in
/// a new way is kept.
#[test]
#[expect(clippy::disallowed_methods, reason = "how long is asked for on the command line")]
#[ignore = "as long as one likes: see bin/fuzz"]
fn for_as_long_as_asked() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (seconds, seed) = (number("FUZZ_SECONDS").unwrap_or(60), number("FUZZ_SEED").unwrap_or(1));
    let (only, keeps) = (std::env::var("FUZZ_TARGET").ok(), std::env::var("FUZZ_KEEP").is_ok());
    let long = Duration::from_secs(seconds);
    let mut findings = Vec::new();
    for target in targets().into_iter().filter(|target| only.as_ref().is_none_or(|only| only == target.name))
    {
        let name = target.name;
        let outcome = fuzz(target, seed, keeps, |_, begun| begun.elapsed() < long);
        println!(
            "{name}: {} inputs in {} s, answered in {} ways, {} findings",
            outcome.tries,
            outcome.took.as_secs(),
            outcome.ways,
            outcome.findings.len()
        );
        findings.extend(outcome.findings);
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// Tries the corpus, then mutants for as long as it goes on; what was answered in a new way is kept if asked.
fn fuzz(mut target: Target, seed: u64, keeps: bool, goes_on: impl Fn(u64, Instant) -> bool) -> Outcome {
    let folder = corpus(target.name);
    let mut inputs = kept(&folder);
    assert!(!inputs.is_empty(), "{} has no corpus", target.name);
    let (mut mutants, mut ways, mut findings) = (Mutants::of(seed), BTreeSet::new(), Vec::new());
    for input in &inputs {
        match tried(&mut target, input) {
            Ok(way) => drop(ways.insert(way)),
            Err(what) => findings.push(found(target.name, input, &what)),
        }
    }
    let (begun, mut tries) = (Instant::now(), 0);
    while goes_on(tries, begun) {
        tries += 1;
        let input = mutants.next(&inputs);
        match tried(&mut target, &input) {
            Ok(way) => {
                if ways.insert(way) {
                    if keeps {
                        fs::write(folder.join(name_of(&input)), &input).unwrap();
                    }
                    inputs.push(input);
                }
            }
            Err(what) => {
                findings.push(found(target.name, &input, &what));
                // One more would say the same.
                break;
            }
        }
    }
    Outcome { tries, took: begun.elapsed(), ways: ways.len(), findings }
}

fn tried(target: &mut Target, input: &[u8]) -> Result<String, String> {
    catch_unwind(AssertUnwindSafe(|| (target.try_one)(input)))
        .unwrap_or_else(|_| Err("broke down".to_owned()))
}

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target)
}

/// The kept inputs, in one order on each machine.
fn kept(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

fn name_of(input: &[u8]) -> String {
    hex::encode(&Sha256::digest(input)[..6])
}

/// Keeps an input that was answered wrongly; put among the corpus it is a test from then on.
fn found(target: &str, input: &[u8], what: &str) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{target}-{}", name_of(input)));
    fs::write(&file, input).unwrap();
    format!("{target}: {what}; the input is in {}", file.display())
}
