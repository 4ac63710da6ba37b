//! The audit: who changed what, when.

use domain::ids::WorkspaceId;
use jiff::Timestamp;

use crate::{Result, Store};

/// One change by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The workspace; `None` for what concerns the installation.
    pub workspace: Option<WorkspaceId>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub who: String,
    /// What, in plain words.
    pub what: String,
    /// The particulars; nothing secret.
    pub detail: serde_json::Value,
}

impl Store {
    /// Keeps an entry.
    pub async fn audit(&self, entry: Audit) -> Result<()> {
        todo!()
    }

    /// The entries of a workspace (`None`: those of the installation), newest first, older than `before`.
    ///
    /// Entries of one instant are not torn apart, so that `before` = the last one's `at` misses nothing: there
    /// may be a few more than `limit`.
    pub async fn audits(
        &self,
        workspace: impl Into<Option<WorkspaceId>>,
        limit: usize,
        before: Option<Timestamp>,
    ) -> Result<Vec<Audit>> {
        todo!()
    }
}
