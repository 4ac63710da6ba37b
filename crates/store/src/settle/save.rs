//! Saving records, with those that they absorbed.

use domain::ids::{RecordId, WorkspaceId};
use jiff::Timestamp;

use super::words;
use crate::{
    RecordSave, RecordState, Result, column,
    database::{Connection, Rows, params},
    record,
};

/// Saves records, and lets the absorbed ones go into them.
pub(super) fn records(
    connection: &Connection,
    workspace: WorkspaceId,
    saves: &[RecordSave],
    absorbed: &[RecordId],
    now: Timestamp,
) -> Result<()> {
    let is_kept = |id: &RecordId| saves.iter().any(|save| save.record.id == *id);
    let mut leaving = Vec::new();
    for id in absorbed.iter().filter(|id| !is_kept(id)) {
        leaving.push((*id, record::keys(connection, workspace, *id)?));
    }
    put(connection, workspace, saves, now)?;
    add_keys(connection, workspace, saves)?;
    words::put(connection, workspace, saves)?;
    for (id, keys) in leaving {
        let into = heir(connection, workspace, id, &keys)?;
        let only = if let [save] = saves { Some(save.record.id) } else { None };
        absorb(connection, workspace, id, into.or(only))?;
    }
    Ok(())
}

fn put(connection: &Connection, workspace: WorkspaceId, saves: &[RecordSave], now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO records (workspace, id, source, state, why, attempts, due_at,
            problem, problem_since, created_at, changed_at, unwritten_since, record)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12)
        ON CONFLICT (workspace, id) DO UPDATE SET
            source = excluded.source, state = excluded.state, why = excluded.why,
            attempts = excluded.attempts, due_at = excluded.due_at, problem = excluded.problem,
            problem_since = CASE WHEN excluded.problem IS NULL THEN NULL
                ELSE COALESCE(records.problem_since, excluded.problem_since) END,
            changed_at = excluded.changed_at, unwritten_since = excluded.unwritten_since,
            record = excluded.record";
    let mut rows = Rows::default();
    for save in saves {
        // A record in the state of a problem is listed as one: it has to say something.
        let is_problem = save.state == RecordState::Problem;
        let problem = save.problem.as_ref().or_else(|| is_problem.then_some(&save.why));
        rows.add(params![
            workspace.0,
            save.record.id.to_string(),
            save.record.source.word(),
            save.state.word(),
            save.why,
            save.attempts,
            save.due_at.map(column::micros),
            problem,
            problem.map(|_| column::micros(now)),
            column::micros(now),
            save.unwritten_since.map(column::micros),
            column::to_json(&save.record, "records")?,
        ]);
    }
    connection.run_each(sql, &rows)
}

fn add_keys(connection: &Connection, workspace: WorkspaceId, saves: &[RecordSave]) -> Result<()> {
    let sql = "INSERT INTO record_keys (workspace, external_id, source, record) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace, external_id, source) DO UPDATE SET record = excluded.record
            WHERE record_keys.record <> excluded.record";
    let mut rows = Rows::default();
    for save in saves {
        let record = &save.record;
        for key in save.keys.iter().chain([&record.external_id]).filter(|key| !key.is_empty()) {
            rows.add(params![workspace.0, key, record.source.word(), record.id.to_string()]);
        }
    }
    connection.run_each(sql, &rows)
}

/// The record that has taken over an id of an absorbed one.
fn heir(
    connection: &Connection,
    workspace: WorkspaceId,
    absorbed: RecordId,
    keys: &[(String, String)],
) -> Result<Option<RecordId>> {
    let sql = "SELECT record FROM record_keys WHERE workspace = $1 AND external_id = $2 AND source = $3
        AND record <> $4";
    for (external_id, source) in keys {
        let values = params![workspace.0, external_id, source, absorbed.to_string()];
        let heir = connection.first(sql, values, |row| column::uuid(row, 0, "record_keys"))?;
        if let Some(heir) = heir {
            return Ok(Some(RecordId(heir)));
        }
    }
    Ok(None)
}

/// Removes a record; what leads to it leads to its heir from now on.
fn absorb(
    connection: &Connection,
    workspace: WorkspaceId,
    id: RecordId,
    heir: Option<RecordId>,
) -> Result<()> {
    let absorbed = id.to_string();
    if let Some(heir) = heir {
        let heir = heir.to_string();
        for sql in [
            "UPDATE record_keys SET record = $3 WHERE workspace = $1 AND record = $2",
            "UPDATE absorptions SET record = $3 WHERE workspace = $1 AND record = $2",
            "INSERT INTO absorptions (workspace, absorbed, record) VALUES ($1, $2, $3)
                ON CONFLICT (workspace, absorbed) DO UPDATE SET record = excluded.record",
            "UPDATE notices SET record = $3 WHERE workspace = $1 AND record = $2",
            "INSERT INTO open_steps (workspace, record, key, begun_at, step)
                SELECT workspace, $3, key, begun_at, step FROM open_steps WHERE workspace = $1 AND record = $2
                ON CONFLICT DO NOTHING",
        ] {
            connection.run(sql, params![workspace.0, absorbed, heir])?;
        }
    }
    for sql in [
        "DELETE FROM record_keys WHERE workspace = $1 AND record = $2",
        "DELETE FROM record_words WHERE workspace = $1 AND record = $2",
        "DELETE FROM open_steps WHERE workspace = $1 AND record = $2",
        "DELETE FROM records WHERE workspace = $1 AND id = $2",
    ] {
        connection.run(sql, params![workspace.0, absorbed])?;
    }
    Ok(())
}
