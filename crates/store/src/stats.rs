//! Numbers for the metrics, and whether the store works.

use jiff::Timestamp;

use crate::{
    Result, Store, StoreError, column,
    database::{Connection, Row},
};

/// Numbers over all workspaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Unread envelopes.
    pub unread: u64,
    /// When the first of them came.
    pub oldest_unread: Option<Timestamp>,
    /// Waiting records.
    pub waiting: u64,
    /// Records that are a problem, unreadable envelopes, and notices that cannot be sent.
    pub problems: u64,
    /// Notices to be sent.
    pub notices: u64,
}

/// The first unread of each workspace that has any: envelopes come in the order of their numbers, nearly.
const OLDEST: &str = "WITH RECURSIVE unread (workspace) AS (
        SELECT MIN(e.workspace) FROM envelopes e WHERE e.state = 'unread'
        UNION ALL
        SELECT (SELECT MIN(e.workspace) FROM envelopes e WHERE e.state = 'unread' AND e.workspace > u.workspace)
        FROM unread u WHERE u.workspace IS NOT NULL)
    SELECT MIN(first) FROM (SELECT (SELECT e.received_at FROM envelopes e
        WHERE e.workspace = u.workspace AND e.state = 'unread' ORDER BY e.seq LIMIT 1) AS first
        FROM unread u) AS firsts";

impl Store {
    /// Numbers over all workspaces.
    pub async fn stats(&self) -> Result<Stats> {
        self.read(|connection| {
            let count = |sql| -> Result<u64> {
                Ok(connection.first(sql, &[], |row| column::count(row, 0))?.unwrap_or(0))
            };
            let unreadable = count("SELECT COUNT(*) FROM envelopes WHERE state = 'unreadable'")?;
            let unsent = count("SELECT COUNT(*) FROM notices WHERE problem IS NOT NULL")?;
            let read = |row: &Row<'_>| column::maybe_timestamp(row, 0, "envelopes");
            Ok(Stats {
                unread: count("SELECT COUNT(*) FROM envelopes WHERE state = 'unread'")?,
                oldest_unread: connection.first(OLDEST, &[], read)?.flatten(),
                waiting: count("SELECT COUNT(*) FROM records WHERE state = 'waiting'")?,
                problems: count("SELECT COUNT(*) FROM records WHERE state = 'problem'")?
                    + unreadable
                    + unsent,
                notices: count("SELECT COUNT(*) FROM notices WHERE due_at IS NOT NULL")?,
            })
        })
        .await
    }

    /// Writes and reads something trivial.
    pub async fn ready(&self) -> Result<()> {
        let beat = |connection: &Connection| {
            let sql = "INSERT INTO pulse (id, beats) VALUES (1, 1)
                ON CONFLICT (id) DO UPDATE SET beats = pulse.beats + 1";
            connection.run(sql, &[]).map(|_| ())
        };
        self.write(beat).await?;
        self.read(|connection| {
            let sql = "SELECT beats FROM pulse WHERE id = 1";
            match connection.first(sql, &[], |row| column::count(row, 0))? {
                Some(_) => Ok(()),
                None => Err(StoreError::Corrupt {
                    table: "pulse",
                    what: "a row just written is missing".to_owned(),
                }),
            }
        })
        .await
    }
}
