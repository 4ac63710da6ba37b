//! What a pass did, as the Health page counts it.

use domain::record::Facts;
use jiff::Timestamp;
use store::{Allowance, Mark, Phase, Sample};

use crate::{
    budget::Left,
    work::{End, Work},
};

/// What a pass did beyond single records: what was read and bears on none, and what is left of the allowance.
pub fn begin(marks: &[(i64, Mark)], left: Option<Left>) -> Sample {
    let unreadable = marks.iter().filter(|(_, mark)| matches!(mark, Mark::Unreadable { .. }));
    Sample {
        webhooks: number(marks.len()),
        problems: number(unreadable.count()),
        left: left.map(allowance),
        ..Sample::default()
    }
}

/// What was done of one record.
pub fn of(work: &Work, now: Timestamp) -> Sample {
    let mut done = Sample { webhooks: number(work.marks.len()), ..Sample::default() };
    if !work.ledger.iter().any(|entry| matches!(entry.phase, Phase::Done | Phase::Found)) {
        return done;
    }
    match &work.record.facts {
        _ if work.was_held => done.changes = 1,
        _ if work.record.held.is_empty() => {}
        Facts::Call(_) => done.calls = 1,
        Facts::Booking(_) => done.meetings = 1,
    }
    if let (End::Settled, Some(since)) = (&work.end, work.since) {
        done.spans.count(now.duration_since(since));
    }
    done
}

fn allowance(left: Left) -> Allowance {
    Allowance {
        burst: number(left.burst),
        burst_max: number(left.burst_max),
        search: number(left.search),
        search_max: number(left.search_max),
        day: left.day.map(number),
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
