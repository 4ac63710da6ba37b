//! A record: one contact, call, meeting, task or note.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::refusal::PORTAL_ID;
use crate::clock;

pub type Properties = BTreeMap<String, String>;

#[derive(Clone, Debug)]
pub struct Record {
    pub id: u64,
    pub properties: Properties,
    pub created_ms: i64,
    pub updated_ms: i64,
    pub archived: bool,
    /// The record that a merged one lives on in.
    pub merged_into: Option<u64>,
    /// Creates, updates and archives of it so far.
    pub writes: u32,
    /// What search sees, and what it will see once the index has caught up.
    pub seen: Option<View>,
    pub coming: VecDeque<(i64, View)>,
}

/// A record as the search index holds it.
#[derive(Clone, Debug)]
pub struct View {
    pub properties: Properties,
    pub contacts: BTreeSet<u64>,
}

impl Record {
    pub fn new(id: u64, properties: Properties) -> Self {
        let now_ms = clock::now_ms();
        Self {
            id,
            properties,
            created_ms: now_ms,
            updated_ms: now_ms,
            archived: false,
            merged_into: None,
            writes: 0,
            seen: None,
            coming: VecDeque::new(),
        }
    }

    /// What the index holds at a time; what is due by then becomes visible.
    pub fn view(&mut self, now_ms: i64) -> Option<&View> {
        while self.coming.front().is_some_and(|(due_ms, _)| *due_ms <= now_ms) {
            self.seen = self.coming.pop_front().map(|(_, view)| view);
        }
        self.seen.as_ref()
    }

    /// With the properties that were asked for: one without value is null, an undefined one is left out.
    pub fn json(&self, kind: Kind, asked: &[&str], is_defined: impl Fn(&str) -> bool) -> Value {
        let mut properties = Map::new();
        let always = [kind.created_property(), kind.modified_property(), "hs_object_id"];
        let names = if asked.is_empty() { kind.default_properties() } else { asked };
        for name in names.iter().chain(&always) {
            if is_defined(name) {
                properties.insert((*name).to_owned(), json!(self.properties.get(*name)));
            }
        }
        self.whole(kind, &json!(properties))
    }

    /// With every property that has a value, as a create answers.
    pub fn full(&self, kind: Kind) -> Value {
        self.whole(kind, &json!(self.properties))
    }

    fn whole(&self, kind: Kind, properties: &Value) -> Value {
        let mut json = json!({
            "id": self.id.to_string(), "properties": properties, "createdAt": clock::iso(self.created_ms),
            "updatedAt": clock::iso(self.updated_ms), "archived": self.archived,
            "url": format!("https://app.hubspot.com/contacts/{PORTAL_ID}/record/{}/{}", kind.type_id(), self.id),
        });
        if self.archived {
            json["archivedAt"] = json!(clock::iso(self.updated_ms));
        }
        json
    }

    /// A contact's first and further e-mails, all of them its identity.
    pub fn emails(&self) -> Vec<&str> {
        let all = ["email", "hs_additional_emails"].into_iter().filter_map(|name| self.properties.get(name));
        all.flat_map(|value| value.split(';')).map(str::trim).filter(|email| !email.is_empty()).collect()
    }
}
