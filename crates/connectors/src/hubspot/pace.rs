//! The budget as the connector sees it: asked before each request, told after each answer.

use std::{future::Future, pin::Pin, sync::Arc};

use domain::{fault::Fault, ids::WorkspaceId};
use jiff::SignedDuration;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A future that can be a trait's.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Which limits a request counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The burst limit and the daily limit.
    General,
    /// As `General`, and the five searches a second of an account.
    Search,
}

/// Leave to send one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// What it counts against.
    pub class: Class,
    /// Which request it is: answers overtake each other.
    pub number: u64,
}

/// Keeps to HubSpot's limits.
pub trait Pace: Send + Sync {
    /// Waits for leave to send one request. A fault means that it is not sent, and is what the caller gets.
    fn ask(&self, class: Class) -> BoxFuture<'_, Result<Ticket, Fault>>;

    /// Learns from an answer. Not called when no answer came. Of a refusal for rate, and of a rest that HubSpot asks for,
    /// it may know better than the answer when to come back: then that is the fault.
    fn saw(&self, ticket: Ticket, status: u16, headers: RateHeaders) -> Option<Fault>;
}

/// Makes a place at the meter of the account that a connection's details name.
pub type Pacing = Arc<dyn Fn(WorkspaceId, &Value) -> Arc<dyn Pace> + Send + Sync>;

/// No pacing: for a single request, such as the one that connects, and for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Free;

impl Pace for Free {
    fn ask(&self, class: Class) -> BoxFuture<'_, Result<Ticket, Fault>> {
        Box::pin(std::future::ready(Ok(Ticket { class, number: 0 })))
    }

    fn saw(&self, _ticket: Ticket, _status: u16, _headers: RateHeaders) -> Option<Fault> {
        None
    }
}

/// What an answer says about the limits. Searches say nothing; OAuth tokens hear nothing about the day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateHeaders {
    /// Requests per interval.
    pub max: Option<usize>,
    /// Requests left in this interval.
    pub remaining: Option<usize>,
    /// The interval, 10 s.
    pub interval: Option<SignedDuration>,
    /// Requests per day.
    pub daily_max: Option<usize>,
    /// Requests left today; the day ends at the account's midnight.
    pub daily_remaining: Option<usize>,
    /// How long to wait: documented for 477 only, believed wherever it stands.
    pub retry_after: Option<SignedDuration>,
    /// Which limit a 429 was for, as its body says.
    pub policy: Option<Policy>,
}

/// The limit that a 429 was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Ten seconds, per app.
    Burst,
    /// A second: searches.
    Second,
    /// The day, per account.
    Daily,
}

impl RateHeaders {
    /// Reads the headers of reference/hubspot.md §6.2.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let count = |name: &str| text(name)?.parse::<usize>().ok();
        let whole = |name: &str| text(name)?.parse::<u32>().ok().map(i64::from);
        // HubSpot names a day as the longest wait.
        let seconds = whole("retry-after").map(|seconds| seconds.min(24 * 60 * 60));
        Self {
            max: count("x-hubspot-ratelimit-max"),
            remaining: count("x-hubspot-ratelimit-remaining"),
            interval: whole("x-hubspot-ratelimit-interval-milliseconds").map(SignedDuration::from_millis),
            daily_max: count("x-hubspot-ratelimit-daily"),
            daily_remaining: count("x-hubspot-ratelimit-daily-remaining"),
            retry_after: seconds.map(SignedDuration::from_secs),
            policy: None,
        }
    }
}
