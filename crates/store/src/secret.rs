//! A connection's secret as it is renewed: by one at a time, and never over a newer one, a pause or a disconnect.

use domain::{ids::WorkspaceId, source::System};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    Connection, Result, Store, column,
    connection::{COLUMNS, of_row, place},
    database::{self, params},
    version,
};

/// A connection and which of its secrets this is.
#[derive(Debug, Clone)]
pub struct Versioned {
    /// The connection.
    pub connection: Connection,
    /// Goes up with each change of the secret.
    pub version: i64,
}

/// Leave to renew a secret, one at a time over all nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresh {
    /// Whose.
    pub workspace: WorkspaceId,
    /// To what.
    pub system: System,
    /// The secret that is to be replaced.
    pub version: i64,
    /// Who renews it.
    pub holder: Uuid,
}

impl Store {
    /// The connection to a system with the version of its secret.
    pub async fn versioned(&self, workspace: WorkspaceId, system: System) -> Result<Option<Versioned>> {
        let key = self.key();
        let sql =
            format!("SELECT {COLUMNS}, secret_version FROM connections WHERE workspace = $1 AND system = $2");
        self.read(move |rows| {
            rows.first(&sql, params![workspace.0, system.word()], |row| {
                Ok(Versioned { connection: of_row(row, &key)?, version: row.get(8)? })
            })
        })
        .await
    }

    /// Asks for leave to renew a secret; it lasts until `until` unless it is given back.
    ///
    /// `false`: somebody else has leave, or the secret or the connection is not as it was read.
    pub async fn begin_refresh(&self, refresh: Refresh, until: Timestamp, now: Timestamp) -> Result<bool> {
        self.write(move |rows| {
            let sql = "UPDATE connections SET refresh_holder = $4, refresh_until = $5
                WHERE workspace = $1 AND system = $2 AND secret_version = $3 AND status = 'connected'
                AND (refresh_until IS NULL OR refresh_until <= $6)";
            let values = params![
                refresh.workspace.0,
                refresh.system.word(),
                refresh.version,
                refresh.holder.to_string(),
                column::micros(until),
                column::micros(now),
            ];
            Ok(rows.run(sql, values)? > 0)
        })
        .await
    }

    /// Keeps the renewed secret and gives the leave back. How the connection stands is not touched.
    ///
    /// `false`: the secret was changed or dropped meanwhile, and stays so.
    pub async fn save_secret(&self, refresh: Refresh, secret: SecretString) -> Result<bool> {
        let key = self.key();
        self.write(move |rows| {
            let sealed = key.seal(&place(refresh.workspace, refresh.system), secret.expose_secret())?;
            let sql = "UPDATE connections SET secret = $4, secret_version = secret_version + 1,
                    refresh_holder = NULL, refresh_until = NULL
                WHERE workspace = $1 AND system = $2 AND secret_version = $3 AND secret IS NOT NULL";
            let values = params![refresh.workspace.0, refresh.system.word(), refresh.version, sealed];
            Ok(rows.run(sql, values)? > 0)
        })
        .await
    }

    /// Asks for a person, as the far side refuses the secret for good, and gives the leave back.
    ///
    /// `false`: the secret was changed meanwhile, or the connection is paused or cut; nothing is changed.
    pub async fn refuse_secret(&self, refresh: Refresh, reason: String, now: Timestamp) -> Result<bool> {
        let refuse = move |rows: &database::Connection| {
            let sql = "UPDATE connections SET status = 'needs_attention', reason = $4, changed_at = $5,
                    refresh_holder = NULL, refresh_until = NULL
                WHERE workspace = $1 AND system = $2 AND secret_version = $3 AND status = 'connected'";
            let values = params![
                refresh.workspace.0,
                refresh.system.word(),
                refresh.version,
                reason,
                column::micros(now),
            ];
            match rows.run(sql, values)? {
                0 => Ok(None),
                _ => version::mark(rows, refresh.workspace, refresh.system).map(Some),
            }
        };
        let changed = self.on_change();
        let after = move |version: &Option<i64>| {
            if let Some(version) = version {
                changed(version);
            }
        };
        let version = self.write_then(refuse, after).await?;
        Ok(version.is_some())
    }

    /// Gives the leave back without a new secret.
    pub async fn end_refresh(&self, refresh: Refresh) -> Result<()> {
        self.write(move |rows| {
            let sql = "UPDATE connections SET refresh_holder = NULL, refresh_until = NULL
                WHERE workspace = $1 AND system = $2 AND refresh_holder = $3";
            let values = params![refresh.workspace.0, refresh.system.word(), refresh.holder.to_string()];
            rows.run(sql, values).map(|_| ())
        })
        .await
    }
}
