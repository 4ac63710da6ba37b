//! Properties of our own: the unique one that makes each create happen once, and those for answers.

use domain::{contact::PropertyDefinition, fault::Fault, step::Object};
use serde::{Deserialize, Serialize};

use super::Hubspot;

/// The property that holds our key, unique where the account lets it be.
pub const KEY_PROPERTY: &str = "patchbay_key";

/// What keeps a create from happening twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// HubSpot refuses a second object with our key.
    UniqueProperty,
    /// Nothing in HubSpot: we look before we send again.
    #[default]
    Lookup,
}

/// The guard of each kind of object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guards {
    /// Of contacts.
    pub contacts: Guard,
    /// Of calls.
    pub calls: Guard,
    /// Of meetings.
    pub meetings: Guard,
    /// Of tasks.
    pub tasks: Guard,
}

impl Guards {
    /// The guard of a kind of activity.
    pub const fn of(self, object: Object) -> Guard {
        match object {
            Object::Calls => self.calls,
            Object::Meetings => self.meetings,
            Object::Tasks => self.tasks,
        }
    }
}

impl Hubspot {
    /// Makes our group and the unique key property on contacts, calls, meetings and tasks, where the account lets us.
    ///
    /// A refusal for one kind of object gives `Lookup` for it; a fault is a passing one or a refused credential.
    pub async fn prepare(&self) -> Result<Guards, Fault> {
        std::future::ready(Err(Fault::later("not yet"))).await
    }

    /// Makes contact properties for answers; those that exist are left as they are.
    ///
    /// All are tried; the first refusal is what is returned.
    pub async fn define(&self, definitions: &[PropertyDefinition]) -> Result<(), Fault> {
        let _ = definitions;
        std::future::ready(Err(Fault::later("not yet"))).await
    }
}
