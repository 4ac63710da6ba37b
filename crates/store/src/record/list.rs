//! The list of records with its filters.

use std::cmp::Reverse;

use domain::{
    ids::{RecordId, WorkspaceId},
    name,
    source::Source,
};

use super::{COLUMNS, of_row};
use crate::{
    Filter, Page, RecordKind, RecordState, Result, StoredRecord, column,
    database::{Bind, Connection},
    page::Cursor,
};

pub(super) fn records(
    connection: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
) -> Result<Page<StoredRecord>> {
    let mut records = all(connection, workspace, None, filter)?;
    // By the id's text, as the statements order them.
    records.sort_by_cached_key(|record| Reverse((record.created_at, record.record.id.to_string())));
    records.truncate(filter.limit.saturating_add(1));
    Ok(Page::cut(records, filter.limit, |last| Cursor {
        at: column::micros(last.created_at),
        id: last.record.id.to_string(),
    }))
}

/// Those of the records that match.
pub(super) fn among(
    connection: &Connection,
    workspace: WorkspaceId,
    ids: &[RecordId],
    filter: &Filter,
) -> Result<Vec<StoredRecord>> {
    all(connection, workspace, Some(ids), filter)
}

fn all(
    connection: &Connection,
    workspace: WorkspaceId,
    among: Option<&[RecordId]>,
    filter: &Filter,
) -> Result<Vec<StoredRecord>> {
    let mut records = Vec::new();
    for source in sources(filter) {
        let (sql, values) = query(workspace, among, &Filter { source, ..filter.clone() })?;
        let values: Vec<&dyn Bind> = values.iter().map(AsRef::as_ref).collect();
        records.extend(connection.all(&sql, &values, of_row)?);
    }
    Ok(records)
}

/// The sources to be asked one after the other, each by its own index; `None` for all at once.
fn sources(filter: &Filter) -> Vec<Option<Source>> {
    let is_call = |source: Source| source == Source::Aircall;
    match (filter.kind, filter.source) {
        (None, source) => vec![source],
        (Some(kind), Some(source)) if is_call(source) == (kind == RecordKind::Call) => vec![Some(source)],
        (Some(_), Some(_)) => Vec::new(),
        (Some(kind), None) => {
            let of_kind = |source: &Source| is_call(*source) == (kind == RecordKind::Call);
            Source::ALL.into_iter().filter(of_kind).map(Some).collect()
        }
    }
}

/// Composes the statement: the narrowest filter chooses the index, the others only pass over what it gives.
fn query(
    workspace: WorkspaceId,
    among: Option<&[RecordId]>,
    filter: &Filter,
) -> Result<(String, Vec<Box<dyn Bind>>)> {
    let mut values: Vec<Box<dyn Bind>> = vec![Box::new(workspace.0)];
    let mut place = |value: Box<dyn Bind>| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut conditions = vec!["r.workspace = $1".to_owned()];
    let mut table = "records r".to_owned();
    if let Some(external_id) = &filter.external_id {
        let key = place(Box::new(external_id.clone()));
        "record_keys k JOIN records r ON r.workspace = k.workspace AND r.id = k.record"
            .clone_into(&mut table);
        conditions.push(format!("k.workspace = $1 AND k.external_id = {key}"));
    } else if let Some(found) = found(filter.search.as_deref(), &mut place) {
        // CROSS: what was found comes first, and leads to the records.
        table = format!("({found}) k CROSS JOIN records r");
        conditions.push("r.id = k.record".to_owned());
    }
    if let Some(ids) = among {
        let ids: Vec<String> = ids.iter().map(|id| place(Box::new(id.to_string()))).collect();
        conditions.push(format!("r.id IN ({})", ids.join(", ")));
    }
    let is_walked = table == "records r" && among.is_none();
    if let Some(state) = filter.state {
        // The word itself, not a parameter: a partial index is used only where the statement shows its condition.
        let column = column_by(is_walked, "r.state");
        conditions.push(format!("{column} = '{}'", state.word()));
    }
    if let Some(source) = filter.source {
        let is_narrowest = is_walked && matches!(filter.state, None | Some(RecordState::Logged));
        let word = place(Box::new(source.word().to_owned()));
        conditions.push(format!("{} = {word}", column_by(is_narrowest, "r.source")));
    }
    for (moment, test) in [(filter.from, ">="), (filter.to, "<")] {
        if let Some(moment) = moment {
            conditions.push(format!("r.created_at {test} {}", place(Box::new(column::micros(moment)))));
        }
    }
    if let Some(cursor) = &filter.cursor {
        let cursor = Cursor::read(cursor)?;
        let (at, id) = (place(Box::new(cursor.at)), place(Box::new(cursor.id)));
        conditions.push(format!("(r.created_at, r.id) < ({at}, {id})"));
    }
    let limit = place(Box::new(column::limit(filter.limit.saturating_add(1))));
    let sql = format!(
        "SELECT {COLUMNS} FROM {table} WHERE {} ORDER BY r.created_at DESC, r.id DESC LIMIT {limit}",
        conditions.join(" AND ")
    );
    Ok((sql, values))
}

/// The records that a search finds: those that have all its words, and those of which it is an id.
fn found(search: Option<&str>, place: &mut impl FnMut(Box<dyn Bind>) -> String) -> Option<String> {
    let search = search.map(str::trim).filter(|search| !search.is_empty())?;
    let external_id = place(Box::new(search.to_owned()));
    let mut found = Vec::new();
    for choices in name::sought(search) {
        let one = choices.into_iter().map(|word| {
            let (from, to) = (place(Box::new(word.clone())), place(Box::new(format!("{word}{LAST}"))));
            format!("SELECT record FROM record_words WHERE workspace = $1 AND word >= {from} AND word < {to}")
        });
        found.push(format!("SELECT record FROM ({}) AS word", one.collect::<Vec<_>>().join(" UNION ")));
    }
    let by_id =
        format!("SELECT record FROM record_keys WHERE workspace = $1 AND external_id = {external_id}");
    if found.is_empty() {
        return Some(by_id);
    }
    Some(format!("SELECT record FROM ({}) AS words UNION {by_id}", found.join(" INTERSECT ")))
}

/// Comes after each character of a word.
const LAST: char = '\u{10FFFF}';

/// A column as it is, or as an expression that has no index.
fn column_by(index: bool, name: &str) -> String {
    if index { name.to_owned() } else { format!("COALESCE({name}, '')") }
}

#[cfg(test)]
mod tests {
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
                let plan = plans::plan(&query(WorkspaceId(1), None, &filter).unwrap().0);
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
        let plan = plans::plan(&query(WorkspaceId(1), None, &filter).unwrap().0);
        assert!(plan[0].starts_with("SEARCH k ") && plan[0].contains("external_id=?"), "{plan:?}");
        assert!(plan[1].starts_with("SEARCH r ") && plan[1].contains("id=?"), "{plan:?}");
    }

    #[test]
    fn a_search_starts_from_its_words() {
        for (search, walks) in [("Lin W", 3), ("+1 415-555-0132", 4)] {
            let filter = Filter { search: Some(search.to_owned()), ..Filter::default() };
            let plan = plans::plan(&query(WorkspaceId(1), None, &filter).unwrap().0);
            let lines = |part: &str| plan.iter().filter(|line| line.contains(part)).count();
            assert_eq!(lines("SEARCH record_words") + lines("SEARCH record_keys"), walks, "{plan:?}");
            assert_eq!(lines("SEARCH r USING INDEX sqlite_autoindex_records_1"), 1, "{plan:?}");
            assert_eq!(
                lines("SCAN r") + lines("SCAN record_words") + lines("SCAN record_keys"),
                0,
                "{plan:?}"
            );
        }
    }
}
