//! A property definition: what values a property takes.

use serde_json::{Value, json};

use crate::clock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    String,
    Number,
    Bool,
    Datetime,
    Date,
    Enumeration,
    PhoneNumber,
}

impl Type {
    const ALL: [(Self, &'static str); 7] = [
        (Self::String, "string"),
        (Self::Number, "number"),
        (Self::Bool, "bool"),
        (Self::Datetime, "datetime"),
        (Self::Date, "date"),
        (Self::Enumeration, "enumeration"),
        (Self::PhoneNumber, "phone_number"),
    ];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, spelled)| *spelled == name).map(|(kind, _)| *kind)
    }

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("string", |(_, spelled)| spelled)
    }
}

#[derive(Clone, Debug)]
pub struct Choice {
    pub label: String,
    pub value: String,
}

#[expect(clippy::struct_excessive_bools, reason = "HubSpot defines a property by these flags")]
#[derive(Clone, Debug)]
pub struct Definition {
    pub name: String,
    pub label: String,
    pub description: String,
    pub group: String,
    pub kind: Type,
    pub field: String,
    pub choices: Vec<Choice>,
    pub is_unique: bool,
    pub is_read_only: bool,
    pub is_builtin: bool,
    /// Its options live elsewhere: owners, call outcomes.
    pub is_external: bool,
    pub archived: bool,
    pub made_ms: i64,
    pub changed_ms: i64,
}

impl Definition {
    pub fn custom(name: &str, label: &str, group: &str, kind: Type, field: &str) -> Self {
        let now_ms = clock::now_ms();
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            description: String::new(),
            group: group.to_owned(),
            kind,
            field: field.to_owned(),
            choices: Vec::new(),
            is_unique: false,
            is_read_only: false,
            is_builtin: false,
            is_external: false,
            archived: false,
            made_ms: now_ms,
            changed_ms: now_ms,
        }
    }

    pub fn json(&self) -> Value {
        let options: Vec<Value> = self
            .choices
            .iter()
            .enumerate()
            .map(|(order, choice)| {
                json!({"label": choice.label, "value": choice.value, "displayOrder": order, "hidden": false})
            })
            .collect();
        let mut json = json!({
            "name": self.name, "label": self.label, "description": self.description, "groupName": self.group,
            "type": self.kind.name(), "fieldType": self.field, "options": options, "displayOrder": -1,
            "calculated": self.is_builtin && self.is_read_only, "externalOptions": self.is_external,
            "hasUniqueValue": self.is_unique, "hidden": false, "hubspotDefined": self.is_builtin,
            "modificationMetadata": {
                "archivable": !self.is_builtin, "readOnlyDefinition": self.is_builtin,
                "readOnlyValue": self.is_read_only,
            },
            "formField": !self.is_builtin, "dataSensitivity": "non_sensitive", "archived": self.archived,
            "createdAt": clock::iso(self.made_ms), "updatedAt": clock::iso(self.changed_ms),
        });
        if self.archived {
            json["archivedAt"] = json!(clock::iso(self.changed_ms));
        }
        json
    }
}
