//! Connections: a workspace's links to HubSpot and to the sources.

use domain::{ids::WorkspaceId, source::System};
use jiff::Timestamp;
use secrecy::SecretString;

use crate::{Result, Store};

/// How a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It works.
    Connected,
    /// A person paused it.
    Paused,
    /// A person has to do something.
    NeedsAttention {
        /// What happened and what to do, in plain words.
        reason: String,
    },
    /// A person disconnected it.
    Disconnected,
}

/// A workspace's link to a system.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Whose.
    pub workspace: WorkspaceId,
    /// To what.
    pub system: System,
    /// How it stands.
    pub status: Status,
    /// What is known of it; nothing secret.
    pub details: serde_json::Value,
    /// Its credentials as one JSON text; sealed at rest.
    pub secret: Option<SecretString>,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

impl Status {
    /// The word in the API and the table.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Paused => "paused",
            Self::NeedsAttention { .. } => "needs_attention",
            Self::Disconnected => "disconnected",
        }
    }

    /// The reason, where attention is needed.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::NeedsAttention { reason } => Some(reason),
            Self::Connected | Self::Paused | Self::Disconnected => None,
        }
    }
}

impl Store {
    /// The connection to a system.
    pub async fn connection(&self, workspace: WorkspaceId, system: System) -> Result<Option<Connection>> {
        todo!()
    }
    /// All connections of a workspace.
    pub async fn connections(&self, workspace: WorkspaceId) -> Result<Vec<Connection>> {
        todo!()
    }
    /// Keeps a connection, in place of the one before.
    pub async fn save_connection(&self, connection: Connection) -> Result<()> {
        todo!()
    }
    /// Changes how a connection stands; nothing happens if there is none.
    pub async fn set_status(
        &self,
        workspace: WorkspaceId,
        system: System,
        status: Status,
        now: Timestamp,
    ) -> Result<()> {
        todo!()
    }
    /// The connections to a system over all workspaces; all of them, or only those that are connected.
    pub async fn connections_of(&self, system: System, connected_only: bool) -> Result<Vec<Connection>> {
        todo!()
    }
}
