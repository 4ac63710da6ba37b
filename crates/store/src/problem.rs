//! Problems: records that a person should look at, and envelopes that could not be read.

use domain::ids::{RecordId, WorkspaceId};
use jiff::Timestamp;

use crate::{Page, Result, Store};

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemRow {
    /// The record's id, or `envelope-<seq>`.
    pub id: String,
    /// The record, if it is one's.
    pub record: Option<RecordId>,
    /// What happened, in plain words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

impl Store {
    /// The problems, newest first.
    pub async fn problems(
        &self,
        workspace: WorkspaceId,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<Page<ProblemRow>> {
        todo!()
    }
    /// Tries a problem again; says whether there was one. Rings the bell.
    pub async fn retry(&self, workspace: WorkspaceId, problem_id: &str, now: Timestamp) -> Result<bool> {
        todo!()
    }
    /// Tries all problems again; says how many there were. Rings the bell.
    pub async fn retry_all(&self, workspace: WorkspaceId, now: Timestamp) -> Result<u64> {
        todo!()
    }
    /// Lets a problem go: the record counts as logged, the envelope as ignored. Says whether there was one.
    pub async fn dismiss(&self, workspace: WorkspaceId, problem_id: &str, now: Timestamp) -> Result<bool> {
        todo!()
    }
}
