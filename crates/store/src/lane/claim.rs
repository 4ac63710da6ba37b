//! Claiming: which records a lane takes next, each with all that is to be done for it.

use std::collections::HashSet;

use domain::{
    ids::{RecordId, WorkspaceId},
    source::Source,
};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::{
    Batch, Claimed, Envelope, OpenStep, Result, StoredRecord, Taken, column, inbox, record, settle::step,
    statement,
};

/// The unread envelopes in the order they came.
pub(super) const UNREAD: &str =
    "SELECT source, subject FROM envelopes WHERE workspace = $1 AND state = 'unread' ORDER BY seq";

/// The unread envelopes of one subject. The state is wrapped to keep the index of the subject in use: by the
/// index of the unread each claim would walk the whole backlog.
pub(super) const UNREAD_OF: &str =
    "SELECT seq, source, state, subject, event, received_at, body FROM envelopes
    WHERE workspace = $1 AND source = $2 AND subject = $3 AND COALESCE(state, '') = 'unread'";

/// The records due, the longest due first.
pub(super) const DUE: &str = "SELECT r.id FROM records r WHERE r.workspace = $1 AND r.due_at <= $2
    ORDER BY r.due_at, r.id";

/// A subject with unread envelopes, and the record it joins.
struct Subject {
    source: Source,
    external_id: String,
    record: Option<RecordId>,
}

/// Takes up to `limit` records that are not taken yet.
pub(super) fn batch(
    connection: &Connection,
    workspace: WorkspaceId,
    mut taken: Taken,
    limit: usize,
    now: Timestamp,
) -> Result<Batch> {
    let mut items = Vec::new();
    for subject in subjects(connection, workspace, limit, &mut taken)? {
        items.push(claimed(connection, workspace, subject)?);
    }
    for id in due(connection, workspace, limit - items.len(), now, &taken.records)? {
        let Some(record) = record::find(connection, workspace, id)? else { continue };
        items.push(Claimed {
            subject: record.record.external_id.clone(),
            source: record.record.source,
            record: Some(record),
            envelopes: Vec::new(),
            open: step::list(connection, workspace, id)?,
        });
    }
    Ok(Batch { items })
}

/// The subjects with unread envelopes by their oldest, one per record. Reads no further than it must.
fn subjects(
    connection: &Connection,
    workspace: WorkspaceId,
    limit: usize,
    taken: &mut Taken,
) -> Result<Vec<Subject>> {
    let mut seen = HashSet::new();
    let mut subjects = Vec::new();
    let mut statement = connection.prepare_cached(UNREAD)?;
    let mut rows = statement::query(&mut statement, params![workspace.0])?;
    while subjects.len() < limit
        && let Some(row) = rows.next()?
    {
        let source = column::word(row, 0, "envelopes", Source::from_word)?;
        let external_id: String = row.get(1)?;
        let name = (source, external_id.clone());
        if taken.names.contains(&name) || !seen.insert(name) {
            continue;
        }
        let record = record::id_of(connection, workspace, source.word(), &external_id)?;
        if record.is_none_or(|id| taken.records.insert(id)) {
            subjects.push(Subject { source, external_id, record });
        }
    }
    Ok(subjects)
}

fn claimed(connection: &Connection, workspace: WorkspaceId, subject: Subject) -> Result<Claimed> {
    let Subject { source, external_id, record: id } = subject;
    let record = match id {
        Some(id) => record::find(connection, workspace, id)?,
        None => None,
    };
    Ok(Claimed {
        envelopes: unread(connection, workspace, source, &external_id, record.as_ref())?,
        open: open(connection, workspace, source, &external_id, id)?,
        subject: external_id,
        source,
        record,
    })
}

/// The unread envelopes of a subject and of all other names of its record.
fn unread(
    connection: &Connection,
    workspace: WorkspaceId,
    source: Source,
    subject: &str,
    record: Option<&StoredRecord>,
) -> Result<Vec<Envelope>> {
    let mut names = vec![(subject.to_owned(), source.word().to_owned())];
    if let Some(record) = record {
        let others = record::keys(connection, workspace, record.record.id)?;
        names.extend(others.into_iter().filter(|name| name.0 != subject || name.1 != source.word()));
    }
    let mut envelopes = Vec::new();
    for (subject, source) in names {
        let values = params![workspace.0, source, subject];
        envelopes.extend(statement::all(connection, UNREAD_OF, values, inbox::of_row)?);
    }
    envelopes.sort_by_key(|envelope| envelope.seq);
    Ok(envelopes)
}

/// The open steps: those of the record, or of the record that would begin with this subject.
fn open(
    connection: &Connection,
    workspace: WorkspaceId,
    source: Source,
    subject: &str,
    record: Option<RecordId>,
) -> Result<Vec<OpenStep>> {
    let id = record.unwrap_or_else(|| RecordId::of(workspace, source, subject));
    step::list(connection, workspace, id)
}

/// The records due that are not taken yet.
fn due(
    connection: &Connection,
    workspace: WorkspaceId,
    limit: usize,
    now: Timestamp,
    taken: &HashSet<RecordId>,
) -> Result<Vec<RecordId>> {
    let mut due = Vec::new();
    let mut statement = connection.prepare_cached(DUE)?;
    let mut rows = statement::query(&mut statement, params![workspace.0, column::micros(now)])?;
    while due.len() < limit
        && let Some(row) = rows.next()?
    {
        let id = RecordId(column::uuid(row, 0, "records")?);
        if !taken.contains(&id) {
            due.push(id);
        }
    }
    Ok(due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    #[test]
    fn claiming_walks_only_what_is_to_be_done() {
        assert_eq!(plan(UNREAD), ["SEARCH envelopes USING INDEX envelopes_unread (workspace=?)"]);
        let unread_of = plan(UNREAD_OF);
        assert_eq!(
            unread_of,
            ["SEARCH envelopes USING INDEX envelopes_of_subject (workspace=? AND source=? AND subject=?)"]
        );
        assert_eq!(plan(DUE), ["SEARCH r USING COVERING INDEX records_due (workspace=? AND due_at<?)"]);
    }
}
