//! How many requests a HubSpot account still lets us send: burst, search and day, corrected by its answers. Pure.

mod day;
mod kept;
mod window;

use connectors::hubspot::{Class, Policy, RateHeaders};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use self::{day::Day, window::Window};

/// Requests per burst window until a header tells: the lowest tier (reference/hubspot.md §6.1).
const BURST_MAX: usize = 100;
/// The burst window.
const BURST_WINDOW: SignedDuration = SignedDuration::from_secs(10);
/// Searches per second and account (reference/hubspot.md §1.4); search answers carry no headers.
const SEARCH_MAX: usize = 5;
const SEARCH_WINDOW: SignedDuration = SignedDuration::from_secs(1);
/// Requests that are kept as sent before they are: so many at most are taken for sent after a crash and were not.
const AHEAD: usize = 10;
/// How long nothing is sent after a gateway of HubSpot's failed: "a few seconds" (reference/hubspot.md §6.4).
const GATEWAY_REST: SignedDuration = SignedDuration::from_secs(2);
/// How long nothing is sent to an account that is being moved, if HubSpot does not say.
const MOVE_REST: SignedDuration = SignedDuration::from_mins(1);

/// What is left of one account's allowance.
#[derive(Debug, Clone)]
pub struct Budget {
    burst: Window,
    search: Window,
    day: Day,
    /// Nothing is sent before, and why.
    closed: Option<(Timestamp, Limit)>,
    /// Requests that are kept as sent and were not.
    ahead: usize,
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
    /// What is sent has to be kept first, for a restart: see `keep`.
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

impl Default for Budget {
    fn default() -> Self {
        Self {
            burst: Window::new(BURST_MAX, BURST_WINDOW),
            search: Window::new(SEARCH_MAX, SEARCH_WINDOW),
            day: Day::default(),
            closed: None,
            ahead: 0,
        }
    }
}

impl Budget {
    /// Spends one request at `now`.
    ///
    /// # Errors
    /// When to ask again, or that `keep` comes first.
    pub fn spend(&mut self, class: Class, now: Timestamp) -> Result<(), Refusal> {
        let closed = self.closed.filter(|(until, _)| *until > now);
        let day = self.day.spent_until(now).map(|until| (until, Limit::Day));
        let burst = self.burst.free_at(now).map(|at| (at, Limit::Burst));
        let search = match class {
            Class::Search => self.search.free_at(now).map(|at| (at, Limit::Search)),
            Class::General => None,
        };
        let limits = [closed, day, burst, search].into_iter().flatten();
        if let Some((until, limit)) = limits.max_by_key(|(until, _)| *until) {
            return Err(Refusal::Until(until, limit));
        }
        self.ahead = self.ahead.checked_sub(1).ok_or(Refusal::NotKept)?;
        self.burst.leave(now);
        self.day.leave();
        if class == Class::Search {
            self.search.leave(now);
        }
        Ok(())
    }

    /// Takes in an answer. If it is a refusal for rate or a rest that HubSpot asks for: until when, and why.
    pub fn answered(
        &mut self,
        class: Class,
        status: u16,
        headers: &RateHeaders,
        now: Timestamp,
    ) -> Option<(Timestamp, Limit)> {
        let left = self.burst.answered(now);
        if class == Class::Search {
            self.search.answered(now);
        }
        self.burst.resize(headers.max, headers.interval);
        if let Some(remaining) = headers.remaining {
            self.burst.correct(self.burst.max().saturating_sub(remaining), left, now);
        }
        let is_spent = headers.policy == Some(Policy::Daily);
        if let Some(told) = headers.daily_remaining.filter(|_| !is_spent) {
            self.day.learn(told, self.burst.unanswered(), left, now);
        }
        self.rest(class, status, headers, now)
    }

    fn rest(
        &mut self,
        class: Class,
        status: u16,
        headers: &RateHeaders,
        now: Timestamp,
    ) -> Option<(Timestamp, Limit)> {
        let told = headers.retry_after;
        let (rest, limit) = match (status, headers.policy, class) {
            (429, Some(Policy::Daily), _) if told.is_none() => {
                self.day.spend(now);
                return self.day.spent_until(now).map(|until| (until, Limit::Day));
            }
            (429, Some(Policy::Daily), _) => (told.unwrap_or_default(), Limit::Day),
            (429, Some(Policy::Second), _) | (429, None, Class::Search) => {
                // Other requests are none of the searches' limit.
                self.search.take(self.search.max(), now);
                let rest = told.unwrap_or(SEARCH_WINDOW);
                return Some((now + rest, Limit::Search));
            }
            (429, ..) => (told.unwrap_or(self.burst.length()), Limit::Burst),
            (477, ..) => (told.unwrap_or(MOVE_REST), Limit::Move),
            (502..=504 | 520..=527, ..) => (told.unwrap_or(GATEWAY_REST), Limit::Gateway),
            _ => return None,
        };
        let until = now + rest;
        if self.closed.is_none_or(|(before, _)| before < until) {
            self.closed = Some((until, limit));
        }
        Some((until, limit))
    }

    /// The account's time zone, by which its day ends.
    pub fn in_zone(&mut self, zone: TimeZone) {
        self.day.in_zone(zone);
    }

    /// A person changed the connection: what the day has left, and what HubSpot asked for before, may not hold any more.
    pub fn reconsider(&mut self) {
        self.day.forget();
        self.closed = None;
    }

    /// What is left at `now`.
    pub fn left(&mut self, now: Timestamp) -> Left {
        Left {
            burst: self.burst.left(now),
            burst_max: self.burst.max(),
            search: self.search.left(now),
            search_max: self.search.max(),
            day: self.day.left(now).map(|left| left.requests),
        }
    }

    /// What to tell of a limit, in plain words.
    pub fn words(&self, until: Timestamp, limit: Limit) -> String {
        let goes_on = format!("goes on at {}.", self.day.words(until));
        match limit {
            Limit::Burst => format!(
                "HubSpot's allowance of {} requests in {} s is spent; {goes_on}",
                self.burst.max(),
                self.burst.length().as_secs_f64()
            ),
            Limit::Search => format!("HubSpot's allowance of {SEARCH_MAX} searches a second is spent."),
            Limit::Day => format!("HubSpot's allowance for today is spent; {goes_on}"),
            Limit::Gateway => format!("HubSpot is out of order; {goes_on}"),
            Limit::Move => format!("HubSpot is moving the account to another data centre; {goes_on}"),
        }
    }
}

#[cfg(test)]
mod tests;
