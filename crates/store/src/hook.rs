//! Hook keys: the unguessable part of a webhook's address.

use domain::{ids::WorkspaceId, source::Source};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::{
    MasterKey, Result, Store, StoreError, column,
    database::{Connection, params},
    version,
};

/// What a hook key leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    /// Whose.
    pub workspace: WorkspaceId,
    /// The source it is good for.
    pub source: Source,
    /// When it ceases to work, once it was rotated. The caller compares.
    pub expires_at: Option<Timestamp>,
}

impl Store {
    /// What a key leads to, expired or not.
    pub async fn hook(&self, key: &str) -> Result<Option<Hook>> {
        let hash = hash(key);
        self.read(move |connection| {
            let sql = "SELECT workspace, source, expires_at FROM hooks WHERE hash = $1";
            connection.first(sql, params![hash], |row| {
                Ok(Hook {
                    workspace: WorkspaceId(row.get(0)?),
                    source: column::word(row, 1, "hooks", Source::from_word)?,
                    expires_at: column::maybe_timestamp(row, 2, "hooks")?,
                })
            })
        })
        .await
    }

    /// The current key of a source.
    pub async fn hook_key(&self, workspace: WorkspaceId, source: Source) -> Result<Option<String>> {
        let key = self.key();
        self.read(move |connection| {
            let sql = "SELECT hash, sealed FROM hooks
                WHERE workspace = $1 AND source = $2 AND expires_at IS NULL ORDER BY seq DESC LIMIT 1";
            connection.first(sql, params![workspace.0, source.word()], |row| {
                let hash: [u8; 32] = row.get(0)?;
                let sealed: Vec<u8> = row.get(1)?;
                key.unseal(&place(workspace, source, &hash), &sealed)
            })
        })
        .await
    }

    /// Adds a key; `Taken` if it is in use. The newest that does not expire is the current one.
    pub async fn add_hook_key(
        &self,
        workspace: WorkspaceId,
        source: Source,
        key: &str,
        now: Timestamp,
    ) -> Result<()> {
        let new = New::seal(&self.key(), workspace, source, key, now)?;
        let add = move |connection: &Connection| {
            new.add(connection)?;
            version::count(connection)
        };
        self.write_then(add, self.on_change()).await.map(drop)
    }

    /// Makes `new_key` the current one; the one before works until `old_until`, still older ones go at once.
    pub async fn rotate_hook_key(
        &self,
        workspace: WorkspaceId,
        source: Source,
        new_key: &str,
        old_until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let new = New::seal(&self.key(), workspace, source, new_key, now)?;
        let rotate = move |connection: &Connection| {
            connection.hold(workspace)?;
            let older = "DELETE FROM hooks WHERE workspace = $1 AND source = $2 AND seq <> COALESCE((
                SELECT MAX(seq) FROM hooks WHERE workspace = $1 AND source = $2 AND expires_at IS NULL), 0)";
            connection.run(older, params![workspace.0, source.word()])?;
            let current = "UPDATE hooks SET expires_at = $3 WHERE workspace = $1 AND source = $2";
            connection.run(current, params![workspace.0, source.word(), column::micros(old_until)])?;
            new.add(connection)?;
            version::count(connection)
        };
        self.write_then(rotate, self.on_change()).await.map(drop)
    }

    /// Removes all keys of a source.
    pub async fn remove_hooks(&self, workspace: WorkspaceId, source: Source) -> Result<()> {
        let remove = move |connection: &Connection| {
            connection.hold(workspace)?;
            let sql = "DELETE FROM hooks WHERE workspace = $1 AND source = $2";
            connection.run(sql, params![workspace.0, source.word()])?;
            version::count(connection)
        };
        self.write_then(remove, self.on_change()).await.map(drop)
    }
}

/// A key on its way into the table.
struct New {
    workspace: WorkspaceId,
    source: Source,
    hash: [u8; 32],
    sealed: Vec<u8>,
    now: Timestamp,
}

impl New {
    fn seal(
        master: &MasterKey,
        workspace: WorkspaceId,
        source: Source,
        key: &str,
        now: Timestamp,
    ) -> Result<Self> {
        let hash = hash(key);
        let sealed = master.seal(&place(workspace, source, &hash), key)?;
        Ok(Self { workspace, source, hash, sealed, now })
    }

    fn add(&self, connection: &Connection) -> Result<()> {
        let sql =
            "INSERT INTO hooks (hash, workspace, source, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING";
        let values =
            params![self.hash, self.workspace.0, self.source.word(), self.sealed, column::micros(self.now)];
        match connection.run(sql, values)? {
            0 => Err(StoreError::Taken),
            _ => Ok(()),
        }
    }
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// What a key is sealed for.
fn place(workspace: WorkspaceId, source: Source, hash: &[u8; 32]) -> String {
    format!("hooks/{}/{}/{}", workspace.0, source.word(), hex::encode(hash))
}
