//! Whether the process lives, and whether it can do its work.

use axum::{extract::State, http::StatusCode, response::IntoResponse};

use crate::{api::problem::Problem, patience, vitals::Vitals};

/// Answers as long as the process runs.
pub async fn alive() -> &'static str {
    "ok"
}

/// Answers 200 if the store can be written and read, else 503.
pub async fn ready(State(vitals): State<Vitals>) -> Result<impl IntoResponse, Problem> {
    match patience::within(patience::READY, vitals.store.ready()).await {
        Ok(()) => Ok((StatusCode::OK, "ok")),
        Err(error) => {
            tracing::error!(%error, "the store is not ready");
            Err(Problem::unavailable("The store cannot be written."))
        }
    }
}
