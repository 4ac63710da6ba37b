//! Notices: mails to the parties of a booking, from the commit that owes them to their receipt.

mod send;

use domain::{
    ids::{RecordId, WorkspaceId},
    notice::{Change, Mail, Notice, Party, Stand, Turn, Unsent, words},
    source::Source,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    LedgerEntry, Phase, Result, Store, column,
    database::{Connection, Row, params},
    ledger,
};

pub use send::Sent;

/// What a change of a booking means for one of its parties.
#[derive(Debug, Clone)]
pub struct NoticeTurn {
    /// Of which record.
    pub record: RecordId,
    /// Of which source.
    pub source: Source,
    /// What is to be told, and what no longer.
    pub turn: Turn,
}

/// A notice that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueNotice {
    /// The store's number of it.
    pub seq: i64,
    /// Whose.
    pub workspace: WorkspaceId,
    /// Of which record.
    pub record: RecordId,
    /// Of which source.
    pub source: Source,
    /// What it is known by, the same at each attempt.
    pub key: Uuid,
    /// Failed attempts in a row so far.
    pub attempts: u32,
    /// When it happened.
    pub heard_at: Timestamp,
    /// From when on nobody needs it.
    pub over_at: Timestamp,
    /// The mail.
    pub mail: Mail,
}

/// The notices of a record that were not handed over yet, refused ones included: a newer one takes their place.
const UNSENT: &str = "SELECT seq, party, before FROM notices
    WHERE workspace = $1 AND record = $2 AND state IN ('queued', 'refused') ORDER BY seq";

impl Store {
    /// The notices of a record that are not sent yet.
    pub async fn unsent_notices(&self, workspace: WorkspaceId, record: RecordId) -> Result<Vec<Unsent>> {
        self.read(move |connection| {
            connection.all(UNSENT, params![workspace.0, record.to_string()], |row| {
                let before: Option<String> = row.get(2)?;
                Ok(Unsent {
                    seq: row.get(0)?,
                    party: column::word(row, 1, "notices", Party::from_word)?,
                    before: before.map(|before| column::from_json(&before, "notices")).transpose()?,
                })
            })
        })
        .await
    }
}

/// Takes a party's turn; says whether something is to be sent.
pub(crate) fn take_turn(
    connection: &Connection,
    workspace: WorkspaceId,
    turn: &NoticeTurn,
    now: Timestamp,
) -> Result<bool> {
    let mut is_too_late = false;
    for seq in &turn.turn.overtaken {
        let why = "The booking has changed again since.";
        is_too_late |= !drop(connection, workspace, *seq, Handed::No, why, now)?;
    }
    let notice = turn.turn.notice.as_ref().filter(|_| turn.turn.is_needed || is_too_late);
    notice.map_or(Ok(false), |notice| queue(connection, workspace, turn, notice, now))
}

fn queue(
    connection: &Connection,
    workspace: WorkspaceId,
    turn: &NoticeTurn,
    notice: &Notice,
    now: Timestamp,
) -> Result<bool> {
    let sql = "INSERT INTO notices (workspace, record, key, source, party, change, state, attempts, due_at,
            heard_at, over_at, before, mail)
        VALUES ($1, $2, $3, $4, $5, $6, 'queued', 0, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
    let before =
        notice.before.as_ref().map(|before| column::to_json::<Stand>(before, "notices")).transpose()?;
    let values = params![
        workspace.0,
        turn.record.to_string(),
        notice.key.to_string(),
        turn.source.word(),
        notice.party.word(),
        notice.change.word(),
        column::micros(now),
        column::micros(notice.heard_at),
        column::micros(notice.over_at),
        before,
        column::to_json(&notice.mail, "notices")?,
    ];
    let is_new = connection.run(sql, values)? > 0;
    if is_new {
        let said = Said { record: turn.record, key: notice.key, party: notice.party, change: notice.change };
        said.enter(connection, workspace, Phase::Queued, Value::Null, now)?;
    }
    Ok(is_new)
}

/// Whether a notice that is with the mail server may be dropped, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handed {
    No,
    Maybe,
}

/// Drops a notice; says whether it still could be.
fn drop(
    connection: &Connection,
    workspace: WorkspaceId,
    seq: i64,
    handed: Handed,
    why: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE notices SET state = 'dropped', due_at = NULL, problem = NULL, problem_since = NULL, mail = NULL
        WHERE workspace = $1 AND seq = $2 AND (state IN ('queued', 'refused') OR (state = 'begun' AND $3))
        RETURNING record, key, party, change";
    let said = connection.first(sql, params![workspace.0, seq, handed == Handed::Maybe], Said::of_row)?;
    if let Some(said) = &said {
        said.enter(connection, workspace, Phase::Dropped, json!({ "why": why }), now)?;
    }
    Ok(said.is_some())
}

/// Lets the problem of a notice go, and the notice with it.
pub(crate) fn dismiss(
    connection: &Connection,
    workspace: WorkspaceId,
    seq: i64,
    now: Timestamp,
) -> Result<bool> {
    let sql = "SELECT seq FROM notices WHERE workspace = $1 AND seq = $2 AND problem IS NOT NULL";
    let is_problem = connection.first(sql, params![workspace.0, seq], |row| row.get::<i64>(0))?;
    is_problem.map_or(Ok(false), |seq| drop(connection, workspace, seq, Handed::Maybe, "Dismissed.", now))
}

/// Tries the notices again that are a problem. One that is with the mail server goes its way.
pub(crate) const RETRY: &str = "UPDATE notices SET attempts = 0, problem = NULL, problem_since = NULL,
        due_at = CASE WHEN state = 'begun' THEN due_at ELSE $2 END,
        state = CASE WHEN state = 'begun' THEN state ELSE 'queued' END
    WHERE workspace = $1 AND problem IS NOT NULL";

/// What the ledger says of a notice.
struct Said {
    record: RecordId,
    key: Uuid,
    party: Party,
    change: Change,
}

impl Said {
    /// Of `record, key, party, change`.
    fn of_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            record: RecordId(column::uuid(row, 0, "notices")?),
            key: column::uuid(row, 1, "notices")?,
            party: column::word(row, 2, "notices", Party::from_word)?,
            change: column::word(row, 3, "notices", Change::from_word)?,
        })
    }

    fn enter(
        &self,
        connection: &Connection,
        workspace: WorkspaceId,
        phase: Phase,
        answer: Value,
        at: Timestamp,
    ) -> Result<()> {
        let entry = LedgerEntry {
            record: self.record,
            at,
            step: format!("notice:{}", self.key),
            what: words(self.party, self.change),
            phase,
            object: None,
            request: Value::Null,
            answer,
        };
        ledger::add(connection, workspace, &[entry])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    #[test]
    fn the_notices_of_a_record_are_found_without_walking_those_of_others() {
        assert_eq!(plan(UNSENT), ["SEARCH notices USING INDEX notices_of_record (workspace=? AND record=?)"]);
    }
}
