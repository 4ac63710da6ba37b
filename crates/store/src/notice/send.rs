//! Sending notices: which are due, begun before they are handed over, and what came of it.

use domain::{
    ids::{RecordId, WorkspaceId},
    source::Source,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{DueNotice, Handed, Said, drop};
use crate::{
    Phase, Result, Store, column,
    database::{Connection, Row, params},
};

/// The notices due, the longest due first: to one party of one booking only the first that is not through, so that mails
/// are sent in the order of what they tell.
const DUE: &str =
    "SELECT n.seq, n.workspace, n.record, n.source, n.key, n.attempts, n.heard_at, n.over_at, n.mail
    FROM notices n WHERE n.due_at <= $1 AND NOT EXISTS (
        SELECT 1 FROM notices e WHERE e.workspace = n.workspace AND e.record = n.record AND e.seq < n.seq
            AND e.party = n.party AND e.state IN ('queued', 'begun'))
    ORDER BY n.due_at, n.seq LIMIT $2";

const BREAK_OFF: &str = "UPDATE notices SET due_at = $1
    WHERE due_at > $1 AND state = 'begun' AND begun_by IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = notices.begun_by AND n.until > $2)";

const NEXT_DUE: &str = "SELECT MIN(due_at) FROM notices WHERE due_at > $1";

/// What came of handing a notice over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The mail server took it.
    Taken,
    /// It is tried again.
    Later {
        /// When.
        until: Timestamp,
        /// Why it was not taken, in plain words.
        why: String,
        /// Whether a person should know by now.
        is_problem: bool,
    },
    /// The mail server refused it: a person has to look.
    Refused {
        /// Why, in plain words.
        why: String,
    },
    /// It is not to be sent any more.
    Dropped {
        /// Why, in plain words.
        why: String,
    },
}

impl Store {
    /// The notices of all workspaces that are due.
    pub async fn due_notices(&self, now: Timestamp, limit: usize) -> Result<Vec<DueNotice>> {
        self.read(move |connection| {
            connection.all(DUE, params![column::micros(now), column::limit(limit)], of_row)
        })
        .await
    }

    /// The next moment after `now` at which a notice is due.
    pub async fn next_notice(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        self.read(move |connection| {
            let read = |row: &Row<'_>| column::maybe_timestamp(row, 0, "notices");
            Ok(connection.first(NEXT_DUE, params![column::micros(now)], read)?.flatten())
        })
        .await
    }

    /// Makes due at once what was begun by a node that is not alive any more. Says how many.
    pub async fn break_off_notices(&self, now: Timestamp) -> Result<u64> {
        self.write(move |connection| {
            let clock = column::micros(connection.clock(now)?);
            connection.run(BREAK_OFF, params![column::micros(now), clock]).map(column::rows)
        })
        .await
    }

    /// Enters that a node is about to hand a notice over; says whether it is its to hand over. If nothing is heard of it up
    /// to `until`, it is due again.
    pub async fn begin_notice(
        &self,
        workspace: WorkspaceId,
        seq: i64,
        node: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool> {
        self.write(move |connection| {
            connection.hold(workspace)?;
            let sql = "UPDATE notices SET state = 'begun', due_at = $4, begun_by = $5
                WHERE workspace = $1 AND seq = $2 AND state IN ('queued', 'begun') AND due_at <= $3
                RETURNING record, key, party, change";
            let (now_micros, until) = (column::micros(now), column::micros(until));
            let values = params![workspace.0, seq, now_micros, until, node.to_string()];
            let Some(said) = connection.first(sql, values, Said::of_row)? else {
                return Ok(false);
            };
            said.enter(connection, workspace, Phase::Begun, Value::Null, now)?;
            Ok(true)
        })
        .await
    }

    /// Enters what came of a notice that a node began. What another one has begun since is that one's to settle.
    pub async fn settle_notice(
        &self,
        workspace: WorkspaceId,
        seq: i64,
        node: Uuid,
        sent: Sent,
        now: Timestamp,
    ) -> Result<()> {
        self.write(move |connection| {
            let sql = "SELECT seq FROM notices
                WHERE workspace = $1 AND seq = $2 AND (begun_by IS NULL OR begun_by = $3)";
            connection.hold(workspace)?;
            let ours = connection
                .first(sql, params![workspace.0, seq, node.to_string()], |row| row.get::<i64>(0))?;
            ours.map_or(Ok(()), |seq| settle(connection, workspace, seq, &sent, now))
        })
        .await
    }

    /// Puts off what is due: the mail server does not answer, and need not be asked for each.
    pub async fn put_off_notices(&self, now: Timestamp, until: Timestamp) -> Result<()> {
        self.write(move |connection| {
            let sql = "UPDATE notices SET due_at = $2 WHERE due_at <= $1 AND state = 'queued'";
            connection.run(sql, params![column::micros(now), column::micros(until)]).map(|_| ())
        })
        .await
    }

    /// Waits until a notice may be due.
    pub async fn notices_rung(&self) {
        self.bell().notices_rung().await;
    }
}

fn settle(
    connection: &Connection,
    workspace: WorkspaceId,
    seq: i64,
    sent: &Sent,
    now: Timestamp,
) -> Result<()> {
    let micros = column::micros(now);
    let (said, phase, answer) = match sent {
        Sent::Taken => {
            let sql = "UPDATE notices SET state = 'sent', due_at = NULL, problem = NULL, problem_since = NULL, mail = NULL
                WHERE workspace = $1 AND seq = $2 AND state = 'begun' RETURNING record, key, party, change";
            let said = connection.first(sql, params![workspace.0, seq], Said::of_row)?;
            (said, Phase::Done, Value::Null)
        }
        Sent::Later { until, why, is_problem } => {
            let sql =
                "UPDATE notices SET state = 'queued', due_at = $3, attempts = attempts + 1, problem = $4,
                    problem_since = CASE WHEN CAST($4 AS TEXT) IS NULL THEN NULL ELSE COALESCE(problem_since, $5) END
                WHERE workspace = $1 AND seq = $2 AND state = 'begun' RETURNING record, key, party, change";
            let problem = Some(why).filter(|_| *is_problem);
            let values = params![workspace.0, seq, column::micros(*until), problem, micros];
            let again = json!({ "why": why, "again_at": until });
            (connection.first(sql, values, Said::of_row)?, Phase::Waited, again)
        }
        Sent::Refused { why } => {
            let sql =
                "UPDATE notices SET state = 'refused', due_at = NULL, attempts = attempts + 1, problem = $3,
                    problem_since = COALESCE(problem_since, $4)
                WHERE workspace = $1 AND seq = $2 AND state = 'begun' RETURNING record, key, party, change";
            let said = connection.first(sql, params![workspace.0, seq, why, micros], Said::of_row)?;
            (said, Phase::Refused, json!({ "why": why }))
        }
        Sent::Dropped { why } => {
            return drop(connection, workspace, seq, Handed::Maybe, why, now).map(|_| ());
        }
    };
    said.map_or(Ok(()), |said| said.enter(connection, workspace, phase, answer, now))
}

fn of_row(row: &Row<'_>) -> Result<DueNotice> {
    Ok(DueNotice {
        seq: row.get(0)?,
        workspace: WorkspaceId(row.get(1)?),
        record: RecordId(column::uuid(row, 2, "notices")?),
        source: column::word(row, 3, "notices", Source::from_word)?,
        key: column::uuid(row, 4, "notices")?,
        attempts: row.get(5)?,
        heard_at: column::timestamp(row, 6, "notices")?,
        over_at: column::timestamp(row, 7, "notices")?,
        mail: column::json(row, 8, "notices")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    #[test]
    fn what_is_due_is_found_without_walking_what_was_sent() {
        let due = plan(DUE);
        assert_eq!(due[0], "SEARCH n USING INDEX notices_due (due_at<?)", "{due:?}");
        assert!(due.iter().all(|line| !line.contains("SCAN")), "{due:?}");
        let broken_off = plan(BREAK_OFF);
        assert_eq!(broken_off[0], "SEARCH notices USING INDEX notices_due (due_at>?)", "{broken_off:?}");
        let next = plan(NEXT_DUE);
        assert_eq!(next, ["SEARCH notices USING COVERING INDEX notices_due (due_at>?)"]);
    }
}
