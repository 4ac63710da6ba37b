//! Records as they are kept, and their lists for people.

use domain::{
    ids::{RecordId, WorkspaceId},
    record::Record,
    source::Source,
};
use jiff::Timestamp;

use crate::{Envelope, Page, Result, Store};

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordState {
    /// HubSpot holds what it says, or nothing is to be held.
    Logged,
    /// Something is still to be done.
    Waiting,
    /// A person should look.
    Problem,
}

/// What a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What happened, in plain words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The record.
    pub record: Record,
    /// Whose.
    pub workspace: WorkspaceId,
    /// How it stands.
    pub state: RecordState,
    /// Why, in plain words.
    pub why: String,
    /// How often it was tried in a row.
    pub attempts: u32,
    /// When it will be looked at again.
    pub due_at: Option<Timestamp>,
    /// What a person should know.
    pub problem: Option<Problem>,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When it was last saved.
    pub changed_at: Timestamp,
}

/// Which records to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Of this source.
    pub source: Option<Source>,
    /// Known by this id, the newest or an older one.
    pub external_id: Option<String>,
    /// In this state.
    pub state: Option<RecordState>,
    /// How many at most.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { source: None, external_id: None, state: None, limit: 50, cursor: None }
    }
}

impl RecordState {
    /// The word in the API and the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Logged => "logged",
            Self::Waiting => "waiting",
            Self::Problem => "problem",
        }
    }

    /// The state of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Logged, Self::Waiting, Self::Problem].into_iter().find(|state| state.word() == word)
    }
}

impl Store {
    /// The records that match, newest first.
    pub async fn records(&self, workspace: WorkspaceId, filter: Filter) -> Result<Page<StoredRecord>> {
        todo!()
    }
    /// A record by its id, or by that of one it absorbed.
    pub async fn record(&self, workspace: WorkspaceId, id: RecordId) -> Result<Option<StoredRecord>> {
        todo!()
    }
    /// The record known by an external id, the newest or an older one.
    pub async fn record_by_key(
        &self,
        workspace: WorkspaceId,
        source: Source,
        external_id: &str,
    ) -> Result<Option<StoredRecord>> {
        todo!()
    }
    /// The envelopes of a record, oldest first.
    pub async fn envelopes_of(&self, workspace: WorkspaceId, id: RecordId) -> Result<Vec<Envelope>> {
        todo!()
    }
}
