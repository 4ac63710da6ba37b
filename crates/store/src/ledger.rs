//! The ledger: attempts and receipts, only ever added to.

use domain::ids::{RecordId, WorkspaceId};
use jiff::Timestamp;

use crate::{Result, Store};

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It is about to be sent.
    Begun,
    /// It was carried out.
    Done,
    /// It was refused.
    Refused,
    /// No answer came: it may have been carried out.
    InDoubt,
    /// It was found to have been carried out.
    Found,
}

/// One attempt or receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Of which record.
    pub record: RecordId,
    /// When.
    pub at: Timestamp,
    /// The step's key.
    pub step: String,
    /// What was done, in plain words, e.g. `Create call`.
    pub what: String,
    /// How far it is.
    pub phase: Phase,
    /// HubSpot's word for the object, and its id.
    pub object: Option<(String, String)>,
    /// What was sent.
    pub request: serde_json::Value,
    /// What was answered.
    pub answer: serde_json::Value,
}

impl Phase {
    /// The word in the table and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::InDoubt => "in_doubt",
            Self::Found => "found",
        }
    }

    /// The phase of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Begun, Self::Done, Self::Refused, Self::InDoubt, Self::Found]
            .into_iter()
            .find(|phase| phase.word() == word)
    }
}

impl Store {
    /// What was done for a record and for those it absorbed, oldest first.
    pub async fn ledger_of(&self, workspace: WorkspaceId, record: RecordId) -> Result<Vec<LedgerEntry>> {
        todo!()
    }
}
