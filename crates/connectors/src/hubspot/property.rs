//! Properties of our own: the unique one that makes each create happen once, and those for answers.

use domain::{
    contact::{PropertyDefinition, PropertyHolds},
    fault::Fault,
    step::Object,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Class, Hubspot,
    contact::CONTACTS,
    refusal::Trouble,
    wire::{NewOption, NewProperty, Page, Property},
};

/// The property that holds our key, unique where the account lets it be.
pub const KEY_PROPERTY: &str = "patchbay_key";

/// The group of all properties of ours.
const GROUP: &str = "patchbay";

/// What keeps a create from happening twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// HubSpot refuses a second object with our key.
    UniqueProperty,
    /// Nothing in HubSpot: we look before we send again.
    #[default]
    Lookup,
}

/// The guard of each kind of object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guards {
    /// Of contacts.
    pub contacts: Guard,
    /// Of calls.
    pub calls: Guard,
    /// Of meetings.
    pub meetings: Guard,
    /// Of tasks.
    pub tasks: Guard,
}

/// A property of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactProperty {
    /// HubSpot's name of it.
    pub name: String,
    /// Whether HubSpot writes it itself.
    pub is_read_only: bool,
}

impl Guards {
    /// The guard of a kind of activity.
    pub const fn of(self, object: Object) -> Guard {
        match object {
            Object::Calls => self.calls,
            Object::Meetings => self.meetings,
            Object::Tasks => self.tasks,
        }
    }
}

impl Hubspot {
    /// Makes our group and the unique key property on contacts, calls, meetings and tasks, where the account lets us.
    ///
    /// A refusal for one kind of object gives `Lookup` for it; a fault is a passing one or a refused credential.
    pub async fn prepare(&self) -> Result<Guards, Fault> {
        Ok(Guards {
            contacts: self.guard(CONTACTS).await?,
            calls: self.guard(Object::Calls.word()).await?,
            meetings: self.guard(Object::Meetings.word()).await?,
            tasks: self.guard(Object::Tasks.word()).await?,
        })
    }

    async fn guard(&self, object: &str) -> Result<Guard, Fault> {
        match self.key_property(object).await {
            Ok(Some(property)) if property.has_unique_value == Some(true) => Ok(Guard::UniqueProperty),
            Ok(_) | Err(Trouble::Refused(_) | Trouble::NotSent(Fault::Never { .. })) => Ok(Guard::Lookup),
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// The key property as it stands after we tried to have it; `None` if it is neither there nor to be made.
    async fn key_property(&self, object: &str) -> Result<Option<Property>, Trouble> {
        if let Some(property) = self.standing_key_property(object).await? {
            return Ok(Some(property));
        }
        self.make_group(object).await?;
        let key = NewProperty {
            description: Some("Patchbay's key of the record that this was made for. Written by Patchbay."),
            has_unique_value: Some(true),
            ..new_property(KEY_PROPERTY, "Patchbay key", "string", "text")
        };
        match self.make_property(object, &key).await {
            // Made by somebody else just now.
            Err(Trouble::Refused(refusal)) if refusal.status == 409 => {
                self.standing_key_property(object).await
            }
            made => made.map(Some),
        }
    }

    /// The key property if it is there and not archived. An archived one is brought back by making it again (§4.2).
    async fn standing_key_property(&self, object: &str) -> Result<Option<Property>, Trouble> {
        let path = format!("{}/{KEY_PROPERTY}", self.settings.version.properties(object));
        match self.get::<Property>(&path, &[]).await {
            Ok(property) => Ok(Some(property).filter(|property| property.archived != Some(true))),
            Err(Trouble::Refused(refusal)) if refusal.is_missing() => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Makes our group. If it is refused, the property that needs it will be too, unless it was there.
    async fn make_group(&self, object: &str) -> Result<(), Trouble> {
        let path = format!("{}/groups", self.settings.version.properties(object));
        let group = json!({ "name": GROUP, "label": "Patchbay", "displayOrder": -1 });
        match self.post::<Value>(Class::General, &path, &group).await {
            Ok(_) | Err(Trouble::Refused(_) | Trouble::NotSent(Fault::Never { .. })) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    async fn make_property(&self, object: &str, property: &NewProperty<'_>) -> Result<Property, Trouble> {
        self.post(Class::General, &self.settings.version.properties(object), property).await
    }

    /// Lists the contact properties that the credential may see. HubSpot leaves sensitive ones out unless they are asked for
    /// (§4.2); we ask for no scope to write those.
    pub async fn contact_properties(&self) -> Result<Vec<ContactProperty>, Fault> {
        let listed: Page<Property> = self.get(&self.settings.version.properties(CONTACTS), &[]).await?;
        let standing = listed.results.into_iter().filter(|one| one.archived != Some(true));
        Ok(standing
            .map(|one| ContactProperty {
                is_read_only: one.modification_metadata.read_only_value == Some(true),
                name: one.name,
            })
            .collect())
    }

    /// Makes contact properties for answers; those that exist are left as they are.
    ///
    /// Returns those that HubSpot refuses, by name: an account without the scope, or with too many properties.
    pub async fn define(&self, definitions: &[PropertyDefinition]) -> Result<Vec<(String, Fault)>, Fault> {
        if definitions.is_empty() {
            return Ok(Vec::new());
        }
        self.make_group(CONTACTS).await?;
        let mut refused = Vec::new();
        for definition in definitions {
            let fault = match self.make_property(CONTACTS, &answer_property(definition)).await {
                Ok(_) => continue,
                Err(Trouble::Refused(refusal)) if refusal.status == 409 => continue,
                Err(Trouble::Refused(refusal)) => refusal.fault(),
                Err(Trouble::NotSent(fault @ Fault::Never { .. })) => fault,
                Err(trouble) => return Err(trouble.into()),
            };
            refused.push((definition.name.clone(), fault));
        }
        Ok(refused)
    }
}

fn new_property<'a>(name: &'a str, label: &'a str, kind: &'a str, field_type: &'a str) -> NewProperty<'a> {
    NewProperty {
        name,
        label,
        kind,
        field_type,
        group_name: GROUP,
        description: None,
        has_unique_value: None,
        options: Vec::new(),
    }
}

fn answer_property(definition: &PropertyDefinition) -> NewProperty<'_> {
    let (kind, field_type) = match definition.holds {
        PropertyHolds::Text => ("string", "textarea"),
        PropertyHolds::Number => ("number", "number"),
        PropertyHolds::Truth => ("bool", "booleancheckbox"),
    };
    let option = |label, value, display_order| NewOption { label, value, display_order, hidden: false };
    let options = match definition.holds {
        PropertyHolds::Truth => vec![option("Yes", "true", 0), option("No", "false", 1)],
        PropertyHolds::Text | PropertyHolds::Number => Vec::new(),
    };
    NewProperty { options, ..new_property(&definition.name, &definition.label, kind, field_type) }
}
