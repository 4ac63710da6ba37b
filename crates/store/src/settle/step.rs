//! Open steps.

use domain::ids::{RecordId, StepKey, WorkspaceId};

use crate::{
    OpenStep, Result, column,
    database::{Connection, Rows, params},
};

/// Keeps steps as open.
pub(super) fn open(connection: &Connection, workspace: WorkspaceId, steps: &[OpenStep]) -> Result<()> {
    let sql = "INSERT INTO open_steps (workspace, record, key, begun_at, step) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace, record, key) DO UPDATE SET begun_at = excluded.begun_at, step = excluded.step";
    let mut rows = Rows::default();
    for step in steps {
        rows.add(params![
            workspace.0,
            step.record.to_string(),
            step.key.0,
            column::micros(step.begun_at),
            column::to_json(&step.step, "open_steps")?,
        ]);
    }
    connection.run_each(sql, &rows)
}

/// Closes steps.
pub(super) fn close(
    connection: &Connection,
    workspace: WorkspaceId,
    steps: &[(RecordId, StepKey)],
) -> Result<()> {
    let sql = "DELETE FROM open_steps WHERE workspace = $1 AND record = $2 AND key = $3";
    let mut rows = Rows::default();
    for (record, key) in steps {
        rows.add(params![workspace.0, record.to_string(), key.0]);
    }
    connection.run_each(sql, &rows)
}

/// The open steps of records, for each of them.
pub(crate) fn list(
    connection: &Connection,
    workspace: WorkspaceId,
    records: &[RecordId],
) -> Result<Vec<Vec<OpenStep>>> {
    let sql = "SELECT key, begun_at, step, record FROM open_steps WHERE workspace = $1 AND record = $2
        ORDER BY begun_at, key";
    let mut rows = Rows::default();
    for record in records {
        rows.add(params![workspace.0, record.to_string()]);
    }
    connection.all_of_each(sql, &rows, |row| {
        Ok(OpenStep {
            record: RecordId(column::uuid(row, 3, "open_steps")?),
            key: StepKey(row.get(0)?),
            begun_at: column::timestamp(row, 1, "open_steps")?,
            step: column::json(row, 2, "open_steps")?,
        })
    })
}
