//! The bell: wakes the engine, here and on other nodes. It carries no data, may be missed, and does not block.

use std::{
    collections::BTreeSet,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use domain::ids::WorkspaceId;
use tokio::sync::Notify;

use crate::{
    Store,
    peal::{Outbox, Peal},
};

#[derive(Default)]
pub(crate) struct Bell {
    rung: Mutex<BTreeSet<WorkspaceId>>,
    notify: Notify,
    /// Rung for notices: they are sent beside the lanes.
    notices: Notify,
    /// Rung for the node's next beat, when nodes or connections have changed.
    beat: Notify,
    /// To other nodes.
    others: Arc<Outbox>,
}

impl Bell {
    /// A bell that is heard on other nodes too.
    pub(crate) fn with(others: Arc<Outbox>) -> Self {
        Self { others, ..Self::default() }
    }

    pub(crate) fn ring(&self, workspace: WorkspaceId) {
        self.ring_here(workspace);
        self.others.ring(workspace);
    }

    fn ring_here(&self, workspace: WorkspaceId) {
        let is_new = self.rung.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace);
        if is_new {
            self.notify.notify_one();
        }
    }

    /// Says that a notice may be due.
    pub(crate) fn ring_for_notices(&self) {
        self.notices.notify_one();
        self.others.ring_for_notices();
    }

    /// Takes in what was rung on another node.
    pub(crate) fn hear(&self, peal: &Peal) {
        for lane in &peal.lanes {
            self.ring_here(WorkspaceId(*lane));
        }
        if peal.has_notices || peal.has_gap {
            self.notices.notify_one();
        }
        if peal.has_changes || peal.has_gap {
            self.beat.notify_one();
        }
    }

    pub(crate) async fn notices_rung(&self) {
        self.notices.notified().await;
    }

    /// Says that nodes or connections have changed.
    pub(crate) fn stir(&self) {
        self.beat.notify_one();
        self.others.stir();
    }

    async fn rung(&self) -> Vec<WorkspaceId> {
        loop {
            let rung = mem::take(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner));
            if !rung.is_empty() {
                return rung.into_iter().collect();
            }
            // A ring between the look and the wait leaves a permit behind, so that it is not missed.
            self.notify.notified().await;
        }
    }
}

impl Store {
    /// Says that there may be work in a workspace.
    pub fn ring(&self, workspace: WorkspaceId) {
        self.bell().ring(workspace);
    }

    /// Says that nodes or connections have changed, or may have.
    pub fn stir(&self) {
        self.bell().stir();
    }

    /// Waits until nodes or connections may have changed.
    pub async fn stirred(&self) {
        self.bell().beat.notified().await;
    }

    /// Says to other nodes that there may be work in workspaces.
    pub(crate) fn ring_others(&self, workspaces: &[WorkspaceId]) {
        for workspace in workspaces {
            self.bell().others.ring(*workspace);
        }
    }

    /// Waits until at least one workspace was rung; returns and clears all.
    pub async fn rung(&self) -> Vec<WorkspaceId> {
        self.bell().rung().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rings_before_the_wait_are_heard_together_and_once() {
        let bell = Bell::default();
        for workspace in [2, 1, 2] {
            bell.ring(WorkspaceId(workspace));
        }
        assert_eq!(bell.rung().await, [WorkspaceId(1), WorkspaceId(2)]);
        let (heard, ()) = tokio::join!(bell.rung(), async { bell.ring(WorkspaceId(3)) });
        assert_eq!(heard, [WorkspaceId(3)]);
    }
}
