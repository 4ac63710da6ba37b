//! Replay: envelopes of a span are read again.

use domain::{ids::WorkspaceId, source::Source};
use jiff::Timestamp;

use crate::{Result, Store};

impl Store {
    /// Makes the read, kept and unreadable envelopes received in `[from, to)` unread again; says how many. Rings the bell.
    pub async fn replay(
        &self,
        workspace: WorkspaceId,
        from: Timestamp,
        to: Timestamp,
        source: Option<Source>,
        now: Timestamp,
    ) -> Result<u64> {
        todo!()
    }
}
