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

    /// Keeps settings for calls in place of those that were read; false if somebody else has changed them since.
    pub async fn change_call_settings(
        &self,
        workspace: WorkspaceId,
        before: &CallSettings,
        after: &CallSettings,
    ) -> Result<bool> {
        let (before, after) = (before.clone(), after.clone());
        self.write(move |connection| change(connection, workspace, "calls", &before, &after)).await
    }

    /// The settings for meetings; the default if none were saved.
    pub async fn meeting_settings(&self, workspace: WorkspaceId) -> Result<MeetingSettings> {
        self.read(move |connection| saved(connection, workspace, "meetings")).await
    }

    /// Keeps settings for meetings in place of those that were read; false if somebody else has changed them since.
    pub async fn change_meeting_settings(
        &self,
        workspace: WorkspaceId,
        before: &MeetingSettings,
        after: &MeetingSettings,
    ) -> Result<bool> {
        let (before, after) = (before.clone(), after.clone());
        self.write(move |connection| change(connection, workspace, "meetings", &before, &after)).await
    }
}

/// Keeps settings in place of those that stood before; false if they do not stand any more.
pub(crate) fn change<T: Default + DeserializeOwned + Serialize + PartialEq>(
    connection: &Connection,
    workspace: WorkspaceId,
    name: &str,
    before: &T,
    after: &T,
) -> Result<bool> {
    connection.hold(workspace)?;
    if saved::<T>(connection, workspace, name)? != *before {
        return Ok(false);
    }
    let sql = "INSERT INTO settings (workspace, name, body) VALUES ($1, $2, $3)
        ON CONFLICT (workspace, name) DO UPDATE SET body = excluded.body";
    connection.run(sql, params![workspace.0, name, column::to_json(after, "settings")?])?;
    Ok(true)
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
