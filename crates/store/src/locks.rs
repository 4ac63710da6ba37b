//! One lock for each workspace, held over awaits.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::ids::WorkspaceId;
use tokio::sync::OwnedMutexGuard;

/// Locks by workspace. There are as many as workspaces, so none is ever dropped.
#[derive(Debug, Default)]
pub struct Locks(Mutex<HashMap<WorkspaceId, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    /// Waits for the workspace's turn.
    pub async fn hold(&self, workspace: WorkspaceId) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(workspace).or_default())
        };
        lock.lock_owned().await
    }
}
