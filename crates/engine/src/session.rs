//! What a lane needs to speak to a workspace's HubSpot: the client, the budget, the guards, the owners.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use connectors::hubspot::{self, Guards, Hubspot};
use domain::{
    contact::{Owners, PropertyDefinition},
    email::Email,
    fault::Fault,
    ids::{ObjectId, OwnerId, RecordId, WorkspaceId},
    source::System,
    step::Object,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::{Connection, Status, StoreError};

use crate::{Engine, node::Held, pace::WorkspacePace};

/// Owners older than this are read again before an activity is made.
const OWNERS_AGE_MAX: SignedDuration = SignedDuration::from_mins(15);
/// An address that is no owner is asked for again after this at most, or after the lists' own time if that is shorter: an
/// owner may have been added just now.
const OWNERS_AGE_ON_MISS: SignedDuration = SignedDuration::from_mins(1);

/// The sessions of a node, one for each lane that it holds.
#[derive(Default)]
pub struct Sessions {
    open: Mutex<HashMap<WorkspaceId, Arc<Session>>>,
}

/// A workspace's line to HubSpot.
pub struct Session {
    /// The client.
    pub hubspot: Hubspot,
    /// Where it waits for the account's allowance.
    pub pace: Arc<WorkspacePace>,
    /// HubSpot's number of the account; none where the connection does not know it.
    pub portal: Option<String>,
    /// What keeps a create from happening twice, by kind of object.
    pub guards: Guards,
    /// When the connection was last changed: a newer one makes a new session.
    pub changed_at: Timestamp,
    /// Which taking of the lane it is of; none of one that is a lane's no longer than a request.
    epoch: Option<i64>,
    owners: tokio::sync::Mutex<Option<(Timestamp, Owners)>>,
    owners_age_on_miss: SignedDuration,
    defined: Mutex<BTreeSet<PropertyDefinition>>,
    /// Activities that a look found, each with whose it is: they are in the ledger only once their batch is settled.
    adopted: Mutex<HashMap<(Object, ObjectId), RecordId>>,
}

/// Whether a lane may speak to HubSpot.
pub enum Line {
    /// It may.
    Open(Arc<Session>),
    /// It may not, for this reason in plain words.
    Shut(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    guards: Option<Guards>,
    portal_id: Option<String>,
}

impl Engine {
    /// A line to the workspace's HubSpot beside its lane, as its connection stands.
    pub(crate) async fn line(&self, workspace: WorkspaceId) -> Result<Line, StoreError> {
        Ok(self.line_of(self.store.connection(workspace, System::Hubspot).await?.as_ref(), None))
    }

    /// The line of a connection, for its lane or for a request beside it.
    pub(crate) fn line_of(&self, connection: Option<&Connection>, held: Option<&Held>) -> Line {
        let Some(connection) = connection else {
            return Line::Shut("Waiting: HubSpot is not connected.".to_owned());
        };
        match &connection.status {
            Status::Connected => match held {
                Some(held) => self.session(connection, held),
                None => self.open(connection, None),
            },
            Status::Paused => Line::Shut("Waiting: HubSpot is paused.".to_owned()),
            Status::NeedsAttention { reason } => {
                Line::Shut(format!("Waiting: HubSpot needs attention: {reason}"))
            }
            Status::Disconnected => Line::Shut("Waiting: HubSpot is not connected.".to_owned()),
        }
    }

    /// The lane's session, opened if there is none of this connection and this lease.
    fn session(&self, connection: &Connection, held: &Held) -> Line {
        let mut sessions = self.sessions.open.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sessions.get(&connection.workspace);
        let is_same = known.is_some_and(|known| known.changed_at == connection.changed_at);
        if let Some(session) = known.filter(|known| is_same && known.epoch == Some(held.lease().epoch)) {
            return Line::Open(Arc::clone(session));
        }
        let line = self.open(connection, Some(held));
        if let Line::Open(session) = &line {
            sessions.insert(connection.workspace, Arc::clone(session));
        }
        line
    }

    fn open(&self, connection: &Connection, held: Option<&Held>) -> Line {
        let Some(secret) = connection.secret.as_ref().and_then(hubspot::Secret::read) else {
            return Line::Shut("Waiting: HubSpot's credential is missing. Connect it again.".to_owned());
        };
        let credential = self.tokens.credential(connection.workspace, connection.connected_at, secret);
        let details: Details = serde_json::from_value(connection.details.clone()).unwrap_or_default();
        let meter = self.meters.of(connection.workspace, &connection.details);
        meter.changed(connection.changed_at);
        let pace = Arc::new(match held {
            Some(held) => WorkspacePace::of_lane(held.clone(), meter),
            None => WorkspacePace::new(connection.workspace, meter),
        });
        let settings = hubspot::Settings {
            origin: self.settings.hubspot_origin.clone(),
            version: self.settings.hubspot_version,
        };
        Line::Open(Arc::new(Session {
            hubspot: Hubspot::new(self.http.clone(), settings, credential, Arc::clone(&pace) as _),
            pace,
            portal: details.portal_id,
            guards: details.guards.unwrap_or_default(),
            changed_at: connection.changed_at,
            epoch: held.map(|held| held.lease().epoch),
            owners: tokio::sync::Mutex::default(),
            owners_age_on_miss: OWNERS_AGE_ON_MISS.min(self.settings.list_refresh),
            defined: Mutex::default(),
            adopted: Mutex::default(),
        }))
    }

    /// Ends the sessions of lanes that are not this node's any more.
    pub(crate) fn end_sessions(&self, workspaces: impl Iterator<Item = WorkspaceId>) {
        let mut sessions = self.sessions.open.lock().unwrap_or_else(PoisonError::into_inner);
        for workspace in workspaces {
            sessions.remove(&workspace);
        }
    }

    /// Shows what is left of each account's budget, now and then: it grows by itself.
    pub(crate) fn show_budgets(&self) {
        for session in self.sessions.open.lock().unwrap_or_else(PoisonError::into_inner).values() {
            session.pace.show();
        }
    }
}

impl Session {
    /// The owners, read again if they are old, or if one of `wanted` is not among them.
    ///
    /// # Errors
    /// The fault of the reading; a portal that does not let us read owners has none.
    pub async fn owners(&self, wanted: &[Email], now: Timestamp) -> Result<Owners, Fault> {
        let mut owners = self.owners.lock().await;
        if let Some((read_at, known)) = owners.as_ref() {
            let age = now.duration_since(*read_at);
            let is_missed = wanted.iter().any(|email| known.find_any(email).is_none());
            if age < self.owners_age_on_miss || (age < OWNERS_AGE_MAX && !is_missed) {
                return Ok(known.clone());
            }
        }
        let mut read = Owners { people: by_address(self.listed(false).await?), ..Owners::default() };
        if wanted.iter().any(|email| !read.people.contains_key(email)) {
            read.archived = by_address(self.listed(true).await?);
        }
        // One that is listed again is tried again.
        let refused = owners.as_ref().map(|(_, known)| known.refused.clone()).unwrap_or_default();
        let is_listed = |owner: &OwnerId| read.people.values().any(|listed| listed == owner);
        read.refused = refused.into_iter().filter(|owner| !is_listed(owner)).collect();
        *owners = Some((now, read.clone()));
        Ok(read)
    }

    async fn listed(&self, archived: bool) -> Result<Vec<hubspot::Owner>, Fault> {
        match self.hubspot.owners(archived).await {
            Err(Fault::Never { .. }) => Ok(Vec::new()),
            listed => listed,
        }
    }

    /// The owners as last read, without asking.
    pub async fn owners_known(&self) -> Owners {
        self.owners.lock().await.as_ref().map(|(_, owners)| owners.clone()).unwrap_or_default()
    }

    /// Keeps that HubSpot does not take an owner: whatever names them, nothing more is written with them.
    pub async fn refuse_owner(&self, owner: OwnerId) {
        let mut owners = self.owners.lock().await;
        let (_, known) = owners.get_or_insert_with(|| (Timestamp::UNIX_EPOCH, Owners::default()));
        known.refused.insert(owner);
    }

    /// Takes an activity for a record's own; says whether it is no other's.
    pub fn adopt(&self, place: &(Object, ObjectId), record: RecordId) -> bool {
        let mut adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        *adopted.entry(place.clone()).or_insert(record) == record
    }

    /// Makes the contact properties that are not known to be there; returns those that HubSpot refuses, by name.
    ///
    /// # Errors
    /// The fault of the making as a whole.
    pub async fn define(&self, wanted: Vec<PropertyDefinition>) -> Result<Vec<(String, Fault)>, Fault> {
        let mut missing: Vec<PropertyDefinition> = {
            let defined = self.defined.lock().unwrap_or_else(PoisonError::into_inner);
            wanted.into_iter().filter(|one| !defined.contains(one)).collect()
        };
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let refused = self.hubspot.define(&missing).await?;
        missing.retain(|one| refused.iter().all(|(name, _)| *name != one.name));
        self.defined.lock().unwrap_or_else(PoisonError::into_inner).extend(missing);
        Ok(refused)
    }

    /// HubSpot refused what was written into a property: it may have been deleted, and is made again with the next attempt.
    pub fn doubt_property(&self, name: &str) {
        self.defined.lock().unwrap_or_else(PoisonError::into_inner).retain(|one| one.name != name);
    }
}

fn by_address(owners: Vec<hubspot::Owner>) -> BTreeMap<Email, OwnerId> {
    owners.into_iter().filter_map(|owner| Some((owner.email?, owner.id))).collect()
}
