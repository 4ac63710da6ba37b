//! One workspace's place at its account's meter: shows what is left, and notes what the workspace waited for.

use std::{cell::RefCell, sync::Arc};

use connectors::hubspot::{BoxFuture, Class, Pace, RateHeaders, Ticket};
use domain::{fault::Fault, ids::WorkspaceId};
use jiff::SignedDuration;

use crate::{
    budget::Left,
    meter::{Meter, Wait},
    node::Held,
};

/// A wait shorter than this is not worth a word on a record's timeline.
const WORTH_A_WORD: SignedDuration = SignedDuration::from_secs(1);

tokio::task_local! {
    /// What the batch that is under way in this task had to wait for.
    static WAITED: RefCell<Waits>;
}

/// The longest wait for an allowance, if there was any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waits(Option<Wait>);

impl Waits {
    /// Takes in other waits.
    pub fn join(&mut self, other: Self) {
        let Some(wait) = other.0.filter(|wait| wait.span >= WORTH_A_WORD) else { return };
        if self.0.as_ref().is_none_or(|longest| longest.span < wait.span) {
            self.0 = Some(wait);
        }
    }
}

/// Carries out something, and tells what it waited for. What others wait for at the same time is none of it.
pub async fn noting<T>(work: impl Future<Output = T>) -> (T, Waits) {
    WAITED
        .scope(RefCell::default(), async {
            let done = work.await;
            (done, WAITED.with(RefCell::take))
        })
        .await
}

/// A workspace at the meter of its account.
pub struct WorkspacePace {
    workspace: WorkspaceId,
    meter: Arc<Meter>,
    /// The lane that asks, where it is one.
    held: Option<Held>,
}

impl WorkspacePace {
    /// A place at a meter.
    pub fn new(workspace: WorkspaceId, meter: Arc<Meter>) -> Self {
        Self { workspace, meter, held: None }
    }

    /// A place for a lane: it is let through as long as this node holds it.
    pub fn of_lane(held: Held, meter: Arc<Meter>) -> Self {
        Self { workspace: held.lease().workspace, meter, held: Some(held) }
    }

    /// A wait in plain words, with when it ended.
    pub fn words(&self, waits: &Waits) -> Option<(String, jiff::Timestamp)> {
        let wait = waits.0.as_ref()?;
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
}

impl Pace for WorkspacePace {
    fn ask(&self, class: Class) -> BoxFuture<'_, Result<Ticket, Fault>> {
        Box::pin(async move {
            let (ticket, waited) = self.meter.ask(class).await?;
            // Last, since whatever came before may have taken long.
            if self.held.as_ref().is_some_and(|held| !held.is_good()) {
                return Err(Fault::later("Another node goes on with it."));
            }
            // Outside of a batch nobody is told.
            let _ = WAITED.try_with(|waits| waits.borrow_mut().join(Waits(waited)));
            Ok(ticket)
        })
    }

    fn saw(&self, ticket: Ticket, status: u16, headers: RateHeaders) -> Option<Fault> {
        metrics::counter!("patchbay_hubspot_requests_total", "status" => status.to_string()).increment(1);
        let fault = self.meter.saw(ticket, status, &headers);
        self.show();
        fault
    }
}
