//! Whether a process lives and can do its work, and its numbers: what each process shows, whatever else it serves.

use std::sync::Arc;

use axum::{Router, routing::get};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use store::Store;

use crate::{health, metrics, patience};

/// What it is told from.
#[derive(Clone)]
pub struct Vitals {
    /// The rows.
    pub store: Store,
    /// The clock.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// What `/metrics` shows.
    pub metrics: PrometheusHandle,
}

/// The addresses under which it is told.
pub fn vitals<S: Clone + Send + Sync + 'static>(vitals: Vitals) -> Router<S> {
    let vitals = Vitals { store: vitals.store.within(patience::QUESTION), ..vitals };
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::show))
        .with_state(vitals)
}
