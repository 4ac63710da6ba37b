//! The admin's settings for calls and for meetings.

mod slot;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use slot::Slot;

use crate::{
    ids::{OutcomeId, OwnerId},
    kind::{Causes, Kind, default_causes},
    source::Source,
};

/// HubSpot's default outcomes: the GUIDs are the same in each portal (reference/hubspot.md §2.2).
pub mod default_outcomes {
    /// Busy
    pub const BUSY: &str = "9d9162e7-6cf3-4944-bf63-4dff82258764";
    /// Connected
    pub const CONNECTED: &str = "f240bbac-87c9-4f6e-bf70-924b57d47db7";
    /// Left voicemail
    pub const LEFT_VOICEMAIL: &str = "b2cf5968-551e-4856-9783-52b3da59a7d0";
    /// No answer
    pub const NO_ANSWER: &str = "73a0d17f-1163-4015-bdd5-ec830791da20";
    /// Wrong number
    pub const WRONG_NUMBER: &str = "17b47fee-58de-441e-a44c-c6300d46f273";
}

/// When an answered call is first logged (C2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogWhen {
    /// When it is answered, completed at its end.
    #[default]
    Answered,
    /// Only when it has ended: half the requests.
    Ended,
}

/// What counts when a call's tags are mapped to different outcomes (C5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The outcome of the call's kind.
    #[default]
    CallOutcome,
    /// The first matching rule in the admin's order.
    FirstRule,
}

/// Settings for calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallSettings {
    /// The outcome of each kind of call (C3).
    pub outcomes: BTreeMap<Kind, Slot>,
    /// When answered calls are first logged (C2).
    pub log_when: LogWhen,
    /// What counts when mapped tags disagree (C5).
    pub on_conflict: OnConflict,
    /// Whether an unknown caller becomes a contact, by kind of call (C12).
    pub create_contacts: BTreeMap<Kind, bool>,
    /// Aircall's ids of numbers whose calls are left out (C1).
    pub exclude_numbers: BTreeSet<String>,
    /// Agents' addresses, in lower case, to owners: overrules the match by address (C13).
    pub owner_map: BTreeMap<String, OwnerId>,
    /// The title, with places such as `{party}` (C14).
    pub title_template: String,
    /// The call type of each kind of call, a value of `hs_activity_type`; `None` writes none (C16).
    pub call_types: BTreeMap<Kind, Option<String>>,
    /// Whether a missed call opens a task for the contact's owner (C17).
    pub missed_call_task: bool,
    /// Hang-up causes to kinds.
    pub outcome_causes: Causes,
}

/// The places that a call's title may have.
pub const CALL_TITLE_PLACES: [&str; 7] = ["what", "kind", "direction", "party", "number", "line", "agent"];

/// The title of a call until an admin gives another.
pub const CALL_TITLE: &str = "{what} {party} on {line}";

impl Default for CallSettings {
    fn default() -> Self {
        use default_outcomes::{BUSY, CONNECTED, LEFT_VOICEMAIL, NO_ANSWER, WRONG_NUMBER};
        let outcome = |kind| match kind {
            Kind::InboundAnswered | Kind::OutboundAnswered => CONNECTED,
            Kind::InboundMissed | Kind::OutboundUnanswered => NO_ANSWER,
            Kind::InboundVoicemail => LEFT_VOICEMAIL,
            Kind::OutboundBusy => BUSY,
            Kind::OutboundWrongNumber => WRONG_NUMBER,
        };
        Self {
            outcomes: Kind::ALL
                .map(|kind| (kind, Slot::standing(Some(OutcomeId::from(outcome(kind))))))
                .into(),
            log_when: LogWhen::default(),
            on_conflict: OnConflict::default(),
            create_contacts: Kind::ALL.map(|kind| (kind, true)).into(),
            exclude_numbers: BTreeSet::new(),
            owner_map: BTreeMap::new(),
            title_template: CALL_TITLE.to_owned(),
            call_types: Kind::ALL.map(|kind| (kind, None)).into(),
            missed_call_task: false,
            outcome_causes: default_causes(),
        }
    }
}

impl CallSettings {
    /// Whether an unknown caller of this kind of call becomes a contact.
    pub fn creates_contact(&self, kind: Kind) -> bool {
        self.create_contacts.get(&kind).copied().unwrap_or(true)
    }
}

/// What a rescheduled meeting does to its activity (M4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnReschedule {
    /// The activity is deleted and a new one made.
    #[default]
    Replace,
    /// The activity is changed in place, outcome RESCHEDULED.
    Update,
}

/// Whether answers become contact properties (M8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerProperties {
    /// For contacts made by the booking.
    #[default]
    NewContacts,
    /// Not at all.
    Never,
}

/// What becomes of guests (M11).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guests {
    /// Only the one who booked is a contact.
    #[default]
    Ignore,
    /// Each guest is a contact too, and associated.
    Contacts,
}

/// Settings for meetings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MeetingSettings {
    /// What a reschedule does.
    pub on_reschedule: OnReschedule,
    /// Whether both parties get a notice at all.
    pub notify: bool,
    /// The sources whose bookings send notices.
    pub notify_sources: BTreeSet<Source>,
    /// Whether answers become contact properties.
    pub answer_properties: AnswerProperties,
    /// Questions, or their ids, to existing contact properties.
    pub answer_map: BTreeMap<String, String>,
    /// What becomes of guests.
    pub guests: Guests,
    /// The title by source, with the place `{event_name}`.
    pub title_template: BTreeMap<Source, String>,
}

/// The places that a meeting's title may have.
pub const MEETING_TITLE_PLACES: [&str; 3] = ["event_name", "invitee", "host"];

impl Default for MeetingSettings {
    fn default() -> Self {
        let sources = [Source::Calendar, Source::Calcom, Source::Calendly];
        Self {
            on_reschedule: OnReschedule::default(),
            notify: true,
            notify_sources: [Source::Calendar].into(),
            answer_properties: AnswerProperties::default(),
            answer_map: BTreeMap::new(),
            guests: Guests::default(),
            title_template: sources.map(|source| (source, meeting_title(source))).into(),
        }
    }
}

/// The title of a meeting until an admin gives another (M3).
pub fn meeting_title(source: Source) -> String {
    format!("Meeting - {}: {{event_name}}", source.name())
}
