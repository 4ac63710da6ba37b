//! A HubSpot that answers what a test tells it to, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use connectors::hubspot::{Fixed, Free, Hubspot, Pace, Settings, Version};
use serde_json::Value;
use tokio::{io::AsyncReadExt, net::TcpListener};

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// E.g. `POST /crm/objects/2026-09/calls/batch/create?x=y`.
    pub line: String,
    /// Its JSON, or null.
    pub body: Value,
    /// Its length in characters.
    pub chars: usize,
    /// Its `Authorization`.
    pub authorization: String,
}

impl Asked {
    /// The inputs of a batch.
    pub fn inputs(&self) -> Vec<Value> {
        self.body["inputs"].as_array().cloned().unwrap_or_default()
    }
}

/// Status, headers, body.
pub struct Answer(pub u16, pub Vec<(&'static str, &'static str)>, pub Value);

/// An answer without headers of note.
pub fn json(status: u16, body: Value) -> Answer {
    Answer(status, Vec::new(), body)
}

type Script = dyn Fn(&Asked) -> Answer + Send + Sync;

#[derive(Clone)]
struct Stage {
    script: Arc<Script>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A running stub and a connector that speaks to it.
pub struct Stub {
    pub hubspot: Hubspot,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    pub async fn answering(script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::paced(Arc::new(Free), script).await
    }

    pub async fn paced(
        pace: Arc<dyn Pace>,
        script: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let stage = Stage { script: Arc::new(script), asked: Arc::default() };
        let asked = Arc::clone(&stage.asked);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(play).with_state(stage);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { hubspot: hubspot(&origin, pace), asked }
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The request lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

async fn play(
    State(stage): State<Stage>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let asked = Asked {
        line: format!("{method} {uri}"),
        body: serde_json::from_str(&text).unwrap_or_default(),
        chars: text.chars().count(),
        authorization: headers["authorization"].to_str().unwrap().to_owned(),
    };
    let Answer(status, headers, body) = (stage.script)(&asked);
    stage.asked.lock().unwrap().push(asked);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// A connector to an address of one's own.
pub fn hubspot(origin: &str, pace: Arc<dyn Pace>) -> Hubspot {
    let settings = Settings { origin: origin.parse().unwrap(), version: Version::V2026_09 };
    Hubspot::new(connectors::http::client().unwrap(), settings, Fixed::of("pat-na1-x".into()), pace)
}

/// A HubSpot that reads each request and hangs up without a word.
pub async fn silent() -> Hubspot {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 4096];
            drop(connection.read(&mut request).await);
        }
    });
    hubspot(&origin, Arc::new(Free))
}

/// A HubSpot that is not there.
pub async fn absent() -> Hubspot {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    hubspot(&origin, Arc::new(Free))
}
