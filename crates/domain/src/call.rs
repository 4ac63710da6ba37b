//! A call as it stands: the fold of all that Aircall said of it, whatever the order.

mod ended;
pub mod snapshot;
mod tags;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use ended::{Ended, HANGUP_GRACE};
pub use snapshot::{Agent, CallEvent, CallSnapshot, Comment, Direction, Line, Party, Person};
pub use tags::TagsSeen;

use crate::{ids::TagId, latest::Latest};

/// A call as it stands.
///
/// Invariant: `take` is commutative, associative and idempotent over snapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    direction: Latest<Direction>,
    started_at: Latest<Timestamp>,
    answered_at: Latest<Timestamp>,
    ended_at: Latest<Timestamp>,
    ended: Ended,
    missed_reason: Latest<String>,
    hangup_cause: Latest<String>,
    has_voicemail: bool,
    recording: Latest<String>,
    voicemail: Latest<String>,
    party: Latest<Party>,
    agent: Latest<Agent>,
    person: Latest<Person>,
    line: Latest<Line>,
    transferred_to: Latest<Agent>,
    tags: BTreeSet<TagsSeen>,
    comments: BTreeMap<String, Comment>,
}

impl Call {
    /// Takes in what one webhook says.
    pub fn take(&mut self, said: CallSnapshot) {
        let stamp = said.stamp();
        self.ended.take(&said);
        self.direction.merge(Latest::said(stamp, said.direction));
        self.started_at.merge(Latest::said(stamp, said.started_at));
        self.answered_at.merge(Latest::said(stamp, said.answered_at));
        self.ended_at.merge(Latest::said(stamp, said.ended_at));
        self.missed_reason.merge(Latest::said(stamp, said.missed_reason));
        self.hangup_cause.merge(Latest::said(stamp, said.hangup_cause));
        self.has_voicemail |= said.has_voicemail;
        self.recording.merge(Latest::said(stamp, said.recording));
        self.voicemail.merge(Latest::said(stamp, said.voicemail));
        self.party.merge(Latest::said(stamp, said.party));
        self.agent.merge(Latest::said(stamp, said.agent));
        self.person.merge(Latest::said(stamp, said.person));
        self.line.merge(Latest::said(stamp, said.line));
        self.transferred_to.merge(Latest::said(stamp, said.transferred_to));
        if let Some(tags) = said.tags {
            self.tags.insert(TagsSeen { at: stamp.at, event: said.event, tags });
        }
        for comment in said.comments {
            let known = self.comments.entry(comment.id.clone()).or_insert_with(|| comment.clone());
            if comment > *known {
                *known = comment;
            }
        }
    }

    /// Who called whom.
    pub fn direction(&self) -> Option<Direction> {
        self.direction.get().copied()
    }

    /// When it began to ring.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.started_at.get().copied()
    }

    /// When somebody answered.
    pub fn answered_at(&self) -> Option<Timestamp> {
        self.answered_at.get().copied()
    }

    /// When it was hung up.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at.get().copied()
    }

    /// How long it took, ringing included, as Aircall counts; zero while it lasts.
    pub fn duration(&self) -> SignedDuration {
        match (self.started_at(), self.ended_at()) {
            (Some(from), Some(to)) if to > from => to.duration_since(from),
            _ => SignedDuration::ZERO,
        }
    }

    /// Whether the call counts as ended at `now` (PRODUCT §8).
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.ended.holds(self.ended_at(), now)
    }

    /// Keeps that it was decided how the call ended.
    pub(crate) fn decided(&mut self) {
        self.ended.decided();
    }

    /// When the call will count as ended by the clock alone, if nothing more is heard.
    pub fn ends_by_clock_at(&self) -> Option<Timestamp> {
        self.ended_at().map(|at| at + HANGUP_GRACE)
    }

    /// Whether a voicemail was left.
    pub fn has_voicemail(&self) -> bool {
        self.has_voicemail
    }

    /// Aircall's word for why an inbound call was missed.
    pub fn missed_reason(&self) -> Option<&str> {
        self.missed_reason.get().map(String::as_str)
    }

    /// Aircall's word for how the call was hung up.
    pub fn hangup_cause(&self) -> Option<&str> {
        self.hangup_cause.get().map(String::as_str)
    }

    /// The lasting address of the recording.
    pub fn recording(&self) -> Option<&str> {
        self.recording.get().map(String::as_str)
    }

    /// The lasting address of the voicemail.
    pub fn voicemail(&self) -> Option<&str> {
        self.voicemail.get().map(String::as_str)
    }

    /// The number at the other end.
    pub fn party(&self) -> Option<&Party> {
        self.party.get()
    }

    /// The agent who took or made the call.
    pub fn agent(&self) -> Option<&Agent> {
        self.agent.get()
    }

    /// Aircall's contact of the other party.
    pub fn person(&self) -> Option<&Person> {
        self.person.get()
    }

    /// The company's number that the call went over.
    pub fn line(&self) -> Option<&Line> {
        self.line.get()
    }

    /// Whom the call was handed to.
    pub fn transferred_to(&self) -> Option<&Agent> {
        self.transferred_to.get()
    }

    /// The tags on the call as it stands.
    pub fn tags(&self) -> BTreeMap<TagId, String> {
        tags::current(&self.tags)
    }

    /// The comments, oldest first.
    pub fn comments(&self) -> Vec<&Comment> {
        let mut comments: Vec<&Comment> = self.comments.values().collect();
        comments.sort_by_key(|comment| (comment.at, &comment.id));
        comments
    }
}
