//! The gate before HubSpot: once it is closed for a workspace, no request goes out for it.

use std::{collections::HashMap, future::Future, sync::Mutex};

use domain::{fault::Fault, ids::WorkspaceId};
use tokio::sync::watch;

/// One gate for each workspace, open until somebody closes it.
///
/// `DELETE` of the HubSpot connection closes it before it answers: what is in flight then is dropped (and, if it was a
/// create, left in doubt), what comes after is refused.
#[derive(Debug, Default)]
pub struct Gates {
    closed: Mutex<HashMap<WorkspaceId, watch::Sender<bool>>>,
}

impl Gates {
    /// Lets nothing more through for the workspace.
    pub fn close(&self, workspace: WorkspaceId) {
        self.sender(workspace, |sender| sender.send_replace(true));
    }

    /// Lets requests through again.
    pub fn open(&self, workspace: WorkspaceId) {
        self.sender(workspace, |sender| sender.send_replace(false));
    }

    /// Carries out a request unless the gate is closed, or closes meanwhile.
    ///
    /// # Errors
    /// `Err(Closed::Before)` if nothing was sent, `Err(Closed::Amid)` if the request was under way.
    pub async fn pass<T>(
        &self,
        workspace: WorkspaceId,
        request: impl Future<Output = T>,
    ) -> Result<T, Closed> {
        let mut gate = self.sender(workspace, watch::Sender::subscribe);
        if *gate.borrow_and_update() {
            return Err(Closed::Before);
        }
        tokio::select! {
            biased;
            _ = gate.wait_for(|closed| *closed) => Err(Closed::Amid),
            answer = request => Ok(answer),
        }
    }

    fn sender<T>(&self, workspace: WorkspaceId, act: impl FnOnce(&watch::Sender<bool>) -> T) -> T {
        let mut closed = self.closed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        act(closed.entry(workspace).or_insert_with(|| watch::Sender::new(false)))
    }
}

/// A gate that was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Before the request was sent.
    Before,
    /// While the request was under way.
    Amid,
}

impl From<Closed> for Fault {
    fn from(_: Closed) -> Self {
        Self::later("HubSpot was disconnected or paused meanwhile.")
    }
}
