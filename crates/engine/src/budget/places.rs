//! The places of a sliding window: at most so many requests in any span of a length, wherever on the way the far side
//! counts them. Pure.
//!
//! A window of so many requests is as many places. A place serves one request, and the next one a length after the far side
//! has counted the first at the latest: so no span of that length holds two requests of a place, whoever sent them.
//!
//! Places that were used at once are free at once. Where that would keep whoever comes meanwhile waiting for most of a
//! length, half of them go out at once and the others one after another, until they come free one after another.

use jiff::{SignedDuration, Timestamp};

use super::stock::Stocktaking;

/// A request counts at HubSpot between its leaving and its answer, so its place is taken until a window's length after
/// the answer. One that is answered later than this is taken to have counted by then: a slow answer is slow for the work
/// behind it. This bounds what a window's places stand idle to 4.5 % of ten seconds.
pub const FLIGHT_MAX: SignedDuration = SignedDuration::from_millis(450);
/// Clocks tell milliseconds, and where a window begins is a matter of reading.
const MARGIN: SignedDuration = SignedDuration::from_millis(10);
/// How long a place that is free again is remembered: an answer may tell of a moment at which it was not.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(35);
/// How far ahead places are taken, but for the first.
const REACH: SignedDuration = SignedDuration::from_secs(1);
/// What is written later than this was written before the clock was set back.
pub const FARTHEST: SignedDuration = SignedDuration::from_mins(1);

/// Who has places: a number that an account gives out once.
pub type Holder = u64;

/// The places of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    max: usize,
    length: SignedDuration,
    /// Those that were used, in order; the others are free.
    taken: Vec<Taken>,
    /// From when the last one was given out that is one after another, if they are.
    last: Option<Timestamp>,
}

/// A place that was used, or will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// When its request counts at the latest.
    pub at: Timestamp,
    /// Whose it is, as long as that is to be corrected.
    pub by: Option<Holder>,
}

/// Leave to send one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Not before.
    pub from: Timestamp,
    /// Not from then on.
    pub until: Timestamp,
    /// Whose it is before, as far as is known.
    pub after: Option<Holder>,
}

impl Places {
    /// All free: `max` in any `length`.
    pub const fn new(max: usize, length: SignedDuration) -> Self {
        Self { max, length, taken: Vec::new(), last: None }
    }

    /// Half of them one after another, the last one from that moment.
    #[must_use]
    pub fn spread(self, last: Timestamp) -> Self {
        Self { last: Some(last), ..self }
    }

    /// From when the last one was given out that is one after another, if they are.
    pub const fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// Places in all.
    pub const fn max(&self) -> usize {
        self.max
    }

    /// The span.
    pub const fn length(&self) -> SignedDuration {
        self.length
    }

    /// Those that were used.
    pub fn taken(&self) -> &[Taken] {
        &self.taken
    }

    /// Those that were used, as they were kept.
    pub fn recall(&mut self, taken: impl Iterator<Item = Taken>) {
        self.taken = taken.collect();
        self.taken.sort_unstable();
    }

    /// Takes the size that HubSpot tells.
    pub fn resize(&mut self, max: usize, length: SignedDuration) {
        self.max = if max > 0 { max } else { self.max };
        self.length = if length.is_positive() { length } else { self.length };
    }

    /// Takes in what a holder did with its places, in place of what was known of them.
    pub fn settle(&mut self, holder: Holder, done: &Stocktaking) {
        self.taken.retain(|taken| taken.by != Some(holder));
        self.taken.extend(done.landed.iter().map(|at| Taken { at: *at, by: None }));
        self.taken.extend(done.flying.iter().map(|at| Taken { at: *at, by: Some(holder) }));
        // The next ones may go out in their stead.
        let first = done.unused.iter().map(|place| place.from - self.least_gap()).min();
        self.last = self.last.map(|last| first.map_or(last, |first| first.min(last)));
        // As they were before. What was ours before is told anyway; what was another's, the other tells.
        let span = self.span();
        let others = done.unused.iter().filter(|place| place.after != Some(holder));
        self.taken.extend(others.map(|place| Taken { at: place.from - span, by: place.after }));
        self.taken.sort_unstable();
    }

    /// Takes in that HubSpot counted `used` at some moment after `since`, of which none are the `after` that we sent
    /// later: what we do not know of others sent.
    pub fn correct(&mut self, used: usize, after: usize, since: Timestamp, now: Timestamp) {
        // What lapsed since then may have counted still.
        let ours = self.in_use(since).saturating_sub(after);
        self.take(used.saturating_sub(ours).min(self.max), now);
    }

    /// That many requests of others count now.
    pub fn take(&mut self, places: usize, now: Timestamp) {
        self.taken.extend(std::iter::repeat_n(Taken { at: now, by: None }, places));
        self.taken.sort_unstable();
    }

    /// Takes up to `want` places for a holder, one at least, each for a spell from the moment it is free.
    pub fn book(&mut self, holder: Holder, want: usize, spell: SignedDuration, now: Timestamp) -> Vec<Place> {
        let mut booked = Vec::with_capacity(want);
        while booked.len() < want.max(1) {
            let (index, free_at) = self.next(now);
            let from = self.one_after_another(free_at);
            if from > now + REACH && !booked.is_empty() {
                break;
            }
            let before = index.map(|index| self.taken.remove(index));
            let place = Place { from, until: from + spell, after: before.and_then(|before| before.by) };
            let taken = Taken { at: place.until + FLIGHT_MAX, by: Some(holder) };
            let index = self.taken.partition_point(|other| *other <= taken);
            self.taken.insert(index, taken);
            self.last = self.last.map(|last| last.max(from));
            booked.push(place);
        }
        booked
    }

    /// When a place goes out that is free at a moment.
    fn one_after_another(&self, free_at: Timestamp) -> Timestamp {
        let free = self.max.saturating_sub(self.in_use(free_at));
        let Some(last) = self.last.filter(|_| free <= self.max / 2) else { return free_at };
        let lapses = self.taken.iter().map(|taken| taken.at + self.span());
        let next = lapses.filter(|at| *at > free_at).min().unwrap_or(free_at);
        // Those that are free last until the next one is.
        let gap = next.duration_since(free_at) / i32::try_from(free + 1).unwrap_or(i32::MAX);
        free_at.max(last + whole(gap).max(self.least_gap()))
    }

    /// How far apart they are at least, one after another: a tenth less than would use all of them, to catch up.
    fn least_gap(&self) -> SignedDuration {
        whole(self.length / i32::try_from(self.max).unwrap_or(i32::MAX) * 9 / 10)
    }

    /// The place that is free first, if it was used before, and when that is.
    fn next(&self, now: Timestamp) -> (Option<usize>, Timestamp) {
        let over = self.taken.len().checked_sub(self.max);
        let first =
            over.or_else(|| self.taken.first().filter(|taken| taken.at + self.span() <= now).map(|_| 0));
        let free_at = first.and_then(|index| self.taken.get(index)).map(|taken| taken.at + self.span());
        (first, free_at.map_or(now, |at| at.max(now)))
    }

    /// How many are in use at a moment.
    pub fn in_use(&self, now: Timestamp) -> usize {
        self.taken.len() - self.taken.partition_point(|taken| taken.at + self.span() <= now)
    }

    /// How many of them are others'.
    pub fn in_use_but_for(&self, holder: Holder, now: Timestamp) -> usize {
        let is_ours = |taken: &&Taken| taken.by == Some(holder) && taken.at + self.span() > now;
        self.in_use(now) - self.taken.iter().filter(is_ours).count()
    }

    /// How many requests may have counted after a moment.
    pub fn used_since(&self, since: Timestamp) -> usize {
        self.taken.iter().filter(|taken| taken.at > since).count()
    }

    /// Forgets what is long past, and what cannot be.
    pub fn forget(&mut self, now: Timestamp) {
        let lapsed = self.taken.partition_point(|taken| taken.at + self.length + REMEMBERED <= now);
        // Of those that are free, no more than there are places.
        let spare = self.taken.len().saturating_sub(self.max).min(self.taken.len() - self.in_use(now));
        self.taken.drain(..lapsed.max(spare));
        for taken in &mut self.taken {
            taken.at = taken.at.min(now + FARTHEST);
        }
    }

    /// How long a place is not free after its request has counted at the latest.
    fn span(&self) -> SignedDuration {
        self.length + MARGIN
    }
}

/// In whole ms, as they are kept.
fn whole(span: SignedDuration) -> SignedDuration {
    SignedDuration::from_millis_i128(span.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: SignedDuration = SignedDuration::from_secs(10);
    const SPELL: SignedDuration = SignedDuration::from_secs(1);

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn a_place_that_was_given_out_is_free_a_length_after_its_last_moment() {
        let mut places = Places::new(1, TEN);
        places.book(1, 1, SPELL, at(0));
        assert_eq!((places.in_use(at(11_459)), places.in_use(at(11_460))), (1, 0));
        assert_eq!(places.book(2, 1, SPELL, at(0))[0].from, at(11_460));
    }

    #[test]
    fn a_place_is_free_a_length_after_its_answer() {
        let mut places = Places::new(1, TEN);
        places.book(1, 1, SPELL, at(0));
        places.settle(1, &Stocktaking { landed: vec![at(50)], ..Stocktaking::default() });
        assert_eq!(places.book(1, 1, SPELL, at(60))[0].from, at(10_060));
    }

    #[test]
    fn a_place_that_is_given_back_is_as_it_was_before() {
        let mut places = Places::new(2, TEN);
        places.take(2, at(0));
        let booked = places.book(1, 1, SPELL, at(5_000));
        assert_eq!(booked[0].from, at(10_010));
        places.settle(1, &Stocktaking { unused: booked.clone(), ..Stocktaking::default() });
        assert_eq!(places.in_use(at(5_000)), 2);
        assert_eq!(places.book(2, 1, SPELL, at(5_000)), booked);
    }

    #[test]
    fn a_place_that_another_has_before_is_told_by_the_other() {
        let mut places = Places::new(1, TEN);
        places.book(1, 1, SPELL, at(0));
        let booked = places.book(2, 1, SPELL, at(0));
        assert_eq!(booked[0].after, Some(1));
        places.settle(1, &Stocktaking { landed: vec![at(50)], ..Stocktaking::default() });
        places.settle(2, &Stocktaking { unused: booked, ..Stocktaking::default() });
        places.settle(1, &Stocktaking::default());
        assert_eq!(places.book(2, 1, SPELL, at(60))[0].from, at(10_060));
    }

    #[test]
    fn half_go_out_at_once_and_the_others_one_after_another() {
        let mut places = Places::new(10, TEN).spread(at(-60_000));
        let mut from = Vec::new();
        for now in [0, 2_000, 4_000, 6_000, 8_000, 9_999] {
            let booked = places.book(1, 10, SPELL, at(now));
            from.extend(booked.iter().map(|place| place.from.as_millisecond()));
        }
        assert_eq!(from[..5], [0; 5]);
        assert!(from[5..].windows(2).all(|pair| pair[1] - pair[0] >= 900), "{from:?}");
    }

    fn times(places: &Places) -> Vec<i64> {
        places.taken().iter().map(|taken| taken.at.as_millisecond()).collect()
    }

    #[test]
    fn what_hubspot_counted_beyond_ours_is_others() {
        let mut places = Places::new(10, TEN);
        places.take(3, at(0));
        places.correct(5, 1, at(0), at(100));
        assert_eq!(times(&places), [0, 0, 0, 100, 100, 100]);
        places.correct(1, 0, at(0), at(200));
        assert_eq!(places.taken().len(), 6, "it counted fewer than we know of");
        places.correct(99, 0, at(0), at(200));
        assert_eq!(places.in_use(at(200)), 16, "no more than the window holds");
    }

    #[test]
    fn what_was_used_after_a_moment_was_used_later_than_it() {
        let mut places = Places::new(10, TEN);
        for ms in [0, 5, 5, 9] {
            places.take(1, at(ms));
        }
        assert_eq!([4, 5, 9].map(|ms| places.used_since(at(ms))), [3, 1, 0]);
    }

    #[test]
    fn a_place_is_a_holders_until_it_is_free() {
        let mut places = Places::new(10, TEN);
        places.take(1, at(11_000));
        places.settle(1, &Stocktaking { flying: vec![at(0)], ..Stocktaking::default() });
        assert_eq!([0, 10_009, 10_010].map(|ms| places.in_use_but_for(1, at(ms))), [1, 1, 1]);
        assert_eq!([0, 10_009, 10_010].map(|ms| places.in_use_but_for(2, at(ms))), [2, 2, 1]);
    }

    #[test]
    fn what_is_long_past_is_forgotten_and_what_cannot_be_too() {
        let mut places = Places::new(2, TEN);
        for ms in [0, 1, 200_000] {
            places.take(1, at(ms));
        }
        places.forget(at(45_000));
        assert_eq!(times(&places), [1, 105_000], "after the length and 35 s; a minute ahead at most");
        let mut places = Places::new(2, TEN);
        for ms in [0, 1, 2, 20_000] {
            places.take(1, at(ms));
        }
        places.forget(at(20_000));
        assert_eq!(times(&places), [2, 20_000], "of those that are free, no more than there are places");
        places.take(2, at(20_000));
        places.forget(at(20_001));
        assert_eq!(times(&places), [20_000; 3], "none that is in use");
    }

    #[test]
    fn the_next_ones_go_out_in_the_stead_of_those_that_were_not_used() {
        let mut places = Places::new(10, TEN).spread(at(-60_000));
        places.book(1, 5, SPELL, at(0));
        let unused = places.book(2, 1, SPELL, at(0));
        let sixth = unused[0].from;
        assert_eq!((places.last(), sixth > at(0)), (Some(sixth), true));
        places.settle(2, &Stocktaking { unused, ..Stocktaking::default() });
        assert_eq!(places.last(), Some(sixth - SignedDuration::from_millis(900)));
    }
}
