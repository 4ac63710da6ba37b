//! The bell: wakes the engine. It carries no data, may be missed, and does not block.

use domain::ids::WorkspaceId;

use crate::Store;

impl Store {
    /// Says that there may be work in a workspace.
    pub fn ring(&self, workspace: WorkspaceId) {
        todo!()
    }
    /// Waits until at least one workspace was rung; returns and clears all.
    pub async fn rung(&self) -> Vec<WorkspaceId> {
        todo!()
    }
}
