//! The bytes of a webhook: never more of them than fit, never waited for without end.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, StatusCode, header},
};
use bytes::BytesMut;
use http_body_util::BodyExt;

/// No webhook is larger (PRODUCT §6).
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A body that takes longer holds a place that others need.
const WAIT: Duration = Duration::from_secs(20);

/// What is read past the limit and dropped, so that an ordinary client, which sends all before it reads, sees the answer
/// and not a reset. A longer body is cut off.
const DROPPED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How long that may take.
const DROPPING: Duration = Duration::from_secs(3);

/// Reads a body.
///
/// # Errors
/// The status to answer: 413 if it says it is too large or turns out to be, 408 if it does not come, 400 if it breaks off.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, StatusCode> {
    let declared =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|bytes| bytes > BODY_BYTES_MAX as u64) {
        discard(body).await;
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let (bytes, rest) =
        tokio::time::timeout(WAIT, read_within(body)).await.map_err(|_| StatusCode::REQUEST_TIMEOUT)??;
    match rest {
        None => Ok(bytes),
        Some(rest) => {
            discard(rest).await;
            Err(StatusCode::PAYLOAD_TOO_LARGE)
        }
    }
}

/// Reads a body of undeclared or allowed length; gives the rest of one that is too long.
async fn read_within(mut body: Body) -> Result<(Bytes, Option<Body>), StatusCode> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > BODY_BYTES_MAX {
            return Ok((Bytes::new(), Some(body)));
        }
        // Most bodies come in one piece, which is not copied then.
        if bytes.is_empty() && body.is_end_stream() {
            return Ok((data, None));
        }
        bytes.extend_from_slice(&data);
    }
    Ok((bytes.freeze(), None))
}

/// Reads on for a while and drops what comes: the answer is decided.
pub async fn discard(mut body: Body) {
    let all = async {
        let mut dropped = 0;
        while let Some(Ok(frame)) = body.frame().await {
            dropped += frame.data_ref().map_or(0, Bytes::len);
            if dropped > DROPPED_BYTES_MAX {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(DROPPING, all).await;
}
