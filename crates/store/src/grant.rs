//! Grants in flight: from asking a provider's page for access until the browser comes back.

use domain::ids::WorkspaceId;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::{Result, Store, StoreError, column, database::params};

/// A grant in flight.
#[derive(Debug, Clone)]
pub struct Grant {
    /// What is to be connected.
    pub workspace: WorkspaceId,
    /// SHA-256 of the state that the browser brings back.
    pub state: [u8; 32],
    /// SHA-256 of the cookie of the browser that asked.
    pub cookie: [u8; 32],
    /// PKCE's verifier; sealed at rest.
    pub verifier: SecretString,
    /// Who asked, for the audit.
    pub who: String,
    /// When it ceases to be good.
    pub expires_at: Timestamp,
}

impl Store {
    /// Keeps a grant, and drops those that expired; `Taken` if its state is in use.
    pub async fn add_grant(&self, grant: Grant, now: Timestamp) -> Result<()> {
        let key = self.key();
        self.write(move |rows| {
            let expired = "DELETE FROM grants WHERE expires_at <= $1";
            rows.run(expired, params![column::micros(now)])?;
            let sealed = key.seal(&place(&grant.state), grant.verifier.expose_secret())?;
            let sql = "INSERT INTO grants (hash, workspace, cookie, verifier, who, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
            let values = params![
                grant.state,
                grant.workspace.0,
                grant.cookie,
                sealed,
                grant.who,
                column::micros(grant.expires_at),
            ];
            match rows.run(sql, values)? {
                0 => Err(StoreError::Taken),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Takes a grant, which is gone then.
    ///
    /// `None`: there is none of that state, it has expired, or another browser asked for it.
    pub async fn take_grant(
        &self,
        state: [u8; 32],
        cookie: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Grant>> {
        let key = self.key();
        self.write(move |rows| {
            let sql = "SELECT workspace, verifier, who, expires_at FROM grants
                WHERE hash = $1 AND cookie = $2 AND expires_at > $3";
            let values = params![state, cookie, column::micros(now)];
            let grant = rows.first(sql, values, |row| {
                let sealed: Vec<u8> = row.get(1)?;
                Ok(Grant {
                    workspace: WorkspaceId(row.get(0)?),
                    state,
                    cookie,
                    verifier: key.unseal(&place(&state), &sealed)?.into(),
                    who: row.get(2)?,
                    expires_at: column::timestamp(row, 3, "grants")?,
                })
            })?;
            rows.run("DELETE FROM grants WHERE hash = $1 AND cookie = $2", params![state, cookie])?;
            Ok(grant)
        })
        .await
    }
}

/// What a verifier is sealed for.
fn place(state: &[u8; 32]) -> String {
    format!("grants/{}", hex::encode(state))
}
