//! A call or a meeting as lists show it.

use domain::{ids::RecordId, name};
use jiff::Timestamp;
use store::StoredRecord;

use crate::api::records::Hold;

/// A call or a meeting as lists show it.
pub struct Item {
    /// Our id.
    pub id: RecordId,
    /// What people call it.
    pub title: String,
    /// The source's name.
    pub source: &'static str,
    /// `logged`, `waiting` or `problem`.
    pub state: &'static str,
    /// Why it is as it is, in one sentence.
    pub why: String,
    /// When it was first seen.
    pub at: Timestamp,
}

impl Item {
    /// A record as lists show it.
    pub fn of(stored: &StoredRecord, hold: &Hold) -> Self {
        Self {
            id: stored.record.id,
            title: name::title(&stored.record),
            source: stored.record.source.name(),
            state: stored.state.word(),
            why: hold.why(stored).to_owned(),
            at: stored.created_at,
        }
    }

    /// The state as people read it.
    pub fn state_words(&self) -> &'static str {
        match self.state {
            "logged" => "Logged",
            "waiting" => "Waiting",
            _ => "Problem",
        }
    }
}
