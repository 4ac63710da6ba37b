//! What one Aircall webhook says of a call.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{email::Email, ids::TagId, latest::Stamp};

/// One webhook's whole view of a call. A missing fact says nothing; it does not take back an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSnapshot {
    /// Aircall's id of the call.
    pub call: String,
    /// What happened.
    pub event: CallEvent,
    /// When Aircall made the webhook, in whole seconds.
    pub at: Timestamp,
    /// Who called whom.
    pub direction: Option<Direction>,
    /// When it began to ring.
    pub started_at: Option<Timestamp>,
    /// When somebody answered.
    pub answered_at: Option<Timestamp>,
    /// When it was hung up.
    pub ended_at: Option<Timestamp>,
    /// Why an inbound call was missed, in Aircall's word.
    pub missed_reason: Option<String>,
    /// How the call was hung up, in Aircall's word (vocabulary unconfirmed).
    pub hangup_cause: Option<String>,
    /// Whether a voicemail was left.
    pub has_voicemail: bool,
    /// The lasting address of the recording.
    pub recording: Option<String>,
    /// The lasting address of the voicemail.
    pub voicemail: Option<String>,
    /// The number at the other end.
    pub party: Option<Party>,
    /// The agent.
    pub agent: Option<Agent>,
    /// Aircall's contact of the other party.
    pub person: Option<Person>,
    /// The company's number.
    pub line: Option<Line>,
    /// Whom the call was handed to.
    pub transferred_to: Option<Agent>,
    /// All tags on the call; `None` if the webhook does not speak of tags.
    pub tags: Option<BTreeMap<TagId, String>>,
    /// All comments on the call.
    pub comments: Vec<Comment>,
}

impl CallSnapshot {
    /// A snapshot that says nothing but that the event happened.
    pub fn bare(call: impl Into<String>, event: CallEvent, at: Timestamp) -> Self {
        Self {
            call: call.into(),
            event,
            at,
            direction: None,
            started_at: None,
            answered_at: None,
            ended_at: None,
            missed_reason: None,
            hangup_cause: None,
            has_voicemail: false,
            recording: None,
            voicemail: None,
            party: None,
            agent: None,
            person: None,
            line: None,
            transferred_to: None,
            tags: None,
            comments: Vec::new(),
        }
    }

    /// When it was said, with the event's rank within the second.
    pub fn stamp(&self) -> Stamp {
        Stamp { at: self.at, rank: self.event.rank() }
    }
}

/// What happened to a call. The order of the variants is their rank within one second: webhooks of the same
/// second are ordered as a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEvent {
    /// `call.created`
    Created,
    /// `call.ringing_on_agent`, `call.agent_declined`, `call.ivr_option_selected` and what else comes before an answer.
    Ringing,
    /// `call.answered`
    Answered,
    /// `call.transferred`, `call.hold` and what else happens while it lasts.
    Changed,
    /// `call.hungup`
    Hungup,
    /// `call.ended`
    Ended,
    /// `call.comm_assets_generated`
    Assets,
    /// `call.voicemail_left`
    VoicemailLeft,
    /// `call.assigned`
    Assigned,
    /// `call.tagged`
    Tagged,
    /// `call.untagged`
    Untagged,
    /// `call.commented`
    Commented,
    /// `call.archived`
    Archived,
}

impl CallEvent {
    /// The rank within one second.
    pub const fn rank(self) -> u8 {
        self as u8
    }
}

/// Who called whom, seen from the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody called the company.
    Inbound,
    /// The company called.
    Outbound,
}

/// The other end of the line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The caller withheld the number.
    Anonymous,
    /// The number as Aircall displays it.
    Digits(String),
}

/// An agent: a user of the phone system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Agent {
    /// The agent's name.
    pub name: Option<String>,
    /// The agent's e-mail, by which the HubSpot owner is found (C13).
    pub email: Option<Email>,
}

/// Aircall's contact of the other party.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Addresses, in Aircall's order.
    pub emails: Vec<Email>,
}

impl Person {
    /// The whole name, if there is one.
    pub fn name(&self) -> Option<String> {
        let parts: Vec<&str> =
            [&self.first_name, &self.last_name].into_iter().flatten().map(|part| part.trim()).collect();
        let name = parts.join(" ").trim().to_owned();
        (!name.is_empty()).then_some(name)
    }
}

/// A number of the company.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    /// Aircall's id of the number, by which it can be left out (C1).
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its digits as displayed.
    pub digits: Option<String>,
    /// Its country, two letters: how a number without a country code is read.
    pub country: Option<String>,
}

/// A note on a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Comment {
    /// Aircall's id, or the content itself where there is none.
    pub id: String,
    /// When it was written.
    pub at: Option<Timestamp>,
    /// Who wrote it.
    pub by: Option<String>,
    /// What it says.
    pub content: String,
}
