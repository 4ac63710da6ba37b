//! A HubSpot account: its records, definitions, links and everything that governs them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::account::Account;
use super::budget::Budget;
use super::definition::Definition;
use super::key::Keys;
use super::kind::{Kind, type_between};
use super::outcome::Outcome;
use super::owner::Owner;
use super::record::{Record, View};
use super::switches::Switches;
use super::webhook::{self, Hook};
use super::{builtin, outcome, owner, phone};
use crate::clock;

/// Ids are unique only within an object type, so every type counts from the same number.
const FIRST_ID: u64 = 700_000_001;
/// Every further account counts from a number of its own, so that an id of one means nothing in another.
const IDS_OF_AN_ACCOUNT: u64 = 10_000_000;

#[derive(Debug)]
pub struct Shelf {
    pub definitions: BTreeMap<String, Definition>,
    /// Property groups: name and label.
    pub groups: BTreeMap<String, String>,
    pub records: BTreeMap<u64, Record>,
    next_id: u64,
}

type End = (Kind, u64);

#[derive(Debug)]
pub struct Portal {
    shelves: BTreeMap<Kind, Shelf>,
    /// Both directions of every association, each with its type ids.
    pub links: BTreeMap<End, BTreeMap<End, BTreeSet<u32>>>,
    /// Holders of unique values: (type, property, value) to record. A contact's further e-mails count as `email`.
    pub unique: HashMap<(Kind, String, String), u64>,
    pub owners: Vec<Owner>,
    pub outcomes: Vec<Outcome>,
    pub keys: Keys,
    pub switches: Switches,
    pub budget: Budget,
    pub account: Account,
    /// Where events go, if anywhere, and those that have not gone yet.
    pub hook: Option<Hook>,
    pub events: Vec<Value>,
    /// Who is writing: an integration by API, or a user by hand.
    pub source: &'static str,
    /// Records as they were before the request at hand, for a batch that is refused as a whole.
    undo: Vec<(Kind, u64, Option<Record>)>,
}

impl Default for Portal {
    fn default() -> Self {
        let shelf = |kind| Shelf {
            definitions: builtin::definitions(kind),
            groups: BTreeMap::from([(
                builtin::group(kind).to_owned(),
                format!("{} information", kind.singular()),
            )]),
            records: BTreeMap::new(),
            next_id: FIRST_ID,
        };
        Self {
            shelves: Kind::ALL.into_iter().map(|kind| (kind, shelf(kind))).collect(),
            links: BTreeMap::new(),
            unique: HashMap::new(),
            owners: owner::first_owners(),
            outcomes: outcome::defaults(),
            keys: Keys::default(),
            switches: Switches::default(),
            budget: Budget::default(),
            account: Account::default(),
            hook: None,
            events: Vec::new(),
            source: "INTEGRATION",
            undo: Vec::new(),
        }
    }
}

impl Portal {
    /// A further account, which has given out no key yet.
    pub fn another(portal_id: u64) -> Self {
        let mut portal = Self { keys: Keys::none(), ..Self::default() };
        portal.account.portal_id = portal_id;
        for shelf in portal.shelves.values_mut() {
            shelf.next_id = FIRST_ID + portal_id % 100_000 * IDS_OF_AN_ACCOUNT;
        }
        portal
    }

    pub fn shelf(&self, kind: Kind) -> &Shelf {
        &self.shelves[&kind]
    }

    pub fn shelf_mut(&mut self, kind: Kind) -> &mut Shelf {
        self.shelves.entry(kind).or_insert_with(|| unreachable!("every kind has its shelf from the start"))
    }

    /// A record by id, archived or not, following merges to the surviving one.
    pub fn find(&self, kind: Kind, id: u64) -> Option<&Record> {
        let record = self.shelf(kind).records.get(&id)?;
        match record.merged_into {
            Some(survivor) => self.find(kind, survivor),
            None => Some(record),
        }
    }

    pub fn live(&self, kind: Kind, id: u64) -> Option<&Record> {
        self.find(kind, id).filter(|record| !record.archived)
    }

    /// Who holds a unique value.
    pub fn holder(&self, kind: Kind, property: &str, value: &str) -> Option<u64> {
        self.unique.get(&(kind, property.to_owned(), value.to_owned())).copied()
    }

    pub fn insert(&mut self, kind: Kind, make: impl FnOnce(u64) -> Record) -> u64 {
        let held = self.shelf_mut(kind);
        let id = held.next_id;
        held.next_id += 1;
        held.records.insert(id, make(id));
        if kind == Kind::Contacts {
            let status = self.switches.contacts_are_marketing.to_string();
            self.shelf_mut(kind).records.entry(id).and_modify(|record| {
                record.properties.insert("hs_marketable_status".to_owned(), status);
            });
        }
        self.undo.push((kind, id, None));
        self.settle(kind, id);
        id
    }

    pub fn change(&mut self, kind: Kind, id: u64, change: impl FnOnce(&mut Record)) {
        let Some(before) = self.shelf(kind).records.get(&id).cloned() else { return };
        self.release(kind, &before);
        self.undo.push((kind, id, Some(before)));
        if let Some(record) = self.shelf_mut(kind).records.get_mut(&id) {
            change(record);
        }
        self.settle(kind, id);
    }

    /// What follows from a write: calculated properties, unique values, the modification time, the index.
    fn settle(&mut self, kind: Kind, id: u64) {
        let now_ms = clock::now_ms();
        if let Some(record) = self.shelf_mut(kind).records.get_mut(&id) {
            record.writes += 1;
            record.updated_ms = now_ms;
            calculate(kind, record);
        }
        let held =
            self.shelf(kind).records.get(&id).map(|record| self.identity(kind, record)).unwrap_or_default();
        for (property, value) in held {
            self.unique.insert((kind, property, value), id);
        }
        self.index(kind, id);
    }

    /// Enters a record into the search index as it is now, to be seen when the lag has passed.
    fn index(&mut self, kind: Kind, id: u64) {
        let now_ms = clock::now_ms();
        let due_ms = now_ms + self.switches.search_lag_ms;
        let contacts = self.linked(kind, id, Kind::Contacts).into_iter().map(|(id, _)| id).collect();
        if let Some(record) = self.shelf_mut(kind).records.get_mut(&id) {
            // What is already due need not wait for a search to be taken over.
            record.view(now_ms);
            let view = View { properties: record.properties.clone(), contacts };
            record.coming.push_back((due_ms, view));
        }
    }

    /// The unique values of a live record.
    fn identity(&self, kind: Kind, record: &Record) -> Vec<(String, String)> {
        if record.archived || record.merged_into.is_some() {
            return Vec::new();
        }
        let unique =
            self.shelf(kind).definitions.values().filter(|found| found.is_unique && found.name != "email");
        let own = unique
            .filter_map(|found| Some((found.name.clone(), record.properties.get(&found.name)?.clone())));
        let emails = if kind == Kind::Contacts { record.emails() } else { Vec::new() };
        own.chain(emails.into_iter().map(|email| ("email".to_owned(), email.to_owned()))).collect()
    }

    fn release(&mut self, kind: Kind, record: &Record) {
        for (property, value) in self.identity(kind, record) {
            self.unique.remove(&(kind, property, value));
        }
    }

    pub fn link(&mut self, from: End, to: End, type_id: u32) {
        self.links.entry(from).or_default().entry(to).or_default().insert(type_id);
        if let Some(back) = type_between(to.0, from.0) {
            self.links.entry(to).or_default().entry(from).or_default().insert(back);
        }
        self.index_activity(from);
        self.index_activity(to);
    }

    /// Search sees the contacts of an activity; of a contact it sees no links.
    fn index_activity(&mut self, (kind, id): End) {
        if kind.is_activity() {
            self.index(kind, id);
        }
    }

    pub fn unlink(&mut self, from: End, to: End) {
        for (one, other) in [(from, to), (to, from)] {
            if let Some(ends) = self.links.get_mut(&one) {
                ends.remove(&other);
            }
            self.index_activity(one);
        }
    }

    /// Live records of a type that a record is associated with, each with the type ids.
    pub fn linked(&self, kind: Kind, id: u64, to: Kind) -> Vec<(u64, Vec<u32>)> {
        let ends = self.links.get(&(kind, id)).map(|ends| ends.range((to, 0)..=(to, u64::MAX)));
        ends.into_iter()
            .flatten()
            .filter(|((_, other_id), _)| self.live(to, *other_id).is_some())
            .map(|((_, other_id), types)| (*other_id, types.iter().copied().collect()))
            .collect()
    }

    /// Notes an event, if anybody listens.
    pub fn tell(&mut self, subscription: &str, object_id: u64, more: &Value) {
        if self.hook.is_some() {
            let event = webhook::event(subscription, object_id, self.source, more);
            self.events.push(event);
        }
    }

    /// Starts a request whose writes may have to be taken back together.
    pub fn begin(&mut self) {
        self.undo.clear();
        self.events.clear();
    }

    /// Takes back every write since `begin`.
    pub fn take_back(&mut self) {
        self.events.clear();
        while let Some((kind, id, before)) = self.undo.pop() {
            if let Some(now) = self.shelf(kind).records.get(&id).cloned() {
                self.release(kind, &now);
            }
            let Some(before) = before else {
                let ends: Vec<End> =
                    self.links.get(&(kind, id)).into_iter().flatten().map(|(end, _)| *end).collect();
                for end in ends {
                    self.unlink((kind, id), end);
                }
                self.shelf_mut(kind).records.remove(&id);
                continue;
            };
            for (property, value) in self.identity(kind, &before) {
                self.unique.insert((kind, property, value), id);
            }
            self.shelf_mut(kind).records.insert(id, before);
        }
    }
}

fn calculate(kind: Kind, record: &mut Record) {
    let (created, updated) = (clock::iso(record.created_ms), clock::iso(record.updated_ms));
    let properties = &mut record.properties;
    properties.insert("hs_object_id".to_owned(), record.id.to_string());
    properties.insert(kind.created_property().to_owned(), created);
    properties.insert(kind.modified_property().to_owned(), updated);
    if kind != Kind::Contacts {
        return;
    }
    let sources = [
        ("phone", "hs_searchable_calculated_phone_number", "hs_calculated_phone_number"),
        ("mobilephone", "hs_searchable_calculated_mobile_number", "hs_calculated_mobile_number"),
    ];
    for (typed, searchable, full) in sources {
        let typed = properties.get(typed).cloned().unwrap_or_default();
        for (name, value) in [(searchable, phone::national(&typed)), (full, phone::e164(&typed))] {
            match value {
                Some(value) => properties.insert(name.to_owned(), value),
                None => properties.remove(name),
            };
        }
    }
}
