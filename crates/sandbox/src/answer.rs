//! An answer before it is bytes: what a provider says to a request.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub enum Content {
    Nothing,
    /// Serialised once, for the wire and for the diary.
    Json(Bytes),
    Html(String),
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub content: Content,
}

impl Answer {
    pub fn json(status: u16, body: impl Into<Value>) -> Self {
        let body = Bytes::from(body.into().to_string());
        Self { status, headers: Vec::new(), content: Content::Json(body) }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), content: Content::Nothing }
    }

    pub fn html(page: String) -> Self {
        Self { status: 200, headers: Vec::new(), content: Content::Html(page) }
    }

    pub fn redirect(to: &str) -> Self {
        Self::empty(302).with("location", to)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A batch's answer that tells of one more error.
    #[must_use]
    pub fn with_error(mut self, entry: Value) -> Self {
        let mut body: Value = serde_json::from_slice(&self.body()).unwrap_or_default();
        if body.is_null() {
            body = json!({"status": "COMPLETE", "results": []});
        }
        let mut errors = body["errors"].as_array().cloned().unwrap_or_default();
        errors.push(entry);
        body["numErrors"] = json!(errors.len());
        body["errors"] = json!(errors);
        self.status = 207;
        self.content = Content::Json(Bytes::from(body.to_string()));
        self
    }

    pub fn body(&self) -> Bytes {
        match &self.content {
            Content::Json(body) => body.clone(),
            Content::Nothing | Content::Html(_) => Bytes::new(),
        }
    }

    pub fn into_response(self) -> Response {
        let (kind, body) = match self.content {
            Content::Nothing => (None, Body::empty()),
            Content::Json(body) => (Some("application/json;charset=utf-8"), Body::from(body)),
            Content::Html(page) => (Some("text/html;charset=utf-8"), Body::from(page)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        if let Some(kind) = kind {
            headers.insert("content-type", HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
                headers.insert(name, value);
            }
        }
        response
    }
}
