//! Ids, each a type of its own, so that one cannot be taken for another.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::source::Source;

macro_rules! text_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    )+};
}

text_id! {
    /// A tag of the phone system, by Aircall's id.
    TagId,
    /// A HubSpot call outcome: the GUID of a disposition.
    OutcomeId,
    /// A HubSpot contact.
    ContactId,
    /// A HubSpot owner (the owner id; HubSpot's user id is another number).
    OwnerId,
    /// What HubSpot gave an object when it was made: a call, a meeting, a task.
    ObjectId,
    /// A key of ours that makes a step happen once, e.g. `aircall:780883160`.
    StepKey,
}

/// One organisation served by this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkspaceId(pub i64);

/// One record: all that is known of one call or one booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(pub Uuid);

impl RecordId {
    /// The id of the record that began with this external id: the same after a crash, and on each node.
    pub fn of(workspace: WorkspaceId, source: Source, external_id: &str) -> Self {
        let name = format!("{}/{}/{external_id}", workspace.0, source.word());
        Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
    }
}

impl std::fmt::Display for RecordId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One rule of an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(pub Uuid);

impl std::fmt::Display for RuleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
