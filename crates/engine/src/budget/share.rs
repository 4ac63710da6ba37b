//! A node's share of an account's budget: places that it may use now or soon, and what it has to tell of. Pure.
//!
//! A node's clock and that of the store that keeps the budget need not agree. At each keeping the node learns between which
//! bounds the other stands to its own; it uses a place by whichever bound is the later at its beginning and the earlier at
//! its end, and tells of a request by the later. So a difference of clocks costs some milliseconds, and no request.

use connectors::hubspot::{Class, Policy, RateHeaders, Ticket};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    AHEAD, Budget, Learned, Leave, Left, Limit, Places, Refusal, Report, Rest, SEARCH_MAX, SEARCH_WINDOW,
    Seen, day, day::Told, places::Holder, stock::Stock,
};

/// How long a place may be used from the moment it is free, where the store answers at once.
const SPELL: SignedDuration = SignedDuration::from_secs(1);
const SPELL_MAX: SignedDuration = SignedDuration::from_secs(10);
/// What keeps requests from being sent is believed for this long: others may know better by then.
const BELIEVED: SignedDuration = SignedDuration::from_secs(1);
/// While there are other nodes, a better place may be free this soon.
pub const LOOK_AGAIN: SignedDuration = SignedDuration::from_millis(500);
/// How long nothing is sent after a gateway of HubSpot's failed: "a few seconds" (reference/hubspot.md §6.4).
const GATEWAY_REST: SignedDuration = SignedDuration::from_secs(2);
/// How long nothing is sent to an account that is being moved, if HubSpot does not say.
const MOVE_REST: SignedDuration = SignedDuration::from_mins(1);

/// The machine's clock was set, or the machine slept, if it is that much off.
const LEAP: SignedDuration = SignedDuration::from_millis(500);

/// A moment, by a node's two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By the one that is never set and stands while the machine sleeps.
    pub steady: Timestamp,
    /// By the one that people see.
    pub wall: Timestamp,
}

/// What a node has of an account's budget. Its own times are by the steady clock.
#[derive(Debug, Clone)]
pub struct Share {
    /// The account's.
    zone: TimeZone,
    holder: Option<Holder>,
    burst: Stock,
    search: Stock,
    /// Somebody wants to search.
    wants_search: bool,
    learned: Learned,
    /// When a person last changed a connection to the account.
    changed_at: Option<Timestamp>,
    /// The number of the request that was sent last.
    last: u64,
    /// What was learned has to be told before more is sent.
    is_stale: bool,
    telling: Option<Telling>,
    known: Option<Known>,
}

/// What is being told.
#[derive(Debug, Clone)]
struct Telling {
    /// Requests that counted.
    landed: usize,
    learned: Learned,
}

/// What a node knows since its last keeping.
#[derive(Debug, Clone)]
struct Known {
    /// When it was answered.
    since: Moment,
    /// How far the store's clock is ahead of ours: so much at least, and so much at most.
    ahead: (SignedDuration, SignedDuration),
    /// How long a place may be used, given how long the keeping took.
    spell: SignedDuration,
    /// By the store's clock.
    refused: Option<(Timestamp, Limit)>,
    company: usize,
    /// Before this node took places.
    budget: Budget,
}

/// A rest that HubSpot asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// How long; of a day, until it ends.
    pub span: SignedDuration,
    /// Why.
    pub limit: Limit,
}

impl Known {
    fn early(&self, now: Moment) -> Timestamp {
        now.steady + self.ahead.0
    }

    fn late(&self, now: Moment) -> Timestamp {
        now.steady + self.ahead.1
    }

    /// When it is that time by the store's clock, at the latest.
    fn ours(&self, at: Timestamp) -> Timestamp {
        at - self.ahead.0
    }

    /// Whether our clocks went apart since.
    fn is_leap(&self, now: Moment) -> bool {
        let by_steady = now.steady.duration_since(self.since.steady);
        (now.wall.duration_since(self.since.wall) - by_steady).abs() > LEAP
    }

    /// A time of ours by the store's clock, at the earliest, given the latest.
    fn earliest(&self, late: Timestamp) -> Timestamp {
        late - (self.ahead.1 - self.ahead.0)
    }
}

impl Share {
    /// Nothing yet of an account of that zone.
    pub fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            holder: None,
            burst: Stock::default(),
            search: Stock::default(),
            wants_search: false,
            learned: Learned::default(),
            changed_at: None,
            last: 0,
            is_stale: false,
            telling: None,
            known: None,
        }
    }

    /// Spends one request at `now`.
    ///
    /// # Errors
    /// When to ask again, or that a keeping comes first.
    pub fn spend(&mut self, class: Class, now: Moment) -> Result<Ticket, Refusal> {
        self.wants_search |= class == Class::Search;
        if self.known.as_ref().is_some_and(|known| known.is_leap(now)) {
            self.forget();
        }
        let Some(known) = self.known.as_ref().filter(|_| !self.is_stale) else {
            return Err(Refusal::NotKept);
        };
        let (early, late) = (known.early(now), known.late(now));
        if let Some((until, limit)) = known.refused.filter(|(until, _)| *until > early) {
            let is_old = known.since.steady + BELIEVED <= now.steady;
            return Err(if is_old { Refusal::NotKept } else { Refusal::Until(known.ours(until), limit) });
        }
        let burst = self.burst.next(late).ok_or(Refusal::NotKept)?;
        let (place, limit) = match class {
            Class::General => (burst, Limit::Burst),
            Class::Search => {
                let search = self.search.next(late).ok_or(Refusal::NotKept)?;
                if search.from > burst.from { (search, Limit::Search) } else { (burst, Limit::Burst) }
            }
        };
        if place.from > early {
            // What another node has before may be free sooner than was known.
            let is_old = place.after.is_some() && known.since.steady + LOOK_AGAIN <= now.steady;
            return Err(if is_old {
                Refusal::NotKept
            } else {
                Refusal::Until(known.ours(place.from), limit)
            });
        }
        Ok(self.leave(class, late))
    }

    fn leave(&mut self, class: Class, late: Timestamp) -> Ticket {
        self.last += 1;
        self.burst.leave(self.last, late);
        if class == Class::Search {
            self.search.leave(self.last, late);
        }
        if let Some(seen) = &mut self.learned.seen {
            seen.after += 1;
        }
        Ticket { class, number: self.last }
    }

    /// Takes in an answer. If it is a refusal for rate or a rest that HubSpot asks for: that.
    pub fn answered(
        &mut self,
        ticket: Ticket,
        status: u16,
        headers: &RateHeaders,
        now: Moment,
    ) -> Option<Asked> {
        let late = self.known.as_ref()?.late(now);
        let left = self.burst.answered(ticket.number, late);
        if ticket.class == Class::Search {
            self.search.answered(ticket.number, late);
        }
        if let Some(left) = left {
            self.count(headers, left);
            self.count_day(headers, left, now.wall);
        }
        let asked = asked(ticket.class, status, headers, self.burst_length())?;
        self.is_stale = true;
        match asked {
            Asking::Rest(span, limit) => {
                let rest = Rest { until: late + span, limit, told_at: now.wall };
                self.learned.rest = self.learned.rest.into_iter().chain([rest]).max_by_key(|rest| rest.until);
                Some(Asked { span, limit })
            }
            Asking::Search(span) => {
                self.learned.is_search_spent = true;
                Some(Asked { span, limit: Limit::Search })
            }
            Asking::Day => {
                self.learned.spent_at = Some(now.wall);
                let span = day::spent_until(&self.zone, now.wall).duration_since(now.wall);
                Some(Asked { span, limit: Limit::Day })
            }
        }
    }

    /// What the burst window's headers tell.
    fn count(&mut self, headers: &RateHeaders, left: Timestamp) {
        let Some(known) = &self.known else { return };
        let left = known.earliest(left);
        let burst = &known.budget.burst;
        let size = (headers.max.unwrap_or(burst.max()), headers.interval.unwrap_or(burst.length()));
        if size != (burst.max(), burst.length()) {
            self.learned.size = Some(size);
            self.is_stale |= size.0 < burst.max();
        }
        let Some(remaining) = headers.remaining else { return };
        let used = size.0.saturating_sub(remaining);
        self.learned.seen = Some(Seen { used, since: left, after: 0 });
        // Of what others sent meanwhile we do not know yet: that much is no surprise.
        let meanwhile = known.company * AHEAD;
        let ours =
            self.burst.in_use(burst.length(), left) + self.telling.as_ref().map_or(0, |told| told.landed);
        let others = burst.in_use_but_for(self.holder.unwrap_or_default(), left);
        self.is_stale |= used > ours + others + meanwhile;
    }

    /// What the day's headers tell.
    fn count_day(&mut self, headers: &RateHeaders, left: Timestamp, heard_at: Timestamp) {
        let (Some(known), Some(told)) = (&self.known, headers.daily_remaining) else { return };
        if headers.policy == Some(Policy::Daily) {
            return;
        }
        if told == 0 {
            self.learned.spent_at = Some(heard_at);
            self.is_stale = true;
            return;
        }
        let told = Told { left: told, since: known.earliest(left), heard_at };
        // Answers may overtake each other.
        if self.learned.day.is_none_or(|before| before.since <= told.since) {
            self.learned.day = Some(told);
        }
        // Near its end each answer is looked at by all.
        let ahead = self.burst.unanswered() + self.burst.unused() + known.company * AHEAD;
        self.is_stale |= told.left <= ahead;
    }

    fn burst_length(&self) -> SignedDuration {
        self.known.as_ref().map_or(super::BURST_WINDOW, |known| known.budget.burst.length())
    }

    /// What to tell at a keeping. Nothing is sent before it is answered.
    pub fn report(&mut self, now: Moment) -> Report {
        if self.telling.is_some() {
            // The last one was not answered: it may have been kept all the same.
            self.forget();
        }
        let late = self.known.as_ref().map_or(now.steady, |known| known.late(now));
        let wants_search = std::mem::take(&mut self.wants_search) || self.search.unused() > 0;
        let (burst, search) = (self.burst.take(late), self.search.take(late));
        let learned = std::mem::take(&mut self.learned);
        self.telling = Some(Telling { landed: burst.landed.len(), learned });
        self.is_stale = false;
        Report {
            zone: self.zone.clone(),
            holder: self.holder,
            burst,
            search,
            wants_search,
            spell: self.known.as_ref().map_or(SPELL, |known| known.spell),
            learned,
            changed_at: self.changed_at,
        }
    }

    /// Takes in the answer to a report of `told_at`.
    pub fn adopt(&mut self, leave: Leave, told_at: Moment, now: Moment) {
        self.holder = Some(leave.holder);
        self.telling = None;
        self.burst.give(leave.burst);
        self.search.give(leave.search);
        let took = now.steady.duration_since(told_at.steady);
        self.known = Some(Known {
            since: now,
            ahead: (leave.at.duration_since(now.steady), leave.at.duration_since(told_at.steady)),
            spell: (SPELL + took * 2).min(SPELL_MAX),
            refused: leave.refused,
            company: leave.company,
            budget: leave.before,
        });
    }

    /// Goes on under another number, as if this node had died: what it has under way is in the row until it lapses.
    fn forget(&mut self) {
        self.holder = None;
        self.burst.forget();
        self.search.forget();
        if let Some(told) = self.telling.take() {
            self.learned.join(told.learned);
        }
        self.is_stale = true;
    }

    /// A person changed a connection to the account: what was told before may not hold any more.
    pub fn changed(&mut self, at: Timestamp) {
        if self.changed_at.is_none_or(|before| before < at) {
            self.changed_at = Some(at);
            self.is_stale = true;
        }
    }

    /// Whether other nodes speak to the account.
    pub fn has_company(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.company > 0)
    }

    /// What is left at `now`, as this node knows it; `None` before the first keeping.
    pub fn left(&self, now: Moment) -> Option<Left> {
        let known = self.known.as_ref()?;
        let Budget { burst, search, day, .. } = &known.budget;
        let early = known.early(now);
        let left = |places: &Places, stock: &Stock| {
            let others = places.in_use_but_for(self.holder.unwrap_or_default(), early);
            places.max().saturating_sub(others + stock.in_use(places.length(), early))
        };
        let day = day.left(early).map(|left| left.requests.saturating_sub(self.burst.sent()));
        Some(Left {
            burst: left(burst, &self.burst),
            burst_max: burst.max(),
            search: left(search, &self.search),
            search_max: search.max(),
            day: if self.learned.spent_at.is_some() { Some(0) } else { day },
        })
    }

    /// What to tell of a limit that ends at `until`, in plain words.
    pub fn words(&self, until: Timestamp, limit: Limit) -> String {
        let goes_on = format!("goes on at {}.", day::words(until, &self.zone));
        let (max, length) = match &self.known {
            Some(known) => (known.budget.burst.max(), known.budget.burst.length()),
            None => (super::BURST_MAX, super::BURST_WINDOW),
        };
        match limit {
            Limit::Burst => format!(
                "HubSpot's allowance of {max} requests in {} s is spent; {goes_on}",
                length.as_secs_f64()
            ),
            Limit::Search => format!("HubSpot's allowance of {SEARCH_MAX} searches a second is spent."),
            Limit::Day => format!("HubSpot's allowance for today is spent; {goes_on}"),
            Limit::Gateway => format!("HubSpot is out of order; {goes_on}"),
            Limit::Move => format!("HubSpot is moving the account to another data centre; {goes_on}"),
        }
    }
}

impl Learned {
    /// Takes in what was learned before.
    fn join(&mut self, before: Self) {
        self.size = self.size.or(before.size);
        self.seen = self.seen.or(before.seen);
        self.day = self.day.or(before.day);
        self.spent_at = self.spent_at.or(before.spent_at);
        self.is_search_spent |= before.is_search_spent;
        self.rest = self.rest.into_iter().chain(before.rest).max_by_key(|rest| rest.until);
    }
}

/// What an answer asks for.
enum Asking {
    /// That nothing is sent for so long.
    Rest(SignedDuration, Limit),
    /// That nobody searches for so long. Other requests are none of the searches' limit.
    Search(SignedDuration),
    /// That nothing is sent before the day ends.
    Day,
}

fn asked(class: Class, status: u16, headers: &RateHeaders, burst: SignedDuration) -> Option<Asking> {
    let told = headers.retry_after;
    let (rest, limit) = match (status, headers.policy, class) {
        (429, Some(Policy::Daily), _) => match told {
            Some(told) => (told, Limit::Day),
            None => return Some(Asking::Day),
        },
        (429, Some(Policy::Second), _) | (429, None, Class::Search) => {
            return Some(Asking::Search(told.unwrap_or(SEARCH_WINDOW)));
        }
        (429, ..) => (told.unwrap_or(burst), Limit::Burst),
        (477, ..) => (told.unwrap_or(MOVE_REST), Limit::Move),
        (502..=504 | 520..=527, ..) => (told.unwrap_or(GATEWAY_REST), Limit::Gateway),
        _ => return None,
    };
    Some(Asking::Rest(rest, limit))
}
