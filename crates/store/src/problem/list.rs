//! The list of problems: records, envelopes and notices, merged by when the problem arose.

use domain::{
    ids::{RecordId, WorkspaceId},
    source::Source,
    text,
};
use jiff::Timestamp;

use super::Which;
use crate::{
    NAMELESS, Page, ProblemRow, Result, StoreError, column,
    database::{Connection, Row, params},
    page::Cursor,
};

/// More of a word from outside is not said.
const WORD_CHARS_MAX: usize = 200;

/// A problem with its place in the list: by time, and at one time records before envelopes before notices.
struct Placed {
    since: Timestamp,
    which: Which,
    record: Option<RecordId>,
    reason: String,
}

impl Placed {
    /// Greater comes first.
    fn rank(&self) -> (i64, u8, String, i64) {
        let (kind, id, seq) = match self.which {
            Which::Record(id) => (2, id.to_string(), 0),
            Which::Envelope(seq) => (1, String::new(), seq),
            Which::Notice(seq) => (0, String::new(), seq),
        };
        (column::micros(self.since), kind, id, seq)
    }
}

pub(super) const OF_RECORDS: &str = "SELECT problem_since, id, COALESCE(problem, why) FROM records
    WHERE workspace = $1 AND state = 'problem' AND (problem_since, id) < ($2, $3)
    ORDER BY problem_since DESC, id DESC LIMIT $4";

pub(super) const OF_ENVELOPES: &str =
    "SELECT problem_since, seq, problem, source, event, subject FROM envelopes
    WHERE workspace = $1 AND state = 'unreadable' AND (problem_since, seq) < ($2, $3)
    ORDER BY problem_since DESC, seq DESC LIMIT $4";

pub(super) const OF_NOTICES: &str = "SELECT problem_since, seq, problem, record FROM notices
    WHERE workspace = $1 AND problem IS NOT NULL AND (problem_since, seq) < ($2, $3)
    ORDER BY problem_since DESC, seq DESC LIMIT $4";

pub(super) fn problems(
    connection: &Connection,
    workspace: WorkspaceId,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Page<ProblemRow>> {
    let cursor = cursor.map(Cursor::read).transpose()?;
    // Where each of the lists goes on; from the top, greater than any.
    let (at, record, envelope, notice) = match cursor {
        None => (i64::MAX, String::new(), i64::MIN, i64::MIN),
        Some(cursor) => match Which::read(&cursor.id).ok_or(StoreError::Cursor)? {
            Which::Record(id) => (cursor.at, id.to_string(), i64::MAX, i64::MAX),
            Which::Envelope(seq) => (cursor.at, String::new(), seq, i64::MAX),
            Which::Notice(seq) => (cursor.at, String::new(), i64::MIN, seq),
        },
    };
    let rows = column::limit(limit.saturating_add(1));
    let mut placed = connection.all(OF_RECORDS, params![workspace.0, at, record, rows], |row| {
        let id = RecordId(column::uuid(row, 1, "records")?);
        Ok(Placed {
            since: column::timestamp(row, 0, "records")?,
            which: Which::Record(id),
            record: Some(id),
            reason: row.get(2)?,
        })
    })?;
    placed.extend(connection.all(OF_ENVELOPES, params![workspace.0, at, envelope, rows], |row| {
        Ok(Placed {
            since: column::timestamp(row, 0, "envelopes")?,
            which: Which::Envelope(row.get(1)?),
            record: None,
            reason: unreadable(row)?,
        })
    })?);
    placed.extend(connection.all(OF_NOTICES, params![workspace.0, at, notice, rows], |row| {
        Ok(Placed {
            since: column::timestamp(row, 0, "notices")?,
            which: Which::Notice(row.get(1)?),
            record: Some(RecordId(column::uuid(row, 3, "notices")?)),
            reason: row.get(2)?,
        })
    })?);
    placed.sort_by_cached_key(|problem| std::cmp::Reverse(problem.rank()));
    placed.truncate(limit.saturating_add(1));
    let rows = placed.into_iter().map(of_placed).collect();
    Ok(Page::cut(rows, limit, |last: &ProblemRow| Cursor {
        at: column::micros(last.since),
        id: last.id.clone(),
    }))
}

/// What could not be read, as far as that can be told: whose webhook, of what, about which call or booking.
fn unreadable(row: &Row<'_>) -> Result<String> {
    let (problem, event, subject): (String, String, String) = (row.get(2)?, row.get(4)?, row.get(5)?);
    let source = column::word(row, 3, "envelopes", Source::from_word)?;
    let noun = match source {
        Source::Aircall => "call",
        Source::Calendar | Source::Calcom | Source::Calendly => "booking",
    };
    let event = if event.is_empty() { "a webhook".to_owned() } else { named(&event) };
    let about = match subject.as_str() {
        known if known.is_empty() || known.starts_with(NAMELESS) => String::new(),
        known => format!(" about {noun} {}", named(known)),
    };
    Ok(format!("{} sent {event}{about} that cannot be read. {problem}", source.name()))
}

/// A word from outside, within a sentence of ours.
fn named(word: &str) -> String {
    text::cut(&text::plain(word), WORD_CHARS_MAX)
}

fn of_placed(placed: Placed) -> ProblemRow {
    let Placed { record, .. } = placed;
    ProblemRow { id: placed.which.text(), record, reason: placed.reason, since: placed.since }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    #[test]
    fn problems_are_listed_without_walking_history() {
        let records = plan(OF_RECORDS);
        assert!(records[0].contains("USING INDEX records_problem_since (workspace=?"), "{records:?}");
        let envelopes = plan(OF_ENVELOPES);
        assert!(envelopes[0].contains("USING INDEX envelopes_unreadable (workspace=?"), "{envelopes:?}");
        let notices = plan(OF_NOTICES);
        assert!(notices[0].contains("USING INDEX notices_problem (workspace=?"), "{notices:?}");
        assert_eq!((records.len(), envelopes.len(), notices.len()), (1, 1, 1));
    }
}
