//! The lists that others keep, read again every few minutes: HubSpot's outcomes, Aircall's tags (C9–C11).

mod aircall;

use domain::{fault::Fault, ids::WorkspaceId, source::System};
use store::StoreError;
use tokio::sync::watch;

use crate::{Engine, scheduler::told, session::Line};

pub use aircall::Hanging;

impl Engine {
    /// Reads the lists of all connected workspaces again and again, until stopped.
    pub(crate) async fn keep_lists(&self, mut stop: watch::Receiver<bool>) {
        let every = self.settings.list_refresh.unsigned_abs().max(std::time::Duration::from_millis(100));
        loop {
            tokio::select! {
                biased;
                () = told(&mut stop) => return,
                () = self.refresh_all() => {}
            }
            tokio::select! {
                biased;
                () = told(&mut stop) => return,
                () = tokio::time::sleep(every) => {}
            }
        }
    }

    async fn refresh_all(&self) {
        let hubspots = self.store.connections_of(System::Hubspot, true).await.unwrap_or_default();
        for connection in hubspots {
            if let Err(error) = self.refresh_outcomes(connection.workspace).await {
                tracing::warn!(workspace = connection.workspace.0, "outcomes not kept: {error}");
            }
        }
        let aircalls = self.store.connections_of(aircall::SYSTEM, false).await.unwrap_or_default();
        for connection in aircalls {
            if let Err(error) = self.look_after_aircall(&connection).await {
                tracing::warn!(workspace = connection.workspace.0, "tags not kept: {error}");
            }
        }
    }

    /// Reads the outcomes again. If they cannot be read, nothing counts as deleted.
    pub(crate) async fn refresh_outcomes(&self, workspace: WorkspaceId) -> Result<bool, StoreError> {
        let Line::Open(session) = self.line(workspace).await? else { return Ok(false) };
        let asked_at = self.now();
        match self.gates.pass(workspace, session.hubspot.outcomes()).await {
            // A page may have read the list meanwhile: an older reading must not show as gone what is there.
            Ok(Ok(_)) if self.store.outcome_catalog(workspace).await?.read_at > Some(asked_at) => Ok(true),
            // HubSpot's defaults are not all deleted at once: an empty list is a reading that failed.
            Ok(Ok(listed)) if listed.is_empty() => Ok(false),
            Ok(Ok(listed)) => {
                self.store.observe_outcomes(workspace, listed, self.now()).await?;
                Ok(true)
            }
            Ok(Err(fault)) => {
                tracing::debug!(workspace = workspace.0, "outcomes not read: {fault}");
                // A refused credential shows at once, not with the next call.
                if matches!(fault, Fault::SignIn { .. }) {
                    self.after_fault(workspace, &fault, Some(session.changed_at)).await?;
                }
                Ok(false)
            }
            Err(_) => Ok(false),
        }
    }
}
