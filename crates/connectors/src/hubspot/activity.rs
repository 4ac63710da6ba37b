//! Finding activities: by our key, by their contact, by their properties.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    fault::Fault,
    ids::{ContactId, ObjectId},
    step::Object,
};

use super::{
    Hubspot, KEY_PROPERTY,
    contact::CONTACTS,
    refusal::Trouble,
    wire::{self, Associated, Filter, Page, Search},
};

/// What orders activities by their last change.
const MODIFIED_AT: &str = "hs_lastmodifieddate";

/// An activity as HubSpot holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// HubSpot's id.
    pub id: ObjectId,
    /// All that we write of its kind, and when it was made; only what has a value.
    pub properties: BTreeMap<String, String>,
}

impl Found {
    fn read(object: &wire::Object) -> Self {
        Self { id: ObjectId(object.id.clone()), properties: object.valued() }
    }
}

/// What is read of an activity: what the plans write, so that an adopted activity is known as a made one is.
const fn properties(object: Object) -> &'static [&'static str] {
    match object {
        Object::Calls => &[
            KEY_PROPERTY,
            "hs_createdate",
            "hs_timestamp",
            "hs_call_title",
            "hs_call_body",
            "hs_call_direction",
            "hs_call_duration",
            "hs_call_from_number",
            "hs_call_to_number",
            "hs_call_status",
            "hs_call_has_voicemail",
            "hs_call_disposition",
            "hs_call_recording_url",
            "hs_call_external_id",
            "hs_activity_type",
            "hubspot_owner_id",
        ],
        Object::Meetings => &[
            KEY_PROPERTY,
            "hs_createdate",
            "hs_timestamp",
            "hs_meeting_title",
            "hs_meeting_body",
            "hs_meeting_start_time",
            "hs_meeting_end_time",
            "hs_meeting_outcome",
            "hs_meeting_location",
            "hs_meeting_external_url",
            "hs_activity_type",
            "hubspot_owner_id",
        ],
        Object::Tasks => &[
            KEY_PROPERTY,
            "hs_createdate",
            "hs_timestamp",
            "hs_task_subject",
            "hs_task_body",
            "hs_task_status",
            "hs_task_type",
            "hs_task_priority",
            "hubspot_owner_id",
        ],
    }
}

impl Hubspot {
    /// Reads activities by our key; only where their guard is `UniqueProperty`. Consistent. What is not there is left
    /// out.
    pub async fn find_by_key(
        &self,
        object: Object,
        wanted: &BTreeSet<String>,
    ) -> Result<HashMap<String, Found>, Fault> {
        let objects = self.read_batch(object.word(), Some(KEY_PROPERTY), wanted, properties(object)).await?;
        let keyed = objects.iter().filter_map(|object| {
            let key = object.property(KEY_PROPERTY).filter(|key| wanted.contains(key))?;
            Some((key, Found::read(object)))
        });
        Ok(keyed.collect())
    }

    /// Reads the activities of a contact, none if there is no such contact: for accounts without the unique property.
    /// Consistent.
    pub async fn activities_of(&self, contact: &ContactId, object: Object) -> Result<Vec<Found>, Fault> {
        let ids = self.associated(contact, object).await?;
        let objects = self.read_batch(object.word(), None, &ids, properties(object)).await?;
        Ok(objects.iter().filter(|object| object.archived != Some(true)).map(Found::read).collect())
    }

    async fn associated(&self, contact: &ContactId, object: Object) -> Result<BTreeSet<String>, Fault> {
        let path = self.settings.version.associations(CONTACTS, contact.as_str(), object.word());
        let mut ids = BTreeSet::new();
        let mut after: Option<String> = None;
        loop {
            let mut query = vec![("limit", "500")];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let page: Page<Associated> = match self.get(&path, &query).await {
                Err(Trouble::Refused(refusal)) if refusal.is_missing() => return Ok(ids),
                read => read?,
            };
            let next = page.next().filter(|next| Some(next) != after.as_ref());
            let to = |one: Associated| if one.to_object_id.is_empty() { one.id } else { one.to_object_id };
            ids.extend(page.results.into_iter().map(to).filter(|id| !id.is_empty()));
            if next.is_none() {
                return Ok(ids);
            }
            after = next;
        }
    }

    /// Searches activities that have all these values, at most six: for calls of nobody. Searches lag behind writes.
    pub async fn search_activities(
        &self,
        object: Object,
        wanted: &[(&str, String)],
    ) -> Result<Vec<Found>, Fault> {
        let filters =
            wanted.iter().map(|(property, value)| Filter::equals(property, value.clone())).collect();
        let search = Search::new(vec![filters], properties(object), MODIFIED_AT);
        let objects = self.search_all(object.word(), search).await?;
        Ok(objects.iter().map(Found::read).collect())
    }
}
