//! The ledger's words for what is attempted and answered.

use domain::{ids::RecordId, step::Object};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{LedgerEntry, Phase};

use crate::work::Work;

/// Whom an entry is about.
#[derive(Debug, Clone)]
pub struct About {
    /// The record.
    pub record: RecordId,
    /// The step's key.
    pub step: String,
    /// What is done, in plain words.
    pub what: String,
}

/// Notes on what is written of a record that it had to wait for the account's allowance.
pub fn waited(work: &mut Work, words: &str, at: Timestamp) {
    if !work.ledger.is_empty() {
        let about = About { record: work.record.id, step: "allowance".to_owned(), what: words.to_owned() };
        work.ledger.push(about.entry(Phase::Waited, None, Value::Null, Value::Null, at));
    }
}

/// The name of one object of a kind, e.g. "call".
pub const fn noun(object: Object) -> &'static str {
    match object {
        Object::Calls => "call",
        Object::Meetings => "meeting",
        Object::Tasks => "task",
    }
}

impl About {
    /// An entry of this.
    pub fn entry(
        &self,
        phase: Phase,
        object: Option<(&str, &str)>,
        request: Value,
        answer: Value,
        at: Timestamp,
    ) -> LedgerEntry {
        LedgerEntry {
            record: self.record,
            at,
            step: self.step.clone(),
            what: self.what.clone(),
            phase,
            object: object.map(|(word, id)| (word.to_owned(), id.to_owned())),
            request,
            answer,
        }
    }

    /// A refusal.
    pub fn refused(&self, why: &str, at: Timestamp) -> LedgerEntry {
        self.entry(Phase::Refused, None, Value::Null, json!({ "why": why }), at)
    }
}
