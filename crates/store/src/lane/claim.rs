//! Claiming: which records a lane takes next, each with all that is to be done for it.

use std::collections::HashSet;

use domain::{
    ids::{RecordId, WorkspaceId},
    source::Source,
};
use jiff::Timestamp;

use crate::{
    Batch, Claimed, Envelope, Result, Taken, column,
    database::{Connection, Rows, params},
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
    let subjects = subjects(connection, workspace, limit, &mut taken)?;
    let left = limit - subjects.len();
    let mut items = claimed(connection, workspace, subjects)?;
    let due = due(connection, workspace, left, now, &taken.records)?;
    let open = step::list(connection, workspace, &due)?;
    for (record, open) in record::find_each(connection, workspace, &due)?.into_iter().zip(open) {
        let Some(record) = record else { continue };
        items.push(Claimed {
            subject: record.record.external_id.clone(),
            source: record.record.source,
            record: Some(record),
            is_swept: false,
            envelopes: Vec::new(),
            open,
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
        let names = rows.into_iter().map(|(_, source, external_id)| (source, external_id));
        let names: Vec<_> =
            names.filter(|name| !taken.names.contains(name) && seen.insert(name.clone())).collect();
        let words: Vec<_> = names.iter().map(|(source, id)| (source.word(), id.as_str())).collect();
        let records = record::ids_of(connection, workspace, &words)?;
        for ((source, external_id), record) in names.into_iter().zip(records) {
            if subjects.len() < limit && record.is_none_or(|id| taken.records.insert(id)) {
                subjects.push(Subject { source, external_id, record });
            }
        }
    }
    Ok(subjects)
}

/// The subjects with all that is to be done for them.
fn claimed(connection: &Connection, workspace: WorkspaceId, subjects: Vec<Subject>) -> Result<Vec<Claimed>> {
    let ids: Vec<RecordId> = subjects.iter().map(|subject| subject.id(workspace)).collect();
    let records = record::find_each(connection, workspace, &ids)?;
    let open = step::list(connection, workspace, &ids)?;
    let unread = unread(connection, workspace, &subjects, &ids)?;
    let found = records.into_iter().zip(open).zip(unread);
    let claimed = subjects.into_iter().zip(found).map(|(subject, ((record, open), envelopes))| Claimed {
        subject: subject.external_id,
        source: subject.source,
        is_swept: subject.record.is_some() && record.is_none(),
        record,
        envelopes,
        open,
    });
    Ok(claimed.collect())
}

impl Subject {
    /// The id of its record, or of the one that would begin with it.
    fn id(&self, workspace: WorkspaceId) -> RecordId {
        self.record.unwrap_or_else(|| RecordId::of(workspace, self.source, &self.external_id))
    }
}

/// The unread envelopes of each subject and of all other names of its record.
fn unread(
    connection: &Connection,
    workspace: WorkspaceId,
    subjects: &[Subject],
    ids: &[RecordId],
) -> Result<Vec<Vec<Envelope>>> {
    let (mut rows, mut counts) = (Rows::default(), Vec::with_capacity(subjects.len()));
    for (subject, others) in subjects.iter().zip(record::keys_of_each(connection, workspace, ids)?) {
        let own = (subject.external_id.clone(), subject.source.word().to_owned());
        let others = others.into_iter().filter(|name| *name != own);
        let names: Vec<_> = std::iter::once(own.clone()).chain(others).collect();
        for (external_id, source) in &names {
            rows.add(params![workspace.0, source, external_id]);
        }
        counts.push(names.len());
    }
    let mut answers = connection.all_of_each(UNREAD_OF, &rows, inbox::of_row)?.into_iter();
    let of_each = counts.into_iter().map(|count| {
        let mut envelopes: Vec<Envelope> = answers.by_ref().take(count).flatten().collect();
        envelopes.sort_by_key(|envelope| envelope.seq);
        envelopes
    });
    Ok(of_each.collect())
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
