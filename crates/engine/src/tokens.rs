//! The tokens of HubSpot's grants: renewed ahead of their end, by one at a time over all nodes, stored before they are used.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use connectors::hubspot::{BoxFuture, Credential, Denied, Fixed, Oauth, Secret, SignIn, Tokens as Kept};
use domain::{fault::Fault, ids::WorkspaceId, source::System};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use store::{Refresh, Status, Store, StoreError};
use uuid::Uuid;

use crate::{Clock, back_off};

/// How long nobody else renews once somebody began: longer than a request may take.
const LEAVE: SignedDuration = SignedDuration::from_secs(45);
/// How often it is looked whether another node has done it.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Looks before one gives up: until the leave of the other has run out.
const LOOKS_MAX: u32 = 1_000;
/// A token that is still good waits no longer than this for the next one.
const PATIENCE: Duration = Duration::from_secs(2);
/// Until HubSpot is asked again after it refused the app itself: a person has to mend that first.
const REST_OF_OURS: SignedDuration = SignedDuration::from_mins(1);
/// A token that was received is tried to be stored so often, a second apart.
const SAVES_MAX: u32 = 10;

/// The one keeper of tokens of a node. Cheap to clone.
#[derive(Clone)]
pub struct Tokens(Arc<Keeper>);

struct Keeper {
    store: Store,
    clock: Clock,
    /// `None`: the operator set no app.
    oauth: Option<Oauth>,
    /// This node, among those on one database.
    node: Uuid,
    turns: Mutex<HashMap<WorkspaceId, Turn>>,
}

/// Renewals of a workspace go one after the other; what is held is how the last one failed.
type Turn = Arc<tokio::sync::Mutex<Option<Failure>>>;

/// A renewal that failed, and until when there is none.
struct Failure {
    /// Of which secret: another one is tried at once.
    version: i64,
    until: Timestamp,
    in_a_row: u32,
    why: String,
}

/// A connection by grant: that of one connecting, as the next one may be to another account.
#[derive(Clone)]
struct Grant {
    keeper: Arc<Keeper>,
    workspace: WorkspaceId,
    connected_at: Timestamp,
}

/// How a grant stands in the store.
struct Standing {
    version: i64,
    tokens: Kept,
}

impl Tokens {
    /// Keeps the tokens of all workspaces; `node` is another one for each process.
    pub fn new(store: Store, clock: Clock, oauth: Option<Oauth>, node: Uuid) -> Self {
        Self(Arc::new(Keeper { store, clock, oauth, node, turns: Mutex::default() }))
    }

    /// What a connection signs in with.
    pub fn credential(
        &self,
        workspace: WorkspaceId,
        connected_at: Timestamp,
        secret: Secret,
    ) -> Arc<dyn Credential> {
        match secret {
            Secret::Key { service_key } => Fixed::of(service_key),
            Secret::Granted(_) => Arc::new(Grant { keeper: Arc::clone(&self.0), workspace, connected_at }),
        }
    }

    /// The same for who does not know this room.
    pub fn sign_in(&self) -> SignIn {
        let tokens = self.clone();
        Arc::new(move |workspace, connected_at, secret| tokens.credential(workspace, connected_at, secret))
    }

    /// Waits for the renewals that are under way: what HubSpot gave is to be stored.
    pub async fn rest(&self) {
        let turns: Vec<Turn> =
            self.0.turns.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for turn in turns {
            drop(turn.lock().await);
        }
    }
}

impl Credential for Grant {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Fault>> {
        Box::pin(async move {
            let standing = self.standing().await?;
            let now = self.keeper.now();
            let tokens = standing.tokens;
            if now < tokens.refresh_at {
                return Ok(tokens.access_token);
            }
            if now >= tokens.expires_at {
                return self.renewed(None).await;
            }
            // Still good: nobody waits long for the next one, and a failure is not felt before the end.
            if self.keeper.turn(self.workspace).try_lock().is_err() {
                return Ok(tokens.access_token);
            }
            match tokio::time::timeout(PATIENCE, self.renewed(None)).await {
                Ok(Err(fault @ Fault::SignIn { .. })) => Err(fault),
                Ok(Ok(token)) => Ok(token),
                Ok(Err(_)) | Err(_) => Ok(tokens.access_token),
            }
        })
    }

    fn renew<'a>(&'a self, refused: &'a SecretString) -> BoxFuture<'a, Result<Option<SecretString>, Fault>> {
        Box::pin(async move { self.renewed(Some(refused.clone())).await.map(Some) })
    }
}

impl Grant {
    /// A token that is not due, and not the refused one.
    ///
    /// Goes on by itself if the caller is dropped: an answer of HubSpot that nobody takes would be a token lost.
    async fn renewed(&self, refused: Option<SecretString>) -> Result<SecretString, Fault> {
        let grant = self.clone();
        let renewal = tokio::spawn(async move { grant.renewal(refused.as_ref()).await });
        renewal.await.unwrap_or_else(|_| Err(Fault::later("HubSpot's token could not be renewed.")))
    }

    async fn renewal(&self, refused: Option<&SecretString>) -> Result<SecretString, Fault> {
        let turn = self.keeper.turn(self.workspace);
        let mut failure = turn.lock().await;
        for _ in 0..LOOKS_MAX {
            let standing = self.standing().await?;
            let now = self.keeper.now();
            let access = &standing.tokens.access_token;
            let is_refused = refused.is_some_and(|refused| refused.expose_secret() == access.expose_secret());
            if !is_refused && now < standing.tokens.refresh_at {
                return Ok(standing.tokens.access_token);
            }
            if let Some(last) = failure.as_ref().filter(|last| last.is_on(standing.version, now)) {
                return Err(last.fault(now));
            }
            let leave = self.leave(standing.version);
            let began = self.keeper.store.begin_refresh(leave, now + LEAVE, now).await;
            if began.map_err(|error| unkept(&error))? {
                return self.ask(leave, standing.tokens, &mut failure).await;
            }
            // Another node is at it: what it gets is ours, too.
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(Fault::later("HubSpot's token is being renewed elsewhere."))
    }

    async fn ask(
        &self,
        leave: Refresh,
        tokens: Kept,
        failure: &mut Option<Failure>,
    ) -> Result<SecretString, Fault> {
        let asked_at = self.keeper.now();
        let answer = match &self.keeper.oauth {
            Some(oauth) => oauth.refresh(&tokens.refresh_token).await,
            None => Err(Denied::Ours { word: "no client id is set".to_owned() }),
        };
        let denied = match answer {
            Ok(granted) => {
                counted("renewed");
                *failure = None;
                return self.keep(leave, granted.tokens(asked_at, &tokens.refresh_token)).await;
            }
            Err(denied) => denied,
        };
        if let Denied::Revoked { .. } = denied {
            return self.revoked(leave, denied.to_string()).await;
        }
        let now = self.keeper.now();
        let last = failure.take().filter(|last| last.version == leave.version);
        let in_a_row = last.map_or(0, |last| last.in_a_row);
        let why = denied.to_string();
        let until = if let Denied::Passing { after, .. } = denied {
            counted("failed");
            tracing::warn!(workspace = self.workspace.0, "HubSpot's token is not renewed: {why}");
            back_off::lane_resumes(now, in_a_row, after)
        } else {
            counted("refused");
            tracing::error!(workspace = self.workspace.0, "HubSpot's token is not renewed: {why}");
            now + REST_OF_OURS
        };
        let failed = Failure { version: leave.version, until, in_a_row: in_a_row.saturating_add(1), why };
        let fault = failed.fault(now);
        *failure = Some(failed);
        self.keeper.store.end_refresh(leave).await.map_err(|error| unkept(&error))?;
        Err(fault)
    }

    /// Stores what was received; it is not used before.
    async fn keep(&self, leave: Refresh, tokens: Kept) -> Result<SecretString, Fault> {
        let access = tokens.access_token.clone();
        let secret = Secret::Granted(tokens).write()?;
        let mut saves = 0;
        loop {
            saves += 1;
            match self.keeper.store.save_secret(leave, secret.clone()).await {
                Ok(true) => return Ok(access),
                Ok(false) => return Err(elsewhere()),
                Err(error) if saves < SAVES_MAX => {
                    tracing::error!(workspace = self.workspace.0, "a token is not stored yet: {error}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                Err(error) => return Err(unkept(&error)),
            }
        }
    }

    async fn revoked(&self, leave: Refresh, reason: String) -> Result<SecretString, Fault> {
        counted("revoked");
        let now = self.keeper.now();
        let refused = self.keeper.store.refuse_secret(leave, reason.clone(), now).await;
        if !refused.map_err(|error| unkept(&error))? {
            // Paused, cut or connected anew while HubSpot was asked.
            self.keeper.store.end_refresh(leave).await.map_err(|error| unkept(&error))?;
            return Err(elsewhere());
        }
        tracing::warn!(workspace = self.workspace.0, "HubSpot's grant is revoked");
        Err(Fault::SignIn { why: reason })
    }

    async fn standing(&self) -> Result<Standing, Fault> {
        let versioned = self.keeper.store.versioned(self.workspace, System::Hubspot).await;
        let versioned = versioned.map_err(|error| unkept(&error))?.ok_or_else(elsewhere)?;
        let connection = versioned.connection;
        match connection.status {
            Status::Connected if connection.connected_at == self.connected_at => {}
            Status::NeedsAttention { reason } => return Err(Fault::SignIn { why: reason }),
            _ => return Err(elsewhere()),
        }
        match connection.secret.as_ref().and_then(Secret::read) {
            Some(Secret::Granted(tokens)) => Ok(Standing { version: versioned.version, tokens }),
            _ => Err(elsewhere()),
        }
    }

    fn leave(&self, version: i64) -> Refresh {
        Refresh { workspace: self.workspace, system: System::Hubspot, version, holder: self.keeper.node }
    }
}

impl Keeper {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn turn(&self, workspace: WorkspaceId) -> Turn {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(workspace).or_default())
    }
}

impl Failure {
    fn is_on(&self, version: i64, now: Timestamp) -> bool {
        self.version == version && now < self.until
    }

    fn fault(&self, now: Timestamp) -> Fault {
        Fault::Later { after: Some(self.until.duration_since(now)), why: self.why.clone() }
    }
}

fn counted(result: &'static str) {
    metrics::counter!("patchbay_token_refreshes_total", "result" => result).increment(1);
}

fn elsewhere() -> Fault {
    Fault::later("HubSpot was disconnected, paused or connected anew meanwhile.")
}

fn unkept(error: &StoreError) -> Fault {
    tracing::error!("the store does not answer: {error}");
    Fault::later("HubSpot's token cannot be read or kept.")
}
