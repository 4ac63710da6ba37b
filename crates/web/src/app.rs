//! What all handlers share.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::source::Source;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use store::Locks;
use uuid::Uuid;

use crate::{
    Web,
    dashboard::{Attempts, Passwords, Places},
    hooks::Doors,
    patience,
};

/// The state of the router.
pub type Shared = Arc<App>;

/// What all handlers share.
pub struct App {
    /// What the binary handed in.
    pub web: Web,
    /// The hook keys, kept in memory.
    pub doors: Doors,
    /// Readings of a workspace's live lists go one after the other: an old reading that ends late would show
    /// changes that are none. Taken after `changes` where both are held.
    pub readings: Locks,
    /// Changes to a workspace's settings, rules and connections go one after the other. Not held while the network
    /// is spoken to.
    pub changes: Locks,
    /// Attempts to sign in that failed.
    pub attempts: Attempts,
    /// Where passwords are worked out.
    pub passwords: Passwords,
    /// Places for pages that are told of changes.
    pub places: Places,
    /// SHA-256 of the operator's token.
    pub admin: Option<[u8; 32]>,
}

impl App {
    /// Shares what the binary handed in.
    pub fn new(web: Web) -> Shared {
        let admin = web.settings.admin_token.as_ref().map(|token| digest(token.expose_secret()));
        let store = web.store.within(patience::QUESTION);
        Arc::new(Self {
            web: Web { store, ..web },
            doors: Doors::default(),
            readings: Locks::default(),
            changes: Locks::default(),
            attempts: Attempts::default(),
            passwords: Passwords::default(),
            places: Places::default(),
            admin,
        })
    }

    /// The moment.
    pub fn now(&self) -> Timestamp {
        (self.web.clock)()
    }

    /// A new id that nobody can guess.
    pub fn new_id(&self) -> Uuid {
        let mut id = [0; 16];
        id.copy_from_slice(&(self.web.entropy)()[..16]);
        uuid::Builder::from_random_bytes(id).into_uuid()
    }

    /// A new hook key: 32 bytes, 43 characters.
    pub fn new_key(&self) -> String {
        URL_SAFE_NO_PAD.encode((self.web.entropy)())
    }

    /// The address that a source sends to.
    pub fn hook_url(&self, key: &str, source: Source) -> String {
        let base = self.web.settings.public_url.as_str().trim_end_matches('/');
        format!("{base}/hooks/{key}/{}", source.word())
    }
}

/// SHA-256 of a token: what the store knows of it.
pub fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
