//! Marks on envelopes.

use std::collections::BTreeSet;

use domain::ids::{RecordId, WorkspaceId};
use jiff::Timestamp;

use crate::{
    Mark, Result, column,
    database::{Connection, params},
};

/// Marks envelopes.
pub(super) fn put(
    connection: &Connection,
    workspace: WorkspaceId,
    marks: &[(i64, Mark)],
    now: Timestamp,
) -> Result<()> {
    let mut names = BTreeSet::new();
    for (seq, mark) in marks {
        match mark {
            Mark::Read(record) => {
                let name = read(connection, workspace, *seq)?;
                names.extend(name.map(|(source, subject)| (*record, source, subject)));
            }
            Mark::Ignored => ignore(connection, workspace, *seq)?,
            Mark::Unreadable { field, problem } => {
                let reason = if field.is_empty() { problem.clone() } else { format!("{field}: {problem}") };
                unreadable(connection, workspace, *seq, &reason, now)?;
            }
        }
    }
    for (record, source, subject) in names.iter().filter(|(_, _, subject)| !subject.is_empty()) {
        name(connection, workspace, *record, source, subject)?;
    }
    Ok(())
}

/// Marks an envelope as read; returns its source's word and its subject.
fn read(connection: &Connection, workspace: WorkspaceId, seq: i64) -> Result<Option<(String, String)>> {
    let sql = "UPDATE envelopes SET state = 'read', problem = NULL, problem_since = NULL
        WHERE workspace = $1 AND seq = $2 RETURNING source, subject";
    connection.first(sql, params![workspace.0, seq], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn ignore(connection: &Connection, workspace: WorkspaceId, seq: i64) -> Result<()> {
    let sql = "UPDATE envelopes SET state = 'ignored', problem = NULL, problem_since = NULL
        WHERE workspace = $1 AND seq = $2";
    connection.run(sql, params![workspace.0, seq]).map(|_| ())
}

fn unreadable(
    connection: &Connection,
    workspace: WorkspaceId,
    seq: i64,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    let sql = "UPDATE envelopes SET state = 'unreadable', problem = $3, problem_since = $4
        WHERE workspace = $1 AND seq = $2";
    connection.run(sql, params![workspace.0, seq, reason, column::micros(now)]).map(|_| ())
}

/// Sees to it that a record is found by what went into it, whatever else it is known by.
fn name(
    connection: &Connection,
    workspace: WorkspaceId,
    record: RecordId,
    source: &str,
    subject: &str,
) -> Result<()> {
    let sql = "INSERT INTO record_keys (workspace, external_id, source, record)
        SELECT r.workspace, $3, $4, r.id FROM records r WHERE r.workspace = $1 AND r.id = $2
        ON CONFLICT DO NOTHING";
    connection.run(sql, params![workspace.0, record.to_string(), subject, source]).map(|_| ())
}
