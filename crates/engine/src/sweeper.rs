//! The sweeper: what a workspace keeps no longer goes, in small parts, beside the lanes and the doors (N7).

use std::time::Duration;

use domain::ids::WorkspaceId;
use store::{Old, StoreError};
use tokio::sync::watch;

use crate::{Engine, scheduler::told};

/// How often it is looked whether a workspace is due. What an admin has set takes effect within this time.
const LOOK_EVERY: Duration = Duration::from_mins(10);

/// The rest after each part: webhooks and lanes have the database first. Three hundred webhooks, or forty records, each time
/// it has passed are still millions a day.
const REST: Duration = Duration::from_millis(50);

impl Engine {
    /// Sweeps what is due again and again, until stopped.
    pub(crate) async fn keep_swept(&self, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = told(&mut stop) => return,
                () = self.sweep_due() => {}
            }
            tokio::select! {
                () = told(&mut stop) => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn sweep_due(&self) {
        let due = self.store.due_sweeps(self.now()).await.unwrap_or_else(|error| {
            tracing::error!("the store does not answer: {error}");
            Vec::new()
        });
        for workspace in due {
            if let Err(error) = self.sweep(workspace).await {
                tracing::error!(workspace = workspace.0, "a workspace is not swept: {error}");
            }
        }
    }

    /// Sweeps a workspace, unless another node does.
    async fn sweep(&self, workspace: WorkspaceId) -> Result<(), StoreError> {
        if !self.store.take_sweep(workspace, self.now()).await? {
            return Ok(());
        }
        for old in Old::ALL {
            let mut from = None;
            loop {
                let swept = self.store.sweep(workspace, old, from, self.now()).await?;
                metrics::counter!("patchbay_swept_total", "what" => old.word()).increment(swept.gone);
                from = swept.next;
                if from.is_none() {
                    break;
                }
                tokio::time::sleep(REST).await;
            }
        }
        Ok(())
    }
}
