//! The inbox: envelopes, kept as received before they are answered.

use domain::{ids::WorkspaceId, source::Source};
use jiff::Timestamp;

use crate::{Result, Store};

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

impl Store {
    /// Keeps an envelope. The answer is given once it is on disk; many share one commit.
    ///
    /// `Full` at once if the queue is full. Rings the bell of the workspace for an unread one.
    pub async fn append(&self, envelope: NewEnvelope) -> Result<Appended> {
        todo!()
    }
}
