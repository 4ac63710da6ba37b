//! What may stand in a source file, and where.

use super::tree::{File, files, none};

/// Longer than this, a file holds more than one noun.
const LINES_MAX: usize = 500;

/// Files that are longer all the same, with the reason.
const LONG: [(&str, &str); 0] = [];

/// What `domain` does not do: IO, clocks, randomness, waiting.
const IMPURE: [&str; 14] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "::now()",
    "tokio",
    "async fn",
    "async move",
    ".await",
    "rand::",
    "new_v4",
];

/// SQL as it is written here: in capitals.
const SQL: [&str; 8] = [
    "SELECT ",
    "INSERT INTO",
    "INSERT OR ",
    " SET ",
    "DELETE FROM",
    "CREATE TABLE",
    "ON CONFLICT",
    "PRAGMA ",
];

/// The far side, and who plays on it: they speak as the providers do.
const FAR_SIDE: [&str; 2] = ["crates/sandbox/", "crates/patchbay/src/demo"];

/// HubSpot's property names are part of the plan (what it should hold is said in them) and of the look after a doubt.
const HUBSPOT_ROOMS: [&str; 3] =
    ["crates/connectors/src/hubspot", "crates/domain/src/plan", "crates/engine/src/doubt.rs"];

/// Words of the sources, each spelled only where the source is read.
const SOURCE_WORDS: [(&str, &str); 6] = [
    ("raw_digits", "crates/connectors/src/aircall"),
    ("missed_call_reason", "crates/connectors/src/aircall"),
    ("triggerEvent", "crates/connectors/src/calcom"),
    ("rescheduleUid", "crates/connectors/src/calcom"),
    ("old_invitee", "crates/connectors/src/calendly"),
    ("previous_start", "crates/connectors/src/calendar"),
];

fn breaches(file: &File, words: &[&str], says: &str) -> Vec<String> {
    let hits = file.code().filter_map(|(n, line)| {
        let word = words.iter().find(|word| line.contains(**word))?;
        Some(format!("{}:{n} {says} {}", file.path, word.trim()))
    });
    hits.collect()
}

/// Sources of the product itself, tests and benchmarks left out.
fn product() -> Vec<File> {
    files("rs").into_iter().filter(|file| !file.is_test()).collect()
}

fn is_in(file: &File, rooms: &[&str]) -> bool {
    rooms.iter().any(|room| file.path.starts_with(room))
}

#[test]
fn each_file_opens_with_one_line_saying_what_it_holds() {
    let silent = files("rs").into_iter().filter(|file| {
        let first = file.text.lines().next().and_then(|line| line.strip_prefix("//! "));
        first.is_none_or(|first| first.trim().is_empty())
    });
    none("opens without a line", &silent.map(|file| file.path).collect::<Vec<_>>());
}

#[test]
fn domain_does_no_io() {
    let domain = product().into_iter().filter(|file| file.path.starts_with("crates/domain/"));
    none("domain is pure", &domain.flat_map(|file| breaches(&file, &IMPURE, "uses")).collect::<Vec<_>>());
}

#[test]
fn sql_stands_under_the_store_only() {
    let others = product().into_iter().filter(|file| !file.path.starts_with("crates/store/"));
    none("SQL outside the store", &others.flat_map(|file| breaches(&file, &SQL, "says")).collect::<Vec<_>>());
}

#[test]
fn property_names_of_hubspot_stand_in_their_rooms_only() {
    let others = product().into_iter().filter(|file| !is_in(file, &HUBSPOT_ROOMS) && !is_in(file, &FAR_SIDE));
    let names = ["\"hs_", "(hs_", ".hs_", " hs_"];
    none("HubSpot's spelling", &others.flat_map(|file| breaches(&file, &names, "names")).collect::<Vec<_>>());
}

#[test]
fn a_sources_own_words_stand_in_its_reader_only() {
    let mut found = Vec::new();
    for file in product().into_iter().filter(|file| !is_in(file, &FAR_SIDE)) {
        for (word, room) in SOURCE_WORDS.iter().filter(|(_, room)| !file.path.starts_with(room)) {
            let said = breaches(&file, &[word], "names");
            found.extend(said.into_iter().map(|breach| format!("{breach}, which is for {room}")));
        }
    }
    none("a source's spelling", &found);
}

#[test]
fn only_the_binary_and_the_sandbox_read_the_clock() {
    let rooms = ["crates/patchbay/src/clock.rs", "crates/sandbox/"];
    let others = product().into_iter().filter(|file| !is_in(file, &rooms));
    let words = ["disallowed_methods"];
    none("a clock is read", &others.flat_map(|file| breaches(&file, &words, "excuses")).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_undone() {
    let words = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("db", "g!(")];
    none(
        "left undone",
        &files("rs").iter().flat_map(|file| breaches(file, &words, "has")).collect::<Vec<_>>(),
    );
}

#[test]
fn no_file_is_too_long_without_a_reason() {
    let sources = files("rs");
    let is_listed = |path: &str| LONG.iter().any(|(listed, reason)| *listed == path && !reason.is_empty());
    let long: Vec<(&str, usize)> = sources
        .iter()
        .map(|file| (file.path.as_str(), file.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .collect();
    let unexcused = long.iter().filter(|(path, _)| !is_listed(path));
    none("too long", &unexcused.map(|(path, lines)| format!("{path}: {lines} lines")).collect::<Vec<_>>());
    let needless = LONG.iter().filter(|(listed, _)| !long.iter().any(|(path, _)| path == listed));
    none("listed as long, and is not", &needless.map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>());
}

#[test]
fn no_place_of_one_machine_is_named() {
    let places = [concat!("/wo", "rk/"), concat!("/tm", "p/"), concat!("/ho", "me/"), concat!("/ro", "ot/")];
    let texts = ["md", "toml", "sql", "sh", "yaml"].into_iter().flat_map(files);
    let mut found = Vec::new();
    for file in texts.chain(product()) {
        for (n, line) in file.text.lines().enumerate() {
            let place = places.iter().find(|place| line.contains(**place));
            found.extend(place.map(|place| format!("{}:{} names {place}", file.path, n + 1)));
        }
    }
    none("a place of one machine", &found);
}

#[test]
fn no_line_ends_in_white_space() {
    let mut found = Vec::new();
    for file in ["rs", "md", "toml", "sql"].into_iter().flat_map(files) {
        let lines = file.text.split('\n').enumerate();
        let loose = lines.filter(|(_, line)| line.ends_with([' ', '\t', '\r']));
        found.extend(loose.map(|(n, _)| format!("{}:{}", file.path, n + 1)));
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            found.push(format!("{} does not end with one line end", file.path));
        }
    }
    none("white space at the end", &found);
}

/// The last migration from before several versions ran side by side.
const CONTRACTED_LAST: u32 = 11;

/// What would break a node of the version before, which reads and writes the tables as it knows them.
const CONTRACTS: [&str; 6] = ["DROP ", "RENAME ", "ALTER COLUMN", " TYPE ", "DELETE FROM", "TRUNCATE"];

#[test]
fn migrations_only_expand() {
    let mut wrong = Vec::new();
    for file in files("sql").into_iter().filter(|file| file.path.starts_with("crates/store/migrations/")) {
        let name = file.path.rsplit('/').next().unwrap();
        let number: u32 = name.split('_').next().unwrap().parse().unwrap();
        if number <= CONTRACTED_LAST {
            continue;
        }
        let code =
            file.text.lines().map(|line| line.split("--").next().unwrap()).collect::<Vec<_>>().join(" ");
        for statement in code.split(';') {
            let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ") + " ";
            wrong.extend(
                CONTRACTS
                    .iter()
                    .filter(|word| statement.to_uppercase().contains(**word))
                    .map(|word| format!("{} says {word}", file.path)),
            );
            let adds = statement.contains("ADD COLUMN") && statement.contains("NOT NULL");
            if adds && !statement.contains("DEFAULT") {
                wrong.push(format!("{} adds a column that the version before does not fill", file.path));
            }
        }
    }
    none("a node of the version before could not go on beside it", &wrong);
}
