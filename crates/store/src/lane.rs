//! Lanes: what a workspace has to do, and whether it has to wait.

mod claim;
mod outlook;

use std::{collections::HashSet, sync::Arc};

use domain::{
    ids::{RecordId, WorkspaceId},
    source::Source,
};
use jiff::Timestamp;

pub use outlook::Outlook;

use crate::{
    Envelope, Lease, OpenStep, Result, Store, StoredRecord, column,
    database::{Connection, params},
};

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
    /// Whether there was one that retention has taken.
    pub is_swept: bool,
    /// All its unread envelopes, oldest first; none if it is only due.
    pub envelopes: Vec<Envelope>,
    /// Steps that were begun and not closed. Without a record: those of `RecordId::of(workspace, source, subject)`.
    pub open: Vec<OpenStep>,
}

/// What a lane has in hand already: its records, and all ids that they are known by.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// The records, saved before or not.
    pub records: HashSet<RecordId>,
    /// The sources' ids.
    pub names: HashSet<(Source, String)>,
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
    /// What the workspaces have to do in which something is unread or due, now or later.
    pub async fn outlook(&self, now: Timestamp) -> Result<Vec<Outlook>> {
        self.read(move |connection| outlook::list(connection, now)).await
    }

    /// Up to `limit` records that the lane has not taken: those with unread envelopes by their oldest, each with all its
    /// unread; then those due.
    ///
    /// No marks are made: a lane is worked by one node. What another one claims all the same it cannot settle.
    pub async fn claim(
        &self,
        workspace: WorkspaceId,
        taken: Taken,
        limit: usize,
        now: Timestamp,
    ) -> Result<Batch> {
        self.read(move |connection| claim::batch(connection, workspace, taken, limit, now)).await
    }

    /// Lets a lane rest until a moment.
    pub async fn park(&self, lease: Lease, until: Timestamp, why: String, failures: u32) -> Result<()> {
        let lane = Lane { parked_until: Some(until), why, failures };
        self.write_for(lease, move |connection| save(connection, lease.workspace, &lane)).await
    }

    /// Ends a lane's rest and forgets its failures.
    pub async fn unpark(&self, lease: Lease) -> Result<()> {
        self.write_for(lease, move |connection| save(connection, lease.workspace, &Lane::default())).await
    }

    /// How a lane stands.
    pub async fn lane(&self, workspace: WorkspaceId) -> Result<Lane> {
        self.read(move |connection| {
            let sql = "SELECT parked_until, why, failures FROM lanes WHERE workspace = $1";
            let lane = connection.first(sql, params![workspace.0], |row| {
                Ok(Lane {
                    parked_until: column::maybe_timestamp(row, 0, "lanes")?,
                    why: row.get(1)?,
                    failures: row.get(2)?,
                })
            })?;
            Ok(lane.unwrap_or_default())
        })
        .await
    }

    /// Makes every waiting record due, ends the lane's rest and rings the bell.
    pub async fn wake(&self, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
        let bell = Arc::clone(self.bell());
        let wake = move |connection: &Connection| {
            connection.hold(workspace)?;
            let sql = "UPDATE records SET due_at = $2
                WHERE workspace = $1 AND state = 'waiting' AND (due_at IS NULL OR due_at > $2)";
            connection.run(sql, params![workspace.0, column::micros(now)])?;
            save(connection, workspace, &Lane::default())
        };
        self.write_long(workspace, wake, move |()| bell.ring(workspace)).await
    }
}

fn save(connection: &Connection, workspace: WorkspaceId, lane: &Lane) -> Result<()> {
    let sql = "INSERT INTO lanes (workspace, parked_until, why, failures) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace) DO UPDATE SET
            parked_until = excluded.parked_until, why = excluded.why, failures = excluded.failures";
    let values = params![workspace.0, lane.parked_until.map(column::micros), lane.why, lane.failures];
    connection.run(sql, values).map(|_| ())
}
