//! JSON bodies: what was sent, and which field of it is wrong.

use axum::{
    body,
    extract::{FromRequest, Request},
    http::header,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::problem::Problem;

/// No body of the API is larger.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A JSON body as it was sent.
pub struct Sent(Value);

impl From<Value> for Sent {
    fn from(body: Value) -> Self {
        Self(body)
    }
}

impl Sent {
    /// Reads the body as a shape.
    ///
    /// # Errors
    /// 422, naming the field that is missing, unknown or of the wrong type.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        // Serde would take a list for a shape, by the order of its fields.
        if !self.0.is_object() {
            return Err(Problem::invalid("body", "must be an object"));
        }
        serde_path_to_error::deserialize(self.0).map_err(|error| {
            let problem = error.inner().to_string();
            let path = error.path().to_string();
            let path = if path == "." { String::new() } else { path };
            Problem::invalid(field(&path, &problem), problem)
        })
    }
}

/// The field at fault. Serde names a missing or unknown field only in its words.
fn field(path: &str, problem: &str) -> String {
    let named = ["unknown field `", "missing field `"]
        .iter()
        .find_map(|start| problem.strip_prefix(start)?.split_once('`').map(|(name, _)| name));
    match named {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) if path != name && !path.ends_with(&format!(".{name}")) => format!("{path}.{name}"),
        _ if path.is_empty() => "body".to_owned(),
        _ => path.to_owned(),
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(is_json) {
            return Err(Problem::not_json());
        }
        let bytes =
            body::to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(|_| Problem::too_large())?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Problem::unreadable(format!("Not JSON, at line {} column {}.", error.line(), error.column()))
        })
    }
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// Reads a field that may be missing, but not null.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}
