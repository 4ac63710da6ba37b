//! The words that records are found by.

use std::collections::BTreeSet;

use domain::{ids::WorkspaceId, name, record::Record};

use crate::{
    Result,
    database::{Connection, params},
};

/// Keeps the words of a record in place of those kept before.
pub(super) fn put(connection: &Connection, workspace: WorkspaceId, record: &Record) -> Result<()> {
    let id = record.id.to_string();
    let wanted = name::words(record);
    let sql = "SELECT word FROM record_words WHERE workspace = $1 AND record = $2";
    let kept = connection.all(sql, params![workspace.0, id], |row| row.get(0))?;
    let kept: BTreeSet<String> = kept.into_iter().collect();
    for word in kept.difference(&wanted) {
        let sql = "DELETE FROM record_words WHERE workspace = $1 AND word = $2 AND record = $3";
        connection.run(sql, params![workspace.0, word, id])?;
    }
    for word in wanted.difference(&kept) {
        let sql = "INSERT INTO record_words (workspace, word, record) VALUES ($1, $2, $3)";
        connection.run(sql, params![workspace.0, word, id])?;
    }
    Ok(())
}
