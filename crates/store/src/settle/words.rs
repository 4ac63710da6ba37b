//! The words that records are found by.

use std::collections::BTreeSet;

use domain::{ids::WorkspaceId, name};

use crate::{
    RecordSave, Result,
    database::{Connection, Rows, params},
};

/// Keeps the words of records in place of those kept before.
pub(super) fn put(connection: &Connection, workspace: WorkspaceId, saves: &[RecordSave]) -> Result<()> {
    let mut rows = Rows::default();
    for save in saves {
        rows.add(params![workspace.0, save.record.id.to_string()]);
    }
    let kept: Vec<Vec<String>> = connection.all_of_each(KEPT, &rows, |row| row.get(0))?;
    let (mut gone, mut new) = (Rows::default(), Rows::default());
    for (save, kept) in saves.iter().zip(kept) {
        let (id, wanted) = (save.record.id.to_string(), name::words(&save.record));
        let kept: BTreeSet<String> = kept.into_iter().collect();
        for word in kept.difference(&wanted) {
            gone.add(params![workspace.0, word, id]);
        }
        for word in wanted.difference(&kept) {
            new.add(params![workspace.0, word, id]);
        }
    }
    connection
        .run_each("DELETE FROM record_words WHERE workspace = $1 AND word = $2 AND record = $3", &gone)?;
    let sql = "INSERT INTO record_words (workspace, word, record) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    connection.run_each(sql, &new)
}

const KEPT: &str = "SELECT word FROM record_words WHERE workspace = $1 AND record = $2";
