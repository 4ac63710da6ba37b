//! Finding the contact of a call or a booking, or making one (C12, M1, M2).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    booking::Answer,
    email::Email,
    ids::{ContactId, OwnerId},
    phone::Phone,
};

/// What a new contact is known by, so that two records of one unknown person make one contact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactKey {
    /// By e-mail: HubSpot keeps these unique.
    Email(Email),
    /// By phone: HubSpot does not keep these unique, so we do.
    Phone(Phone),
}

impl ContactKey {
    /// The key as text, e.g. `phone:+14155550132`.
    pub fn text(&self) -> String {
        match self {
            Self::Email(email) => format!("email:{email}"),
            Self::Phone(phone) => format!("phone:{phone}"),
        }
    }
}

/// Whom to look for: addresses first, then the number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContactQuery {
    /// Addresses, the best first.
    pub emails: Vec<Email>,
    /// The number.
    pub phone: Option<Phone>,
    /// How contacts' numbers without a country code are read: the line's country, two letters.
    pub country: Option<String>,
}

impl ContactQuery {
    /// Whether there is nothing to look for: an anonymous caller.
    pub fn is_empty(&self) -> bool {
        self.emails.is_empty() && self.phone.is_none()
    }

    /// What a contact made for this query is known by.
    pub fn key(&self) -> Option<ContactKey> {
        let email = self.emails.first().cloned().map(ContactKey::Email);
        email.or_else(|| self.phone.clone().map(ContactKey::Phone))
    }
}

/// What HubSpot answered to a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactAnswer {
    /// A contact was found.
    Found(FoundContact),
    /// Nobody is known by these.
    Unknown,
}

/// A contact that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundContact {
    /// The contact, by its surviving id if it was merged.
    pub id: ContactId,
    /// By what it was found.
    pub by: FoundBy,
    /// How many matched; the most recently active was taken.
    pub matches: usize,
    /// Its owner.
    pub owner: Option<OwnerId>,
}

/// By what a contact was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// Its e-mail, or one of its further addresses.
    Email,
    /// Its phone or mobile number.
    Phone,
    /// It was made for this record.
    Made,
}

/// The contact of a record, as settled once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactLink {
    /// The contact.
    pub id: ContactId,
    /// How it was found.
    pub by: FoundBy,
    /// How many matched then.
    pub matches: usize,
    /// Its owner then.
    pub owner: Option<OwnerId>,
}

/// A contact to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewContact {
    /// What it is known by.
    pub key: ContactKey,
    /// HubSpot properties that it must have.
    pub properties: BTreeMap<String, String>,
    /// Properties for answers (M8): made on first need, and left out if HubSpot refuses them.
    pub answers: Vec<AnswerProperty>,
}

/// An answer on its way into a contact property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerProperty {
    /// The answer itself.
    pub answer: Answer,
    /// HubSpot's name of the property.
    pub name: String,
    /// The value.
    pub value: String,
    /// How to make the property if it is ours; `None` if the admin mapped an existing one.
    pub definition: Option<PropertyDefinition>,
    /// Whether we write the property ourselves, so that the answer stays out of it.
    pub is_withheld: bool,
}

/// A contact property of our own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PropertyDefinition {
    /// HubSpot's name of it.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What it holds.
    pub holds: PropertyHolds,
}

/// What a property of ours holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropertyHolds {
    /// Words.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Truth,
}

/// HubSpot's owners; read as a whole and kept for a while.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// People by address, in lower case.
    pub people: BTreeMap<Email, OwnerId>,
    /// People who have left: their ids stay good for what they did.
    pub archived: BTreeMap<Email, OwnerId>,
    /// Owners whom HubSpot did not take lately, though a map or a list named them.
    pub refused: BTreeSet<OwnerId>,
}

impl Owners {
    /// Whether nothing is known of owners.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty() && self.archived.is_empty()
    }

    /// The owner with this address, any case, to whom somebody new can be given (M2).
    pub fn find(&self, email: &Email) -> Option<&OwnerId> {
        self.people.get(email).filter(|owner| self.takes(owner))
    }

    /// The owner with this address, any case, though they may have left: whose call or meeting it was (C13, M3).
    pub fn find_any(&self, email: &Email) -> Option<&OwnerId> {
        self.find(email).or_else(|| self.archived.get(email).filter(|owner| self.takes(owner)))
    }

    /// Whether HubSpot would take the owner, as far as is known.
    pub fn takes(&self, owner: &OwnerId) -> bool {
        !self.refused.contains(owner)
    }
}

/// Splits a name into HubSpot's first and last: the first word, and all the rest.
pub fn split_name(name: &str) -> (String, String) {
    let name = crate::text::title(name);
    match name.split_once(' ') {
        Some((first, last)) => (first.to_owned(), last.to_owned()),
        None => (name, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_split_at_its_first_space() {
        let split = |name: &str| {
            let (first, last) = split_name(name);
            format!("{first}|{last}")
        };
        assert_eq!(split("Lin Wu"), "Lin|Wu");
        assert_eq!(split(" Lin  van der\nBerg "), "Lin|van der Berg");
        assert_eq!(split("Lin"), "Lin|");
        assert_eq!(split(""), "|");
    }

    #[test]
    fn an_owner_is_found_by_address_and_one_who_has_left_only_for_what_they_did() {
        let email = |text: &str| Email::read(text).unwrap();
        let mut owners = Owners::default();
        assert!(owners.is_empty());
        owners.archived.insert(email("eve@example.com"), OwnerId::from("8"));
        assert!(!owners.is_empty());
        owners.people.insert(email("ada@example.com"), OwnerId::from("7"));
        let found = |owners: &Owners, address: &str| {
            let id = |owner: Option<&OwnerId>| owner.map(|owner| owner.0.clone());
            (id(owners.find(&email(address))), id(owners.find_any(&email(address))))
        };
        let some = |id: &str| Some(id.to_owned());
        assert_eq!(found(&owners, "Ada@example.com"), (some("7"), some("7")));
        assert_eq!(found(&owners, "eve@example.com"), (None, some("8")));
        assert_eq!(found(&owners, "max@example.com"), (None, None));
        owners.refused = [OwnerId::from("7"), OwnerId::from("8")].into();
        assert_eq!(found(&owners, "ada@example.com"), (None, None));
        assert_eq!(found(&owners, "eve@example.com"), (None, None));
    }
}
