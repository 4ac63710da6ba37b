//! The kinds of call that have an outcome of their own (C3).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call::{Call, Direction};

/// What kind of call it was, by which the admin chooses outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody called and an agent answered.
    InboundAnswered,
    /// Somebody called and nobody answered.
    InboundMissed,
    /// Somebody called, nobody answered, and a voicemail was left.
    InboundVoicemail,
    /// An agent called and something answered: a person or a machine.
    OutboundAnswered,
    /// An agent called and hung up before anything answered; also any hang-up cause that no map names.
    OutboundUnanswered,
    /// An agent called somebody who was in another call.
    OutboundBusy,
    /// An agent called a number that does not exist.
    OutboundWrongNumber,
}

impl Kind {
    /// All kinds, in the order of the settings page.
    pub const ALL: [Self; 7] = [
        Self::InboundAnswered,
        Self::InboundMissed,
        Self::InboundVoicemail,
        Self::OutboundAnswered,
        Self::OutboundUnanswered,
        Self::OutboundBusy,
        Self::OutboundWrongNumber,
    ];

    /// The word used in settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InboundAnswered => "inbound_answered",
            Self::InboundMissed => "inbound_missed",
            Self::InboundVoicemail => "inbound_voicemail",
            Self::OutboundAnswered => "outbound_answered",
            Self::OutboundUnanswered => "outbound_unanswered",
            Self::OutboundBusy => "outbound_busy",
            Self::OutboundWrongNumber => "outbound_wrong_number",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The kind in plain words, e.g. "answered outbound call".
    pub const fn words(self) -> &'static str {
        match self {
            Self::InboundAnswered => "answered inbound call",
            Self::InboundMissed => "missed inbound call",
            Self::InboundVoicemail => "inbound call with a voicemail",
            Self::OutboundAnswered => "answered outbound call",
            Self::OutboundUnanswered => "unanswered outbound call",
            Self::OutboundBusy => "outbound call to a busy line",
            Self::OutboundWrongNumber => "outbound call to a wrong number",
        }
    }

    /// How a title begins, before the other party's name.
    pub const fn title_words(self) -> &'static str {
        match self {
            Self::InboundAnswered => "Inbound call from",
            Self::InboundMissed => "Missed call from",
            Self::InboundVoicemail => "Voicemail from",
            Self::OutboundAnswered => "Outbound call to",
            Self::OutboundUnanswered => "Unanswered call to",
            Self::OutboundBusy => "Busy: call to",
            Self::OutboundWrongNumber => "Wrong number: call to",
        }
    }
}

/// Hang-up causes, any case, to the kind that they make of an unanswered outbound call.
pub type Causes = BTreeMap<String, Kind>;

/// The map used until an admin gives another. Aircall's vocabulary is unconfirmed (reference/aircall.md §8.3).
pub fn default_causes() -> Causes {
    let busy = ["busy", "user_busy"].map(|cause| (cause.to_owned(), Kind::OutboundBusy));
    let wrong = ["wrong_number", "invalid_number", "unallocated_number"]
        .map(|cause| (cause.to_owned(), Kind::OutboundWrongNumber));
    busy.into_iter().chain(wrong).collect()
}

/// Says what kind of call it is, as far as its facts tell; `None` while the direction is unknown.
pub fn kind(call: &Call, causes: &Causes) -> Option<Kind> {
    let answered = call.answered_at().is_some();
    Some(match call.direction()? {
        Direction::Inbound if answered => Kind::InboundAnswered,
        Direction::Inbound if call.has_voicemail() => Kind::InboundVoicemail,
        Direction::Inbound => Kind::InboundMissed,
        Direction::Outbound if answered => Kind::OutboundAnswered,
        Direction::Outbound => call
            .hangup_cause()
            .and_then(|cause| causes.iter().find(|(known, _)| known.eq_ignore_ascii_case(cause.trim())))
            .map(|(_, kind)| *kind)
            .filter(|kind| matches!(kind, Kind::OutboundBusy | Kind::OutboundWrongNumber))
            .unwrap_or(Kind::OutboundUnanswered),
    })
}
