//! Changes of connections and hooks, numbered: what one node changes all have heard of before it is answered.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::{ids::WorkspaceId, source::System};
use jiff::Timestamp;

use crate::{
    Result, Store, column,
    database::{Connection, Row, params},
};

/// The newest change that this process knows of.
#[derive(Default)]
pub(crate) struct Newest(AtomicI64);

impl Store {
    /// A number that grows with each change of a connection or a hook, for caches; zero before the first that is heard of.
    pub fn version(&self) -> i64 {
        self.newest().0.load(Ordering::Acquire)
    }

    /// Takes note of a change.
    pub(crate) fn heed(&self, version: i64) {
        self.newest().0.fetch_max(version, Ordering::AcqRel);
    }

    /// What to do once a change is committed, which its number is given to.
    pub(crate) fn on_change(&self) -> impl FnOnce(&i64) + Send + 'static {
        let store = self.clone();
        move |version| {
            store.heed(*version);
            store.stir();
        }
    }

    /// Whether each node that is alive goes by all changes up to a number.
    pub async fn is_heard(&self, version: i64, now: Timestamp) -> Result<bool> {
        self.read(move |connection| {
            let clock = column::micros(connection.clock(now)?);
            let sql = "SELECT COUNT(*) FROM nodes WHERE until > $1 AND heard < $2";
            let deaf = connection.first(sql, params![clock, version], |row| column::count(row, 0))?;
            Ok(deaf.unwrap_or(0) == 0)
        })
        .await
    }

    /// The workspaces whose HubSpot was changed after a number, and whether requests for each may go out: people have
    /// neither paused nor cut it.
    pub async fn hubspots_changed(&self, after: i64) -> Result<Vec<(WorkspaceId, bool)>> {
        self.read(move |connection| {
            connection
                .all(CHANGED, params![after], |row: &Row<'_>| Ok((WorkspaceId(row.get(0)?), row.get(1)?)))
        })
        .await
    }
}

const CHANGED: &str = "SELECT workspace, status NOT IN ('paused', 'disconnected') FROM connections
    WHERE version > $1 AND system = 'hubspot' ORDER BY version";

/// Counts the change of a connection that the transaction made, and notes it in its row.
pub(crate) fn mark(connection: &Connection, workspace: WorkspaceId, system: System) -> Result<i64> {
    let version = count(connection)?;
    let sql = "UPDATE connections SET version = $3 WHERE workspace = $1 AND system = $2";
    connection.run(sql, params![workspace.0, system.word(), version])?;
    Ok(version)
}

/// Counts a change. To be called last in a transaction, after its other rows: all others that change something wait for
/// its end.
pub(crate) fn count(connection: &Connection) -> Result<i64> {
    let sql = "INSERT INTO versions (name, number) VALUES ('connections', 1)
        ON CONFLICT (name) DO UPDATE SET number = versions.number + 1 RETURNING number";
    Ok(connection.first(sql, &[], |row| row.get(0))?.unwrap_or_default())
}

/// The number of the newest change.
pub(crate) fn newest(connection: &Connection) -> Result<i64> {
    let sql = "SELECT number FROM versions WHERE name = 'connections'";
    Ok(connection.first(sql, &[], |row| row.get(0))?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_found_without_walking_what_did_not() {
        assert_eq!(
            crate::plans::plan(CHANGED),
            ["SEARCH connections USING INDEX connections_version (version>?)"]
        );
    }
}
