//! Finding activities: by our key, by their contact, by their properties.

use std::collections::{BTreeMap, HashMap};

use domain::{
    fault::Fault,
    ids::{ContactId, ObjectId, StepKey},
    step::Object,
};

use super::Hubspot;

/// An activity as HubSpot holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// HubSpot's id.
    pub id: ObjectId,
    /// Those properties that tell one activity from another and have a value.
    pub properties: BTreeMap<String, String>,
}

impl Hubspot {
    /// Reads activities by our key; only where their guard is `UniqueProperty`. Consistent. What is not there is left out.
    pub async fn find_by_key(
        &self,
        object: Object,
        keys: &[StepKey],
    ) -> Result<HashMap<StepKey, Found>, Fault> {
        let _ = (object, keys);
        std::future::ready(Err(Fault::later("not yet"))).await
    }

    /// Reads the activities of a contact: for accounts without the unique property. Consistent.
    pub async fn activities_of(&self, contact: &ContactId, object: Object) -> Result<Vec<Found>, Fault> {
        let _ = (contact, object);
        std::future::ready(Err(Fault::later("not yet"))).await
    }

    /// Searches activities that have all these values: for calls of nobody. Searches lag behind writes.
    pub async fn search_activities(
        &self,
        object: Object,
        wanted: &[(&str, String)],
    ) -> Result<Vec<Found>, Fault> {
        let _ = (object, wanted);
        std::future::ready(Err(Fault::later("not yet"))).await
    }
}
