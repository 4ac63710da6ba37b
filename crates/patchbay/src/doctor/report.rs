//! What the doctor says: lines for people, or one JSON object for each check.

use connectors::hubspot::Probe;
use serde::Serialize;

/// How it is with what was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Fine,
    /// It works; somebody may want to know.
    Notice,
    /// It does not work.
    Wrong,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub check: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found, and what to do.
    pub said: String,
}

impl Check {
    pub fn fine(check: &'static str, said: impl Into<String>) -> Self {
        Self { check, health: Health::Fine, said: said.into() }
    }

    pub fn notice(check: &'static str, said: impl Into<String>) -> Self {
        Self { check, health: Health::Notice, said: said.into() }
    }

    pub fn wrong(check: &'static str, said: impl Into<String>) -> Self {
        Self { check, health: Health::Wrong, said: said.into() }
    }
}

/// Says each finding as it is made.
pub struct Report {
    is_json: bool,
    wrong: usize,
}

impl Report {
    pub fn new(is_json: bool) -> Self {
        Self { is_json, wrong: 0 }
    }

    /// How many checks found something wrong.
    pub fn wrong(&self) -> usize {
        self.wrong
    }

    pub fn check(&mut self, check: &Check) {
        self.wrong += usize::from(check.health == Health::Wrong);
        let health = match check.health {
            Health::Fine => "fine  ",
            Health::Notice => "notice",
            Health::Wrong => "WRONG ",
        };
        self.say(check, || format!("{health}  {}: {}", check.check, check.said));
    }

    pub fn checks(&mut self, checks: &[Check]) {
        for check in checks {
            self.check(check);
        }
    }

    pub fn probes(&self, probes: &[Probe]) {
        for probe in probes {
            self.probe(probe);
        }
    }

    fn probe(&self, probe: &Probe) {
        let Probe { question, asked, seen, either_way } = probe;
        let words = || {
            format!("probe   {question}\n        asked: {asked}\n        seen: {seen}\n        {either_way}")
        };
        self.say(probe, words);
    }

    fn say(&self, finding: &impl Serialize, words: impl FnOnce() -> String) {
        match serde_json::to_string(finding) {
            Ok(json) if self.is_json => println!("{json}"),
            _ => println!("{}", words()),
        }
    }
}
