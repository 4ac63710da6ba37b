//! Marks on envelopes.

use domain::ids::WorkspaceId;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::{Mark, Result, column, statement};

/// Marks one envelope.
pub(super) fn put(
    connection: &Connection,
    workspace: WorkspaceId,
    seq: i64,
    mark: &Mark,
    now: Timestamp,
) -> Result<()> {
    match mark {
        Mark::Read(record) => {
            // Whatever the record is known by, it is found by the envelopes that went into it.
            let sql = "INSERT INTO record_keys (workspace, external_id, source, record)
                SELECT e.workspace, e.subject, e.source, r.id FROM envelopes e
                    JOIN records r ON r.workspace = e.workspace AND r.id = $3
                    WHERE e.workspace = $1 AND e.seq = $2 AND e.subject <> ''
                ON CONFLICT DO NOTHING";
            statement::run(connection, sql, params![workspace.0, seq, record.to_string()])?;
            set(connection, workspace, seq, "read")
        }
        Mark::Ignored => set(connection, workspace, seq, "ignored"),
        Mark::Unreadable { field, problem } => {
            let sql = "UPDATE envelopes SET state = 'unreadable', problem = $3, problem_since = $4
                WHERE workspace = $1 AND seq = $2";
            let reason = if field.is_empty() { problem.clone() } else { format!("{field}: {problem}") };
            statement::run(connection, sql, params![workspace.0, seq, reason, column::micros(now)])
                .map(|_| ())
        }
    }
}

fn set(connection: &Connection, workspace: WorkspaceId, seq: i64, state: &str) -> Result<()> {
    let sql = "UPDATE envelopes SET state = $3, problem = NULL, problem_since = NULL
        WHERE workspace = $1 AND seq = $2";
    statement::run(connection, sql, params![workspace.0, seq, state]).map(|_| ())
}
