//! Aircall's tags (C9), and whether Aircall still takes our credential and tells us of calls (I2).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use connectors::aircall::Aircall;
use domain::{
    fault::Fault,
    ids::WorkspaceId,
    source::{Source, System},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::{Connection, Status, StoreError};

use crate::Engine;

pub(super) const SYSTEM: System = System::Source(Source::Aircall);

/// A lane waits no longer than this for the tags: all its other work waits with it.
const LANE_WAITS: Duration = Duration::from_secs(5);
/// After that it does not ask again for so long.
const LANE_RESTS: SignedDuration = SignedDuration::from_mins(1);
/// One Aircall that hangs keeps the lists of other workspaces no longer than this.
const LIST_WAITS: Duration = Duration::from_secs(20);

/// When each Aircall was last found to hang.
pub type Hanging = Arc<Mutex<HashMap<WorkspaceId, Timestamp>>>;

/// What the connection knows of our webhook.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    webhook_registered: bool,
    webhook_id: Option<String>,
}

impl Engine {
    /// Reads the tags, and sees whether Aircall would let us hear of a call. What is wrong asks for attention until it is
    /// right again; a passing fault changes nothing.
    pub(super) async fn look_after_aircall(&self, connection: &Connection) -> Result<(), StoreError> {
        let is_watched = matches!(connection.status, Status::Connected | Status::NeedsAttention { .. });
        let Some(aircall) = self.aircall(connection).filter(|_| is_watched) else { return Ok(()) };
        let Ok(looked) = tokio::time::timeout(LIST_WAITS, self.look_at(connection, &aircall)).await else {
            return Ok(());
        };
        let trouble = match looked? {
            Ok(trouble) => trouble,
            Err(Fault::SignIn { why }) => Some(format!("{why} Connect it again with ones that it takes.")),
            Err(Fault::Later { .. } | Fault::Never { .. }) => return Ok(()),
        };
        let status = trouble.map_or(Status::Connected, |reason| Status::NeedsAttention { reason });
        if status == connection.status {
            return Ok(());
        }
        // Somebody may have paused it, cut it or connected it anew meanwhile.
        let (workspace, seen) = (connection.workspace, connection.changed_at);
        let is_changed =
            self.store.set_status_if(workspace, SYSTEM, seen, status.clone(), self.now()).await?;
        if let Status::NeedsAttention { reason } = &status
            && is_changed
        {
            tracing::warn!(workspace = workspace.0, "Aircall needs attention: {reason}");
        }
        Ok(())
    }

    /// Reads the tags; returns what is wrong with our webhook.
    async fn look_at(
        &self,
        connection: &Connection,
        aircall: &Aircall,
    ) -> Result<Result<Option<String>, Fault>, StoreError> {
        Ok(match self.read_tags(connection.workspace, aircall).await? {
            Ok(()) => trouble_with_webhook(aircall, &connection.details).await,
            Err(fault) => Err(fault),
        })
    }

    /// Reads the tags again for a lane. If they cannot be read, nothing counts as deleted.
    pub(crate) async fn refresh_tags(&self, workspace: WorkspaceId) -> Result<bool, StoreError> {
        let now = self.now();
        let hung_at = self.hanging.lock().unwrap_or_else(PoisonError::into_inner).get(&workspace).copied();
        if hung_at.is_some_and(|hung_at| now.duration_since(hung_at) < LANE_RESTS) {
            return Ok(false);
        }
        let connection = self.store.connection(workspace, SYSTEM).await?;
        let Some(aircall) = connection.as_ref().and_then(|connection| self.aircall(connection)) else {
            return Ok(false);
        };
        if let Ok(read) = tokio::time::timeout(LANE_WAITS, self.read_tags(workspace, &aircall)).await {
            return Ok(read?.is_ok());
        }
        self.hanging.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace, now);
        Ok(false)
    }

    async fn read_tags(
        &self,
        workspace: WorkspaceId,
        aircall: &Aircall,
    ) -> Result<Result<(), Fault>, StoreError> {
        let asked_at = self.now();
        match aircall.tags().await {
            Ok(listed) => {
                self.store.observe_tags(workspace, listed, asked_at, self.now()).await?;
                Ok(Ok(()))
            }
            Err(fault) => {
                tracing::debug!(workspace = workspace.0, "tags not read: {fault}");
                Ok(Err(fault))
            }
        }
    }

    fn aircall(&self, connection: &Connection) -> Option<Aircall> {
        let origin = self.settings.aircall_origin.clone();
        Aircall::of_secret(self.http.clone(), origin, connection.secret.as_ref()?)
    }
}

/// Why Aircall does not call our webhook, if it does not. One made by hand is not looked after.
async fn trouble_with_webhook(
    aircall: &Aircall,
    details: &serde_json::Value,
) -> Result<Option<String>, Fault> {
    let details: Details = serde_json::from_value(details.clone()).unwrap_or_default();
    let Some(ours) = details.webhook_id.filter(|_| details.webhook_registered) else { return Ok(None) };
    let is_active =
        aircall.webhooks().await?.into_iter().find(|one| one.webhook_id == ours).map(|one| one.active);
    Ok(match is_active {
        Some(true) => None,
        Some(false) => Some(
            "Aircall has disabled our webhook: calls are not heard of. Connect Aircall again, or enable the \
             webhook in Aircall's settings."
                .to_owned(),
        ),
        None => Some(
            "Our webhook is gone from Aircall's list: calls are not heard of. Connect Aircall again."
                .to_owned(),
        ),
    })
}
