//! One account's budget as a node spends it: waits before a request, learns from the answer, keeps what was sent.

use std::sync::{Mutex, MutexGuard, PoisonError};

use connectors::hubspot::{Class, RateHeaders, Ticket};
use domain::fault::Fault;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::Value;
use store::{Store, StoreError};
use tokio::time::Instant;

use crate::{
    Clock,
    budget::{Budget, Kept, LOOK_AGAIN, Leave, Left, Limit, Moment, Refusal, Report, Share},
};

/// A wait longer than this is not slept through: the work is put back with a due time.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);

/// A node's share of the budget of one account, with clocks.
pub struct Meter {
    /// HubSpot's number of the account.
    account: String,
    share: Mutex<Share>,
    /// One keeping at a time: who waits for it may find that it has places then.
    keeping: tokio::sync::Mutex<()>,
    clock: Clock,
    /// What the steady clock showed at a moment.
    began: (Instant, Timestamp),
    store: Store,
}

/// Leave to send one request, or until when there is none, and why.
type Spent = Result<Ticket, (Timestamp, Limit)>;

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
    pub fn new(
        account: String,
        zone: TimeZone,
        store: Store,
        (clock, began): (Clock, (Instant, Timestamp)),
    ) -> Self {
        let (share, keeping) = (Mutex::new(Share::new(zone)), tokio::sync::Mutex::default());
        Self { account, share, keeping, clock, began, store }
    }

    fn share(&self) -> MutexGuard<'_, Share> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        let (began, showed) = self.began;
        let elapsed = SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::MAX);
        Moment { steady: showed.saturating_add(elapsed).unwrap_or(Timestamp::MAX), wall: (self.clock)() }
    }

    /// Waits for leave to send one request; returns how long that took as well, if it took any time.
    ///
    /// # Errors
    /// `Later` with the time to come back, if that is far; nothing is to be sent.
    pub async fn ask(&self, class: Class) -> Result<(Ticket, Option<Wait>), Fault> {
        let mut waited: Option<(Timestamp, Limit)> = None;
        loop {
            let spent = self.spend(class).await.map_err(|error| Fault::later(error.to_string()))?;
            let now = self.now();
            let (until, limit) = match spent {
                Ok(ticket) => {
                    let span = |since| now.steady.duration_since(since);
                    let wait =
                        waited.map(|(since, limit)| Wait { span: span(since), ended_at: now.wall, limit });
                    return Ok((ticket, wait));
                }
                Err(refused) => refused,
            };
            let span = until.duration_since(now.steady);
            if span > PATIENCE {
                return Err(self.fault(span, limit, now));
            }
            if waited.is_none() {
                metrics::counter!("patchbay_budget_waits_total").increment(1);
            }
            waited = Some((waited.map_or(now.steady, |(since, _)| since), limit));
            let nap = if self.share().has_company() { span.min(LOOK_AGAIN) } else { span };
            tokio::time::sleep(nap.try_into().unwrap_or_default()).await;
        }
    }

    /// Spends one request; keeps first where that is needed.
    async fn spend(&self, class: Class) -> Result<Spent, StoreError> {
        if let Some(spent) = self.spend_known(class) {
            return Ok(spent);
        }
        let _turn = self.keeping.lock().await;
        loop {
            match self.spend_known(class) {
                Some(spent) => return Ok(spent),
                None => self.keep().await?,
            }
        }
    }

    /// Spends one request by what is known; `None` if something has to be kept first.
    fn spend_known(&self, class: Class) -> Option<Spent> {
        match self.share().spend(class, self.now()) {
            Ok(ticket) => Some(Ok(ticket)),
            Err(Refusal::Until(until, limit)) => Some(Err((until, limit))),
            Err(Refusal::NotKept) => None,
        }
    }

    /// Learns from an answer. If HubSpot refused for rate or asks for a rest: that, with the time to come back.
    pub fn saw(&self, ticket: Ticket, status: u16, headers: &RateHeaders) -> Option<Fault> {
        let now = self.now();
        let asked = self.share().answered(ticket, status, headers, now)?;
        (asked.limit != Limit::Gateway).then(|| self.fault(asked.span, asked.limit, now))
    }

    /// What is left now; `None` before the first request.
    pub fn left(&self) -> Option<Left> {
        let now = self.now();
        self.share().left(now)
    }

    /// A person changed a connection to the account then: what was told before may not hold any more.
    pub fn changed(&self, at: Timestamp) {
        self.share().changed(at);
    }

    /// What to tell of a limit, in plain words.
    pub fn words(&self, until: Timestamp, limit: Limit) -> String {
        self.share().words(until, limit)
    }

    fn fault(&self, span: SignedDuration, limit: Limit, now: Moment) -> Fault {
        let until = now.wall.saturating_add(span).unwrap_or(Timestamp::MAX);
        Fault::Later { after: Some(span), why: self.words(until, limit) }
    }

    /// Tells the account's row what was sent, and gets places from it. Where the store fails, or this is dropped half-way, the
    /// share finds out by itself.
    async fn keep(&self) -> Result<(), StoreError> {
        let told_at = self.now();
        let report = self.share().report(told_at);
        let times = (told_at.steady, told_at.wall);
        let change = move |kept, at, today| kept_after(kept, &report, at, today);
        let leave = self.store.change_budget(self.account.clone(), times, change).await?;
        let now = self.now();
        self.share().adopt(leave, told_at, now);
        Ok(())
    }
}

/// What is to be kept after a node's report, and what that node may do.
fn kept_after(kept: Value, report: &Report, at: Timestamp, today: Timestamp) -> (Value, Leave) {
    let mut budget = match kept {
        Value::Null => Budget::default(),
        kept => Budget::recall(&serde_json::from_value::<Kept>(kept).unwrap_or_default(), at),
    };
    let leave = budget.keep(report, at, today);
    (serde_json::to_value(budget.kept()).unwrap_or_default(), leave)
}
