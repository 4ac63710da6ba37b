//! The list of records with its filters.

use domain::ids::WorkspaceId;
use rusqlite::{Connection, types::Value};

use super::{COLUMNS, of_row};
use crate::{Filter, Page, RecordState, Result, StoredRecord, column, page::Cursor};

pub(super) fn records(
    connection: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
) -> Result<Page<StoredRecord>> {
    let (sql, values) = query(workspace, filter)?;
    let records = column::all(connection, &sql, rusqlite::params_from_iter(values), of_row)?;
    Ok(Page::cut(records, filter.limit, |last| Cursor {
        at: column::micros(last.created_at),
        id: last.record.id.to_string(),
    }))
}

/// Composes the statement: the narrowest filter chooses the index, the others only pass over what it gives.
fn query(workspace: WorkspaceId, filter: &Filter) -> Result<(String, Vec<Value>)> {
    let mut conditions = vec!["r.workspace = $1".to_owned()];
    let mut values = vec![Value::from(workspace.0)];
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    if let Some(external_id) = &filter.external_id {
        let key = place(external_id.clone().into());
        conditions.push(format!(
            "r.id IN (SELECT k.record FROM record_keys k WHERE k.workspace = $1 AND k.external_id = {key})"
        ));
    }
    if let Some(state) = filter.state {
        // The word itself, not a parameter: a partial index is used only where the statement shows its condition.
        let column = column_by(filter.external_id.is_none(), "r.state");
        conditions.push(format!("{column} = '{}'", state.word()));
    }
    if let Some(source) = filter.source {
        let is_narrowest =
            filter.external_id.is_none() && matches!(filter.state, None | Some(RecordState::Logged));
        let word = place(source.word().to_owned().into());
        conditions.push(format!("{} = {word}", column_by(is_narrowest, "r.source")));
    }
    if let Some(cursor) = &filter.cursor {
        let cursor = Cursor::read(cursor)?;
        let (at, id) = (place(cursor.at.into()), place(cursor.id.into()));
        conditions.push(format!("(r.created_at, r.id) < ({at}, {id})"));
    }
    let limit = place(column::limit(filter.limit.saturating_add(1)).into());
    let sql = format!(
        "SELECT {COLUMNS} FROM records r WHERE {} ORDER BY r.created_at DESC, r.id DESC LIMIT {limit}",
        conditions.join(" AND ")
    );
    Ok((sql, values))
}

/// A column as it is, or as an expression that has no index.
fn column_by(index: bool, name: &str) -> String {
    if index { name.to_owned() } else { format!("COALESCE({name}, '')") }
}
