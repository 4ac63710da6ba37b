//! A sliding window: at most so many requests in any span of a length, wherever on the way the far side counts them. Pure.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// A request counts at HubSpot between its leaving and its answer, so its place is taken until a window's length after
/// the answer. One that is answered later than this is taken to have counted by then: a slow answer is slow for the work
/// behind it. This bounds what a window's places stand idle to 4.5 % of ten seconds.
pub const FLIGHT_MAX: SignedDuration = SignedDuration::from_millis(450);
/// Clocks tell milliseconds, and where a window begins is a matter of reading.
const MARGIN: SignedDuration = SignedDuration::from_millis(10);
/// A request that was not answered after this never will be: the client gives up before.
const ANSWER_MAX: SignedDuration = SignedDuration::from_secs(35);

/// A sliding window.
#[derive(Debug, Clone)]
pub struct Window {
    max: usize,
    length: SignedDuration,
    /// Requests that may not have arrived, by when they left.
    flying: VecDeque<Timestamp>,
    /// When each of the others counted at the latest, in order.
    counted: VecDeque<Timestamp>,
    /// Requests without an answer so far, by when they left.
    unanswered: VecDeque<Timestamp>,
}

impl Window {
    /// An empty one of `max` requests in any `length`.
    pub const fn new(max: usize, length: SignedDuration) -> Self {
        Self { max, length, flying: VecDeque::new(), counted: VecDeque::new(), unanswered: VecDeque::new() }
    }

    /// Requests in any span of `length`.
    pub const fn max(&self) -> usize {
        self.max
    }

    /// The span.
    pub const fn length(&self) -> SignedDuration {
        self.length
    }

    /// Takes the size that HubSpot tells.
    pub fn resize(&mut self, max: Option<usize>, length: Option<SignedDuration>) {
        self.max = max.filter(|max| *max > 0).unwrap_or(self.max);
        self.length = length.filter(SignedDuration::is_positive).unwrap_or(self.length);
    }

    /// When the next request fits; `None` if it fits now.
    pub fn free_at(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.land(now);
        let lapsed = self.lapsed(now);
        let taken = self.counted.len() - lapsed + self.flying.len();
        let over = (taken + 1).checked_sub(self.max)?.checked_sub(1)?;
        let landing = self.flying.iter().map(|left| *left + FLIGHT_MAX);
        let last = self.counted.iter().skip(lapsed).copied().chain(landing).nth(over)?;
        Some(last + self.length + MARGIN)
    }

    /// A request leaves.
    pub fn leave(&mut self, now: Timestamp) {
        self.flying.push_back(now);
        self.unanswered.push_back(now);
    }

    /// A request was answered. Returns when it left, or earlier: answers are taken in the order of their requests.
    pub fn answered(&mut self, now: Timestamp) -> Timestamp {
        self.land(now);
        let left = self.unanswered.pop_front().unwrap_or(now);
        if self.flying.front() == Some(&left) {
            self.flying.pop_front();
            self.counted.push_back(now);
        }
        left
    }

    /// Takes in that HubSpot counted `used` at some moment after `since`: what we do not know of others sent.
    pub fn correct(&mut self, used: usize, since: Timestamp, now: Timestamp) {
        // What lapsed since then may have counted still.
        let ours = self.counted.len() - self.lapsed(since) + self.flying.len();
        self.take(used.saturating_sub(ours), now);
    }

    /// Takes that many places from now on.
    pub fn take(&mut self, places: usize, now: Timestamp) {
        self.land(now);
        self.counted.extend(std::iter::repeat_n(now, places));
    }

    /// Requests without an answer so far.
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Places left at `now`.
    pub fn left(&mut self, now: Timestamp) -> usize {
        self.land(now);
        self.max.saturating_sub(self.counted.len() - self.lapsed(now) + self.flying.len())
    }

    /// When what takes a place at `now` counted at the latest.
    pub fn taken(&mut self, now: Timestamp) -> Vec<Timestamp> {
        self.land(now);
        let lapsed = self.lapsed(now);
        let flying = self.flying.iter().map(|_| now);
        self.counted.iter().skip(lapsed).copied().chain(flying).collect()
    }

    /// Of the counted, how many have left the window at `now`.
    fn lapsed(&self, now: Timestamp) -> usize {
        self.counted.partition_point(|at| *at + self.length + MARGIN <= now)
    }

    /// What flew long enough has arrived; what is long past is forgotten.
    fn land(&mut self, now: Timestamp) {
        while let Some(left) = self.flying.front().filter(|left| **left + FLIGHT_MAX <= now) {
            self.counted.push_back(*left + FLIGHT_MAX);
            self.flying.pop_front();
        }
        while self.unanswered.front().is_some_and(|left| *left + ANSWER_MAX <= now) {
            self.unanswered.pop_front();
        }
        while self.counted.front().is_some_and(|at| *at + self.length + ANSWER_MAX <= now) {
            self.counted.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: SignedDuration = SignedDuration::from_secs(10);

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    fn full() -> Window {
        let mut window = Window::new(2, TEN);
        window.leave(at(0));
        window.leave(at(100));
        window
    }

    #[test]
    fn a_place_is_free_a_length_after_its_answer() {
        let mut window = full();
        assert_eq!(window.answered(at(50)), at(0));
        assert_eq!(window.free_at(at(200)), Some(at(10_060)));
        assert_eq!(window.free_at(at(10_060)), None);
    }

    #[test]
    fn an_answer_that_is_slow_or_lost_does_not_keep_the_place() {
        let mut window = full();
        assert_eq!(window.free_at(at(200)), Some(at(10_460)));
        assert_eq!(window.free_at(at(10_460)), None);
    }

    #[test]
    fn a_slow_answer_frees_no_place_of_a_request_that_still_flies() {
        let mut window = Window::new(2, TEN);
        window.leave(at(0));
        window.leave(at(500));
        window.answered(at(600));
        assert_eq!(window.taken(at(600)), [at(450), at(600)], "the second may not have arrived");
        assert_eq!(window.free_at(at(10_460)), None);
        window.leave(at(10_460));
        assert_eq!(window.free_at(at(10_900)), Some(at(10_960)));
    }

    #[test]
    fn what_others_sent_takes_places() {
        let mut window = Window::new(10, TEN);
        window.leave(at(0));
        let left = window.answered(at(50));
        window.correct(9, left, at(50));
        assert_eq!(window.left(at(50)), 1);
        window.leave(at(60));
        let left = window.answered(at(110));
        window.correct(10, left, at(110));
        assert_eq!(window.left(at(110)), 0, "the same requests of others are not counted twice");
    }

    #[test]
    fn a_place_that_lapsed_under_way_is_none_of_others() {
        let mut window = Window::new(2, TEN);
        window.leave(at(0));
        window.answered(at(50));
        window.leave(at(10_020));
        let left = window.answered(at(10_070));
        window.correct(2, left, at(10_070));
        assert_eq!(window.left(at(10_070)), 1);
    }
}
