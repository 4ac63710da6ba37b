//! Numbers for the metrics, and whether the store works.

use jiff::Timestamp;

use crate::{Result, Store};

/// Numbers over all workspaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Unread envelopes.
    pub unread: u64,
    /// When the first of them came.
    pub oldest_unread: Option<Timestamp>,
    /// Waiting records.
    pub waiting: u64,
    /// Records that are a problem, and unreadable envelopes.
    pub problems: u64,
}

impl Store {
    /// Numbers over all workspaces.
    pub async fn stats(&self) -> Result<Stats> {
        todo!()
    }
    /// Writes and reads something trivial.
    pub async fn ready(&self) -> Result<()> {
        todo!()
    }
}
