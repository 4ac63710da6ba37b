//! The one HTTP client, and a request's answer read with care: whether it was sent, and never more of it than fits.

use std::{ops::Deref, sync::Arc, time::Duration};

use domain::fault::Fault;
use reqwest::{RequestBuilder, header::HeaderMap, redirect};
use url::Url;

use crate::hubspot::BoxFuture;

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take from first to last byte.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(30);
/// No answer is read beyond this: a hundred activities with bodies of 64 KiB are 6.4 MiB.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The client that all connectors share: requests are built by it and sent with `send`. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    requests: reqwest::Client,
    /// What carries requests instead of the network.
    carrier: Option<Arc<dyn Carrier>>,
}

/// Carries requests instead of the network, so that a simulation decides what becomes of each.
pub trait Carrier: Send + Sync {
    /// Brings a request to the other side, and its answer back.
    fn carry(&self, request: reqwest::Request) -> BoxFuture<'_, Result<Answer, Unanswered>>;
}

/// Builds the client that all connectors share: rustls, no redirects, each step bounded in time.
///
/// Fails with `Never` where the system's certificates cannot be read.
pub fn client() -> Result<Client, Fault> {
    // A second call finds the provider installed: that is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(WHOLE_TIMEOUT)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("patchbay/", env!("CARGO_PKG_VERSION")))
        .build()
        .map(|requests| Client { requests, carrier: None })
        .map_err(|error| Fault::never(format!("The HTTPS client could not be set up: {}.", words(&error))))
}

/// An address at an origin: each part of the path is one segment, whatever it holds.
pub(crate) fn address(origin: &Url, path: &[&str]) -> Url {
    let mut address = origin.clone();
    address.set_path("");
    if let Ok(mut segments) = address.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    address
}

/// An answer, whatever its status.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
pub enum Unanswered {
    /// Arises while connecting: the request certainly did not arrive.
    NotSent(String),
    /// Arises once something may have been sent: the request may have been carried out.
    InDoubt(String),
}

impl Client {
    /// The same client with another carrier than the network.
    #[must_use]
    pub fn carried_by(self, carrier: Arc<dyn Carrier>) -> Self {
        Self { carrier: Some(carrier), ..self }
    }

    /// Sends a request and reads its answer whole.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Answer, Unanswered> {
        let request = request.build().map_err(unanswered)?;
        let Some(carrier) = &self.carrier else { return Box::pin(self.send_over_network(request)).await };
        // The network's own bound is part of its client.
        tokio::time::timeout(WHOLE_TIMEOUT, carrier.carry(request))
            .await
            .unwrap_or_else(|_| Err(Unanswered::InDoubt("no answer in time".to_owned())))
    }

    async fn send_over_network(&self, request: reqwest::Request) -> Result<Answer, Unanswered> {
        let mut response = self.requests.execute(request).await.map_err(unanswered)?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Unanswered::InDoubt("the answer is too long".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

impl Deref for Client {
    type Target = reqwest::Client;

    /// What requests are built with.
    fn deref(&self) -> &reqwest::Client {
        &self.requests
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

fn unanswered(error: reqwest::Error) -> Unanswered {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        Unanswered::NotSent(words(&error))
    } else {
        Unanswered::InDoubt(words(&error))
    }
}

/// What went wrong, without the address: that may hold what is not for logs.
fn words(error: &reqwest::Error) -> String {
    let what = match error {
        error if error.is_connect() => "no connection",
        error if error.is_timeout() => "no answer in time",
        error if error.is_builder() => "the request could not be built",
        error if error.is_body() || error.is_decode() => "the answer broke off",
        _ => "the connection was lost",
    };
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!("{what} ({cause})")
}
