//! Numbers for Prometheus. Labels are words of ours: no key, no number, no address.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use metrics::{counter, gauge};

use crate::{api::problem::Problem, vitals::Vitals};

/// Counts a webhook by what it was answered. `source` is a word of `Source`, or `unknown`.
pub fn count_hook(source: &'static str, status: StatusCode) {
    counter!("patchbay_hooks_total", "source" => source, "status" => status.as_str().to_owned()).increment(1);
}

/// Shows all numbers as text.
pub async fn show(State(vitals): State<Vitals>) -> Result<impl IntoResponse, Problem> {
    let stats = vitals.store.stats().await?;
    let age = stats
        .oldest_unread
        .map_or(0.0, |oldest| (vitals.clock)().duration_since(oldest).as_secs_f64().max(0.0));
    gauge!("patchbay_envelopes_unread").set(count(stats.unread));
    gauge!("patchbay_envelopes_oldest_unread_seconds").set(age);
    gauge!("patchbay_records_waiting").set(count(stats.waiting));
    gauge!("patchbay_problems").set(count(stats.problems));
    gauge!("patchbay_notices_waiting").set(count(stats.notices));
    let text = vitals.metrics.render();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and counts stay far below 2^52")]
fn count(number: u64) -> f64 {
    number as f64
}
