//! One workspace's place at its account's meter: shows what is left, and notes what the workspace waited for.

use std::sync::{Arc, Mutex, PoisonError};

use connectors::hubspot::{BoxFuture, Class, Pace, RateHeaders};
use domain::{fault::Fault, ids::WorkspaceId};
use jiff::SignedDuration;

use crate::{
    budget::Left,
    meter::{Meter, Wait},
};

/// A wait shorter than this is not worth a word on a record's timeline.
const WORTH_A_WORD: SignedDuration = SignedDuration::from_secs(1);

/// A workspace at the meter of its account.
pub struct WorkspacePace {
    workspace: WorkspaceId,
    meter: Arc<Meter>,
    waited: Mutex<Option<Wait>>,
}

impl WorkspacePace {
    /// A place at a meter.
    pub fn new(workspace: WorkspaceId, meter: Arc<Meter>) -> Self {
        Self { workspace, meter, waited: Mutex::default() }
    }

    /// The longest wait since this was asked last, in plain words, with when it ended.
    pub fn take_wait(&self) -> Option<(String, jiff::Timestamp)> {
        let wait = self.waited.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let reason = self.meter.words(wait.ended_at, wait.limit);
        Some((format!("Waited {:.0} s: {reason}", wait.span.as_secs_f64()), wait.ended_at))
    }

    /// Shows what is left.
    pub fn show(&self) {
        let Some(Left { burst, search, day, .. }) = self.meter.left() else { return };
        for (limit, left) in [("burst", Some(burst)), ("search", Some(search)), ("day", day)] {
            let Some(left) = left else { continue };
            let workspace = self.workspace.0.to_string();
            #[expect(
                clippy::cast_precision_loss,
                reason = "a gauge is a float, and a day has some million requests"
            )]
            metrics::gauge!("patchbay_budget_left", "workspace" => workspace, "limit" => limit)
                .set(left as f64);
        }
    }

    /// What is left of the account's allowance; `None` before the first request.
    pub fn left(&self) -> Option<Left> {
        self.meter.left()
    }

    fn note(&self, wait: Option<Wait>) {
        let Some(wait) = wait.filter(|wait| wait.span >= WORTH_A_WORD) else { return };
        let mut waited = self.waited.lock().unwrap_or_else(PoisonError::into_inner);
        if waited.as_ref().is_none_or(|longest| longest.span < wait.span) {
            *waited = Some(wait);
        }
    }
}

impl Pace for WorkspacePace {
    fn ask(&self, class: Class) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            self.note(self.meter.ask(class).await?);
            Ok(())
        })
    }

    fn saw(&self, class: Class, status: u16, headers: RateHeaders) -> Option<Fault> {
        metrics::counter!("patchbay_hubspot_requests_total", "status" => status.to_string()).increment(1);
        let fault = self.meter.saw(class, status, &headers);
        self.show();
        fault
    }
}
