//! The files of the repository, as the laws look at them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders that hold what is made, not what is written.
const MADE: [&str; 4] = [".git", "target", "patchbay-data", "node_modules"];

/// A text file of the repository.
pub struct File {
    /// Its path from the root, with slashes.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// Reads one file.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files whose names end in `.{extension}`, by path.
pub fn files(extension: &str) -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !MADE.contains(&name) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|own| own == extension) {
                let from_root = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(File { path: from_root, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

impl File {
    /// Whether the file is nothing but tests or benchmarks.
    pub fn is_test(&self) -> bool {
        ["/tests/", "/tests.rs", "/benches/"].iter().any(|place| self.path.contains(place))
    }

    /// The lines of code with their numbers: without comments, and without the unit tests at the end of the file.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut lines = self.text.lines().enumerate().peekable();
        std::iter::from_fn(move || {
            let (n, line) = lines.next()?;
            let begins_tests =
                line == "#[cfg(test)]" && lines.peek().is_some_and(|(_, next)| next.starts_with("mod tests"));
            (!begins_tests).then(|| (n + 1, without_comment(line)))
        })
    }
}

fn without_comment(line: &str) -> &str {
    let mut is_text = false;
    let mut chars = line.char_indices();
    while let Some((n, c)) = chars.next() {
        match c {
            '\\' if is_text => drop(chars.next()),
            '\'' if !is_text && line[n..].starts_with("'\"'") => drop(chars.nth(1)),
            '"' => is_text = !is_text,
            '/' if !is_text && line[n..].starts_with("//") => return &line[..n],
            _ => {}
        }
    }
    line
}

/// Fails with all breaches at once, so that one run tells all.
pub fn none(law: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{law}:\n  {}", breaches.join("\n  "));
}

#[test]
fn a_comment_is_told_from_an_address_in_a_text() {
    assert_eq!(without_comment("let a = \"http://x\"; // y"), "let a = \"http://x\"; ");
    assert_eq!(without_comment("'\"' // \""), "'\"' ");
}
