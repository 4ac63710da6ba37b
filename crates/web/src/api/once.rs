//! `Idempotency-Key`: a POST that is sent again is answered as it was the first time, and not carried out again.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Keyed, Standing, Turn};

use super::{auth, body::BODY_BYTES_MAX, problem::Problem, scope::Scope};
use crate::app::Shared;

/// The header that names a request (draft-ietf-httpapi-idempotency-key-header-07).
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header that tells an answer given again from one given for the first time.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Longer than any UUID or hash that clients send.
const KEY_LEN_MAX: usize = 255;

/// How often a request under way renews its lease: well within it.
const RENEWED_EVERY: Duration = Duration::from_secs(10);

/// Of an answer's headers, those that its caller needs again; the others are set on each answer.
const HEADERS_KEPT: [HeaderName; 2] = [header::CONTENT_TYPE, header::SET_COOKIE];

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Carries out a POST with a key at most once at a time, and answers its repetitions from what is kept.
///
/// After a crash midway the key is free again within half a minute, and the request is carried out as if new: what it
/// had done by then stands, and the second time says so (409 where there is one already).
pub async fn keep(State(app): State<Shared>, request: Request, next: Next) -> Result<Response, Problem> {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let key = key(&parts.headers)?;
    let scope = Scope::from_request_parts(&mut parts, &app).await?;
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| Problem::too_large())?;
    let keyed = Keyed { workspace: scope.ws(), hash: hash(&parts, &key), body: Sha256::digest(&body).into() };
    match app.web.store.begin_keyed(keyed, app.now()).await? {
        Standing::New(turn) => {
            let request = Request::from_parts(parts, Body::from(body));
            // A task of its own: it goes on to its end, and keeps its answer, though the caller hangs up.
            let work = tokio::spawn(carry_out(app.clone(), turn, request, next));
            let Ok(answer) = work.await else {
                app.web.store.release_keyed(turn).await?;
                return Err(Problem::internal());
            };
            answer
        }
        Standing::Answered(kept) => again(&kept),
        Standing::Running => Err(Problem::running()),
        Standing::OtherBody => {
            Err(Problem::refused("This Idempotency-Key was sent before with another body."))
        }
    }
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let keys: Vec<&str> = headers.get_all(KEY).iter().filter_map(|key| key.to_str().ok()).collect();
    match keys.as_slice() {
        [key] if is_key(key.trim()) => Ok(key.trim().to_owned()),
        _ => Err(Problem::unreadable(format!(
            "Idempotency-Key must be one key of 1 to {KEY_LEN_MAX} characters of ASCII."
        ))),
    }
}

fn is_key(key: &str) -> bool {
    (1..=KEY_LEN_MAX).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Who asks what under which key; parts cannot run into each other, as none holds a line end.
fn hash(parts: &Parts, key: &str) -> [u8; 32] {
    let caller = auth::bearer(&parts.headers).unwrap_or_default();
    Sha256::digest(format!("{caller}\n{}\n{}\n{key}", parts.method, parts.uri)).into()
}

async fn carry_out(app: Shared, turn: Turn, request: Request, next: Next) -> Result<Response, Problem> {
    let mut running = std::pin::pin!(next.run(request));
    let response = loop {
        tokio::select! {
            biased;
            response = &mut running => break response,
            () = tokio::time::sleep(RENEWED_EVERY) => {
                // A lease that could not be renewed runs out; the work under way goes on all the same.
                let _ = app.web.store.renew_keyed(turn, app.now()).await;
            }
        }
    };
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Problem::internal())?;
    // What failed for now may go well the next time.
    let kept = if head.status.is_server_error() {
        app.web.store.release_keyed(turn).await
    } else {
        app.web.store.answer_keyed(turn, &to_keep(head.status, &head.headers, &body)?).await
    };
    if let Err(error) = kept {
        tracing::error!(%error, "an answer could not be kept for its repetitions");
    }
    Ok(Response::from_parts(head, Body::from(body)))
}

/// An answer as its repetitions need it.
fn to_keep(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Result<SecretString, Problem> {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let kept = Kept {
        status: status.as_u16(),
        headers: HEADERS_KEPT
            .iter()
            .flat_map(|name| headers.get_all(name).iter().map(|value| (name.to_string(), text(value))))
            .collect(),
        body: String::from_utf8_lossy(body).into_owned(),
    };
    serde_json::to_string(&kept).map(SecretString::from).map_err(|_| Problem::internal())
}

/// The answer that was given the first time.
fn again(kept: &SecretString) -> Result<Response, Problem> {
    let kept: Kept = serde_json::from_str(kept.expose_secret()).map_err(|_| Problem::internal())?;
    let status = StatusCode::from_u16(kept.status).map_err(|_| Problem::internal())?;
    let mut response = (status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
