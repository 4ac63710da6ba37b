//! What each workspace has to do, now and next.

use domain::ids::WorkspaceId;
use jiff::Timestamp;

use crate::{
    Result, column,
    database::{Connection, Row, params},
};

/// What one workspace has to do.
pub(super) struct Outlook {
    pub(super) workspace: WorkspaceId,
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
    pub(super) fn has_work(&self, now: Timestamp) -> bool {
        self.is_unread || (self.is_due && self.rests_until(now).is_none())
    }

    /// The next moment that changes that.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        match self.rests_until(now) {
            Some(until) if self.is_due || self.is_unread => Some(until),
            Some(until) => self.next_due.map(|due| due.max(until)),
            None => self.next_due,
        }
    }
}

/// Looks at each workspace: an index look-up or two for each.
pub(super) const LIST: &str = "SELECT w.id, l.parked_until,
        EXISTS (SELECT 1 FROM envelopes e WHERE e.workspace = w.id AND e.state = 'unread'),
        EXISTS (SELECT 1 FROM records r WHERE r.workspace = w.id AND r.due_at <= $1),
        (SELECT MIN(r.due_at) FROM records r WHERE r.workspace = w.id AND r.due_at > $1)
    FROM workspaces w LEFT JOIN lanes l ON l.workspace = w.id ORDER BY w.id";

pub(super) fn list(connection: &Connection, now: Timestamp) -> Result<Vec<Outlook>> {
    connection.all(LIST, params![column::micros(now)], of_row)
}

fn of_row(row: &Row<'_>) -> Result<Outlook> {
    Ok(Outlook {
        workspace: WorkspaceId(row.get(0)?),
        parked_until: column::maybe_timestamp(row, 1, "lanes")?,
        is_unread: row.get(2)?,
        is_due: row.get(3)?,
        next_due: column::maybe_timestamp(row, 4, "records")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    #[test]
    fn an_outlook_walks_the_workspaces_and_nothing_else() {
        let plan = plan(LIST);
        let scans: Vec<&String> = plan.iter().filter(|line| line.contains("SCAN")).collect();
        assert_eq!(scans, ["SCAN w"], "{plan:?}");
    }

    #[test]
    fn a_resting_lane_has_no_work_before_its_rest_ends() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let outlook = |parked_until, is_due, next_due| Outlook {
            workspace: WorkspaceId(1),
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
