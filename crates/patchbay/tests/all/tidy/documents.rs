//! What the documents claim, held against the tree.

use std::path::Path;
use std::{collections::BTreeSet, fs};

use super::tree::{File, files, none, read, root};

/// Where a path begins, seen from the root.
const TOPS: [&str; 7] = ["crates/", "docs/", "bin/", "bench/", "deploy/", ".ci/", ".config/"];

/// How a file's name ends.
const ENDINGS: [&str; 5] = [".rs", ".md", ".toml", ".sql", ".yaml"];

/// What runs Patchbay as operators do.
const DEPLOYMENTS: [&str; 4] = ["Dockerfile", "compose.yaml", "deploy/Caddyfile", "deploy/patchbay.service"];

/// What a decision says, in this order.
const DECISION: [&str; 4] = ["## Context", "## Choice", "## Cost", "## What would change our mind"];

fn documents() -> Vec<File> {
    files("md")
}

/// Lines with their numbers, fenced code left out.
fn prose(file: &File) -> Vec<(usize, &str)> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for (n, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push((n + 1, line));
        }
    }
    lines
}

/// What stands between backticks.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(name: &str) -> bool {
    let is_plain = !name.contains([' ', '{', '<', '*', '$', '?', '=', '…'])
        && !name.starts_with(['/', '.', '-'])
        || TOPS.iter().any(|top| top.starts_with('.') && name.starts_with(top));
    let begins = TOPS.iter().any(|top| name.starts_with(top));
    let ends = ENDINGS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending));
    // A source file named without its folder is a kind of file, not one.
    is_plain
        && (begins
            || (ends
                && (name.contains('/') || Path::new(name).extension().is_none_or(|ending| ending != "rs"))))
}

#[test]
fn each_path_that_a_document_names_exists() {
    let mut missing = Vec::new();
    for file in documents() {
        for (n, line) in prose(&file) {
            let paths = named(line).filter(|name| is_path(name) && !root().join(name).exists());
            missing.extend(paths.map(|path| format!("{}:{n} names {path}", file.path)));
        }
    }
    none("a document names what is not there", &missing);
}

#[test]
fn each_link_between_documents_leads_somewhere() {
    let mut broken = Vec::new();
    for file in documents() {
        let folder = root().join(&file.path).parent().unwrap().to_path_buf();
        for (n, line) in prose(&file) {
            for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let path = target.split('#').next().unwrap();
                if !target.contains("://") && !path.is_empty() && !folder.join(path).exists() {
                    broken.push(format!("{}:{n} links to {target}", file.path));
                }
            }
        }
    }
    none("a link leads nowhere", &broken);
}

#[test]
fn each_function_that_a_document_names_exists() {
    let sources: Vec<File> = files("rs");
    let is_there = |name: &str| {
        let (generic, plain) = (format!("fn {name}<"), format!("fn {name}("));
        sources.iter().any(|file| file.text.contains(&generic) || file.text.contains(&plain))
    };
    let mut missing = Vec::new();
    for file in documents() {
        for (n, line) in prose(&file) {
            for name in named(line).filter_map(|name| name.strip_suffix("()")) {
                let last = name.rsplit("::").next().unwrap();
                if !is_there(last) {
                    missing.push(format!("{}:{n} names {name}()", file.path));
                }
            }
        }
    }
    none("a document names a function that is not there", &missing);
}

#[test]
fn one_sentence_per_line() {
    let mut found = Vec::new();
    for file in documents() {
        for (n, line) in prose(&file) {
            if line.starts_with(['|', '#']) {
                continue;
            }
            let line = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
            let parts: Vec<&str> = line.strip_prefix(". ").unwrap_or(line).split(". ").collect();
            let is_second = |part: &&str| part.starts_with(|c: char| c.is_uppercase() || c == '`');
            if parts.iter().skip(1).any(is_second) {
                found.push(format!("{}:{n}", file.path));
            }
        }
    }
    none("more than one sentence in a line", &found);
}

#[test]
fn each_crate_is_on_the_map() {
    let map = read("ARCHITECTURE.md");
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().file_name());
    let missing = crates
        .map(|name| format!("crates/{}", name.into_string().unwrap()))
        .filter(|path| !map.contains(&format!("`{path}`")));
    none("ARCHITECTURE.md leaves out", &missing.collect::<Vec<_>>());
}

/// The names of settings in a text, without `PATCHBAY_`.
fn settings_in(text: &str) -> BTreeSet<String> {
    let after = text.split("PATCHBAY_").skip(1);
    after.map(|rest| rest.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect()).collect()
}

fn settings_declared() -> BTreeSet<String> {
    let source = read("crates/patchbay/src/settings.rs");
    let declared: String = source.lines().filter(|line| line.contains("env = \"PATCHBAY_")).collect();
    settings_in(&declared)
}

#[test]
fn the_settings_table_names_each_setting_and_no_other() {
    let table: String = read("README.md").lines().filter(|line| line.starts_with("| `PATCHBAY_")).collect();
    assert_eq!(settings_in(&table), settings_declared());
}

#[test]
fn each_setting_that_a_deployment_gives_is_one() {
    let declared = settings_declared();
    let mut unknown = Vec::new();
    for path in DEPLOYMENTS {
        let given = settings_in(&read(path));
        unknown.extend(given.difference(&declared).map(|name| format!("{path} gives PATCHBAY_{name}")));
    }
    none("no setting is called so", &unknown);
}

#[test]
fn the_page_for_operators_names_each_number_and_no_other() {
    let mut counted = BTreeSet::new();
    for file in files("rs").iter().filter(|file| !file.is_test()) {
        for (_, line) in file.code() {
            for call in ["counter!(", "gauge!(", "histogram!("] {
                let name = line.split(call).nth(1).and_then(|rest| rest.split('"').nth(1));
                counted.extend(name.filter(|name| name.starts_with("patchbay_")).map(str::to_owned));
            }
        }
    }
    let page = read("docs/operations.md");
    let told: BTreeSet<String> = page
        .lines()
        .flat_map(named)
        .filter(|name| name.starts_with("patchbay_"))
        .map(str::to_owned)
        .collect();
    assert_eq!(told, counted);
}

#[test]
fn each_log_line_on_the_page_for_operators_is_written_somewhere() {
    let page = read("docs/operations.md");
    let logs = page.split("## ").find(|section| section.starts_with("Logs")).unwrap();
    let lines: Vec<&str> =
        logs.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert!(!lines.is_empty());
    let sources = files("rs");
    let is_there = |line: &str| {
        let fixed = line.trim_end_matches([' ', '…']);
        sources.iter().any(|file| !file.is_test() && file.text.contains(fixed))
    };
    let missing = lines.into_iter().filter(|line| !is_there(line));
    none("no source writes", &missing.map(str::to_owned).collect::<Vec<_>>());
}

#[test]
fn decisions_are_numbered_and_say_what_would_change_our_mind() {
    let mut wrong = Vec::new();
    let decisions: Vec<File> =
        documents().into_iter().filter(|file| file.path.starts_with("docs/decisions/")).collect();
    assert!(!decisions.is_empty());
    for (n, file) in decisions.iter().enumerate() {
        if !file.path.starts_with(&format!("docs/decisions/{:04}-", n + 1)) {
            wrong.push(format!("{} is not number {}", file.path, n + 1));
        }
        let headings: Vec<&str> = file.text.lines().filter(|line| line.starts_with("## ")).collect();
        if headings != DECISION {
            wrong.push(format!("{} has the headings {headings:?}", file.path));
        }
    }
    none("a decision", &wrong);
}

#[test]
fn the_readmes_test_command_is_the_one_that_ci_runs() {
    let command = "bin/test";
    assert!(read("README.md").lines().any(|line| line == command), "README.md names another command");
    assert!(read(".ci/run").contains(command), ".ci/run calls another command");
}
