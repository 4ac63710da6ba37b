//! Hook keys: the unguessable part of a webhook's address.

use domain::{ids::WorkspaceId, source::Source};
use jiff::Timestamp;

use crate::{Result, Store};

/// What a hook key leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    /// Whose.
    pub workspace: WorkspaceId,
    /// The source it is good for.
    pub source: Source,
    /// When it ceases to work, once it was rotated. The caller compares.
    pub expires_at: Option<Timestamp>,
}

impl Store {
    /// What a key leads to, expired or not.
    pub async fn hook(&self, key: &str) -> Result<Option<Hook>> {
        todo!()
    }
    /// The current key of a source.
    pub async fn hook_key(&self, workspace: WorkspaceId, source: Source) -> Result<Option<String>> {
        todo!()
    }
    /// Adds a key; `Taken` if it is in use. The newest that does not expire is the current one.
    pub async fn add_hook_key(
        &self,
        workspace: WorkspaceId,
        source: Source,
        key: &str,
        now: Timestamp,
    ) -> Result<()> {
        todo!()
    }
    /// Makes `new_key` the current one; the one before works until `old_until`, still older ones go at once.
    pub async fn rotate_hook_key(
        &self,
        workspace: WorkspaceId,
        source: Source,
        new_key: &str,
        old_until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        todo!()
    }
    /// Removes all keys of a source.
    pub async fn remove_hooks(&self, workspace: WorkspaceId, source: Source) -> Result<()> {
        todo!()
    }
    /// A number that grows with each change of hooks or of a source's connection, for caches; since the store was opened.
    pub fn hooks_version(&self) -> u64 {
        todo!()
    }
}
