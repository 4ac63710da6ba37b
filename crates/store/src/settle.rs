//! Beginning steps and settling them, each in one transaction.

mod mark;
mod save;
pub(crate) mod step;
mod words;

use std::sync::Arc;

use domain::{
    contact::ContactKey,
    email::Email,
    ids::{ContactId, RecordId, StepKey, WorkspaceId},
    record::Record,
};
use jiff::Timestamp;

use crate::{
    Changed, Lease, LedgerEntry, NoticeTurn, RecordState, Result, Sample, Store, column, contact,
    database::{Connection, params},
    ledger, notice, sample,
};

/// Rows up to which a batch is short: it takes no longer than what people and webhooks write.
const SHORT_MAX: usize = 20;

/// A step that was begun and not closed: whether it was carried out is in doubt until somebody looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenStep {
    /// Of which record.
    pub record: RecordId,
    /// Its key.
    pub key: StepKey,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// The step.
    pub step: serde_json::Value,
}

/// What is about to be sent.
#[derive(Debug, Clone, Default)]
pub struct Begin {
    /// Steps to be kept as open.
    pub steps: Vec<OpenStep>,
    /// Contacts about to be made.
    pub contacts: Vec<ContactKey>,
    /// Numbers of contacts that are about to be made for an address.
    pub numbers: Vec<(ContactKey, Email)>,
    /// What to add to the ledger.
    pub ledger: Vec<LedgerEntry>,
}

/// What was found out about contacts. What is unlinked goes first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// When the connection that told was last changed: once it is changed again, another account may be connected, where
    /// these ids mean somebody else, and nothing is kept. `None`: it does not matter.
    pub seen: Option<Timestamp>,
    /// Keys whose contact proved to be gone, or was not made.
    pub cut: Vec<ContactKey>,
    /// Contacts made or found.
    pub made: Vec<(ContactKey, ContactId)>,
}

/// What came of a batch.
#[derive(Debug, Clone, Default)]
pub struct Settlement {
    /// Records as they stand now.
    pub saves: Vec<RecordSave>,
    /// Records that were merged into one of the saved and are no more. The saved one gets their keys.
    pub absorbed: Vec<RecordId>,
    /// What became of envelopes, by their numbers.
    pub marks: Vec<(i64, Mark)>,
    /// Steps that are no longer open.
    pub closed: Vec<(RecordId, StepKey)>,
    /// What to add to the ledger.
    pub ledger: Vec<LedgerEntry>,
    /// What was done, for the Health page.
    pub sample: Sample,
    /// What to tell the parties of bookings.
    pub notices: Vec<NoticeTurn>,
}

/// A record to be saved.
#[derive(Debug, Clone)]
pub struct RecordSave {
    /// The record.
    pub record: Record,
    /// All external ids it is known by; they are added to those it has.
    pub keys: Vec<String>,
    /// How it stands.
    pub state: RecordState,
    /// Why, in plain words.
    pub why: String,
    /// How often it was tried in a row.
    pub attempts: u32,
    /// When to look at it again.
    pub due_at: Option<Timestamp>,
    /// Since when something of it could not be written.
    pub unwritten_since: Option<Timestamp>,
    /// What a person should know; since when is kept here.
    pub problem: Option<String>,
}

/// What became of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Folded into this record.
    Read(RecordId),
    /// It bears on nothing.
    Ignored,
    /// It could not be read.
    Unreadable {
        /// Where in the body.
        field: String,
        /// What was wrong with it, in plain words.
        problem: String,
    },
}

impl Store {
    /// Keeps what is about to be sent: steps as open, contacts as begun.
    pub async fn begin(&self, lease: Lease, begin: Begin, now: Timestamp) -> Result<()> {
        let rows = begin.steps.len() + begin.contacts.len() + begin.numbers.len();
        self.write_rows(
            lease,
            rows,
            move |connection| begun(connection, lease.workspace, &begin, now),
            |()| {},
        )
        .await
    }

    /// The steps of a record that were begun and not closed.
    pub async fn open_steps(&self, workspace: WorkspaceId, record: RecordId) -> Result<Vec<OpenStep>> {
        self.read(move |connection| {
            Ok(step::list(connection, workspace, &[record])?.into_iter().flatten().collect())
        })
        .await
    }

    /// Keeps what was found out about contacts.
    pub async fn link(&self, lease: Lease, links: Links, now: Timestamp) -> Result<()> {
        let rows = links.cut.len() + links.made.len();
        self.write_rows(
            lease,
            rows,
            move |connection| linked(connection, lease.workspace, &links, now),
            |()| {},
        )
        .await
    }

    /// Keeps what came of a batch, all of it or nothing.
    pub async fn settle(&self, lease: Lease, settlement: Settlement, now: Timestamp) -> Result<()> {
        let workspace = lease.workspace;
        let (bell, news) = (Arc::clone(self.bell()), Arc::clone(self.news()));
        let rows = settlement.saves.len() + settlement.marks.len();
        let settle = move |connection: &Connection| {
            let has_notices = settled(connection, workspace, &settlement, now)?;
            Ok((has_notices, settlement.saves.iter().map(|save| save.record.id).collect()))
        };
        let tell = move |(has_notices, records): &(bool, Vec<RecordId>)| {
            if *has_notices {
                bell.ring_for_notices();
            }
            news.tell(workspace, Changed::These(records.clone()));
        };
        self.write_rows(lease, rows, settle, tell).await.map(drop)
    }

    /// Writes for a lane, in short or at length by the rows that it is about.
    async fn write_rows<T, F, A>(&self, lease: Lease, rows: usize, work: F, after: A) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        let work = move |connection: &Connection| {
            lease.hold(connection)?;
            work(connection)
        };
        if rows > SHORT_MAX {
            self.write_long(lease.workspace, work, after).await
        } else {
            self.write_held(lease.workspace, work, after).await
        }
    }
}

fn begun(connection: &Connection, workspace: WorkspaceId, begin: &Begin, now: Timestamp) -> Result<()> {
    step::open(connection, workspace, &begin.steps)?;
    let by_key = begin.contacts.iter().map(|key| (key, None));
    let by_address = begin.numbers.iter().map(|(number, email)| (number, Some(email)));
    contact::begin(connection, workspace, by_key.chain(by_address), now)?;
    ledger::add(connection, workspace, &begin.ledger)
}

fn linked(connection: &Connection, workspace: WorkspaceId, links: &Links, now: Timestamp) -> Result<()> {
    let sql = "SELECT changed_at FROM connections WHERE workspace = $1 AND system = 'hubspot'";
    let standing = connection.first(sql, params![workspace.0], |row| row.get::<i64>(0))?;
    if links.seen.is_some_and(|seen| standing != Some(column::micros(seen))) {
        return Ok(());
    }
    contact::unlink(connection, workspace, &links.cut)?;
    contact::link(connection, workspace, &links.made, now)
}

/// Says whether notices are to be sent.
fn settled(
    connection: &Connection,
    workspace: WorkspaceId,
    settlement: &Settlement,
    now: Timestamp,
) -> Result<bool> {
    step::close(connection, workspace, &settlement.closed)?;
    save::records(connection, workspace, &settlement.saves, &settlement.absorbed, now)?;
    mark::put(connection, workspace, &settlement.marks, now)?;
    ledger::add(connection, workspace, &settlement.ledger)?;
    sample::add(connection, workspace, &settlement.sample, now)?;
    let mut has_notices = false;
    for turn in &settlement.notices {
        has_notices |= notice::take_turn(connection, workspace, turn, now)?;
    }
    Ok(has_notices)
}
