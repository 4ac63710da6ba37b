//! Which crate may use which, and what each law forbids to depend on.

use std::{collections::BTreeSet, fs};

use toml::{Table, Value};

use super::tree::{none, read, root};

/// What each crate may use of ours, lowest first. A new line here is discussed before it is written.
const MAY_USE: [(&str, &[&str]); 7] = [
    ("domain", &[]),
    ("connectors", &["domain"]),
    ("store", &["domain"]),
    ("engine", &["domain", "connectors", "store"]),
    ("web", &["domain", "connectors", "store"]),
    ("sandbox", &[]),
    ("patchbay", &["domain", "connectors", "store", "engine", "web", "sandbox"]),
];

/// What `domain` may use of others: data and text, nothing that does IO.
const DOMAIN_MAY_USE: [&str; 6] = ["serde", "serde_json", "jiff", "html-escape", "rlibphonenumber", "uuid"];

/// Crates that one room alone may use.
const RESERVED: [(&str, &str); 3] =
    [("rusqlite", "store"), ("metrics-exporter-prometheus", "web and patchbay"), ("clap", "patchbay")];

/// TLS beside rustls with ring: a second stack is a second set of flaws.
const OTHER_TLS: [&str; 5] = ["openssl", "openssl-sys", "native-tls", "aws-lc-sys", "boring-sys"];

fn manifest(name: &str) -> Table {
    read(&format!("crates/{name}/Cargo.toml")).parse().unwrap()
}

fn crate_folders() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

fn names(manifest: &Table, section: &str) -> Vec<String> {
    let table = manifest.get(section).and_then(Value::as_table);
    table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

fn is_ours(name: &str) -> bool {
    MAY_USE.iter().any(|(ours, _)| *ours == name)
}

#[test]
fn each_crate_has_a_row_in_the_table_of_rooms() {
    let rows: BTreeSet<String> = MAY_USE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(crate_folders(), rows);
    for name in rows {
        assert_eq!(
            manifest(&name)["package"]["name"].as_str(),
            Some(name.as_str()),
            "folder and crate differ"
        );
    }
}

#[test]
fn crates_depend_only_downwards() {
    let mut breaches = Vec::new();
    for (name, allowed) in MAY_USE {
        let manifest = manifest(name);
        for section in ["dependencies", "build-dependencies"] {
            let used = names(&manifest, section);
            let wrong = used.iter().filter(|used| is_ours(used) && !allowed.contains(&used.as_str()));
            breaches.extend(wrong.map(|used| format!("{name} uses {used}")));
        }
    }
    none("a crate uses what its law forbids", &breaches);
}

/// Tests of the higher rooms may play against the sandbox; below them, and in the sandbox itself, nothing more is allowed.
#[test]
fn tests_depend_only_downwards_and_on_the_sandbox() {
    let mut breaches = Vec::new();
    for (name, allowed) in MAY_USE {
        let used = names(&manifest(name), "dev-dependencies");
        let plays = !allowed.is_empty();
        let wrong = used
            .iter()
            .filter(|used| is_ours(used) && !allowed.contains(&used.as_str()))
            .filter(|used| !(plays && *used == "sandbox"));
        breaches.extend(wrong.map(|used| format!("the tests of {name} use {used}")));
    }
    none("tests use what their crate's law forbids", &breaches);
}

#[test]
fn domain_depends_on_nothing_that_does_io() {
    let used = names(&manifest("domain"), "dependencies");
    let wrong: Vec<String> =
        used.into_iter().filter(|used| !DOMAIN_MAY_USE.contains(&used.as_str())).collect();
    none("domain may not use", &wrong);
}

#[test]
fn some_crates_are_for_one_room_alone() {
    let mut breaches = Vec::new();
    for (name, _) in MAY_USE {
        let used = names(&manifest(name), "dependencies");
        for (reserved, rooms) in RESERVED {
            if used.iter().any(|used| used == reserved) && !rooms.split(" and ").any(|room| room == name) {
                breaches.push(format!("{name} uses {reserved}, which is for {rooms}"));
            }
        }
    }
    none("a crate is used outside its room", &breaches);
}

#[test]
fn each_dependency_is_declared_once_and_used() {
    let workspace: Table = read("Cargo.toml").parse().unwrap();
    let mut unused: BTreeSet<String> =
        workspace["workspace"]["dependencies"].as_table().unwrap().keys().cloned().collect();
    let mut breaches = Vec::new();
    for (name, _) in MAY_USE {
        let manifest = manifest(name);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(table) = manifest.get(section).and_then(Value::as_table) else { continue };
            for (used, how) in table {
                unused.remove(used);
                if how.get("workspace").and_then(Value::as_bool) != Some(true) {
                    breaches.push(format!("{name} declares {used} on its own"));
                }
            }
        }
    }
    breaches.extend(unused.into_iter().map(|name| format!("{name} is declared and used by nobody")));
    none("dependencies are declared once, in the workspace", &breaches);
}

#[test]
fn there_is_one_tls_stack() {
    let lock: Table = read("Cargo.lock").parse().unwrap();
    let locked = lock["package"].as_array().unwrap().iter().filter_map(|package| package["name"].as_str());
    let wrong: Vec<String> = locked.filter(|name| OTHER_TLS.contains(name)).map(str::to_owned).collect();
    none("another TLS stack is linked", &wrong);
}
