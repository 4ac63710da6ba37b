//! Making contacts and activities in batches, each row with an answer of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    fault::Fault,
    ids::{ContactId, ObjectId},
    step::Object,
};
use serde_json::json;

use super::{
    Class, Hubspot,
    batch::INPUTS_MAX,
    contact::CONTACTS,
    matching::{Matched, matched},
    refusal::Trouble,
    wire::{NewAssociation, NewObject},
};

/// A contact to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    /// What its answer is found by; of two rows with one trace, only the first is sent.
    pub trace: String,
    /// Its properties.
    pub properties: BTreeMap<String, String>,
}

/// An activity to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivity {
    /// What its answer is found by; of two rows with one trace, only the first is sent.
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

impl<Id> Made<Id> {
    /// What a refusal or a lost answer means for one row.
    pub(super) fn not(trouble: Trouble) -> Self
    where
        Id: From<String>,
    {
        match trouble {
            Trouble::NotSent(fault) => Self::NotSent(fault),
            Trouble::InDoubt(fault) => Self::InDoubt(fault.why().to_owned()),
            Trouble::Refused(refusal) => match refusal.conflict() {
                Some(conflict) => Self::Exists { id: conflict.id.map(Id::from) },
                None => Self::Refused(refusal.fault()),
            },
        }
    }
}

/// HubSpot's type ids from an activity to a contact; the other direction has others, one less (§1.5).
const fn to_contact(object: Object) -> u32 {
    match object {
        Object::Calls => 194,
        Object::Meetings => 200,
        Object::Tasks => 204,
    }
}

impl Hubspot {
    /// Makes contacts. Each row's answer stands under its trace.
    pub async fn create_contacts(&self, rows: Vec<NewRow>) -> HashMap<String, Made<ContactId>> {
        let rows = rows.into_iter().map(|row| NewObject {
            object_write_trace_id: row.trace,
            properties: row.properties,
            associations: Vec::new(),
        });
        self.create(CONTACTS, rows).await
    }

    /// Makes activities with their associations. Each row's answer stands under its trace.
    pub async fn create_activities(&self, object: Object, rows: Vec<NewActivity>) -> HashMap<String, Made> {
        let rows = rows.into_iter().map(|row| NewObject {
            object_write_trace_id: row.trace,
            properties: row.properties,
            associations: row
                .contacts
                .into_iter()
                .map(|contact| NewAssociation::to(contact.0, to_contact(object)))
                .collect(),
        });
        self.create(object.word(), rows).await
    }

    /// A request that is refused whole wrote nothing: it is sent again in halves, so that a bad row stands alone in
    /// the end. Once HubSpot is down, over a limit or lost, nothing more is sent.
    async fn create<Id: From<String>>(
        &self,
        object: &str,
        rows: impl Iterator<Item = NewObject>,
    ) -> HashMap<String, Made<Id>> {
        let path = format!("{}/batch/create", self.settings.version.objects(object));
        let mut traces = BTreeSet::new();
        let rows: Vec<NewObject> =
            rows.filter(|row| traces.insert(row.object_write_trace_id.clone())).collect();
        let mut waiting: Vec<Vec<NewObject>> = rows.chunks(INPUTS_MAX).rev().map(<[_]>::to_vec).collect();
        let mut made = HashMap::new();
        while let Some(mut rows) = waiting.pop() {
            match self.post(Class::General, &path, &json!({ "inputs": rows })).await {
                Ok(batch) => {
                    let Matched { made: told, again } = matched(rows, batch);
                    made.extend(told);
                    waiting.extend(again.into_iter().map(|row| vec![row]));
                }
                Err(Trouble::Refused(_)) if rows.len() > 1 => {
                    let other = rows.split_off(rows.len() / 2);
                    waiting.extend([other, rows]);
                }
                Err(trouble) => {
                    let stops = match &trouble {
                        Trouble::NotSent(fault) | Trouble::InDoubt(fault) => Some(fault.clone()),
                        Trouble::Refused(_) => None,
                    };
                    let told = |row: NewObject| (row.object_write_trace_id, Made::not(trouble.clone()));
                    made.extend(rows.into_iter().map(told));
                    if let Some(fault) = stops {
                        let unsent = waiting.drain(..).flatten();
                        made.extend(
                            unsent.map(|row| (row.object_write_trace_id, Made::NotSent(fault.clone()))),
                        );
                    }
                }
            }
        }
        made
    }
}
