//! Marks on envelopes.

use std::collections::BTreeSet;

use domain::ids::{RecordId, WorkspaceId};
use jiff::Timestamp;

use crate::{
    Mark, Result, column,
    database::{Connection, Rows, params},
};

/// Marks envelopes.
pub(super) fn put(
    connection: &Connection,
    workspace: WorkspaceId,
    marks: &[(i64, Mark)],
    now: Timestamp,
) -> Result<()> {
    let (mut read, mut records) = (Rows::default(), Vec::new());
    let (mut ignored, mut unreadable) = (Rows::default(), Rows::default());
    for (seq, mark) in marks {
        match mark {
            Mark::Read(record) => {
                read.add(params![workspace.0, seq]);
                records.push(*record);
            }
            Mark::Ignored => ignored.add(params![workspace.0, seq]),
            Mark::Unreadable { field, problem } => {
                let reason = if field.is_empty() { problem.clone() } else { format!("{field}: {problem}") };
                unreadable.add(params![workspace.0, seq, reason, column::micros(now)]);
            }
        }
    }
    connection.run_each(IGNORED, &ignored)?;
    connection.run_each(UNREADABLE, &unreadable)?;
    let heard_of = connection.all_of_each(READ, &read, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut names = BTreeSet::new();
    for (record, of_one) in records.into_iter().zip(heard_of) {
        names.extend(of_one.into_iter().map(|(source, subject)| (record, source, subject)));
    }
    name(connection, workspace, &names)
}

/// Gives the source's word and the subject.
const READ: &str = "UPDATE envelopes SET state = 'read', problem = NULL, problem_since = NULL
    WHERE workspace = $1 AND seq = $2 RETURNING source, subject";

const IGNORED: &str = "UPDATE envelopes SET state = 'ignored', problem = NULL, problem_since = NULL
    WHERE workspace = $1 AND seq = $2";

const UNREADABLE: &str = "UPDATE envelopes SET state = 'unreadable', problem = $3, problem_since = $4
    WHERE workspace = $1 AND seq = $2";

/// Sees to it that records are found by what went into them, whatever else they are known by.
fn name(
    connection: &Connection,
    workspace: WorkspaceId,
    names: &BTreeSet<(RecordId, String, String)>,
) -> Result<()> {
    let sql = "INSERT INTO record_keys (workspace, external_id, source, record)
        SELECT r.workspace, $3, $4, r.id FROM records r WHERE r.workspace = $1 AND r.id = $2
        ON CONFLICT DO NOTHING";
    let mut rows = Rows::default();
    for (record, source, subject) in names.iter().filter(|(_, _, subject)| !subject.is_empty()) {
        rows.add(params![workspace.0, record.to_string(), subject, source]);
    }
    connection.run_each(sql, &rows)
}
