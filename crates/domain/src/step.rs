//! Steps: the writes that bring HubSpot to what a record says; receipts: what HubSpot answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    contact::{AnswerProperty, ContactKey, ContactLink, NewContact},
    ids::{ContactId, ObjectId, StepKey},
    record::Held,
};

/// The kinds of HubSpot activity that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// A call.
    Calls,
    /// A meeting.
    Meetings,
    /// A task.
    Tasks,
}

impl Object {
    /// HubSpot's word in its addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Meetings => "meetings",
            Self::Tasks => "tasks",
        }
    }
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Makes a contact, in the first round.
    CreateContact(NewContact),
    /// Makes an activity with its associations, in the second round.
    Create {
        /// What makes it happen once.
        key: StepKey,
        /// What to make.
        object: Object,
        /// All its properties.
        properties: BTreeMap<String, String>,
        /// Whom it is associated with.
        contacts: Vec<ContactRef>,
    },
    /// Changes properties of an activity, in the second round. An empty value clears.
    Update {
        /// What to change.
        object: Object,
        /// HubSpot's id of it.
        id: ObjectId,
        /// Only what differs from what we last wrote.
        properties: BTreeMap<String, String>,
    },
    /// Associates an activity that stands with one more contact, after the second round.
    Associate {
        /// What.
        object: Object,
        /// HubSpot's id of it.
        id: ObjectId,
        /// With whom.
        contact: ContactRef,
    },
    /// Takes one contact off an activity that stands, after the second round.
    Dissociate {
        /// What.
        object: Object,
        /// HubSpot's id of it.
        id: ObjectId,
        /// Whom.
        contact: ContactId,
    },
    /// Writes answers to the contact that was made for them and did not take them then, after the second round.
    WriteAnswers {
        /// Whose.
        contact: ContactId,
        /// The answers.
        answers: Vec<AnswerProperty>,
    },
    /// Moves an activity to HubSpot's recycle bin, in the last round.
    Archive {
        /// What to archive.
        object: Object,
        /// HubSpot's id of it.
        id: ObjectId,
    },
}

/// A contact that is known, or that a step of the first round makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactRef {
    /// Known.
    Known(ContactId),
    /// Made by the step with this key.
    Made(ContactKey),
}

/// The writes for one record, in the order of their rounds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The steps; none when HubSpot already holds what the record says.
    pub steps: Vec<Step>,
    /// The contact found for the record, to be kept once the plan is carried out.
    pub link: Option<ContactLink>,
    /// The contacts found for the others of a booking, by what they are known by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companions: Vec<(ContactKey, ContactLink)>,
}

/// Properties of an activity that were sent and not answered: HubSpot holds what it held before, or what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// What.
    pub object: Object,
    /// HubSpot's id.
    pub id: ObjectId,
    /// What was sent last of each.
    pub properties: BTreeMap<String, String>,
}

/// What HubSpot answered to a step, as it bears on the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// The record's contact is settled.
    Linked(ContactLink),
    /// An activity stands in HubSpot.
    Made(Held),
    /// Properties of an activity were changed.
    Changed {
        /// What.
        object: Object,
        /// HubSpot's id.
        id: ObjectId,
        /// What was written.
        properties: BTreeMap<String, String>,
    },
    /// Properties of an activity were sent, and not answered.
    Unanswered(Unanswered),
    /// An activity is associated with just these contacts, as far as we wrote.
    Associated {
        /// What.
        object: Object,
        /// HubSpot's id.
        id: ObjectId,
        /// With whom.
        contacts: Vec<ContactId>,
    },
    /// An activity that was to be changed is not there: it was deleted in HubSpot and is left so. What was sent to it before is
    /// nowhere, so that a move makes a meeting of its own.
    Missing {
        /// What.
        object: Object,
        /// HubSpot's id.
        id: ObjectId,
    },
    /// An activity is no longer there: archived by us.
    Gone {
        /// What.
        object: Object,
        /// HubSpot's id.
        id: ObjectId,
    },
}
