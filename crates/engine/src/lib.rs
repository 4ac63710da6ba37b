//! The movement: lanes that claim, fold, ask, plan, deliver and record; budget and back-off.
//!
//! Knows no HTTP server. Level-triggered: a lane that wakes late or twice brings HubSpot to the same place.

mod asking;
mod back_off;
mod budget;
mod delivery;
mod doubt;
mod lane;
mod ledger;
mod lists;
mod meter;
mod meters;
mod node;
mod notices;
mod pace;
mod pass;
mod portal;
mod reading;
mod roster;
mod sample;
mod scheduler;
mod session;
mod sweeper;
mod tokens;
mod untold;
mod work;

use std::sync::Arc;

use connectors::{gate::Gates, http::Client, hubspot::Version, mail::Post};
use jiff::{SignedDuration, Timestamp};
use store::Store;
use url::Url;

pub use meters::Meters;
pub use node::Node;
pub use tokens::Tokens;

/// Tells the time; only the binary reads the machine's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the engine is told by the operator.
#[derive(Debug, Clone)]
pub struct Settings {
    /// HubSpot's origin.
    pub hubspot_origin: Url,
    /// The version in HubSpot's paths.
    pub hubspot_version: Version,
    /// Aircall's origin.
    pub aircall_origin: Url,
    /// Calendly's origin.
    pub calendly_origin: Url,
    /// How long what is applied lags what the dashboard shows (C11).
    pub outcome_delay: SignedDuration,
    /// How often the lists of outcomes and tags are read again (C9, C11).
    pub list_refresh: SignedDuration,
}

/// The engine of one node.
#[derive(Clone)]
pub struct Engine {
    store: Store,
    node: Node,
    clock: Clock,
    http: Client,
    gates: Arc<Gates>,
    tokens: Tokens,
    meters: Meters,
    settings: Arc<Settings>,
    sessions: Arc<session::Sessions>,
    /// Which Aircalls hang.
    hanging: lists::Hanging,
    /// The way to the mail server, if one is set.
    post: Option<Arc<Post>>,
}

impl Engine {
    /// Wires an engine of a node that has joined; nothing moves until `run`.
    pub fn new(node: Node, http: Client, tokens: Tokens, meters: Meters, settings: Settings) -> Self {
        let (store, clock, gates) = node.parts();
        let (settings, sessions, hanging) = (Arc::new(settings), Arc::default(), Arc::default());
        Self { store, node, clock, http, gates, tokens, meters, settings, sessions, hanging, post: None }
    }

    /// Sends notices by this way. Without one none is owed.
    #[must_use]
    pub fn with_post(self, post: Option<Post>) -> Self {
        Self { post: post.map(Arc::new), ..self }
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}
