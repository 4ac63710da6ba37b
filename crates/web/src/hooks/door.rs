//! One webhook: its checks in the order of PRODUCT §8, and its way into the inbox.

use axum::{
    body::Bytes,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::source::Source;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{EnvelopeState, NAMELESS, NewEnvelope, StoreError};
use tokio::time::Instant;

use super::{body, cache::Door};
use crate::{app::Shared, metrics, patience};

/// A longer id is no id that a source gives; the store's index is spared it.
const SUBJECT_BYTES_MAX: usize = 1024;

/// Takes a webhook. The body of the answer is empty; it is 202 only once the envelope is durable.
pub async fn knock(
    State(app): State<Shared>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    // An address that is no text has no key of ours in it.
    let (key, word) = path.map_or_else(|_| Default::default(), |Path(parts)| parts);
    let source = Source::from_word(&word);
    let status = match take(&app, &key, source, request).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(status) => status,
    };
    metrics::count_hook(source.map_or("unknown", Source::word), status);
    let mut response = status.into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

async fn take(app: &Shared, key: &str, source: Option<Source>, request: Request) -> Result<(), StatusCode> {
    let now = app.now();
    let (Parts { headers, .. }, body) = request.into_parts();
    let store = &app.web.store;
    let asked = Instant::now();
    let door = match source {
        Some(_) => patience::within(patience::HOOK, app.doors.find(store, key, now))
            .await
            .map_err(|error| unknown(&error))?,
        None => None,
    };
    // The sender's own time, in which it sends the body, does not count.
    let left = patience::HOOK.saturating_sub(asked.elapsed());
    let Some(door) = door.filter(|door| Some(door.source) == source) else {
        body::discard(body).await;
        return Err(StatusCode::NOT_FOUND);
    };
    let bytes = body::read(&headers, body).await?;
    let envelope = check(&door, &headers, bytes, now)?;
    // Why webhooks are not kept the store says once for all of them.
    store.within(left).append(envelope).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(())
}

/// Checks the bytes and makes an envelope of them.
fn check(door: &Door, headers: &HeaderMap, bytes: Bytes, now: Timestamp) -> Result<NewEnvelope, StatusCode> {
    door.proof.check_bytes(headers, &bytes, now).map_err(|_| StatusCode::UNAUTHORIZED)?;
    let json = connectors::parse(&bytes).map_err(|_| StatusCode::BAD_REQUEST)?;
    door.proof.check_body(&json).map_err(|_| StatusCode::UNAUTHORIZED)?;
    let subject =
        connectors::subject(door.source, &json).filter(|subject| subject.len() <= SUBJECT_BYTES_MAX);
    // What has no subject is either of no interest or broken; only the broken must be seen by somebody.
    let is_ignored = subject.is_none() && connectors::read(door.source, &json).is_ok();
    let state = match (is_ignored, door.is_paused) {
        (true, _) => EnvelopeState::Ignored,
        (false, true) => EnvelopeState::Kept,
        (false, false) => EnvelopeState::Unread,
    };
    Ok(NewEnvelope {
        workspace: door.workspace,
        source: door.source,
        subject: subject.unwrap_or_else(|| nameless(is_ignored, &bytes)),
        event: connectors::event_name(door.source, &json),
        dedup: dedup(door.source, headers),
        received_at: now,
        body: bytes.into(),
        state,
    })
}

/// A subject that glues a broken body to no other one.
fn nameless(is_ignored: bool, bytes: &[u8]) -> String {
    if is_ignored { String::new() } else { format!("{NAMELESS}{}", hex::encode(Sha256::digest(bytes))) }
}

/// What a source repeats with a repetition. Aircall and the other schedulers have no such id: their repetitions fold away.
fn dedup(source: Source, headers: &HeaderMap) -> Option<String> {
    if source != Source::Calendar {
        return None;
    }
    headers.get("webhook-id").and_then(|id| id.to_str().ok()).map(|id| id.trim().to_owned())
}

fn unknown(error: &StoreError) -> StatusCode {
    tracing::error!(%error, "the address of a webhook could not be looked up");
    StatusCode::SERVICE_UNAVAILABLE
}
