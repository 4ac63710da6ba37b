//! The lists that others keep, read again every few minutes: HubSpot's outcomes, Aircall's tags (C9–C11).

mod aircall;

use std::time::Duration;

use domain::{fault::Fault, source::System};
use store::{Connection, StoreError};
use tokio::{sync::watch, task::JoinSet};

use crate::{Engine, scheduler::told, session::Line};

pub use aircall::Hanging;

/// Lists that are read side by side: one that hangs holds up no other, and thousands do not come at once.
const AT_ONCE: usize = 16;

/// The shortest time between two readings of a list, whatever is set: Aircall lets 120 requests a minute through, for all that
/// speak to the company (reference/aircall.md §1.3).
const SHORTEST: Duration = Duration::from_secs(1);

impl Engine {
    /// Reads the lists of all connected workspaces again and again, until stopped: at the start at once, then spread over
    /// the time between two readings. Each workspace's are read by the node that its lane belongs to.
    pub(crate) async fn keep_lists(&self, mut stop: watch::Receiver<bool>) {
        let every = self.settings.list_refresh.unsigned_abs().max(SHORTEST);
        let mut span = Duration::ZERO;
        loop {
            tokio::select! {
                biased;
                () = told(&mut stop) => return,
                () = self.refresh_all(span) => span = every,
            }
        }
    }

    async fn refresh_all(&self, span: Duration) {
        let mut connections = self.store.connections_of(System::Hubspot, true).await.unwrap_or_default();
        connections.extend(self.store.connections_of(aircall::SYSTEM, false).await.unwrap_or_default());
        connections.retain(|connection| self.node.is_mine(connection.workspace));
        let count = u32::try_from(connections.len()).unwrap_or(u32::MAX);
        let Some(gap) = span.checked_div(count) else { return tokio::time::sleep(span).await };
        let mut reading = JoinSet::new();
        for connection in connections {
            tokio::time::sleep(gap).await;
            while reading.len() >= AT_ONCE {
                reading.join_next().await;
            }
            let engine = self.clone();
            reading.spawn(async move { engine.refresh(&connection).await });
        }
        while reading.join_next().await.is_some() {}
    }

    async fn refresh(&self, connection: &Connection) {
        let workspace = connection.workspace.0;
        let (list, read) = match connection.system {
            System::Hubspot => ("outcomes", self.refresh_outcomes(connection).await),
            System::Source(_) => ("tags", self.look_after_aircall(connection).await),
        };
        if let Err(error) = read {
            tracing::warn!(workspace, "{list} not kept: {error}");
        }
    }

    /// Reads the outcomes again. If they cannot be read, nothing counts as deleted.
    async fn refresh_outcomes(&self, connection: &Connection) -> Result<(), StoreError> {
        let workspace = connection.workspace;
        let Line::Open(session) = self.line(workspace).await? else { return Ok(()) };
        let asked_at = self.now();
        match self.gates.pass(workspace, session.hubspot.outcomes()).await {
            // HubSpot's defaults are not all deleted at once: an empty list is a reading that failed.
            Ok(Ok(listed)) if !listed.is_empty() => {
                self.store.observe_outcomes(workspace, listed, asked_at, self.now()).await?;
            }
            Ok(Err(fault)) => {
                tracing::debug!(workspace = workspace.0, "outcomes not read: {fault}");
                // A refused credential shows at once, not with the next call.
                if let Fault::SignIn { why } = &fault {
                    self.refused(workspace, why, Some(session.changed_at)).await?;
                }
            }
            Ok(Ok(_)) | Err(_) => {}
        }
        Ok(())
    }
}
