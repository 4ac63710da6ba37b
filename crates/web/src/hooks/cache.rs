//! Hook keys in memory: which door a key opens, read from the store once for each change.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use domain::{
    ids::WorkspaceId,
    source::{Source, System},
};
use jiff::Timestamp;
use store::{Status, Store, StoreError};

use super::proof::Proof;

/// More keys than this are not kept: those that nobody gave out are kept, too, so that they cost no reading each time.
const KEYS_MAX: usize = 10_000;

/// A key of ours has 43 characters; what is longer was not given out by us.
const KEY_CHARS_MAX: usize = 128;

/// What a key opens.
#[derive(Debug)]
pub struct Door {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Which source may send to it.
    pub source: Source,
    /// Whether what arrives is only kept.
    pub is_paused: bool,
    /// What a sender must prove.
    pub proof: Proof,
    /// When the key stops working, once it was rotated.
    expires_at: Option<Timestamp>,
}

/// The keys that were asked for since the hooks last changed.
///
/// Invariant: what is kept was read at `version` or later; another version in the store empties all.
#[derive(Debug, Default)]
pub struct Doors(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    version: i64,
    doors: HashMap<String, Kept>,
}

/// What a key opens; nothing, if nobody gave it out.
#[derive(Debug, Clone)]
struct Kept(Option<Arc<Door>>);

impl Doors {
    /// Finds the door that a key opens at `now`.
    pub async fn find(
        &self,
        store: &Store,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Door>>, StoreError> {
        if key.len() > KEY_CHARS_MAX {
            return Ok(None);
        }
        let version = store.version();
        let door = if let Some(Kept(door)) = self.kept(key, version) {
            door
        } else {
            let door = read(store, key).await?.map(Arc::new);
            self.keep(key, version, Kept(door.clone()));
            door
        };
        Ok(door.filter(|door| door.expires_at.is_none_or(|at| now < at)))
    }

    fn kept(&self, key: &str, version: i64) -> Option<Kept> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.version == version { known.doors.get(key).cloned() } else { None }
    }

    /// Keeps what was read after `version` was seen. If the hooks changed meanwhile, the next look sees that.
    fn keep(&self, key: &str, version: i64, door: Kept) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.version > version {
            return;
        }
        if known.version < version || known.doors.len() >= KEYS_MAX {
            known.doors.clear();
            known.version = version;
        }
        known.doors.insert(key.to_owned(), door);
    }
}

async fn read(store: &Store, key: &str) -> Result<Option<Door>, StoreError> {
    let Some(hook) = store.hook(key).await? else { return Ok(None) };
    let Some(connection) = store.connection(hook.workspace, System::Source(hook.source)).await? else {
        return Ok(None);
    };
    if connection.status == Status::Disconnected {
        return Ok(None);
    }
    Ok(Some(Door {
        workspace: hook.workspace,
        source: hook.source,
        is_paused: connection.status == Status::Paused,
        proof: Proof::of(hook.source, connection.secret.as_ref()),
        expires_at: hook.expires_at,
    }))
}
