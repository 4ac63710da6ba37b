//! How many requests a HubSpot account still lets us send: sliding windows, corrected by its headers. Pure.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// Requests per burst window until a header tells: the lowest tier (reference/hubspot.md §6.1).
const BURST_MAX: usize = 100;
/// The burst window.
const BURST_WINDOW: SignedDuration = SignedDuration::from_secs(10);
/// Searches per second and account (reference/hubspot.md §1.4); search answers carry no headers.
const SEARCH_MAX: usize = 5;
/// HubSpot counts on arrival, we on departure: a window is taken as longer by this, so that jitter on the way does not
/// squeeze two windows into one.
const JITTER: SignedDuration = SignedDuration::from_millis(250);

/// What is left of one account's allowance.
#[derive(Debug, Clone)]
pub struct Budget {
    burst: Window,
    search: Window,
    /// Nothing is sent before.
    closed_until: Option<Timestamp>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            burst: Window::new(BURST_MAX, BURST_WINDOW),
            search: Window::new(SEARCH_MAX, SignedDuration::from_secs(1)),
            closed_until: None,
        }
    }
}

impl Budget {
    /// Spends one request at `now`, or says when to ask again.
    ///
    /// # Errors
    /// The earliest time at which a request may fit.
    pub fn spend(&mut self, is_search: bool, now: Timestamp) -> Result<(), Timestamp> {
        let search = is_search.then(|| self.search.free_at(now)).flatten();
        let free_at = [self.closed_until, self.burst.free_at(now), search].into_iter().flatten().max();
        if let Some(at) = free_at.filter(|at| *at > now) {
            return Err(at);
        }
        self.burst.spent.push_back(now);
        if is_search {
            self.search.spent.push_back(now);
        }
        Ok(())
    }

    /// Takes in what the headers of an answer say: the window's size, and what others left of it.
    pub fn learn(
        &mut self,
        max: Option<usize>,
        remaining: Option<usize>,
        interval: Option<SignedDuration>,
        now: Timestamp,
    ) {
        if let Some(interval) = interval.filter(SignedDuration::is_positive) {
            self.burst.length = interval;
        }
        if let Some(max) = max.filter(|max| *max > 0) {
            self.burst.max = max;
        }
        self.burst.forget(now);
        if let Some(remaining) = remaining {
            let used = self.burst.max.saturating_sub(remaining);
            for _ in self.burst.spent.len()..used {
                self.burst.spent.push_back(now);
            }
        }
    }

    /// Sends nothing before `until`: HubSpot refused a request for rate.
    pub fn close_until(&mut self, until: Timestamp) {
        self.closed_until = self.closed_until.max(Some(until));
    }

    /// Requests left in the burst window at `now`.
    pub fn left(&self, now: Timestamp) -> usize {
        let spent = self.burst.spent.iter().filter(|at| **at + self.burst.length + JITTER > now).count();
        self.burst.max.saturating_sub(spent)
    }
}

#[derive(Debug, Clone)]
struct Window {
    max: usize,
    length: SignedDuration,
    spent: VecDeque<Timestamp>,
}

impl Window {
    const fn new(max: usize, length: SignedDuration) -> Self {
        Self { max, length, spent: VecDeque::new() }
    }

    fn forget(&mut self, now: Timestamp) {
        while self.spent.front().is_some_and(|at| *at + self.length + JITTER <= now) {
            self.spent.pop_front();
        }
    }

    /// When the next request fits; `None` if it fits now.
    fn free_at(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.forget(now);
        let over = (self.spent.len() + 1).checked_sub(self.max)?;
        let frees = over.checked_sub(1)?;
        self.spent.get(frees).map(|at| *at + self.length + JITTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn no_window_holds_more_than_its_allowance() {
        let mut budget = Budget::default();
        let mut sent = Vec::new();
        let mut now = at(0);
        while sent.len() < 350 {
            match budget.spend(false, now) {
                Ok(()) => sent.push(now),
                Err(later) => now = later,
            }
        }
        for first in &sent {
            let within = sent.iter().filter(|at| **at >= *first && **at < *first + BURST_WINDOW).count();
            assert!(within <= BURST_MAX, "{within} from {first}");
        }
    }

    #[test]
    fn searches_are_five_a_second() {
        let mut budget = Budget::default();
        for _ in 0..5 {
            assert_eq!(budget.spend(true, at(0)), Ok(()));
        }
        assert_eq!(budget.spend(true, at(0)), Err(at(1_250)));
        assert_eq!(budget.spend(false, at(0)), Ok(()), "other requests are not held up");
    }

    #[test]
    fn what_others_spent_counts() {
        let mut budget = Budget::default();
        budget.spend(false, at(0)).unwrap();
        budget.learn(Some(110), Some(0), None, at(10));
        assert!(budget.spend(false, at(20)).is_err());
        assert_eq!(budget.left(at(20)), 0);
    }

    #[test]
    fn nothing_is_sent_while_closed() {
        let mut budget = Budget::default();
        budget.close_until(at(5_000));
        assert_eq!(budget.spend(false, at(0)), Err(at(5_000)));
        assert_eq!(budget.spend(false, at(5_000)), Ok(()));
    }
}
