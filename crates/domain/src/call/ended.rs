//! When a call counts as ended (PRODUCT §8).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::snapshot::{CallEvent, CallSnapshot};

/// How long after the hang-up a webhook tells that the call is over: Aircall sends `call.ended` 30 s after it.
const WRAP_UP: SignedDuration = SignedDuration::from_secs(30);

/// How long after the hang-up the clock alone tells that the call is over.
pub const HANGUP_GRACE: SignedDuration = SignedDuration::from_secs(60);

/// What was heard that bears on whether the call is over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// `call.ended` was read.
    was_said: bool,
    /// The newest webhook of the call.
    last_heard: Option<Timestamp>,
    /// It was decided how the call ended.
    #[serde(default)]
    was_decided: bool,
}

impl Ended {
    /// Takes in what one webhook says.
    pub fn take(&mut self, said: &CallSnapshot) {
        self.was_said |= said.event == CallEvent::Ended;
        self.last_heard = self.last_heard.max(Some(said.at));
    }

    /// Keeps that it was decided how the call ended: a clock that is set back does not undo it.
    pub fn decided(&mut self) {
        self.was_decided = true;
    }

    /// Whether the call counts as ended.
    pub fn holds(&self, ended_at: Option<Timestamp>, now: Timestamp) -> bool {
        self.was_said
            || self.was_decided
            || ended_at.is_some_and(|at| {
                now >= at + HANGUP_GRACE || self.last_heard.is_some_and(|heard| heard > at + WRAP_UP)
            })
    }
}
