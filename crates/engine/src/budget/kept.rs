//! What is kept of a budget for a restart: what was sent, and a few requests more than were.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{AHEAD, Budget, Limit, SEARCH_MAX, day};

/// A budget as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    burst_max: usize,
    burst_ms: i64,
    /// When what takes a place of the burst window counted at the latest, in ms since 1970.
    burst_taken: Vec<i64>,
    day_left: Option<usize>,
    day_until: Option<Timestamp>,
    closed: Option<(Timestamp, Limit)>,
}

impl Budget {
    /// What is to be kept before more is sent; nothing is until it is, see `kept`.
    pub fn keep(&mut self, now: Timestamp) -> Kept {
        self.ahead = 0;
        let left = self.day.left(now);
        Kept {
            burst_max: self.burst.max(),
            burst_ms: i64::try_from(self.burst.length().as_millis()).unwrap_or_default(),
            burst_taken: self.burst.taken(now).into_iter().map(Timestamp::as_millisecond).collect(),
            day_left: left.map(|left| left.requests.saturating_sub(AHEAD)),
            day_until: left.map(|left| left.until),
            closed: self.closed.filter(|(until, _)| *until > now),
        }
    }

    /// What `keep` gave is on the disk: so many may be sent.
    pub fn kept(&mut self) {
        self.ahead = AHEAD;
    }

    /// Starts from what was kept: what may have been sent after that is taken for sent just now.
    pub fn recall(kept: &Kept, now: Timestamp) -> Self {
        let mut budget = Self::default();
        let length = SignedDuration::from_millis(kept.burst_ms);
        budget.burst.resize(Some(kept.burst_max), Some(length));
        for ms in &kept.burst_taken {
            budget.burst.take(1, Timestamp::from_millisecond(*ms).unwrap_or(now).min(now));
        }
        budget.burst.take(AHEAD, now);
        budget.search.take(SEARCH_MAX, now);
        let left = kept.day_left.zip(kept.day_until);
        budget.day.recall(left.map(|(requests, until)| day::Left { requests, until }));
        budget.closed = kept.closed;
        budget
    }
}
