//! What each workspace that is not idle has to do, now and next. An idle one costs nothing, however many there are.

use domain::ids::WorkspaceId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Result, column,
    database::{Connection, Row, params},
};

/// What one workspace has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Which.
    pub workspace: WorkspaceId,
    /// The live node that holds its lane.
    pub holder: Option<Uuid>,
    /// Until when it rests, past or to come.
    parked_until: Option<Timestamp>,
    /// Whether anything is unread.
    is_unread: bool,
    /// Whether any record is due.
    is_due: bool,
    /// When the next record will be due.
    next_due: Option<Timestamp>,
}

impl Outlook {
    fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.parked_until.filter(|until| *until > now)
    }

    /// Whether there is something to do at `now`: what is unread is read while the lane rests, so that it shows and is
    /// decided by the rules of now; nothing is written before the rest ends.
    pub fn has_work(&self, now: Timestamp) -> bool {
        self.is_unread || (self.is_due && self.rests_until(now).is_none())
    }

    /// The next moment that changes that.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        match self.rests_until(now) {
            Some(until) if self.is_due || self.is_unread => Some(until),
            Some(until) => self.next_due.map(|due| due.max(until)),
            None => self.next_due,
        }
    }
}

/// Looks at the workspaces in which something is unread or due. Each step of the two walks leaps to the next workspace in
/// an index that holds nothing else, so that neither idle workspaces nor a long backlog are walked.
pub(super) const LIST: &str = "WITH RECURSIVE
    unread (workspace) AS (
        SELECT MIN(e.workspace) FROM envelopes e WHERE e.state = 'unread'
        UNION ALL
        SELECT (SELECT MIN(e.workspace) FROM envelopes e WHERE e.state = 'unread' AND e.workspace > u.workspace)
        FROM unread u WHERE u.workspace IS NOT NULL),
    due (workspace) AS (
        SELECT MIN(r.workspace) FROM records r WHERE r.due_at IS NOT NULL
        UNION ALL
        SELECT (SELECT MIN(r.workspace) FROM records r WHERE r.due_at IS NOT NULL AND r.workspace > d.workspace)
        FROM due d WHERE d.workspace IS NOT NULL),
    busy (workspace) AS (SELECT workspace FROM unread UNION SELECT workspace FROM due)
    SELECT b.workspace, l.parked_until,
        EXISTS (SELECT 1 FROM envelopes e WHERE e.workspace = b.workspace AND e.state = 'unread'),
        EXISTS (SELECT 1 FROM records r WHERE r.workspace = b.workspace AND r.due_at <= $1),
        (SELECT MIN(r.due_at) FROM records r WHERE r.workspace = b.workspace AND r.due_at > $1),
        n.id
    FROM busy b LEFT JOIN lanes l ON l.workspace = b.workspace
        LEFT JOIN leases h ON h.workspace = b.workspace LEFT JOIN nodes n ON n.id = h.node AND n.until > $2
    WHERE b.workspace IS NOT NULL ORDER BY b.workspace";

pub(super) fn list(connection: &Connection, now: Timestamp) -> Result<Vec<Outlook>> {
    let clock = column::micros(connection.clock(now)?);
    connection.all(LIST, params![column::micros(now), clock], of_row)
}

fn of_row(row: &Row<'_>) -> Result<Outlook> {
    Ok(Outlook {
        workspace: WorkspaceId(row.get(0)?),
        parked_until: column::maybe_timestamp(row, 1, "lanes")?,
        is_unread: row.get(2)?,
        is_due: row.get(3)?,
        next_due: column::maybe_timestamp(row, 4, "records")?,
        holder: column::maybe_uuid(row, 5, "nodes")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    #[test]
    fn an_outlook_walks_neither_idle_workspaces_nor_a_backlog() {
        let plan = plan(LIST);
        let walks =
            |line: &&String| line.contains("SCAN") || line.contains("envelopes") || line.contains("records");
        let allowed = |line: &&String| {
            ["SCAN u", "SCAN d", "SCAN b", "SCAN unread", "SCAN due"].contains(&line.as_str())
                || line.contains("INDEX envelopes_unread")
                || line.contains("INDEX records_due")
        };
        let others: Vec<&String> = plan.iter().filter(|line| walks(line) && !allowed(line)).collect();
        assert!(others.is_empty(), "{others:?} of {plan:#?}");
    }

    #[test]
    fn a_resting_lane_has_no_work_before_its_rest_ends() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let outlook = |parked_until, is_due, next_due| Outlook {
            workspace: WorkspaceId(1),
            holder: None,
            parked_until,
            is_unread: false,
            is_due,
            next_due,
        };
        let unread = Outlook { is_unread: true, ..outlook(Some(at(20)), false, None) };
        assert!(unread.has_work(at(10)), "what is unread shows at once");
        let resting = outlook(Some(at(20)), true, Some(at(15)));
        assert!(!resting.has_work(at(10)) && resting.has_work(at(20)));
        assert_eq!(resting.next(at(10)), Some(at(20)));
        assert_eq!(outlook(Some(at(20)), false, Some(at(15))).next(at(10)), Some(at(20)));
        assert_eq!(outlook(Some(at(20)), false, Some(at(25))).next(at(10)), Some(at(25)));
        assert_eq!(outlook(Some(at(20)), false, None).next(at(10)), None);
        assert_eq!(outlook(Some(at(5)), true, Some(at(25))).next(at(10)), Some(at(25)));
    }
}
