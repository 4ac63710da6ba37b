//! What the store promises, tried on a database in a file, and told to PostgreSQL too (`PATCHBAY_TEST_DATABASE=postgres`).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a trial that cannot be set up should stop there"
)]

mod admin;
mod boots;
mod database;
mod idempotency;
mod inbox;
mod lane;
mod leases;
mod nodes;
mod notices;
mod people;
mod retention;
mod safety;
mod sample;
mod settle;
mod steps;
mod tokens;

use domain::{
    ids::{RecordId, WorkspaceId},
    record::Record,
    source::Source,
};
use jiff::Timestamp;
use store::{
    Appended, EnvelopeState, Lease, MasterKey, NewEnvelope, RecordSave, RecordState, Settlement, Store,
};
use uuid::Uuid;

/// The node that a trial is, unless it says otherwise.
const NODE: Uuid = Uuid::from_u128(1);

use database::Database;

/// A store with a database of its own, and one workspace.
struct Trial {
    database: Database,
    store: Store,
    workspace: WorkspaceId,
}

impl Trial {
    async fn start() -> Self {
        let database = Database::start().await;
        let store = open(&database);
        let workspace = store.ensure_workspace("default", at(0)).await.unwrap().id;
        Self { database, store, workspace }
    }

    /// Closes the store and opens the same database again.
    async fn reopen(&mut self) {
        self.store.close().await;
        self.store = open(&self.database);
    }

    /// Its lane, taken anew.
    async fn lease(&self) -> Lease {
        lease(&self.store, self.workspace).await
    }

    async fn append(&self, subject: &str, received: i64) -> i64 {
        match self.store.append(envelope(self.workspace, subject, received)).await.unwrap() {
            Appended::New { seq } => seq,
            Appended::Repeated => panic!("no dedup was given"),
        }
    }

    /// Saves a record that is known by its first id only.
    async fn save(&self, external_id: &str, change: impl FnOnce(&mut RecordSave), now: i64) -> RecordId {
        let mut save = save(self.workspace, external_id);
        change(&mut save);
        let id = save.record.id;
        let settlement = Settlement { saves: vec![save], ..Settlement::default() };
        self.store.settle(self.lease().await, settlement, at(now)).await.unwrap();
        id
    }
}

fn open(database: &Database) -> Store {
    Store::open(database.location(), MasterKey::from_bytes([7; 32])).unwrap()
}

/// The lane of a workspace, taken anew.
async fn lease(store: &Store, workspace: WorkspaceId) -> Lease {
    store.take(workspace, NODE, at(0)).await.unwrap().unwrap()
}

/// The workspaces that have work.
async fn work(store: &Store, now: i64) -> Vec<WorkspaceId> {
    let outlooks = store.outlook(at(now)).await.unwrap();
    outlooks.iter().filter(|one| one.has_work(at(now))).map(|one| one.workspace).collect()
}

/// When the next of them will have some.
async fn next_due(store: &Store, now: i64) -> Option<Timestamp> {
    store.outlook(at(now)).await.unwrap().iter().filter_map(|one| one.next(at(now))).min()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn envelope(workspace: WorkspaceId, subject: &str, received: i64) -> NewEnvelope {
    NewEnvelope {
        workspace,
        source: Source::Calcom,
        subject: subject.to_owned(),
        event: "BOOKING_CREATED".to_owned(),
        dedup: None,
        received_at: at(received),
        body: format!("{{\"subject\":\"{subject}\"}}").into_bytes(),
        state: EnvelopeState::Unread,
    }
}

fn save(workspace: WorkspaceId, external_id: &str) -> RecordSave {
    let id = RecordId::of(workspace, Source::Calcom, external_id);
    RecordSave {
        record: Record::new(id, Source::Calcom, external_id),
        keys: vec![external_id.to_owned()],
        state: RecordState::Logged,
        why: "Logged.".to_owned(),
        attempts: 0,
        due_at: None,
        unwritten_since: None,
        problem: None,
    }
}
