//! The diary of an address: every request it was asked and what it answered.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock;

/// Older entries are forgotten; 20,000 batches of 100 are more than a long test makes.
const ENTRIES_MAX: usize = 20_000;

#[derive(Debug, Default)]
pub struct Diary {
    entries: VecDeque<Entry>,
    last: u64,
    total: u64,
    by_path: BTreeMap<String, u64>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub n: u64,
    pub at: String,
    pub method: String,
    pub path: String,
    pub query: String,
    /// None while a request hangs, or when it was cut off before anything was done.
    pub status: Option<u16>,
    /// The kind of fault that struck, if one did.
    pub fault: Option<&'static str>,
    pub body: Option<Value>,
    pub answer: Option<Value>,
}

impl Diary {
    pub fn write(&mut self, asked: &Asked, answer: Option<&Answer>, fault: Option<&'static str>) {
        self.last += 1;
        self.total += 1;
        *self.by_path.entry(format!("{} {}", asked.method, asked.path)).or_default() += 1;
        self.entries.push_back(Entry {
            n: self.last,
            at: clock::now().to_string(),
            method: asked.method.clone(),
            path: asked.path.clone(),
            query: asked.query_text(),
            status: answer.map(|answer| answer.status),
            fault,
            body: asked.json.clone(),
            answer: answer.and_then(Answer::body),
        });
        if self.entries.len() > ENTRIES_MAX {
            self.entries.pop_front();
        }
    }

    /// Forgets the entries; numbers go on from where they were.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.by_path.clear();
        self.total = 0;
    }

    pub fn since(&self, n: u64) -> Value {
        let items: Vec<Value> = self.entries.iter().filter(|entry| entry.n > n).map(Entry::json).collect();
        json!({"items": items, "next": self.last})
    }

    pub fn count(&self) -> Value {
        json!({"count": self.total, "by_path": self.by_path})
    }

    pub fn newest(&self, many: usize) -> Vec<Entry> {
        self.entries.iter().rev().take(many).cloned().collect()
    }
}

impl Entry {
    fn json(&self) -> Value {
        json!({
            "n": self.n, "at": self.at, "method": self.method, "path": self.path, "query": self.query,
            "status": self.status, "fault": self.fault, "body": self.body, "answer": self.answer,
        })
    }
}
