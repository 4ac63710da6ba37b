//! What an envelope says.

use serde::{Deserialize, Serialize};

use crate::{booking::BookingEvent, call::CallSnapshot};

/// What an envelope says, in our words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A call as it stands.
    Call(Box<CallSnapshot>),
    /// A booking made, moved or canceled.
    Booking(Box<BookingEvent>),
    /// Something that bears on no call and no booking: kept and otherwise left alone.
    Ignored {
        /// The source's own name of the event.
        name: String,
    },
}

/// An envelope that could not be read: valid JSON, but not of the source's shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// Where in the body, e.g. `data.invitee.email`.
    pub field: String,
    /// What was wrong with it, in plain words.
    pub problem: String,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for Unreadable {}
