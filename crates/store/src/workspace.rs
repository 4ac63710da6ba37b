//! Workspaces: the organisations served by this installation.

use domain::ids::WorkspaceId;
use jiff::Timestamp;

use crate::{Result, Store};

/// One organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Ours.
    pub id: WorkspaceId,
    /// Its word in addresses.
    pub slug: String,
    /// What people call it; at first the slug.
    pub name: String,
}

impl Store {
    /// Returns the workspace of that slug, made if there is none.
    pub async fn ensure_workspace(&self, slug: &str, now: Timestamp) -> Result<Workspace> {
        todo!()
    }
    /// The workspace of that slug.
    pub async fn workspace(&self, slug: &str) -> Result<Option<Workspace>> {
        todo!()
    }
    /// All workspaces, in the order they were made.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>> {
        todo!()
    }
}
