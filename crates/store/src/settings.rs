//! The admin's settings, one row each.

use domain::{
    ids::WorkspaceId,
    retention::Retention,
    settings::{CallSettings, MeetingSettings},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Result, Store, column,
    database::{Connection, params},
};

impl Store {
    /// The settings for calls; the default if none were saved.
    pub async fn call_settings(&self, workspace: WorkspaceId) -> Result<CallSettings> {
        self.read(move |connection| calls(connection, workspace)).await
    }

    /// Keeps the settings for calls.
    pub async fn save_call_settings(&self, workspace: WorkspaceId, settings: &CallSettings) -> Result<()> {
        self.save_settings(workspace, "calls", settings.clone()).await
    }

    /// The settings for meetings; the default if none were saved.
    pub async fn meeting_settings(&self, workspace: WorkspaceId) -> Result<MeetingSettings> {
        self.read(move |connection| saved(connection, workspace, "meetings")).await
    }

    /// Keeps the settings for meetings.
    pub async fn save_meeting_settings(
        &self,
        workspace: WorkspaceId,
        settings: &MeetingSettings,
    ) -> Result<()> {
        self.save_settings(workspace, "meetings", settings.clone()).await
    }

    async fn save_settings(
        &self,
        workspace: WorkspaceId,
        name: &'static str,
        settings: impl Serialize + Send + 'static,
    ) -> Result<()> {
        self.write(move |connection| save(connection, workspace, name, &settings)).await
    }
}

/// Keeps settings in place of those kept before.
pub(crate) fn save(
    connection: &Connection,
    workspace: WorkspaceId,
    name: &str,
    settings: &impl Serialize,
) -> Result<()> {
    let sql = "INSERT INTO settings (workspace, name, body) VALUES ($1, $2, $3)
        ON CONFLICT (workspace, name) DO UPDATE SET body = excluded.body";
    connection.run(sql, params![workspace.0, name, column::to_json(settings, "settings")?]).map(|_| ())
}

pub(crate) fn calls(connection: &Connection, workspace: WorkspaceId) -> Result<CallSettings> {
    saved(connection, workspace, "calls")
}

/// How long a workspace keeps what it has.
pub(crate) fn retention(connection: &Connection, workspace: WorkspaceId) -> Result<Retention> {
    saved(connection, workspace, "retention")
}

fn saved<T: Default + DeserializeOwned>(
    connection: &Connection,
    workspace: WorkspaceId,
    name: &str,
) -> Result<T> {
    let sql = "SELECT body FROM settings WHERE workspace = $1 AND name = $2";
    let saved = connection.first(sql, params![workspace.0, name], |row| column::json(row, 0, "settings"))?;
    Ok(saved.unwrap_or_default())
}
