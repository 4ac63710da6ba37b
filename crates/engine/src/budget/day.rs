//! A HubSpot account's day: what is left of it, and when it ends. Pure.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::places::{FLIGHT_MAX, Place};

/// HubSpot's clock may be behind ours: its day is taken to begin this much after ours.
const CLOCKS: SignedDuration = SignedDuration::from_secs(2);
/// A day that is spent so soon after it began is likely the one before: it is asked about again after `SOON`.
const DAWN: SignedDuration = SignedDuration::from_mins(5);
const SOON: SignedDuration = SignedDuration::from_mins(1);

/// The daily allowance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    left: Option<Left>,
    /// The newest answer that tells of it is that of a request that left then.
    since: Timestamp,
    /// When that was heard.
    told_at: Timestamp,
}

/// What is left, and until when that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Requests.
    pub requests: usize,
    /// The end of the day.
    pub until: Timestamp,
}

/// What HubSpot told of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Requests that were left.
    pub left: usize,
    /// The answer was that of a request that left then.
    pub since: Timestamp,
    /// When it was heard, by the clock of the node that heard it.
    pub heard_at: Timestamp,
}

impl Day {
    /// As it was kept.
    pub const fn recall(left: Option<Left>, since: Timestamp, told_at: Timestamp) -> Self {
        Self { left, since, told_at }
    }

    /// The request whose answer is the newest that tells of it left then; and when that was heard.
    pub const fn heard(&self) -> (Timestamp, Timestamp) {
        (self.since, self.told_at)
    }

    /// Forgets what was told before a moment: the account may have got a greater allowance.
    pub fn forget_before(&mut self, moment: Timestamp) {
        self.left = self.left.filter(|_| self.told_at > moment);
    }

    /// What is left at `now`, if HubSpot told.
    pub fn left(&self, now: Timestamp) -> Option<Left> {
        self.left.filter(|left| now < left.until)
    }

    /// Until when nothing may be sent, if the day is spent.
    pub fn spent_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.left(now).filter(|left| left.requests == 0).map(|left| left.until)
    }

    /// How many of so many requests the day has room for.
    pub fn most(&self, wanted: usize, now: Timestamp) -> usize {
        self.left(now).map_or(wanted, |left| left.requests.min(wanted))
    }

    /// That many requests will leave.
    pub fn leave(&mut self, requests: usize) {
        if let Some(left) = &mut self.left {
            left.requests = left.requests.saturating_sub(requests);
        }
    }

    /// Those did not leave. One that was taken before HubSpot told what is left does not count there.
    pub fn give_back(&mut self, places: &[Place]) {
        let counted = places.iter().filter(|place| place.until + FLIGHT_MAX > self.since).count();
        if let Some(left) = &mut self.left {
            left.requests += counted;
        }
    }

    /// Takes in what HubSpot told, as is heard at `now`, when `more` requests may not have counted there yet. That time is
    /// `ahead` of the clock that requests are measured by.
    pub fn learn(&mut self, told: Told, more: usize, zone: &TimeZone, now: Timestamp, ahead: SignedDuration) {
        let is_yesterdays = began(now, zone).is_none_or(|began| told.since + ahead < began + CLOCKS);
        if is_yesterdays || told.since < self.since {
            return;
        }
        self.left = Some(Left { requests: told.left.saturating_sub(more), until: end(now, zone) });
        (self.since, self.told_at) = (told.since, told.heard_at);
    }

    /// HubSpot says that the day is spent, as was heard then.
    pub fn spend(&mut self, zone: &TimeZone, now: Timestamp, heard_at: Timestamp) {
        self.left = Some(Left { requests: 0, until: spent_until(zone, now) });
        self.told_at = heard_at;
    }
}

/// Until when a day is taken to be spent that HubSpot says is spent.
pub fn spent_until(zone: &TimeZone, now: Timestamp) -> Timestamp {
    let is_dawn = began(now, zone).is_some_and(|began| now < began + DAWN);
    if is_dawn { now + SOON } else { end(now, zone) }
}

/// A moment in plain words by the account's own clock, e.g. `00:00 America/New_York`.
pub fn words(at: Timestamp, zone: &TimeZone) -> String {
    let name = zone.iana_name().unwrap_or("UTC");
    format!("{} {name}", at.to_zoned(zone.clone()).strftime("%H:%M"))
}

fn began(now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    now.to_zoned(zone.clone()).start_of_day().ok().map(|began| began.timestamp())
}

fn end(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let tomorrow = now.to_zoned(zone.clone()).tomorrow().and_then(|day| day.start_of_day());
    // Only at the end of all time is there no tomorrow.
    tomorrow.map_or(now + SignedDuration::from_hours(1), |began| began.timestamp()) + CLOCKS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    /// Told at `now` in answer to a request that left then.
    fn learn(day: &mut Day, left: usize, more: usize, now: Timestamp) {
        day.learn(Told { left, since: now, heard_at: now }, more, &TimeZone::UTC, now, SignedDuration::ZERO);
    }

    #[test]
    fn a_spent_day_ends_at_the_accounts_midnight_by_an_old_name_too() {
        for name in ["US/Eastern", "America/New_York"] {
            let mut day = Day::default();
            day.spend(&zone(name), at("2026-11-20T15:00:00Z"), at("2026-11-20T15:00:00Z"));
            assert_eq!(day.spent_until(at("2026-11-20T15:00:00Z")), Some(at("2026-11-21T05:00:02Z")));
            assert_eq!(day.spent_until(at("2026-11-21T05:00:02Z")), None);
        }
    }

    #[test]
    fn a_day_of_23_hours_ends_at_its_own_midnight() {
        let mut day = Day::default();
        day.spend(&zone("Europe/Berlin"), at("2026-03-28T23:30:00Z"), at("2026-03-28T23:30:00Z"));
        assert_eq!(day.spent_until(at("2026-03-28T23:30:00Z")), Some(at("2026-03-29T22:00:02Z")));
    }

    #[test]
    fn a_day_spent_at_dawn_is_asked_about_again_soon() {
        let mut day = Day::default();
        day.spend(&TimeZone::UTC, at("2026-11-20T00:00:03Z"), at("2026-11-20T00:00:03Z"));
        assert_eq!(day.spent_until(at("2026-11-20T00:00:03Z")), Some(at("2026-11-20T00:01:03Z")));
    }

    #[test]
    fn the_newest_that_is_told_counts_less_what_is_still_under_way() {
        let now = at("2026-11-20T12:00:00Z");
        let mut day = Day::default();
        learn(&mut day, 8, 1, now);
        assert_eq!(day.left(now).map(|left| left.requests), Some(7));
        learn(&mut day, 9, 0, now - SignedDuration::from_secs(1));
        assert_eq!(day.left(now).map(|left| left.requests), Some(7), "told before");
    }

    #[test]
    fn an_answer_of_yesterday_says_nothing_of_today() {
        let mut day = Day::default();
        let told = Told { left: 3, since: at("2026-11-19T23:59:59Z"), heard_at: at("2026-11-20T00:00:01Z") };
        day.learn(told, 0, &TimeZone::UTC, at("2026-11-20T00:00:01Z"), SignedDuration::ZERO);
        assert_eq!(day.left(at("2026-11-20T00:00:01Z")), None);
    }

    #[test]
    fn a_place_that_was_not_used_is_given_back_to_the_day_that_it_was_taken_from() {
        let now = at("2026-11-20T12:00:00Z");
        let place = |until: Timestamp| Place { from: now, until, after: None };
        let mut day = Day::default();
        learn(&mut day, 20, 0, now);
        day.leave(10);
        day.give_back(&[place(now), place(now - SignedDuration::from_secs(1))]);
        assert_eq!(day.left(now).map(|left| left.requests), Some(11));
    }

    #[test]
    fn the_moment_is_told_by_the_accounts_clock() {
        assert_eq!(words(at("2026-11-21T05:00:02Z"), &zone("America/New_York")), "00:00 America/New_York");
    }

    #[test]
    fn todays_answers_are_those_of_requests_that_left_when_it_had_begun_there_too() {
        for (since, expected) in [("2026-11-20T00:00:01.999Z", None), ("2026-11-20T00:00:02Z", Some(3))] {
            let (since, now) = (at(since), at("2026-11-20T00:00:03Z"));
            let mut day = Day::default();
            day.learn(Told { left: 3, since, heard_at: now }, 0, &TimeZone::UTC, now, SignedDuration::ZERO);
            assert_eq!(day.left(now).map(|left| left.requests), expected, "{since}");
        }
    }

    #[test]
    fn what_is_told_again_of_one_moment_counts() {
        let now = at("2026-11-20T12:00:00Z");
        let mut day = Day::default();
        learn(&mut day, 8, 0, now);
        learn(&mut day, 6, 0, now);
        assert_eq!(day.left(now).map(|left| left.requests), Some(6));
    }

    #[test]
    fn what_was_told_at_the_very_moment_of_a_change_is_not_believed() {
        let now = at("2026-11-20T12:00:00Z");
        for (ms, expected) in [(-1, Some(8)), (0, None), (1, None)] {
            let mut day = Day::default();
            learn(&mut day, 8, 0, now);
            day.forget_before(now + SignedDuration::from_millis(ms));
            assert_eq!(day.left(now).map(|left| left.requests), expected, "{ms}");
        }
    }

    #[test]
    fn dawn_is_over_after_five_minutes() {
        let until = |now: &str| spent_until(&TimeZone::UTC, at(now));
        assert_eq!(until("2026-11-20T00:04:59Z"), at("2026-11-20T00:05:59Z"));
        assert_eq!(until("2026-11-20T00:05:00Z"), at("2026-11-21T00:00:02Z"));
    }

    #[test]
    fn places_count_for_the_day_from_the_moment_that_was_told_on() {
        let now = at("2026-11-20T12:00:00Z");
        let place = |ms: i64| Place { from: now, until: now + SignedDuration::from_millis(ms), after: None };
        let mut day = Day::default();
        learn(&mut day, 20, 0, now);
        day.give_back(&[place(-450), place(-449), place(0)]);
        assert_eq!(day.left(now).map(|left| left.requests), Some(22));
    }
}
