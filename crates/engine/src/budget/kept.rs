//! A budget as it is kept in the account's row.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    AHEAD, Budget, Limit, Places, Rest, SEARCH_MAX,
    day::{Day, Left},
    places::{FARTHEST, Holder, Taken},
};

/// A budget as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    burst_max: usize,
    burst_ms: i64,
    /// When what takes a place of the burst window counted at the latest, in ms since 1970: for 0.1, which knows no other
    /// nodes; to be taken out in the version after the next.
    burst_taken: Vec<i64>,
    /// The same, each with the number of the node that is to correct it, or 0.
    burst: Option<Vec<(i64, Holder)>>,
    /// From when the last place of the burst window was given out that is one after another, in ms since 1970.
    burst_last: i64,
    search: Vec<(i64, Holder)>,
    /// When each node was last heard of, in ms since 1970.
    holders: BTreeMap<Holder, i64>,
    last_holder: Holder,
    day_left: Option<usize>,
    day_until: Option<Timestamp>,
    day_since: Timestamp,
    day_told_at: Option<Timestamp>,
    closed: Option<(Timestamp, Limit)>,
    closed_told_at: Option<Timestamp>,
}

impl Budget {
    /// What is to be kept.
    pub fn kept(&self) -> Kept {
        let (day_since, day_told_at) = self.day.heard();
        let left = self.day.left(Timestamp::MIN);
        Kept {
            burst_max: self.burst.max(),
            burst_ms: i64::try_from(self.burst.length().as_millis()).unwrap_or_default(),
            burst_taken: self.burst.taken().iter().map(|taken| ms(taken.at)).collect(),
            burst: Some(written(&self.burst)),
            burst_last: self.burst.last().map_or(0, ms),
            search: written(&self.search),
            holders: self.holders.iter().map(|(holder, seen)| (*holder, ms(*seen))).collect(),
            last_holder: self.last,
            day_left: left.map(|left| left.requests),
            day_until: left.map(|left| left.until),
            day_since,
            day_told_at: Some(day_told_at),
            closed: self.rest.map(|rest| (rest.until, rest.limit)),
            closed_told_at: self.rest.map(|rest| rest.told_at),
        }
    }

    /// The budget that was kept, at `now`.
    pub fn recall(kept: &Kept, now: Timestamp) -> Self {
        let mut budget = Self::default();
        budget.burst = budget.burst.spread(at(kept.burst_last).min(now + FARTHEST));
        budget.burst.resize(kept.burst_max, SignedDuration::from_millis(kept.burst_ms));
        if let Some(burst) = &kept.burst {
            budget.burst.recall(burst.iter().map(read));
            budget.search.recall(kept.search.iter().map(read));
        } else {
            // Kept by 0.1: what may have been sent after that is taken for sent just now.
            let taken = kept.burst_taken.iter().map(|ms| Taken { at: at(*ms).min(now), by: None });
            budget.burst.recall(taken);
            budget.burst.take(AHEAD, now);
            budget.search.take(SEARCH_MAX, now);
        }
        let left = kept.day_left.zip(kept.day_until).map(|(requests, until)| Left { requests, until });
        budget.day = Day::recall(left, kept.day_since, kept.day_told_at.unwrap_or(now));
        let told_at = kept.closed_told_at.unwrap_or(now);
        budget.rest = kept.closed.map(|(until, limit)| Rest { until, limit, told_at });
        budget.holders = kept.holders.iter().map(|(holder, seen)| (*holder, at(*seen))).collect();
        budget.last = kept.last_holder;
        budget
    }
}

fn written(places: &Places) -> Vec<(i64, Holder)> {
    places.taken().iter().map(|taken| (ms(taken.at), taken.by.unwrap_or_default())).collect()
}

fn read((ms, by): &(i64, Holder)) -> Taken {
    Taken { at: at(*ms), by: Some(*by).filter(|by| *by > 0) }
}

/// Later rather than earlier.
fn ms(at: Timestamp) -> i64 {
    at.as_millisecond() + i64::from(at.subsec_nanosecond() % 1_000_000 > 0)
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}
