//! Connections: a workspace's links to HubSpot and to the sources.

use domain::{ids::WorkspaceId, source::System};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    MasterKey, Result, Store, column,
    database::{self, Row, params},
    version,
};

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

    fn from_word(word: &str, reason: Option<String>) -> Option<Self> {
        Some(match word {
            "connected" => Self::Connected,
            "paused" => Self::Paused,
            "needs_attention" => Self::NeedsAttention { reason: reason.unwrap_or_default() },
            "disconnected" => Self::Disconnected,
            _ => return None,
        })
    }

    /// The reason, where attention is needed.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::NeedsAttention { reason } => Some(reason),
            Self::Connected | Self::Paused | Self::Disconnected => None,
        }
    }
}

pub(crate) const COLUMNS: &str =
    "workspace, system, status, reason, details, secret, connected_at, changed_at";

impl Store {
    /// The connection to a system.
    pub async fn connection(&self, workspace: WorkspaceId, system: System) -> Result<Option<Connection>> {
        let key = self.key();
        let sql = format!("SELECT {COLUMNS} FROM connections WHERE workspace = $1 AND system = $2");
        self.read(move |rows| rows.first(&sql, params![workspace.0, system.word()], |row| of_row(row, &key)))
            .await
    }

    /// All connections of a workspace.
    pub async fn connections(&self, workspace: WorkspaceId) -> Result<Vec<Connection>> {
        let key = self.key();
        let sql = format!("SELECT {COLUMNS} FROM connections WHERE workspace = $1 ORDER BY system");
        self.read(move |rows| rows.all(&sql, params![workspace.0], |row| of_row(row, &key))).await
    }

    /// Keeps a connection, in place of the one before.
    pub async fn save_connection(&self, connection: Connection) -> Result<()> {
        let key = self.key();
        let save = move |rows: &database::Connection| {
            rows.hold(connection.workspace)?;
            save(rows, &connection, &key)?;
            version::mark(rows, connection.workspace, connection.system)
        };
        self.write_then(save, self.on_change()).await.map(drop)
    }

    /// Changes how a connection stands; nothing happens if there is none.
    pub async fn set_status(
        &self,
        workspace: WorkspaceId,
        system: System,
        status: Status,
        now: Timestamp,
    ) -> Result<()> {
        let set = move |rows: &database::Connection| {
            let sql = "UPDATE connections SET status = $3, reason = $4, changed_at = $5
                WHERE workspace = $1 AND system = $2";
            let values =
                params![workspace.0, system.word(), status.word(), status.reason(), column::micros(now)];
            rows.run(sql, values)?;
            version::mark(rows, workspace, system)
        };
        self.write_then(set, self.on_change()).await.map(drop)
    }

    /// Changes how a connection stands if nobody has changed it since it was seen; says whether that was so.
    pub async fn set_status_if(
        &self,
        workspace: WorkspaceId,
        system: System,
        seen: Timestamp,
        status: Status,
        now: Timestamp,
    ) -> Result<bool> {
        let set = move |rows: &database::Connection| {
            let sql = "UPDATE connections SET status = $3, reason = $4, changed_at = $5
                WHERE workspace = $1 AND system = $2 AND changed_at = $6";
            let (now, seen) = (column::micros(now), column::micros(seen));
            let values = params![workspace.0, system.word(), status.word(), status.reason(), now, seen];
            match rows.run(sql, values)? {
                0 => Ok(None),
                _ => version::mark(rows, workspace, system).map(Some),
            }
        };
        let changed = self.on_change();
        let after = move |version: &Option<i64>| {
            if let Some(version) = version {
                changed(version);
            }
        };
        let version = self.write_then(set, after).await?;
        Ok(version.is_some())
    }

    /// The connections to a system over all workspaces; all of them, or only those that are connected.
    pub async fn connections_of(&self, system: System, connected_only: bool) -> Result<Vec<Connection>> {
        let key = self.key();
        let sql = format!(
            "SELECT {COLUMNS} FROM connections WHERE system = $1 AND (status = 'connected' OR NOT $2)
                ORDER BY workspace"
        );
        self.read(move |rows| rows.all(&sql, params![system.word(), connected_only], |row| of_row(row, &key)))
            .await
    }
}

fn save(rows: &database::Connection, connection: &Connection, key: &MasterKey) -> Result<()> {
    let sql = "INSERT INTO connections
            (workspace, system, status, reason, details, secret, connected_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (workspace, system) DO UPDATE SET
            status = excluded.status, reason = excluded.reason, details = excluded.details,
            secret = excluded.secret, connected_at = excluded.connected_at, changed_at = excluded.changed_at,
            secret_version = connections.secret_version + 1, refresh_holder = NULL, refresh_until = NULL";
    let place = place(connection.workspace, connection.system);
    let sealed =
        connection.secret.as_ref().map(|secret| key.seal(&place, secret.expose_secret())).transpose()?;
    let values = params![
        connection.workspace.0,
        connection.system.word(),
        connection.status.word(),
        connection.status.reason(),
        column::to_json(&connection.details, "connections")?,
        sealed,
        column::micros(connection.connected_at),
        column::micros(connection.changed_at),
    ];
    rows.run(sql, values).map(|_| ())
}

pub(crate) fn of_row(row: &Row<'_>, key: &MasterKey) -> Result<Connection> {
    let workspace = WorkspaceId(row.get(0)?);
    let system = column::word(row, 1, "connections", System::from_word)?;
    let reason: Option<String> = row.get(3)?;
    let sealed: Option<Vec<u8>> = row.get(5)?;
    let secret = sealed.map(|sealed| key.unseal(&place(workspace, system), &sealed)).transpose()?;
    Ok(Connection {
        workspace,
        system,
        status: column::word(row, 2, "connections", |word| Status::from_word(word, reason))?,
        details: column::json(row, 4, "connections")?,
        secret: secret.map(SecretString::from),
        connected_at: column::timestamp(row, 6, "connections")?,
        changed_at: column::timestamp(row, 7, "connections")?,
    })
}

/// What a secret is sealed for.
pub(crate) fn place(workspace: WorkspaceId, system: System) -> String {
    format!("connections/{}/{}", workspace.0, system.word())
}
