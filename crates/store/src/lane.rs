//! Lanes: what a workspace has to do, and whether it has to wait.

use domain::{ids::WorkspaceId, source::Source};
use jiff::Timestamp;

use crate::{Envelope, OpenStep, Result, Store, StoredRecord};

/// What a lane takes at once.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// One per record.
    pub items: Vec<Claimed>,
}

/// One record with what is to be done for it.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The source's id: that of the oldest unread envelope, else the record's own.
    pub subject: String,
    /// Where it comes from.
    pub source: Source,
    /// The record, if there is one already.
    pub record: Option<StoredRecord>,
    /// All its unread envelopes, oldest first; none if it is only due.
    pub envelopes: Vec<Envelope>,
    /// Steps that were begun and not closed. Without a record: those of `RecordId::of(workspace, source, subject)`.
    pub open: Vec<OpenStep>,
}

/// How a lane stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lane {
    /// Until when nothing is done.
    pub parked_until: Option<Timestamp>,
    /// Why, in plain words.
    pub why: String,
    /// How often in a row it failed.
    pub failures: u32,
}

impl Store {
    /// The workspaces with unread envelopes or due records that are not parked beyond `now`.
    pub async fn work(&self, now: Timestamp) -> Result<Vec<WorkspaceId>> {
        todo!()
    }
    /// The next moment after `now` at which a workspace will have work that it has not now.
    pub async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        todo!()
    }
    /// Up to `limit` records: those with unread envelopes by their oldest, each with all its unread; then those due.
    ///
    /// No marks are made: a lane is worked by one node.
    pub async fn claim(&self, workspace: WorkspaceId, limit: usize, now: Timestamp) -> Result<Batch> {
        todo!()
    }
    /// Lets a lane rest until a moment.
    pub async fn park(
        &self,
        workspace: WorkspaceId,
        until: Timestamp,
        why: String,
        failures: u32,
    ) -> Result<()> {
        todo!()
    }
    /// Ends a lane's rest and forgets its failures.
    pub async fn unpark(&self, workspace: WorkspaceId) -> Result<()> {
        todo!()
    }
    /// How a lane stands.
    pub async fn lane(&self, workspace: WorkspaceId) -> Result<Lane> {
        todo!()
    }
    /// Makes every waiting record due, ends the lane's rest and rings the bell.
    pub async fn wake(&self, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
        todo!()
    }
}
