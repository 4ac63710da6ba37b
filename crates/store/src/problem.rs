//! Problems: records that a person should look at, envelopes that could not be read, and notices that cannot be sent.

mod list;

use std::sync::Arc;

use domain::ids::{RecordId, WorkspaceId};
use jiff::Timestamp;

use crate::{
    Changed, Page, Result, Store, column,
    database::{Connection, Row, params},
    notice,
};

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemRow {
    /// The record's id, `envelope-<seq>` or `notice-<seq>`.
    pub id: String,
    /// The record, if it is one's.
    pub record: Option<RecordId>,
    /// What happened, in plain words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

impl Store {
    /// The problems, newest first.
    pub async fn problems(
        &self,
        workspace: WorkspaceId,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<Page<ProblemRow>> {
        self.read(move |connection| list::problems(connection, workspace, limit, cursor.as_deref())).await
    }

    /// How many problems there are.
    pub async fn problem_count(&self, workspace: WorkspaceId) -> Result<u64> {
        self.read(move |connection| {
            let count = |sql| -> Result<u64> {
                let read = |row: &Row<'_>| column::count(row, 0);
                Ok(connection.first(sql, params![workspace.0], read)?.unwrap_or(0))
            };
            Ok(count(RECORDS)? + count(ENVELOPES)?)
        })
        .await
    }

    /// Tries a problem again; says whether there was one. Rings the bell.
    pub async fn retry(&self, workspace: WorkspaceId, problem_id: &str, now: Timestamp) -> Result<bool> {
        let Some(problem) = Which::read(problem_id) else { return Ok(false) };
        let bell = Arc::clone(self.bell());
        let retry = move |connection: &Connection| {
            let changed = match problem {
                Which::Record(id) => {
                    let sql = format!("{RETRY_RECORDS} AND id = $3");
                    connection.run(&sql, params![workspace.0, column::micros(now), id.to_string()])?
                }
                Which::Envelope(seq) => {
                    connection.run(&format!("{RETRY_ENVELOPES} AND seq = $2"), params![workspace.0, seq])?
                }
                Which::Notice(seq) => connection.run(
                    &format!("{} AND seq = $3", notice::RETRY),
                    params![workspace.0, column::micros(now), seq],
                )?,
            };
            Ok(changed > 0)
        };
        let news = Arc::clone(self.news());
        let ring = move |is_there: &bool| {
            if *is_there {
                bell.ring(workspace);
                bell.ring_for_notices();
                news.tell(workspace, problem.changed());
            }
        };
        self.write_then(retry, ring).await
    }

    /// Tries all problems again; says how many there were. Rings the bell.
    pub async fn retry_all(&self, workspace: WorkspaceId, now: Timestamp) -> Result<u64> {
        let bell = Arc::clone(self.bell());
        let retry = move |connection: &Connection| {
            connection.hold(workspace)?;
            let records = connection.run(RETRY_RECORDS, params![workspace.0, column::micros(now)])?;
            let envelopes = connection.run(RETRY_ENVELOPES, params![workspace.0])?;
            let notices = connection.run(notice::RETRY, params![workspace.0, column::micros(now)])?;
            Ok(column::rows(records + envelopes + notices))
        };
        let news = Arc::clone(self.news());
        let ring = move |_: &u64| {
            bell.ring(workspace);
            bell.ring_for_notices();
            news.tell(workspace, Changed::Many);
        };
        self.write_long(workspace, retry, ring).await
    }

    /// Lets a problem go: the record counts as logged, the envelope as ignored, the notice is not sent. Says whether there was one.
    pub async fn dismiss(&self, workspace: WorkspaceId, problem_id: &str, now: Timestamp) -> Result<bool> {
        let Some(problem) = Which::read(problem_id) else { return Ok(false) };
        let news = Arc::clone(self.news());
        let dismiss = move |connection: &Connection| {
            let changed = match problem {
                Which::Record(id) => {
                    let sql = "UPDATE records SET state = 'logged', why = 'Dismissed.', attempts = 0, due_at = NULL,
                            problem = NULL, problem_since = NULL, changed_at = $2
                        WHERE workspace = $1 AND state = 'problem' AND id = $3";
                    connection.run(sql, params![workspace.0, column::micros(now), id.to_string()])?
                }
                Which::Envelope(seq) => {
                    let sql = "UPDATE envelopes SET state = 'ignored', problem = NULL, problem_since = NULL
                        WHERE workspace = $1 AND state = 'unreadable' AND seq = $2";
                    connection.run(sql, params![workspace.0, seq])?
                }
                Which::Notice(seq) => return notice::dismiss(connection, workspace, seq, now),
            };
            Ok(changed > 0)
        };
        self.write_then(dismiss, move |_| news.tell(workspace, problem.changed())).await
    }
}

const RECORDS: &str = "SELECT COUNT(*) FROM records WHERE workspace = $1 AND state = 'problem'";

const ENVELOPES: &str = "SELECT COUNT(*) FROM envelopes WHERE workspace = $1 AND state = 'unreadable'";

const RETRY_RECORDS: &str = "UPDATE records SET state = 'waiting', why = 'To be tried again.', attempts = 0,
        due_at = $2, problem = NULL, problem_since = NULL, changed_at = $2
    WHERE workspace = $1 AND state = 'problem'";

const RETRY_ENVELOPES: &str = "UPDATE envelopes SET state = 'unread', problem = NULL, problem_since = NULL
    WHERE workspace = $1 AND state = 'unreadable'";

/// Whose problem it is.
#[derive(Clone, Copy)]
enum Which {
    Record(RecordId),
    Envelope(i64),
    Notice(i64),
}

const ENVELOPE: &str = "envelope-";
const NOTICE: &str = "notice-";

impl Which {
    fn changed(self) -> Changed {
        match self {
            Self::Record(id) => Changed::These(vec![id]),
            Self::Envelope(_) | Self::Notice(_) => Changed::These(Vec::new()),
        }
    }

    fn read(id: &str) -> Option<Self> {
        if let Some(seq) = id.strip_prefix(ENVELOPE) {
            seq.parse().ok().map(Self::Envelope)
        } else if let Some(seq) = id.strip_prefix(NOTICE) {
            seq.parse().ok().map(Self::Notice)
        } else {
            id.parse().ok().map(RecordId).map(Self::Record)
        }
    }

    fn text(self) -> String {
        match self {
            Self::Record(id) => id.to_string(),
            Self::Envelope(seq) => format!("{ENVELOPE}{seq}"),
            Self::Notice(seq) => format!("{NOTICE}{seq}"),
        }
    }
}
