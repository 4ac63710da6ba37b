//! One account's budget, shared by all that speak to it: waits before a request, learns from the answer, keeps what was
//! sent.

use std::sync::{Mutex, MutexGuard, PoisonError};

use connectors::hubspot::{Class, RateHeaders};
use domain::fault::Fault;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use store::{Store, StoreError};

use crate::{
    Clock,
    budget::{Budget, Left, Limit, Refusal},
};

/// A wait longer than this is not slept through: the work is put back with a due time.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);

/// The budget of one account with a clock, kept in the store.
pub struct Meter {
    /// HubSpot's number of the account.
    account: String,
    zone: TimeZone,
    budget: Mutex<Option<Budget>>,
    /// One keeping at a time: an older one must not undo a newer.
    keeping: tokio::sync::Mutex<()>,
    clock: Clock,
    store: Store,
}

/// A wait that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// How long it took.
    pub span: SignedDuration,
    /// When it ended.
    pub ended_at: Timestamp,
    /// The limit that was waited for.
    pub limit: Limit,
}

impl Meter {
    /// The budget of an account, which goes on from what is kept of it. `zone` is the account's.
    pub fn new(account: String, zone: TimeZone, store: Store, clock: Clock) -> Self {
        Self { account, zone, budget: Mutex::default(), keeping: tokio::sync::Mutex::default(), clock, store }
    }

    fn budget(&self) -> MutexGuard<'_, Option<Budget>> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for leave to send one request; returns the longest wait, if there was any.
    ///
    /// # Errors
    /// `Later` with the time to come back, if that is far; nothing is to be sent.
    pub async fn ask(&self, class: Class) -> Result<Option<Wait>, Fault> {
        let mut longest: Option<Wait> = None;
        loop {
            let now = (self.clock)();
            let spent = self.budget().as_mut().map(|budget| budget.spend(class, now));
            let (until, limit) = match spent {
                Some(Ok(())) => return Ok(longest),
                Some(Err(Refusal::Until(until, limit))) => (until, limit),
                Some(Err(Refusal::NotKept)) | None => {
                    self.keep().await.map_err(|error| Fault::later(error.to_string()))?;
                    continue;
                }
            };
            let span = until.duration_since(now);
            if span > PATIENCE {
                // What keeps us from sending for so long is to be known after a restart too.
                self.keep().await.map_err(|error| Fault::later(error.to_string()))?;
                return Err(self.fault(until, limit, now));
            }
            metrics::counter!("patchbay_budget_waits_total").increment(1);
            tokio::time::sleep(span.unsigned_abs()).await;
            if longest.as_ref().is_none_or(|longest| longest.span < span) {
                longest = Some(Wait { span, ended_at: until, limit });
            }
        }
    }

    /// Learns from an answer. If HubSpot refused for rate or asks for a rest: that, with the time to come back.
    pub fn saw(&self, class: Class, status: u16, headers: &RateHeaders) -> Option<Fault> {
        let now = (self.clock)();
        let rest = self.budget().as_mut()?.answered(class, status, headers, now);
        let (until, limit) = rest.filter(|(_, limit)| *limit != Limit::Gateway)?;
        Some(self.fault(until, limit, now))
    }

    /// What is left now; `None` before the first request.
    pub fn left(&self) -> Option<Left> {
        let now = (self.clock)();
        self.budget().as_mut().map(|budget| budget.left(now))
    }

    /// A person changed the connection: what was told before may not hold any more.
    pub fn reconsider(&self) {
        if let Some(budget) = self.budget().as_mut() {
            budget.reconsider();
        }
    }

    /// What to tell of a limit, in plain words.
    pub fn words(&self, until: Timestamp, limit: Limit) -> String {
        self.budget().as_ref().map_or_else(String::new, |budget| budget.words(until, limit))
    }

    fn fault(&self, until: Timestamp, limit: Limit, now: Timestamp) -> Fault {
        Fault::Later { after: Some(until.duration_since(now)), why: self.words(until, limit) }
    }

    /// Keeps what was sent and a few requests more, so that a restart at any moment starts no full window; the first time,
    /// starts from what is kept.
    async fn keep(&self) -> Result<(), StoreError> {
        let _turn = self.keeping.lock().await;
        if self.budget().is_none() {
            let kept = self.store.budget(self.account.clone()).await?;
            let kept = kept.and_then(|kept| serde_json::from_value(kept).ok());
            let mut budget = kept.map_or_else(Budget::default, |kept| Budget::recall(&kept, (self.clock)()));
            budget.in_zone(self.zone.clone());
            *self.budget() = Some(budget);
        }
        let now = (self.clock)();
        let Some(kept) = self.budget().as_mut().map(|budget| budget.keep(now)) else { return Ok(()) };
        let kept = serde_json::to_value(kept).unwrap_or_default();
        self.store.keep_budget(self.account.clone(), kept).await?;
        if let Some(budget) = self.budget().as_mut() {
            budget.kept();
        }
        Ok(())
    }
}
