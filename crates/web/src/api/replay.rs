//! Replay: what came within a span is read again, safe to repeat (N3, I5).

use axum::{Json, extract::State, http::StatusCode};
use domain::source::Source;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{body::Sent, page::moment, problem::Problem, scope::Scope};
use crate::app::{App, Shared};

/// Which envelopes are read again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// From when on they came, RFC 3339.
    #[schema(format = DateTime)]
    from: String,
    /// Until when, that moment left out.
    #[schema(format = DateTime)]
    to: String,
    /// Only those of this source; of all if it is left out or null.
    source: Option<String>,
}

/// How many envelopes are read again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replayed {
    /// The number.
    envelopes: u64,
}

/// Reads envelopes of a span again, those that were kept during a pause among them.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/replay", tag = "problems", operation_id = "replay",
    request_body = Span, responses((status = 202, body = Replayed)))]
pub async fn start(
    State(app): State<Shared>,
    scope: Scope,
    sent: Sent,
) -> Result<(StatusCode, Json<Replayed>), Problem> {
    let span: Span = sent.read()?;
    let (from, to) = (moment("from", &span.from)?, moment("to", &span.to)?);
    if from >= to {
        return Err(Problem::invalid("to", "must be later than from"));
    }
    let unknown = || Problem::invalid("source", "is not aircall, calendar, calcom or calendly");
    let source = span.source.map(|word| Source::from_word(&word).ok_or_else(unknown)).transpose()?;
    let envelopes = of_span(&app, &scope, from, to, source).await?;
    Ok((StatusCode::ACCEPTED, Json(Replayed { envelopes })))
}

/// Reads the envelopes of a span again; returns how many.
pub async fn of_span(
    app: &App,
    scope: &Scope,
    from: Timestamp,
    to: Timestamp,
    source: Option<Source>,
) -> Result<u64, Problem> {
    let envelopes = app.web.store.replay(scope.ws(), from, to, source, app.now()).await?;
    let detail = json!({ "from": from, "to": to, "source": source, "envelopes": envelopes });
    scope.audit("replay.started", detail).await?;
    Ok(envelopes)
}
