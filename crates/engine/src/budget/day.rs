//! A HubSpot account's day: what is left of it, and when it ends. Pure.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// HubSpot's clock may be behind ours: its day is taken to begin this much after ours.
const CLOCKS: SignedDuration = SignedDuration::from_secs(2);
/// A day that is spent so soon after it began is likely the one before: it is asked about again after `SOON`.
const DAWN: SignedDuration = SignedDuration::from_mins(5);
const SOON: SignedDuration = SignedDuration::from_mins(1);

/// The daily allowance.
#[derive(Debug, Clone)]
pub struct Day {
    zone: TimeZone,
    left: Option<Left>,
}

/// What is left, and until when that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Requests.
    pub requests: usize,
    /// The end of the day.
    pub until: Timestamp,
}

impl Default for Day {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, left: None }
    }
}

impl Day {
    /// The account's time zone, by which its day ends.
    pub fn in_zone(&mut self, zone: TimeZone) {
        self.zone = zone;
    }

    /// Takes in what was known before a restart.
    pub fn recall(&mut self, left: Option<Left>) {
        self.left = left;
    }

    /// Forgets what is left: the account may have got a greater allowance.
    pub fn forget(&mut self) {
        self.left = None;
    }

    /// What is left at `now`, if HubSpot told.
    pub fn left(&self, now: Timestamp) -> Option<Left> {
        self.left.filter(|left| now < left.until)
    }

    /// Until when nothing may be sent, if the day is spent.
    pub fn spent_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.left(now).filter(|left| left.requests == 0).map(|left| left.until)
    }

    /// A request leaves.
    pub fn leave(&mut self) {
        if let Some(left) = &mut self.left {
            left.requests = left.requests.saturating_sub(1);
        }
    }

    /// Takes in what an answer to a request that left at `since` tells: `told` requests were left, and `flying` further
    /// ones may not have counted yet.
    pub fn learn(&mut self, told: usize, flying: usize, since: Timestamp, now: Timestamp) {
        if self.began(now).is_none_or(|began| since < began + CLOCKS) && told > 0 {
            // It may tell of the day before.
            return;
        }
        if told == 0 {
            self.spend(now);
            return;
        }
        let least = told.saturating_sub(flying);
        let requests = match self.left(now) {
            // Answers may overtake each other: the least counts, until all are in.
            Some(left) if flying > 0 => left.requests.min(least),
            _ => least,
        };
        self.left = Some(Left { requests, until: self.end(now) });
    }

    /// HubSpot says that the day is spent.
    pub fn spend(&mut self, now: Timestamp) {
        let is_dawn = self.began(now).is_some_and(|began| now < began + DAWN);
        let until = if is_dawn { now + SOON } else { self.end(now) };
        self.left = Some(Left { requests: 0, until });
    }

    /// The moment in plain words by the account's own clock, e.g. `00:00 America/New_York`.
    pub fn words(&self, at: Timestamp) -> String {
        let zone = self.zone.iana_name().unwrap_or("UTC");
        format!("{} {zone}", at.to_zoned(self.zone.clone()).strftime("%H:%M"))
    }

    fn began(&self, now: Timestamp) -> Option<Timestamp> {
        now.to_zoned(self.zone.clone()).start_of_day().ok().map(|began| began.timestamp())
    }

    fn end(&self, now: Timestamp) -> Timestamp {
        let tomorrow = now.to_zoned(self.zone.clone()).tomorrow().and_then(|day| day.start_of_day());
        // Only at the end of all time is there no tomorrow.
        tomorrow.map_or(now + SignedDuration::from_hours(1), |began| began.timestamp()) + CLOCKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn day(zone: &str) -> Day {
        let mut day = Day::default();
        day.in_zone(TimeZone::get(zone).unwrap());
        day
    }

    #[test]
    fn a_spent_day_ends_at_the_accounts_midnight_by_an_old_name_too() {
        for zone in ["US/Eastern", "America/New_York"] {
            let mut day = day(zone);
            day.spend(at("2026-11-20T15:00:00Z"));
            assert_eq!(day.spent_until(at("2026-11-20T15:00:00Z")), Some(at("2026-11-21T05:00:02Z")));
            assert_eq!(day.spent_until(at("2026-11-21T05:00:02Z")), None);
        }
    }

    #[test]
    fn a_day_of_23_hours_ends_at_its_own_midnight() {
        let mut day = day("Europe/Berlin");
        day.spend(at("2026-03-28T23:30:00Z"));
        assert_eq!(day.spent_until(at("2026-03-28T23:30:00Z")), Some(at("2026-03-29T22:00:02Z")));
    }

    #[test]
    fn a_day_spent_at_dawn_is_asked_about_again_soon() {
        let mut day = day("UTC");
        day.spend(at("2026-11-20T00:00:03Z"));
        assert_eq!(day.spent_until(at("2026-11-20T00:00:03Z")), Some(at("2026-11-20T00:01:03Z")));
    }

    #[test]
    fn the_least_that_is_told_counts_until_all_answers_are_in() {
        let now = at("2026-11-20T12:00:00Z");
        let mut day = day("UTC");
        day.learn(8, 1, now, now);
        day.learn(9, 1, now, now);
        assert_eq!(day.left(now).map(|left| left.requests), Some(7));
        day.learn(8, 0, now, now);
        assert_eq!(day.left(now).map(|left| left.requests), Some(8));
    }

    #[test]
    fn an_answer_of_yesterday_says_nothing_of_today() {
        let mut day = day("UTC");
        day.learn(3, 0, at("2026-11-19T23:59:59Z"), at("2026-11-20T00:00:01Z"));
        assert_eq!(day.left(at("2026-11-20T00:00:01Z")), None);
    }

    #[test]
    fn the_moment_is_told_by_the_accounts_clock() {
        assert_eq!(day("America/New_York").words(at("2026-11-21T05:00:02Z")), "00:00 America/New_York");
    }
}
