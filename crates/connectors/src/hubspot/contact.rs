//! Finding contacts: by e-mail, id or key with consistent reads, by phone with searches.

use std::collections::{BTreeMap, HashMap};

use domain::{
    contact::ContactKey,
    email::Email,
    fault::Fault,
    ids::{ContactId, OwnerId},
    phone::Phone,
};
use jiff::Timestamp;

use super::Hubspot;

/// A contact as HubSpot holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its id; of a merged contact, the surviving one.
    pub id: ContactId,
    /// Its first address.
    pub email: Option<Email>,
    /// Its owner.
    pub owner: Option<OwnerId>,
    /// Its numbers as people typed them: phone, then mobile.
    pub phones: Vec<String>,
    /// When it was last active (C12: `lastmodifieddate`).
    pub modified_at: Option<Timestamp>,
    /// All that was read of it and has a value.
    pub properties: BTreeMap<String, String>,
}

impl Hubspot {
    /// Reads contacts by address, also by a further address where HubSpot resolves it. Consistent. Who is not there is
    /// left out.
    pub async fn contacts_by_email(&self, emails: &[Email]) -> Result<HashMap<Email, Contact>, Fault> {
        let _ = emails;
        std::future::ready(Err(Fault::later("not yet"))).await
    }

    /// Reads contacts by id, each under the id that was asked for; a merged one answers with another. Consistent.
    pub async fn contacts_by_id(&self, ids: &[ContactId]) -> Result<HashMap<ContactId, Contact>, Fault> {
        let _ = ids;
        std::future::ready(Err(Fault::later("not yet"))).await
    }

    /// Reads contacts that we made, by our key; only where the guard of contacts is `UniqueProperty`. Consistent.
    pub async fn contacts_by_key(&self, keys: &[ContactKey]) -> Result<HashMap<ContactKey, Contact>, Fault> {
        let _ = keys;
        std::future::ready(Err(Fault::later("not yet"))).await
    }

    /// Searches contacts by number, in as few searches as the limits allow. Searches lag behind writes.
    ///
    /// With each number goes the country (two letters) by which numbers without a country code are read. The most
    /// recently active contact comes first; a number that nobody has is left out.
    pub async fn contacts_by_phone(
        &self,
        phones: &[(Phone, Option<String>)],
    ) -> Result<HashMap<Phone, Vec<Contact>>, Fault> {
        let _ = phones;
        std::future::ready(Err(Fault::later("not yet"))).await
    }

    /// Searches contacts that have the address as their first or as a further one, the most recently active first:
    /// for a create that was refused as existing without saying which. Searches lag behind writes.
    pub async fn search_contacts_by_email(&self, email: &Email) -> Result<Vec<Contact>, Fault> {
        let _ = email;
        std::future::ready(Err(Fault::later("not yet"))).await
    }
}
