//! The diary of an address: every request it was asked and what it answered.

use std::collections::{BTreeMap, VecDeque};

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock;

/// Older entries are forgotten, so that a load test does not eat the memory; counts go on.
const ENTRIES_MAX: usize = 50_000;
const BYTES_MAX: usize = 128 * 1024 * 1024;

#[derive(Debug, Default)]
pub struct Diary {
    entries: VecDeque<Entry>,
    bytes: usize,
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
    body: Bytes,
    answer: Bytes,
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
            body: asked.body.clone(),
            answer: answer.map(Answer::body).unwrap_or_default(),
        });
        self.bytes += self.entries.back().map_or(0, Entry::bytes);
        while self.entries.len() > ENTRIES_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
    }

    /// Forgets the entries; numbers go on from where they were.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
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
    fn bytes(&self) -> usize {
        self.body.len() + self.answer.len()
    }

    fn json(&self) -> Value {
        let parsed = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).ok();
        json!({
            "n": self.n, "at": self.at, "method": self.method, "path": self.path, "query": self.query,
            "status": self.status, "fault": self.fault, "body": parsed(&self.body), "answer": parsed(&self.answer),
        })
    }
}
