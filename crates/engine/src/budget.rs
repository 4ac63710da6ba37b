//! How many requests a HubSpot account still lets us send: burst, search and day, corrected by its answers. Pure.
//!
//! There is one budget for all nodes, in the account's row. A node's `Share` holds places that it may use within a second
//! or so; at each keeping it tells what became of them and of its requests, and gets others.

mod day;
mod kept;
mod places;
mod share;
mod stock;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use self::{
    day::{Day, Told},
    places::{Holder, Place, Places},
    stock::Stocktaking,
};
pub use self::{
    kept::Kept,
    share::{LOOK_AGAIN, Moment, Share},
};

/// Requests per burst window until a header tells: the lowest tier (reference/hubspot.md §6.1).
const BURST_MAX: usize = 100;
/// The burst window.
const BURST_WINDOW: SignedDuration = SignedDuration::from_secs(10);
/// Searches per second and account (reference/hubspot.md §1.4); search answers carry no headers.
const SEARCH_MAX: usize = 5;
const SEARCH_WINDOW: SignedDuration = SignedDuration::from_secs(1);
/// Places that a node takes at once: so many at most are taken for used after a crash and were not.
const AHEAD: usize = 10;
/// A node that was not heard of for so long is none that others have to leave room for.
const COMPANY: SignedDuration = SignedDuration::from_secs(15);
/// Its number is forgotten after this; what it had in use has lapsed by then.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(2);

/// What is left of one account's allowance. Its times are by the clock of the store that keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    burst: Places,
    search: Places,
    day: Day,
    rest: Option<Rest>,
    /// The nodes that have places, each with when it was last heard of.
    holders: BTreeMap<Holder, Timestamp>,
    /// The number that was given out last.
    last: Holder,
}

/// Nothing is sent before a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    until: Timestamp,
    limit: Limit,
    /// When HubSpot asked for it.
    told_at: Timestamp,
}

/// What keeps a request from being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Limit {
    /// So many requests in ten seconds.
    Burst,
    /// Five searches a second.
    Search,
    /// So many requests a day.
    Day,
    /// HubSpot's gateway is out of order.
    Gateway,
    /// The account is being moved to another data centre.
    Move,
}

/// Why a request may not be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A limit is reached: ask again at this time.
    Until(Timestamp, Limit),
    /// The account's row has to be asked first: see `Share::report`.
    NotKept,
}

/// What is left at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Requests in the burst window.
    pub burst: usize,
    /// Of so many.
    pub burst_max: usize,
    /// Searches in this second.
    pub search: usize,
    /// Of so many.
    pub search_max: usize,
    /// Requests today, if HubSpot tells.
    pub day: Option<usize>,
}

/// What a node tells at a keeping, and what it wants.
#[derive(Debug, Clone)]
pub struct Report {
    /// The account's.
    zone: TimeZone,
    /// Its number, if it has one.
    holder: Option<Holder>,
    burst: Stocktaking,
    search: Stocktaking,
    wants_search: bool,
    /// How long it may use a place from the moment it is free.
    spell: SignedDuration,
    learned: Learned,
    /// When a person last changed a connection to the account.
    changed_at: Option<Timestamp>,
}

/// What a node learned from answers.
#[derive(Debug, Clone, Copy, Default)]
struct Learned {
    /// How many requests HubSpot lets through in which span.
    size: Option<(usize, SignedDuration)>,
    /// What it counted.
    seen: Option<Seen>,
    day: Option<Told>,
    /// When it was told that the day is spent, by the node's own clock.
    spent_at: Option<Timestamp>,
    /// The searches of this second are spent.
    is_search_spent: bool,
    rest: Option<Rest>,
}

/// What HubSpot counted in the burst window.
#[derive(Debug, Clone, Copy)]
struct Seen {
    used: usize,
    /// It counted after this.
    since: Timestamp,
    /// How many requests we sent after it was told.
    after: usize,
}

/// What a node may do until the next keeping.
#[derive(Debug, Clone)]
pub struct Leave {
    holder: Holder,
    burst: Vec<Place>,
    search: Vec<Place>,
    /// Nothing may be sent before, by the store's clock.
    refused: Option<(Timestamp, Limit)>,
    /// How many other nodes there are.
    company: usize,
    /// The moment of the keeping by the store's clock.
    at: Timestamp,
    /// The budget before these places were taken.
    before: Budget,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            burst: Places::new(BURST_MAX, BURST_WINDOW).spread(Timestamp::UNIX_EPOCH),
            search: Places::new(SEARCH_MAX, SEARCH_WINDOW),
            day: Day::default(),
            rest: None,
            holders: BTreeMap::new(),
            last: 0,
        }
    }
}

impl Budget {
    /// Takes in what a node tells, and gives it places.
    ///
    /// `at` and `today` are now, by the clock that places are measured by and by the one that ends the day; they differ
    /// where one of them was set.
    pub fn keep(&mut self, report: &Report, at: Timestamp, today: Timestamp) -> Leave {
        let holder = self.holder(report.holder, at);
        self.settle(holder, report);
        self.learn(report, at, today);
        let refused = self.refused(at, today);
        let company = self.holders.values().filter(|seen| **seen + COMPANY > at).count().saturating_sub(1);
        let before = self.clone();
        let (mut burst, mut search) = (Vec::new(), Vec::new());
        if refused.is_none() {
            let want = if company == 0 {
                AHEAD
            } else {
                among(&report.burst, AHEAD.min(self.burst.max() / 10) / (company + 1))
            };
            burst = self.burst.book(holder, self.day.most(want, today), report.spell, at);
            self.day.leave(burst.len());
        }
        if refused.is_none() && report.wants_search {
            let want = if company == 0 { SEARCH_MAX } else { among(&report.search, SEARCH_MAX.div_ceil(2)) };
            search = self.search.book(holder, want, report.spell, at);
        }
        self.burst.forget(at);
        self.search.forget(at);
        Leave { holder, burst, search, refused, company, at, before }
    }

    /// A node's own number, or a new one.
    fn holder(&mut self, known: Option<Holder>, at: Timestamp) -> Holder {
        self.holders.retain(|_, seen| *seen + REMEMBERED > at);
        let holder = known.filter(|known| self.holders.contains_key(known)).unwrap_or(self.last + 1);
        self.last = self.last.max(holder);
        self.holders.insert(holder, at);
        holder
    }

    fn settle(&mut self, holder: Holder, report: &Report) {
        self.burst.settle(holder, &report.burst);
        self.search.settle(holder, &report.search);
        self.day.give_back(&report.burst.unused);
    }

    fn learn(&mut self, report: &Report, at: Timestamp, today: Timestamp) {
        let Learned { size, seen, day, spent_at, is_search_spent, rest } = report.learned;
        if let Some((max, length)) = size {
            self.burst.resize(max, length);
        }
        if let Some(seen) = seen {
            self.burst.correct(seen.used, seen.after, seen.since, at);
        }
        if let Some(told) = day {
            // Of what is older there may be requests that are not remembered.
            if told.since + self.burst.length() > at {
                // The one that was answered is among them.
                let more = self.burst.used_since(told.since).saturating_sub(1);
                self.day.learn(told, more, &report.zone, today, today.duration_since(at));
            }
        }
        if let Some(spent_at) = spent_at {
            self.day.spend(&report.zone, today, spent_at);
        }
        if is_search_spent {
            self.search.take(self.search.max(), at);
        }
        let rest = self.rest.into_iter().chain(rest).max_by_key(|rest| rest.until);
        self.rest = rest.filter(|rest| rest.until > at);
        if let Some(changed_at) = report.changed_at {
            // What the day has left, and what HubSpot asked for before, may not hold any more.
            self.day.forget_before(changed_at);
            self.rest = self.rest.filter(|rest| rest.told_at > changed_at);
        }
    }

    fn refused(&self, at: Timestamp, today: Timestamp) -> Option<(Timestamp, Limit)> {
        let day = self.day.spent_until(today).map(|until| (until - today.duration_since(at), Limit::Day));
        let rest = self.rest.map(|rest| (rest.until, rest.limit));
        day.into_iter().chain(rest).max_by_key(|(until, _)| *until)
    }
}

/// How many places a node takes that is not alone: twice as many as it used last, so that few stand idle.
fn among(last: &Stocktaking, most: usize) -> usize {
    (last.sent * 2).clamp(1, most.max(1))
}

#[cfg(test)]
mod tests;
