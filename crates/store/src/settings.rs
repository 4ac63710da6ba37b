//! The admin's settings, one row each.

use domain::{
    ids::WorkspaceId,
    settings::{CallSettings, MeetingSettings},
};

use crate::{Result, Store};

impl Store {
    /// The settings for calls; the default if none were saved.
    pub async fn call_settings(&self, workspace: WorkspaceId) -> Result<CallSettings> {
        todo!()
    }
    /// Keeps the settings for calls.
    pub async fn save_call_settings(&self, workspace: WorkspaceId, settings: &CallSettings) -> Result<()> {
        todo!()
    }
    /// The settings for meetings; the default if none were saved.
    pub async fn meeting_settings(&self, workspace: WorkspaceId) -> Result<MeetingSettings> {
        todo!()
    }
    /// Keeps the settings for meetings.
    pub async fn save_meeting_settings(
        &self,
        workspace: WorkspaceId,
        settings: &MeetingSettings,
    ) -> Result<()> {
        todo!()
    }
}
