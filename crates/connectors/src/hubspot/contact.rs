//! Finding contacts: by e-mail, id or key with consistent reads, by phone with searches.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    contact::ContactKey,
    email::Email,
    fault::Fault,
    ids::{ContactId, OwnerId},
    phone::Phone,
};
use jiff::Timestamp;

use super::{
    Hubspot, KEY_PROPERTY,
    batch::INPUTS_MAX,
    refusal::Trouble,
    wire::{Filter, Object, Search},
};

/// HubSpot's word for contacts in its addresses.
pub(super) const CONTACTS: &str = "contacts";
/// What orders contacts by their last activity; on all other objects it is `hs_lastmodifieddate`.
pub(super) const MODIFIED_AT: &str = "lastmodifieddate";
/// What is read of a contact.
pub(super) const PROPERTIES: &[&str] = &[
    "email",
    MORE_EMAILS,
    "phone",
    "mobilephone",
    COUNTRY,
    "hubspot_owner_id",
    MODIFIED_AT,
    "hs_merged_object_ids",
    KEY_PROPERTY,
];
/// The further addresses, parted by `;`.
const MORE_EMAILS: &str = "hs_additional_emails";
/// The country of the contact's number as HubSpot works it out, two letters.
const COUNTRY: &str = "hs_calculated_phone_number_country_code";

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

impl Contact {
    pub(super) fn read(object: &Object) -> Self {
        let email = object.property("email").and_then(|email| Email::read(&email));
        let phones = ["phone", "mobilephone"].iter().filter_map(|name| object.property(name)).collect();
        Self {
            id: ContactId(object.id.clone()),
            email,
            owner: object.property("hubspot_owner_id").map(OwnerId),
            phones,
            modified_at: object.property(MODIFIED_AT).and_then(|at| time(&at)),
            properties: object.valued(),
        }
    }

    /// All addresses, the first one first.
    fn emails(&self) -> Vec<Email> {
        let more = self.listed(MORE_EMAILS).into_iter().filter_map(|email| Email::read(&email));
        self.email.iter().cloned().chain(more).collect()
    }

    /// Whether one of the numbers is this one. Without a country code it is read by the contact's own country, else by
    /// the one given.
    pub fn has_phone(&self, wanted: &Phone, country: Option<&str>) -> bool {
        let country = self.properties.get(COUNTRY).map(String::as_str).or(country);
        self.phones.iter().any(|phone| Phone::read(phone, country).as_ref() == Some(wanted))
    }

    fn listed(&self, property: &str) -> Vec<String> {
        let listed = self.properties.get(property).map_or("", String::as_str);
        listed.split(';').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
    }
}

/// A time as HubSpot gives it: ISO 8601, or milliseconds.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let millis = || text.parse().ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    text.parse().ok().or_else(millis)
}

/// Puts the most recently active first (C12).
pub(super) fn by_activity(contacts: &mut [Contact]) {
    contacts.sort_by(|one, other| (other.modified_at, &other.id).cmp(&(one.modified_at, &one.id)));
}

impl Hubspot {
    /// Reads contacts by address, also by a further address where HubSpot resolves it. Consistent. Who is not there is
    /// left out, as is an address that HubSpot refuses: it cannot be anybody's.
    pub async fn contacts_by_email(&self, emails: &[Email]) -> Result<HashMap<Email, Contact>, Fault> {
        let wanted: BTreeSet<&str> = emails.iter().map(Email::as_str).collect();
        let wanted: Vec<&str> = wanted.into_iter().collect();
        let mut waiting: Vec<&[&str]> = wanted.chunks(INPUTS_MAX).collect();
        let mut found: HashMap<Email, Contact> = HashMap::new();
        while let Some(chunk) = waiting.pop() {
            match self.read_chunk(CONTACTS, Some("email"), chunk, PROPERTIES).await {
                Ok(objects) => {
                    for contact in objects.iter().map(Contact::read) {
                        let known_by = contact.emails().into_iter().filter(|email| emails.contains(email));
                        found.extend(known_by.map(|email| (email, contact.clone())));
                    }
                }
                // One odd address must not hide the others.
                Err(Trouble::Refused(refusal)) if refusal.status == 400 => {
                    if chunk.len() > 1 {
                        let (one, other) = chunk.split_at(chunk.len() / 2);
                        waiting.extend([one, other]);
                    }
                }
                Err(trouble) => return Err(trouble.into()),
            }
        }
        Ok(found)
    }

    /// Reads contacts by id, each under the id that was asked for; a merged one answers with another. Consistent.
    pub async fn contacts_by_id(&self, ids: &[ContactId]) -> Result<HashMap<ContactId, Contact>, Fault> {
        let wanted: BTreeSet<String> = ids.iter().map(|id| id.0.clone()).collect();
        let objects = self.read_batch(CONTACTS, None, &wanted, PROPERTIES).await?;
        let mut found: HashMap<ContactId, Contact> = HashMap::new();
        for contact in objects.iter().map(Contact::read) {
            let former = contact.listed("hs_merged_object_ids").into_iter();
            for id in former.chain([contact.id.0.clone()]).filter(|id| wanted.contains(id)) {
                found.insert(ContactId(id), contact.clone());
            }
        }
        // Whether a batch read follows merges is unconfirmed (§1.6); a single read does.
        for id in wanted.into_iter().map(ContactId) {
            if !found.contains_key(&id)
                && let Some(contact) = self.contact(&id).await?
            {
                found.insert(id, contact);
            }
        }
        Ok(found)
    }

    async fn contact(&self, id: &ContactId) -> Result<Option<Contact>, Fault> {
        let path = format!("{}/{id}", self.settings.version.objects(CONTACTS));
        match self.get::<Object>(&path, &[("properties", &PROPERTIES.join(","))]).await {
            Ok(object) if object.id.is_empty() => Err(super::exchange::unreadable()),
            Ok(object) => Ok(Some(Contact::read(&object))),
            Err(Trouble::Refused(refusal)) if refusal.is_missing() => Ok(None),
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// Reads contacts that we made, by our key; only where the guard of contacts is `UniqueProperty`. Consistent.
    pub async fn contacts_by_key(&self, keys: &[ContactKey]) -> Result<HashMap<ContactKey, Contact>, Fault> {
        let wanted: BTreeMap<String, &ContactKey> = keys.iter().map(|key| (key.text(), key)).collect();
        let texts = wanted.keys().cloned().collect();
        let objects = self.read_batch(CONTACTS, Some(KEY_PROPERTY), &texts, PROPERTIES).await?;
        let keyed = objects.iter().filter_map(|object| {
            let key = wanted.get(&object.property(KEY_PROPERTY)?)?;
            Some(((*key).clone(), Contact::read(object)))
        });
        Ok(keyed.collect())
    }

    /// Searches contacts that have the address as their first or as a further one, the most recently active first:
    /// for a create that was refused as existing without saying which. Searches lag behind writes.
    pub async fn search_contacts_by_email(&self, email: &Email) -> Result<Vec<Contact>, Fault> {
        let groups = vec![
            vec![Filter::equals("email", email.as_str().to_owned())],
            vec![Filter::has_token(MORE_EMAILS, email.as_str().to_owned())],
        ];
        let objects = self.search_all(CONTACTS, Search::new(groups, PROPERTIES, MODIFIED_AT)).await?;
        let mut contacts: Vec<Contact> = objects.iter().map(Contact::read).collect();
        // A token search also finds what is merely like it.
        contacts.retain(|contact| contact.emails().contains(email));
        by_activity(&mut contacts);
        Ok(contacts)
    }
}
