//! HubSpot: asked for contacts, owners and outcomes; told of contacts and activities, in batches.
//!
//! Written by HubSpot's documents as gathered in reference/hubspot.md (2026-11-20).

mod pace;
mod version;

mod exchange;
mod refusal;
mod wire;

mod account;
mod property;

mod batch;
mod contact;
mod phone;
mod search;

mod activity;
mod change;
mod create;
mod matching;

use std::sync::Arc;

use reqwest::Client;
use secrecy::SecretString;
use url::Url;

pub use account::Account;
pub use activity::Found;
pub use change::{Change, Changed};
pub use contact::Contact;
pub use create::{Made, NewActivity, NewRow};
pub use pace::{BoxFuture, Class, Free, Pace, Policy, RateHeaders};
pub use property::{Guard, Guards, KEY_PROPERTY};
pub use refusal::ASSOCIATIONS;
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
    credential: SecretString,
    pace: Arc<dyn Pace>,
}

impl Hubspot {
    /// Speaks to HubSpot with an access token or a service key; sends nothing yet.
    pub fn new(client: Client, settings: Settings, credential: SecretString, pace: Arc<dyn Pace>) -> Self {
        Self { client, settings, credential, pace }
    }
}

impl std::fmt::Debug for Hubspot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hubspot").field("settings", &self.settings).finish_non_exhaustive()
    }
}
