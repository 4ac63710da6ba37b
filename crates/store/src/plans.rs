//! For tests: an empty database, and how SQLite would go about a statement.

use crate::{
    Result,
    database::{Bind, Connection},
    migrate::migrate,
};

/// An empty database of the newest schema.
pub(crate) fn sample() -> Connection {
    let connection = Connection::Sqlite(rusqlite::Connection::open_in_memory().unwrap());
    connection.batch("PRAGMA foreign_keys = ON").unwrap();
    migrate(&connection).unwrap();
    connection
}

/// The lines of the query plan.
pub(crate) fn plan(sql: &str) -> Vec<String> {
    explained(&sample(), sql).unwrap()
}

fn explained(connection: &Connection, sql: &str) -> Result<Vec<String>> {
    let nothing: Option<i64> = None;
    let places = (1..).take_while(|n| sql.contains(&format!("${n}")));
    let values: Vec<&dyn Bind> = places.map(|_| &nothing as &dyn Bind).collect();
    // id, parent, nothing, and the words.
    connection.all(&format!("EXPLAIN QUERY PLAN {sql}"), &values, |row| row.get(3))
}

/// The tables that grow with a workspace's history.
const LONG: [&str; 9] = [
    "envelopes",
    "records",
    "record_keys",
    "record_words",
    "ledger",
    "absorptions",
    "contacts",
    "notices",
    "audit",
];

/// Indexes that hold little: what is unread, waits, is a problem. Walking a workspace's part of one is no walk of its history.
const SHORT: [&str; 8] = [
    "envelopes_unread",
    "envelopes_unreadable",
    "records_waiting",
    "records_problem",
    "records_problem_since",
    "records_unwritten",
    "records_due",
    "notices_problem",
];

/// What may walk all of a workspace, and why.
const ALLOWED: [&str; 1] = [
    // Another account was connected: none of the old one's contacts may be used.
    "DELETE FROM contacts WHERE workspace = $1",
];

/// The statements that stand in a source text as they are carried out, without those that are put together.
fn statements(source: &str) -> impl Iterator<Item = String> {
    let verbs = ["\"SELECT ", "\"UPDATE ", "\"DELETE ", "\"WITH "];
    let begins = source.match_indices('"').map(|(at, _)| &source[at..]);
    let texts = begins.filter(move |rest| verbs.iter().any(|verb| rest.starts_with(verb)));
    let wholes = texts.filter_map(|rest| Some(&rest[1..=rest[1..].find('"')?]));
    wholes
        .filter(|text| !text.contains(['{', '\\']))
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether a line of a plan walks a table as far as it is long, or a workspace's part of it.
fn is_long_walk(line: &str, sql: &str) -> bool {
    let name = line.split(' ').nth(1).unwrap_or_default();
    // An alias is as good as a name here: those of the long tables are told by where they are said.
    let is_long = LONG.iter().any(|table| name == *table || sql.contains(&format!("{table} {name} ")));
    let is_short =
        SHORT.iter().any(|index| line.contains(&format!("INDEX {index} ")) || line.ends_with(index));
    let is_walk = line.starts_with("SCAN ") || line.ends_with("(workspace=?)");
    is_walk && is_long && !is_short
}

#[test]
fn no_statement_walks_a_workspaces_history() {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let sample = sample();
    let (mut looked_at, mut walks) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            for sql in statements(&std::fs::read_to_string(&path).unwrap()) {
                // PostgreSQL's own are no SQL to SQLite.
                let Ok(plan) = explained(&sample, &sql) else { continue };
                looked_at += 1;
                let is_walk = plan.iter().any(|line| is_long_walk(line, &sql));
                if is_walk && !ALLOWED.contains(&sql.as_str()) {
                    walks.push((path.clone(), sql, plan));
                }
            }
        }
    }
    assert!(walks.is_empty(), "{walks:#?}");
    assert!(looked_at > 100, "only {looked_at} statements were found");
}
