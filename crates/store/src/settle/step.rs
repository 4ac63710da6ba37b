//! Open steps.

use domain::ids::{RecordId, StepKey, WorkspaceId};

use crate::{
    OpenStep, Result, column,
    database::{Connection, params},
};

/// Keeps a step as open.
pub(super) fn open(connection: &Connection, workspace: WorkspaceId, step: &OpenStep) -> Result<()> {
    let sql = "INSERT INTO open_steps (workspace, record, key, begun_at, step) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace, record, key) DO UPDATE SET begun_at = excluded.begun_at, step = excluded.step";
    let values = params![
        workspace.0,
        step.record.to_string(),
        step.key.0,
        column::micros(step.begun_at),
        column::to_json(&step.step, "open_steps")?,
    ];
    connection.run(sql, values).map(|_| ())
}

/// Closes a step.
pub(super) fn close(
    connection: &Connection,
    workspace: WorkspaceId,
    record: RecordId,
    key: &StepKey,
) -> Result<()> {
    let sql = "DELETE FROM open_steps WHERE workspace = $1 AND record = $2 AND key = $3";
    connection.run(sql, params![workspace.0, record.to_string(), key.0]).map(|_| ())
}

/// The open steps of a record.
pub(crate) fn list(
    connection: &Connection,
    workspace: WorkspaceId,
    record: RecordId,
) -> Result<Vec<OpenStep>> {
    let sql = "SELECT key, begun_at, step FROM open_steps WHERE workspace = $1 AND record = $2
        ORDER BY begun_at, key";
    connection.all(sql, params![workspace.0, record.to_string()], |row| {
        Ok(OpenStep {
            record,
            key: StepKey(row.get(0)?),
            begun_at: column::timestamp(row, 1, "open_steps")?,
            step: column::json(row, 2, "open_steps")?,
        })
    })
}
