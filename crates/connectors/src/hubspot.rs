//! HubSpot: asked for contacts, owners and outcomes; told of contacts and activities, in batches.
//!
//! Written by HubSpot's documents as gathered in reference/hubspot.md (2026-11-20).

mod credential;
mod pace;
mod version;

mod exchange;
mod oauth;
mod refusal;
mod wire;

mod account;
mod property;

mod batch;
mod contact;
mod phone;
mod search;

mod activity;
mod association;
mod change;
mod create;
mod matching;

mod probe;

use std::sync::Arc;

use url::Url;

use crate::http::Client;

pub use account::{Account, Owner};
pub use activity::Found;
pub use change::{Change, Changed};
pub use contact::Contact;
pub use create::{Made, NewActivity, NewRow};
pub use credential::{Credential, Fixed, Secret, SignIn, Tokens};
pub use oauth::{App, Denied, Granted, Oauth};
pub use pace::{BoxFuture, Class, Free, Pace, Pacing, Policy, RateHeaders, Ticket};
pub use probe::{Probe, clock};
pub use property::{ContactProperty, Guard, Guards, KEY_PROPERTY};
pub use refusal::{ASSOCIATIONS, OWNER};
pub use version::{UnknownVersion, Version};

/// Where HubSpot is and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `https://api.hubapi.com`, or where an emulator listens.
    pub origin: Url,
    /// The version in all paths.
    pub version: Version,
}

/// One account of HubSpot, as one credential sees it. Cheap to clone.
#[derive(Clone)]
pub struct Hubspot {
    client: Client,
    settings: Settings,
    credential: Arc<dyn Credential>,
    pace: Arc<dyn Pace>,
}

impl Hubspot {
    /// Speaks to HubSpot with a service key or the tokens of a grant; sends nothing yet.
    pub fn new(
        client: Client,
        settings: Settings,
        credential: Arc<dyn Credential>,
        pace: Arc<dyn Pace>,
    ) -> Self {
        Self { client, settings, credential, pace }
    }
}

impl std::fmt::Debug for Hubspot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hubspot").field("settings", &self.settings).finish_non_exhaustive()
    }
}
