//! The bytes of a webhook: never more of them than fit, never waited for without end.

use std::{error::Error, time::Duration};

use axum::{
    body::{self, Body, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::LengthLimitError;

/// No webhook is larger (PRODUCT §6).
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A body that takes longer holds a place that others need.
const WAIT: Duration = Duration::from_secs(20);

/// Reads a body.
///
/// # Errors
/// The status to answer: 413 if it says it is too large or turns out to be, 408 if it does not come, 400 if it breaks off.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, StatusCode> {
    let declared =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|bytes| bytes > BODY_BYTES_MAX as u64) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match tokio::time::timeout(WAIT, body::to_bytes(body, BODY_BYTES_MAX)).await {
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_long(&error) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    error.source().is_some_and(<dyn Error>::is::<LengthLimitError>)
}
