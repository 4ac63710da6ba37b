//! Claiming: which records a lane takes next, each with all that is to be done for it.

use std::collections::HashSet;

use domain::{
    ids::{RecordId, WorkspaceId},
    source::Source,
};
use jiff::Timestamp;

use crate::{
    Batch, Claimed, Envelope, OpenStep, Result, StoredRecord, Taken, column,
    database::{Connection, params},
    inbox, record,
    settle::step,
};

/// The unread envelopes in the order they came, from a number on. Numbers of commits that come late are lower than those
/// seen: the next claim begins with them.
pub(super) const UNREAD: &str = "SELECT seq, source, subject FROM envelopes
    WHERE workspace = $1 AND state = 'unread' AND seq > $2 ORDER BY seq LIMIT $3";

/// The unread envelopes of one subject. The state is wrapped to keep the index of the subject in use: by the
/// index of the unread each claim would walk the whole backlog.
pub(super) const UNREAD_OF: &str =
    "SELECT seq, source, state, subject, event, received_at, body FROM envelopes
    WHERE workspace = $1 AND source = $2 AND subject = $3 AND COALESCE(state, '') = 'unread'";

/// The records due, the longest due first, from a place on.
pub(super) const DUE: &str = "SELECT r.due_at, r.id FROM records r
    WHERE r.workspace = $1 AND r.due_at <= $2 AND (r.due_at, r.id) > ($3, $4) ORDER BY r.due_at, r.id LIMIT $5";

/// Rows that are read at once: more than a batch takes, since several envelopes belong to one record and some are taken.
const ROWS: usize = 400;

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
    let mut after = i64::MIN;
    while subjects.len() < limit {
        let values = params![workspace.0, after, column::limit(ROWS)];
        let rows = connection.all(UNREAD, values, |row| {
            Ok((row.get(0)?, column::word(row, 1, "envelopes", Source::from_word)?, row.get::<String>(2)?))
        })?;
        let Some((last, ..)) = rows.last() else { break };
        after = *last;
        for (_, source, external_id) in rows {
            let name = (source, external_id.clone());
            if subjects.len() == limit || taken.names.contains(&name) || !seen.insert(name) {
                continue;
            }
            let record = record::id_of(connection, workspace, source.word(), &external_id)?;
            if record.is_none_or(|id| taken.records.insert(id)) {
                subjects.push(Subject { source, external_id, record });
            }
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
        envelopes.extend(connection.all(UNREAD_OF, values, inbox::of_row)?);
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
    let mut after = (i64::MIN, String::new());
    while due.len() < limit {
        let values = params![workspace.0, column::micros(now), after.0, after.1, column::limit(ROWS)];
        let rows = connection.all(DUE, values, |row| Ok((row.get(0)?, column::uuid(row, 1, "records")?)))?;
        let Some((at, id)) = rows.last() else { break };
        after = (*at, id.to_string());
        let left = limit - due.len();
        due.extend(rows.into_iter().map(|(_, id)| RecordId(id)).filter(|id| !taken.contains(id)).take(left));
    }
    Ok(due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    #[test]
    fn claiming_walks_only_what_is_to_be_done() {
        assert_eq!(plan(UNREAD), ["SEARCH envelopes USING INDEX envelopes_unread (workspace=? AND seq>?)"]);
        let unread_of = plan(UNREAD_OF);
        assert_eq!(
            unread_of,
            ["SEARCH envelopes USING INDEX envelopes_of_subject (workspace=? AND source=? AND subject=?)"]
        );
        assert_eq!(
            plan(DUE),
            ["SEARCH r USING COVERING INDEX records_due (workspace=? AND (due_at,id)>(?,?) AND due_at<?)"]
        );
    }
}
