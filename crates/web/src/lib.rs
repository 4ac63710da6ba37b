//! What HTTP reaches: webhook doors, health, metrics, the admin API and the dashboard.
//!
//! A provider is spoken to only to connect it or to show its live lists; what is written to HubSpot is the
//! engine's work. Nothing here reads a clock, draws a random number or reads the environment: all three are handed in.

mod api;
mod app;
mod cookie;
mod dashboard;
mod headers;
mod health;
mod hearing;
mod hooks;
mod metrics;
mod oauth;
mod patience;
mod router;
mod vitals;

use std::sync::Arc;

use connectors::{
    gate::Gates,
    http::Client,
    hubspot::{Oauth, Pacing, SignIn, Version},
};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use store::Store;
use url::Url;

pub use oauth::PATH as CALLBACK;
pub use router::router;
pub use vitals::{Vitals, vitals};

/// All that the router works with.
pub struct Web {
    /// The rows.
    pub store: Store,
    /// The clock.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Randomness for hook keys and ids: 32 bytes that nobody can guess, other ones at each call.
    pub entropy: Arc<dyn Fn() -> [u8; 32] + Send + Sync>,
    /// What the operator set.
    pub settings: Settings,
    /// The client for all providers.
    pub http: Client,
    /// The gates before HubSpot, shared with the engine.
    pub gates: Arc<Gates>,
    /// What a connection to HubSpot signs in with, shared with the engine.
    pub sign_in: SignIn,
    /// What a client of HubSpot waits for before each request: the budget, shared with the engine.
    pub pacing: Pacing,
    /// HubSpot's OAuth, if the operator set an app.
    pub oauth: Option<Oauth>,
    /// What `/metrics` shows.
    pub metrics: PrometheusHandle,
}

/// What the operator set.
pub struct Settings {
    /// Where the outside reaches this installation: the beginning of hook addresses.
    pub public_url: Url,
    /// HubSpot's API, an origin without a path.
    pub hubspot_origin: Url,
    /// The version in HubSpot's addresses.
    pub hubspot_version: Version,
    /// Aircall's API, an origin without a path.
    pub aircall_origin: Url,
    /// Cal.com's API, an origin without a path.
    pub calcom_origin: Url,
    /// Calendly's API, an origin without a path.
    pub calendly_origin: Url,
    /// A bearer token with the role admin for all workspaces, for the first start.
    pub admin_token: Option<SecretString>,
    /// Whether a mail server is set: without one no notice is sent.
    pub has_mail: bool,
    /// How long what is applied lags what the lists show (C11).
    pub outcome_delay: SignedDuration,
    /// How often the lists are read again, also by a page that stays open (C10).
    pub list_refresh: SignedDuration,
}
