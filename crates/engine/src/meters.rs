//! The meters of a node, one for each account: all that speaks to an account shares its budget.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use connectors::hubspot::{Pace, Pacing};
use domain::ids::WorkspaceId;
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::Value;
use store::Store;
use tokio::time::Instant;

use crate::{Clock, meter::Meter, pace::WorkspacePace};

/// The meters of a node. Cheap to clone.
#[derive(Clone)]
pub struct Meters {
    store: Store,
    clock: Clock,
    /// What the steady clock showed when these meters began.
    began: (Instant, Timestamp),
    /// By account: a budget outlives a change of the connection, and workspaces of one account share it.
    by_account: Arc<Mutex<HashMap<String, Arc<Meter>>>>,
}

/// What a connection knows of its account.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Account {
    portal_id: Option<String>,
    time_zone: Option<String>,
}

impl Meters {
    /// No meters yet; each goes on from what the store keeps of it.
    ///
    /// `steady` is what a clock shows now that is not set with the machine's: it went on since these meters' store was last
    /// worked on, or shows the time.
    pub fn new(store: Store, clock: Clock, steady: Timestamp) -> Self {
        Self { store, clock, began: (Instant::now(), steady), by_account: Arc::default() }
    }

    /// The meter of a connection's account.
    pub(crate) fn of(&self, workspace: WorkspaceId, details: &Value) -> Arc<Meter> {
        let account: Account = serde_json::from_value(details.clone()).unwrap_or_default();
        let zone =
            account.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
        let account = account.portal_id.unwrap_or_else(|| format!("workspace {}", workspace.0));
        let mut meters = self.by_account.lock().unwrap_or_else(PoisonError::into_inner);
        let meter = meters.entry(account.clone()).or_insert_with(|| {
            let clocks = (Arc::clone(&self.clock), self.began);
            Arc::new(Meter::new(account, zone, self.store.clone(), clocks))
        });
        Arc::clone(meter)
    }

    /// A place at the meter of a connection's account, for who does not know this room.
    pub fn pacing(&self) -> Pacing {
        let meters = self.clone();
        Arc::new(move |workspace, details| -> Arc<dyn Pace> {
            Arc::new(WorkspacePace::new(workspace, meters.of(workspace, details)))
        })
    }
}
