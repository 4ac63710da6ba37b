//! Migrations: numbered SQL files, each applied once and in order.

use crate::{
    Result, StoreError,
    database::{Access, Connection, params},
};

/// The files under `migrations/`, the first being version 1.
const MIGRATIONS: [&str; 14] = [
    include_str!("../migrations/0001_start.sql"),
    include_str!("../migrations/0002_grants.sql"),
    include_str!("../migrations/0003_budgets.sql"),
    include_str!("../migrations/0004_idempotency.sql"),
    include_str!("../migrations/0005_people.sql"),
    include_str!("../migrations/0006_samples.sql"),
    include_str!("../migrations/0007_held.sql"),
    include_str!("../migrations/0008_notices.sql"),
    include_str!("../migrations/0009_made_as.sql"),
    include_str!("../migrations/0010_record_words.sql"),
    include_str!("../migrations/0011_heard_at.sql"),
    include_str!("../migrations/0012_nodes.sql"),
    include_str!("../migrations/0013_retention.sql"),
    include_str!("../migrations/0014_words_of_a_record.sql"),
];

/// The table by which a database is known to be ours.
const VERSIONS: &str = "schema_version";

/// Brings the schema up to date, in one transaction.
pub(crate) fn migrate(connection: &Connection) -> Result<()> {
    connection.within(Access::Write, migrate_within)
}

/// The newest schema of this binary.
pub(crate) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The schema of a database; `None` if nothing is in it. Refuses one that is newer, or somebody else's.
pub(crate) fn found(connection: &Connection) -> Result<Option<i64>> {
    let tables = connection.tables()?;
    if !tables.iter().any(|table| table == VERSIONS) {
        return match tables.into_iter().next() {
            Some(table) => Err(StoreError::Foreign { table }),
            None => Ok(None),
        };
    }
    let newest = "SELECT COALESCE(MAX(version), 0) FROM schema_version";
    let found = connection.first(newest, &[], |row| row.get::<i64>(0))?.unwrap_or(0);
    if found > known() {
        return Err(StoreError::Newer { found, known: known() });
    }
    Ok(Some(found))
}

fn migrate_within(connection: &Connection) -> Result<()> {
    // Several nodes may start at once.
    connection.hold_schema()?;
    let found = found(connection)?.unwrap_or(0);
    connection.batch("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)")?;
    for (version, sql) in (1..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        connection.batch_of_schema(sql)?;
        let sql = "INSERT INTO schema_version (version) VALUES ($1)";
        connection.run(sql, params![version])?;
    }
    Ok(())
}
