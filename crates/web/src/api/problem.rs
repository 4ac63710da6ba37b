//! Errors as problem details (RFC 9457).

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::fault::Fault;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// An error as its caller reads it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened, in plain words.
    detail: String,
    /// The fields that were wrong, where they are known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Wrong>,
    #[serde(skip)]
    extra: Option<Extra>,
}

/// A field that was wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct Wrong {
    /// Where in the body or the query, e.g. `outcomes.inbound_missed`.
    pub field: String,
    /// What was wrong with it.
    pub problem: String,
}

/// A header that goes with the problem.
#[derive(Debug, Clone, Copy)]
enum Extra {
    Challenge(&'static str),
    RetryAfter(u32),
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            extra: None,
        }
    }

    /// 400: the request cannot be read.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401: no token, or one that nobody knows.
    pub fn unauthorized(was_given: bool) -> Self {
        let (detail, challenge) = if was_given {
            ("The bearer token is not known.", "Bearer realm=\"patchbay\", error=\"invalid_token\"")
        } else {
            ("A bearer token is needed.", "Bearer realm=\"patchbay\"")
        };
        Self { extra: Some(Extra::Challenge(challenge)), ..Self::new(StatusCode::UNAUTHORIZED, detail) }
    }

    /// 403: the role does not suffice.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "A viewer's token may only read.")
    }

    /// 404: there is no such thing, or none for this token.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no such {what}."))
    }

    /// 405: the address does not take this method.
    pub fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This address does not take this method.")
    }

    /// 409: it clashes with what is there.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 409: the same is under way.
    pub fn running() -> Self {
        let detail = "A request with this Idempotency-Key is still under way.";
        Self { extra: Some(Extra::RetryAfter(1)), ..Self::conflict(detail) }
    }

    /// 413: the body is too large.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is over 1 MiB.")
    }

    /// 415: the body is not declared as JSON.
    pub fn not_json() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be sent as application/json.")
    }

    /// 422: one field is wrong.
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        let wrong = Wrong { field: field.into(), problem: problem.into() };
        Self {
            errors: vec![wrong],
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "A field is not as it must be.")
        }
        .told()
    }

    /// 422: it is understood and refused.
    pub fn refused(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 500: our own fault; what it was stands in the log.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here; the log tells what.")
    }

    /// 503: it may work later.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self { extra: Some(Extra::RetryAfter(5)), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What happened, in plain words.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The fields that were wrong, where they are known.
    pub fn errors(&self) -> &[Wrong] {
        &self.errors
    }

    /// What a provider's refusal means to somebody who connects it.
    pub fn of_connect(fault: &Fault) -> Self {
        match fault {
            Fault::Later { why, .. } => Self::unavailable(why),
            Fault::Never { why, .. } | Fault::SignIn { why } => Self::refused(why),
        }
    }

    /// Names the first wrong field in the detail, too.
    fn told(mut self) -> Self {
        if let Some(wrong) = self.errors.first() {
            self.detail = format!("{}: {}", wrong.field, wrong.problem);
        }
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let extra = self.extra;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match extra {
            Some(Extra::Challenge(challenge)) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Some(Extra::RetryAfter(seconds)) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            None => {}
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Cursor => Self::invalid("cursor", "is not one of this list"),
            StoreError::Full
            | StoreError::Gone
            | StoreError::RolledBack
            | StoreError::Late
            | StoreError::Away(_) => Self::unavailable("The store takes nothing more for now."),
            StoreError::Taken => Self::conflict("There is one already."),
            StoreError::Sealed => {
                tracing::error!(%error, "a stored secret cannot be read");
                Self::unavailable(
                    "A stored secret cannot be read: the master key is not the one it was sealed with.",
                )
            }
            _ => {
                tracing::error!(%error, "the store failed");
                Self::internal()
            }
        }
    }
}

/// An address of the API that does not exist.
pub async fn no_such_address() -> Problem {
    Problem::not_found("address")
}

/// A method that an address of the API does not take.
pub async fn no_such_method() -> Problem {
    Problem::method()
}
