//! Replay: envelopes of a span are read again.

use std::sync::Arc;

use domain::{ids::WorkspaceId, source::Source};
use jiff::Timestamp;

use crate::{
    Result, Store, column,
    database::{Connection, params},
};

/// Envelopes looked at in one write, so that webhooks need not wait for a long replay.
const CHUNK: usize = 2_000;

/// The first envelope after a part.
const NEXT: &str = "SELECT received_at, seq FROM envelopes
    WHERE workspace = $1 AND (received_at, seq) >= ($2, $3) AND received_at < $4
    ORDER BY received_at, seq LIMIT 1 OFFSET $5";

/// Makes the envelopes of a part unread.
const REPLAY: &str = "UPDATE envelopes SET state = 'unread', problem = NULL, problem_since = NULL
    WHERE workspace = $1 AND (received_at, seq) >= ($2, $3) AND (received_at, seq) < ($4, $5)
        AND state IN ('read', 'kept', 'unreadable') AND (CAST($6 AS TEXT) IS NULL OR source = $6)";

impl Store {
    /// Makes the read, kept and unreadable envelopes received in `[from, to)` unread again; says how many.
    ///
    /// Goes in parts, each of which rings the bell: after a failure some are unread and some are not, and
    /// doing it again is safe.
    pub async fn replay(
        &self,
        workspace: WorkspaceId,
        from: Timestamp,
        to: Timestamp,
        source: Option<Source>,
        _now: Timestamp,
    ) -> Result<u64> {
        let mut replayed = 0;
        // The least place that is not before the span.
        let mut place = Some((column::micros(from), i64::MIN));
        let to = column::micros(to);
        while let Some(after) = place {
            let bell = Arc::clone(self.bell());
            let part = move |connection: &Connection| part(connection, workspace, after, to, source);
            let ring = move |(changed, _): &(usize, Option<(i64, i64)>)| {
                if *changed > 0 {
                    bell.ring(workspace);
                }
            };
            let (changed, next) = self.write_long(workspace, part, ring).await?;
            replayed += column::rows(changed);
            place = next;
        }
        Ok(replayed)
    }
}

/// Replays the envelopes from a place (time of arrival and number) on; returns how many, and where to go on.
fn part(
    connection: &Connection,
    workspace: WorkspaceId,
    (received_at, seq): (i64, i64),
    to: i64,
    source: Option<Source>,
) -> Result<(usize, Option<(i64, i64)>)> {
    connection.hold(workspace)?;
    let values = params![workspace.0, received_at, seq, to, column::limit(CHUNK)];
    let next = connection.first(NEXT, values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (end_at, end_seq) = next.unwrap_or((to, i64::MIN));
    let values = params![workspace.0, received_at, seq, end_at, end_seq, source.map(Source::word)];
    Ok((connection.run(REPLAY, values)?, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_replay_walks_no_further_than_the_part() {
        let range = "(workspace=? AND received_at>? AND received_at<?)";
        assert_eq!(
            crate::plans::plan(REPLAY),
            [format!("SEARCH envelopes USING INDEX envelopes_received {range}")]
        );
        let next = crate::plans::plan(NEXT);
        assert_eq!(next.len(), 1, "{next:?}");
        assert!(next[0].starts_with("SEARCH envelopes USING COVERING INDEX envelopes_received "), "{next:?}");
    }
}
