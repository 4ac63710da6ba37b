//! What came of a batch, as the store keeps it.

use domain::{
    plan::{Wishes, wants_activity},
    why,
};
use jiff::Timestamp;
use store::{Mark, RecordSave, RecordState, Sample, Settlement};

use crate::{
    sample,
    work::{End, Work},
};

/// What came of a batch, for the store. `parked_until` is when the lane goes on, if it is parked.
pub fn settlement(
    works: Vec<Work>,
    (marks, sample): (Vec<(i64, Mark)>, Sample),
    wishes: &Wishes<'_>,
    parked_until: Option<Timestamp>,
    now: Timestamp,
) -> Settlement {
    let mut settlement = Settlement { marks, sample, ..Settlement::default() };
    for mut work in works {
        let record = work.record.id;
        let mut done = sample::of(&work, now);
        settlement.marks.append(&mut work.marks);
        settlement.ledger.append(&mut work.ledger);
        // A step of a record that was absorbed is kept under that one's id until this is settled.
        let holders: Vec<_> = work.absorbed.iter().copied().chain([record]).collect();
        for key in work.closed.drain(..) {
            settlement.closed.extend(holders.iter().map(|holder| (*holder, key.clone())));
        }
        settlement.absorbed.append(&mut work.absorbed);
        let save = save(work, wishes, now, parked_until);
        done.problems += u64::from(done.is_news() && save.state == RecordState::Problem);
        settlement.sample.add(&done);
        settlement.saves.push(save);
    }
    settlement
}

/// How the record is kept after its pass.
fn save(work: Work, wishes: &Wishes<'_>, now: Timestamp, parked_until: Option<Timestamp>) -> RecordSave {
    let own_due = work.record.due_at(work.moment);
    let sentence = why::record(&work.record, wishes, work.moment);
    let is_awaited = work.record.held.is_empty()
        && !wants_activity(&work.record, wishes, work.moment)
        && !why::is_left_out(&work.record, wishes)
        && !why::is_over(&work.record);
    let lacks = work.record.lacks(work.moment);
    let unwritten_since = match work.end {
        End::Again | End::Waits { .. } => Some(work.since.unwrap_or(now)),
        End::Settled | End::Elsewhere(_) | End::Problem(_) => None,
    };
    let (state, why, due_at, problem, attempts) = match work.end {
        End::Settled if is_awaited && let Some(field) = lacks => {
            let reason = format!("The call has ended, and Aircall has not said {field}.");
            (RecordState::Problem, reason.clone(), own_due, Some(reason), 0)
        }
        End::Settled if is_awaited => (RecordState::Waiting, sentence, own_due, None, 0),
        End::Settled => (RecordState::Logged, sentence, own_due, None, 0),
        End::Elsewhere(why) => (RecordState::Logged, why, own_due, None, 0),
        End::Again => (RecordState::Waiting, sentence, Some(now), None, work.attempts),
        // While the lane is parked a failure is HubSpot's, not the record's: it is tried as soon as the lane resumes.
        End::Waits { why, until: Some(_) } if parked_until.is_some() => {
            (RecordState::Waiting, why, parked_until, None, work.attempts)
        }
        End::Waits { why, until } => {
            (RecordState::Waiting, why, earliest(until, own_due), None, work.attempts.saturating_add(1))
        }
        End::Problem(why) => (RecordState::Problem, why.clone(), own_due, Some(why), work.attempts),
    };
    let mut keys = work.keys;
    keys.push(work.record.external_id.clone());
    keys.sort();
    keys.dedup();
    RecordSave { record: work.record, keys, state, why, attempts, due_at, unwritten_since, problem }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}
