//! One account's budget, shared by all that speaks to it: waits before a request, learns from the answer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use connectors::hubspot::{BoxFuture, Class, Pace, Policy, RateHeaders};
use domain::fault::Fault;
use jiff::{SignedDuration, Timestamp};

use crate::{Clock, budget::Budget};

/// A wait longer than this is not slept through: the work is put back with a due time.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);

/// The budget of one account with a clock.
pub struct Meter {
    budget: Mutex<Budget>,
    clock: Clock,
}

impl Meter {
    /// A full budget.
    pub fn new(clock: Clock) -> Self {
        Self { budget: Mutex::default(), clock }
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_spend(&self, class: Class) -> Result<(), (Timestamp, Timestamp)> {
        let now = (self.clock)();
        self.budget().spend(class == Class::Search, now).map_err(|at| (now, at))
    }
}

impl Pace for Meter {
    fn ask(&self, class: Class) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            while let Err((now, at)) = self.try_spend(class) {
                let wait = at.duration_since(now);
                if wait > PATIENCE {
                    return Err(Fault::Later {
                        after: Some(wait),
                        why: "HubSpot's allowance for now is spent.".to_owned(),
                    });
                }
                metrics::counter!("patchbay_budget_waits_total").increment(1);
                tokio::time::sleep(wait.unsigned_abs()).await;
            }
            Ok(())
        })
    }

    fn saw(&self, class: Class, status: u16, headers: RateHeaders) {
        metrics::counter!("patchbay_hubspot_requests_total", "status" => status.to_string()).increment(1);
        let now = (self.clock)();
        let mut budget = self.budget();
        if class != Class::Search {
            budget.learn(headers.max, headers.remaining, headers.interval, now);
        }
        if status == 429 {
            budget.close_until(now + headers.retry_after.unwrap_or_else(|| rest(headers.policy, class)));
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge of at most some hundred requests")]
        metrics::gauge!("patchbay_budget_left").set(budget.left(now) as f64);
    }
}

/// How long to rest after a refusal for rate that names no time: the window that was full. A full day is asked about again
/// every hour, as it ends at the account's midnight.
const fn rest(policy: Option<Policy>, class: Class) -> SignedDuration {
    match (policy, class) {
        (Some(Policy::Daily), _) => SignedDuration::from_hours(1),
        (Some(Policy::Second), _) | (None, Class::Search) => SignedDuration::from_secs(1),
        _ => SignedDuration::from_secs(10),
    }
}
