//! Contacts that join or leave an activity that stands: one request each, as few ever do, and each may be sent again.

use domain::{
    ids::{ContactId, ObjectId},
    step::Object,
};
use serde_json::Value;

use super::{Changed, Hubspot, contact::CONTACTS};

impl Hubspot {
    /// Associates an activity with a contact; `Missing` if either is not there.
    pub async fn associate(&self, object: Object, id: &ObjectId, contact: &ContactId) -> Changed {
        let path =
            self.settings.version.default_association(object.word(), id.as_str(), CONTACTS, contact.as_str());
        self.put::<Value>(&path).await.map_or_else(Changed::of_association, |_| Changed::Done)
    }

    /// Takes a contact off an activity; one that is off already is `Done`.
    pub async fn dissociate(&self, object: Object, id: &ObjectId, contact: &ContactId) -> Changed {
        let path = self.settings.version.association(object.word(), id.as_str(), CONTACTS, contact.as_str());
        match self.delete::<Value>(&path).await.map_or_else(Changed::of_association, |_| Changed::Done) {
            Changed::Missing => Changed::Done,
            changed => changed,
        }
    }
}
