//! A figure beside its limit, as a benchmark hands it on to the table of all figures.

use std::io::Write;

use serde::{Deserialize, Serialize};

/// What was measured, with what bounds it in the same run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// What it came to, with its unit.
    pub came_to: String,
    /// What it stands beside, with its unit.
    pub limit: String,
    /// What its share is of.
    pub of: Of,
    /// The share.
    pub share: f64,
    /// The share that is aimed at: at least so much of what is possible, at most so much of the others.
    pub aim: Option<f64>,
}

/// What a figure is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Of {
    /// What the same machine could do at best, were everything else for nothing.
    Possible,
    /// The time that reading the webhook's JSON takes: the rules are pure, and nothing else bounds them.
    Reading,
    /// What it may cost.
    Budget,
}

impl Figure {
    /// Appends it as a line of JSON to the file that `--figures` names; without that nobody asked for it.
    pub fn tell(&self) {
        let Some(path) = std::env::args().skip_while(|argument| argument != "--figures").nth(1) else {
            return;
        };
        let line = serde_json::to_string(self).expect("a figure");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        writeln!(file.expect("a file of figures"), "{line}").expect("room for a line");
    }
}

/// A number with its thousands apart, rounded to so many decimals.
pub fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let groups: Vec<&str> =
        whole.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",") + rest
}
