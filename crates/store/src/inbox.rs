//! The inbox: envelopes, kept as received before they are answered.

use domain::{ids::WorkspaceId, source::Source};
use jiff::Timestamp;

use crate::{
    Result, Store, column,
    database::{Connection, Row, params},
};

/// How an envelope stands. A new one is `Unread`, `Ignored` or `Kept`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeState {
    /// To be read by the engine.
    Unread,
    /// It bears on no call and no booking, or was dismissed.
    Ignored,
    /// It came while the source was paused: it waits for a replay.
    Kept,
    /// It was folded into a record.
    Read,
    /// It could not be read: a problem.
    Unreadable,
}

/// What the subject of a webhook begins with that does not tell which call or booking it is about, and should.
pub const NAMELESS: &str = "unreadable:";

/// A webhook to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEnvelope {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Where it came from.
    pub source: Source,
    /// The source's id of the call or booking; empty if it is about none.
    pub subject: String,
    /// The source's own name of the event.
    pub event: String,
    /// What tells a repetition, unique for a workspace and source.
    pub dedup: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
    /// The body as received.
    pub body: Vec<u8>,
    /// How it stands at first.
    pub state: EnvelopeState,
}

/// A webhook as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Its number: later ones are greater.
    pub seq: i64,
    /// Where it came from.
    pub source: Source,
    /// The source's id of the call or booking.
    pub subject: String,
    /// The source's own name of the event.
    pub event: String,
    /// When it came.
    pub received_at: Timestamp,
    /// The body as received.
    pub body: Vec<u8>,
    /// How it stands.
    pub state: EnvelopeState,
}

/// What became of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is kept, durably.
    New {
        /// Its number.
        seq: i64,
    },
    /// One with the same `dedup` was kept before; nothing changed.
    Repeated,
}

impl EnvelopeState {
    /// The word in the table and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Ignored => "ignored",
            Self::Kept => "kept",
            Self::Read => "read",
            Self::Unreadable => "unreadable",
        }
    }

    /// The state of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Unread, Self::Ignored, Self::Kept, Self::Read, Self::Unreadable]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

impl Store {
    /// Keeps an envelope. The answer is given once it is on disk; many share one commit.
    ///
    /// `Full` at once if the queue is full. Rings the bell of the workspace for an unread one.
    pub async fn append(&self, envelope: NewEnvelope) -> Result<Appended> {
        self.queue(envelope).await
    }
}

/// Adds an envelope, on the writer.
pub(crate) fn insert(connection: &Connection, envelope: &NewEnvelope) -> Result<Appended> {
    let sql = "INSERT INTO envelopes (workspace, source, state, subject, event, dedup, received_at, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (workspace, source, dedup) WHERE dedup IS NOT NULL DO NOTHING
        RETURNING seq";
    let values = params![
        envelope.workspace.0,
        envelope.source.word(),
        envelope.state.word(),
        envelope.subject,
        envelope.event,
        envelope.dedup,
        column::micros(envelope.received_at),
        envelope.body,
    ];
    let seq = connection.first(sql, values, |row| row.get(0))?;
    Ok(seq.map_or(Appended::Repeated, |seq| Appended::New { seq }))
}

/// The columns that `of_row` reads.
pub(crate) const COLUMNS: &str = "seq, source, state, subject, event, received_at, body";

pub(crate) fn of_row(row: &Row<'_>) -> Result<Envelope> {
    Ok(Envelope {
        seq: row.get(0)?,
        source: column::word(row, 1, "envelopes", Source::from_word)?,
        state: column::word(row, 2, "envelopes", EnvelopeState::from_word)?,
        subject: row.get(3)?,
        event: row.get(4)?,
        received_at: column::timestamp(row, 5, "envelopes")?,
        body: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;
    use crate::{Location, MasterKey, StoreError};

    fn envelope(workspace: WorkspaceId, subject: &str) -> NewEnvelope {
        NewEnvelope {
            workspace,
            source: Source::Aircall,
            subject: subject.to_owned(),
            event: "call.ended".to_owned(),
            dedup: None,
            received_at: Timestamp::UNIX_EPOCH,
            body: b"{}".to_vec(),
            state: EnvelopeState::Unread,
        }
    }

    /// A writer that is held up until it is told to go on; then the job that held it ends.
    async fn held(store: &Store) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<()>>) {
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (release, released) = mpsc::channel::<()>();
        let busy = store.clone();
        let held = tokio::spawn(async move {
            let hold = move |_: &Connection| {
                let _ = started.send(());
                let _ = released.recv();
                Ok(())
            };
            busy.write(hold).await
        });
        has_started.await.unwrap();
        (release, held)
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_keeps_what_it_has() {
        let store = Store::open_with_queue(Location::Memory, MasterKey::from_bytes([7; 32]), 2).unwrap();
        let workspace = store.ensure_workspace("default", Timestamp::UNIX_EPOCH).await.unwrap().id;
        let (release, held) = held(&store).await;
        let (first, second, third, ()) = tokio::join!(
            store.append(envelope(workspace, "1")),
            store.append(envelope(workspace, "2")),
            store.append(envelope(workspace, "3")),
            async { release.send(()).unwrap() },
        );
        held.await.unwrap().unwrap();
        assert!(matches!((first, second), (Ok(Appended::New { .. }), Ok(Appended::New { .. }))));
        assert!(matches!(third, Err(StoreError::Full)));
        assert_eq!(store.stats().await.unwrap().unread, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_stands_still_keeps_nobody_waiting_and_who_comes_next_is_refused_at_once() {
        let store = Store::open(Location::Memory, MasterKey::from_bytes([7; 32])).unwrap();
        let workspace = store.ensure_workspace("default", Timestamp::UNIX_EPOCH).await.unwrap().id;
        let (release, held) = held(&store).await;
        let hurried = store.within(Duration::from_secs(1));
        assert!(matches!(hurried.append(envelope(workspace, "1")).await, Err(StoreError::Late)));
        // It does not even get in line, where this one would wait for as long as it takes.
        assert!(matches!(store.append(envelope(workspace, "2")).await, Err(StoreError::Late)));
        assert!(matches!(hurried.ready().await, Err(StoreError::Late)));
        release.send(()).unwrap();
        held.await.unwrap().unwrap();
        store.ready().await.unwrap();
        assert_eq!(store.stats().await.unwrap().unread, 1, "what was in line is kept all the same");
    }
}
