//! Samples: what a workspace did in each five minutes, and how it stands now. An idle workspace has none.

mod spans;

use domain::ids::WorkspaceId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use spans::Spans;

use crate::{
    Result, Store, column,
    database::{Connection, Row, params},
};

/// What one sample is of: each zone's days begin where one of them does.
pub const SAMPLE_LENGTH: SignedDuration = SignedDuration::from_mins(5);

/// How long samples are kept: a day is shown, and what was a week ago can be asked for.
const KEPT: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What a workspace did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Webhooks that were read.
    pub webhooks: u64,
    /// Calls of which HubSpot holds something since then.
    pub calls: u64,
    /// Meetings of which HubSpot holds something since then.
    pub meetings: u64,
    /// Records of which HubSpot held something, and more was written.
    pub changes: u64,
    /// Problems that arose.
    pub problems: u64,
    /// How long it took from webhook to HubSpot.
    pub spans: Spans,
    /// What was left of the account's allowance.
    pub left: Option<Allowance>,
}

/// What was left of an account's allowance: the least that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Requests in the burst window.
    pub burst: u64,
    /// Of so many.
    pub burst_max: u64,
    /// Searches in a second.
    pub search: u64,
    /// Of so many.
    pub search_max: u64,
    /// Requests until the account's midnight, if HubSpot tells: as it was told last.
    pub day: Option<u64>,
}

/// How a workspace stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Unread envelopes.
    pub unread: u64,
    /// When the first of them came.
    pub oldest_unread: Option<Timestamp>,
    /// Records of which something could not be written.
    pub unwritten: u64,
    /// Since when the first of them waits.
    pub oldest_unwritten: Option<Timestamp>,
}

impl Sample {
    /// Whether anything was done.
    pub fn is_news(&self) -> bool {
        *self != Self::default()
    }

    /// Takes in what was done later.
    pub fn add(&mut self, later: &Self) {
        self.webhooks += later.webhooks;
        self.calls += later.calls;
        self.meetings += later.meetings;
        self.changes += later.changes;
        self.problems += later.problems;
        self.spans.add(&later.spans);
        self.left = match (self.left, later.left) {
            (Some(before), Some(left)) => Some(Allowance {
                burst: before.burst.min(left.burst),
                search: before.search.min(left.search),
                day: left.day.or(before.day),
                ..left
            }),
            (before, left) => left.or(before),
        };
    }
}

impl Store {
    /// The samples of a workspace that began within a span, oldest first.
    pub async fn samples(
        &self,
        workspace: WorkspaceId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(Timestamp, Sample)>> {
        self.read(move |connection| {
            let values = params![workspace.0, column::micros(from), column::micros(to)];
            connection.all(WITHIN, values, of_row)
        })
        .await
    }

    /// How a workspace stands.
    pub async fn load(&self, workspace: WorkspaceId) -> Result<Load> {
        self.read(move |connection| {
            let first = |sql| {
                let read = |row: &Row<'_>| column::maybe_timestamp(row, 0, "load");
                connection.first(sql, params![workspace.0], read).map(Option::flatten)
            };
            let count = |sql| -> Result<u64> {
                let read = |row: &Row<'_>| column::count(row, 0);
                Ok(connection.first(sql, params![workspace.0], read)?.unwrap_or(0))
            };
            Ok(Load {
                unread: count(UNREAD)?,
                oldest_unread: first(OLDEST_UNREAD)?,
                unwritten: count(UNWRITTEN)?,
                oldest_unwritten: first(OLDEST_UNWRITTEN)?,
            })
        })
        .await
    }
}

const WITHIN: &str = "SELECT at, body FROM samples WHERE workspace = $1 AND at >= $2 AND at < $3 ORDER BY at";
const UNREAD: &str = "SELECT COUNT(*) FROM envelopes WHERE workspace = $1 AND state = 'unread'";
const OLDEST_UNREAD: &str =
    "SELECT received_at FROM envelopes WHERE workspace = $1 AND state = 'unread' ORDER BY seq LIMIT 1";
const UNWRITTEN: &str = "SELECT COUNT(*) FROM records WHERE workspace = $1 AND unwritten_since IS NOT NULL";
const OLDEST_UNWRITTEN: &str = "SELECT unwritten_since FROM records
    WHERE workspace = $1 AND unwritten_since IS NOT NULL ORDER BY unwritten_since LIMIT 1";

fn of_row(row: &Row<'_>) -> Result<(Timestamp, Sample)> {
    Ok((column::timestamp(row, 0, "samples")?, column::json(row, 1, "samples")?))
}

/// Adds to the sample of now what was done; the first of five minutes drops those that are too old.
pub(crate) fn add(
    connection: &Connection,
    workspace: WorkspaceId,
    done: &Sample,
    now: Timestamp,
) -> Result<()> {
    if !done.is_news() {
        return Ok(());
    }
    let began = begin(now);
    let values = params![workspace.0, began, began + 1];
    let (mut sample, is_first) = match connection.first(WITHIN, values, of_row)? {
        Some((_, sample)) => (sample, false),
        None => (Sample::default(), true),
    };
    if is_first {
        let sql = "DELETE FROM samples WHERE workspace = $1 AND at < $2";
        connection.run(sql, params![workspace.0, column::micros(now - KEPT)])?;
    }
    sample.add(done);
    let sql = "INSERT INTO samples (workspace, at, body) VALUES ($1, $2, $3)
        ON CONFLICT (workspace, at) DO UPDATE SET body = excluded.body";
    let body = column::to_json(&sample, "samples")?;
    connection.run(sql, params![workspace.0, began, body]).map(|_| ())
}

/// When the sample of a moment began, in microseconds.
fn begin(at: Timestamp) -> i64 {
    let at = column::micros(at);
    at - at.rem_euclid(i64::try_from(SAMPLE_LENGTH.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    #[test]
    fn how_a_workspace_stands_is_read_from_what_stands_open_alone() {
        let indexes = [
            (UNREAD, "envelopes_unread"),
            (OLDEST_UNREAD, "envelopes_unread"),
            (UNWRITTEN, "records_unwritten"),
            (OLDEST_UNWRITTEN, "records_unwritten"),
        ];
        for (sql, index) in indexes {
            let plan = plan(sql);
            assert!(plan.len() == 1 && plan[0].contains(index), "{sql}: {plan:?}");
        }
    }

    #[test]
    fn of_the_allowance_the_least_is_kept_and_of_the_day_the_last() {
        let left = |burst, day| Sample {
            left: Some(Allowance { burst, burst_max: 100, search: burst / 20, search_max: 5, day }),
            ..Sample::default()
        };
        let mut sample = left(60, Some(900));
        for later in [left(20, Some(850)), Sample::default(), left(99, None), left(80, Some(5_000))] {
            sample.add(&later);
        }
        let expected = Allowance { burst: 20, burst_max: 100, search: 1, search_max: 5, day: Some(5_000) };
        assert_eq!(sample.left, Some(expected));
    }
}
