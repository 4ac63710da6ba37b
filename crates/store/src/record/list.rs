//! The list of records with its filters.

use domain::ids::WorkspaceId;
use rusqlite::{Connection, ToSql, types::Value};

use super::{COLUMNS, of_row};
use crate::{Filter, Page, RecordState, Result, StoredRecord, column, page::Cursor, statement};

pub(super) fn records(
    connection: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
) -> Result<Page<StoredRecord>> {
    let (sql, values) = query(workspace, filter)?;
    let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
    let records = statement::all(connection, &sql, &values, of_row)?;
    Ok(Page::cut(records, filter.limit, |last| Cursor {
        at: column::micros(last.created_at),
        id: last.record.id.to_string(),
    }))
}

/// Composes the statement: the narrowest filter chooses the index, the others only pass over what it gives.
fn query(workspace: WorkspaceId, filter: &Filter) -> Result<(String, Vec<Value>)> {
    let mut table = "records r";
    let mut conditions = vec!["r.workspace = $1".to_owned()];
    let mut values = vec![Value::from(workspace.0)];
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    if let Some(external_id) = &filter.external_id {
        let key = place(external_id.clone().into());
        table = "record_keys k JOIN records r ON r.workspace = k.workspace AND r.id = k.record";
        conditions.push(format!("k.workspace = $1 AND k.external_id = {key}"));
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
        "SELECT {COLUMNS} FROM {table} WHERE {} ORDER BY r.created_at DESC, r.id DESC LIMIT {limit}",
        conditions.join(" AND ")
    );
    Ok((sql, values))
}

/// A column as it is, or as an expression that has no index.
fn column_by(index: bool, name: &str) -> String {
    if index { name.to_owned() } else { format!("COALESCE({name}, '')") }
}

#[cfg(test)]
mod tests {
    use domain::source::Source;

    use super::*;
    use crate::plans;

    #[test]
    fn each_filter_walks_its_own_index_in_the_order_of_the_list() {
        let source = Some(Source::Calcom);
        let cases = [
            (None, None, "records_newest"),
            (source, None, "records_of_source"),
            (source, Some(RecordState::Logged), "records_of_source"),
            (None, Some(RecordState::Waiting), "records_waiting"),
            (source, Some(RecordState::Waiting), "records_waiting"),
            (source, Some(RecordState::Problem), "records_problem"),
        ];
        for (source, state, index) in cases {
            for cursor in [None, Some("1.x".to_owned())] {
                let filter = Filter { source, state, cursor, ..Filter::default() };
                let plan = plans::plan(&query(WorkspaceId(1), &filter).unwrap().0);
                assert_eq!(plan.len(), 1, "{plan:?}");
                assert!(
                    plan[0].starts_with(&format!("SEARCH r USING INDEX {index} ")),
                    "{filter:?} {plan:?}"
                );
            }
        }
    }

    #[test]
    fn an_external_id_leads_straight_to_its_record() {
        let filter = Filter {
            external_id: Some("x".to_owned()),
            source: Some(Source::Aircall),
            state: Some(RecordState::Logged),
            ..Filter::default()
        };
        let plan = plans::plan(&query(WorkspaceId(1), &filter).unwrap().0);
        assert!(plan[0].starts_with("SEARCH k ") && plan[0].contains("external_id=?"), "{plan:?}");
        assert!(plan[1].starts_with("SEARCH r ") && plan[1].contains("id=?"), "{plan:?}");
    }
}
