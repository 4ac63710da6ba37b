//! Creating, changing, archiving and merging one record.

use serde_json::{Map, Value, json};

use super::kind::{Kind, ends_of};
use super::portal::Portal;
use super::record::{Properties, Record};
use super::refusal::{PORTAL_ID, Refusal, ValueFault};
use super::validate;
use crate::asked::Asked;

/// From this path version on, an admin's required properties bind the API too.
const ADMIN_RULES_SINCE: &str = "2026-09";

pub fn create(portal: &mut Portal, kind: Kind, version: &str, input: &Value) -> Result<u64, Refusal> {
    let mut properties = validate::values(portal, kind, &given(input)?)?;
    properties.retain(|_, value| !value.is_empty());
    complete(portal, kind, version, &mut properties)?;
    conflict(portal, kind, &properties, None)?;
    let links = links(portal, kind, &input["associations"])?;
    let id = portal.insert(kind, |id| Record::new(id, properties));
    for (to, type_id) in links {
        portal.link((kind, id), to, type_id);
    }
    Ok(id)
}

pub fn update(portal: &mut Portal, kind: Kind, id: u64, input: &Value) -> Result<(), Refusal> {
    let changes = validate::values(portal, kind, &given(input)?)?;
    conflict(portal, kind, &changes, Some(id))?;
    portal.change(kind, id, |record| {
        for (name, value) in changes {
            if value.is_empty() {
                record.properties.remove(&name);
            } else {
                record.properties.insert(name, value);
            }
        }
    });
    Ok(())
}

/// Moves a record to the recycle bin; what it was linked with no longer shows it.
pub fn archive(portal: &mut Portal, kind: Kind, id: u64) {
    portal.change(kind, id, |record| record.archived = true);
    tell_deletion(portal, kind, id);
}

/// Contacts have an event of their own, activities the generic one.
pub fn tell_deletion(portal: &mut Portal, kind: Kind, id: u64) {
    if kind == Kind::Contacts {
        portal.tell("contact.deletion", id, &json!({"changeFlag": "DELETED"}));
    } else {
        portal.tell("object.deletion", id, &json!({"objectTypeId": kind.type_id(), "changeFlag": "DELETED"}));
    }
}

/// The surviving contact keeps its values, takes over what it lacks, and all e-mails and links.
pub fn merge(portal: &mut Portal, kind: Kind, asked: &Asked) -> Result<u64, Refusal> {
    let id_of = |name: &str| {
        let id = asked.text(name).map_or_else(|| asked.field(name).to_string(), str::to_owned);
        let found = id.parse().ok().and_then(|number| portal.live(kind, number)).map(|record| record.id);
        found.ok_or_else(|| Refusal::not_found(&id))
    };
    let (survivor, merged) = (id_of("primaryObjectId")?, id_of("objectIdToMerge")?);
    if survivor == merged {
        return Err(Refusal::invalid("Cannot merge a record with itself"));
    }
    let Some(old) = portal.live(kind, merged).cloned() else { return Err(Refusal::not_found("")) };
    portal.change(kind, merged, |record| {
        record.archived = true;
        record.merged_into = Some(survivor);
    });
    let ends: Vec<_> = portal.links.remove(&(kind, merged)).into_iter().flatten().collect();
    for (end, types) in ends {
        portal.unlink(end, (kind, merged));
        for type_id in types {
            portal.link((kind, survivor), end, type_id);
        }
    }
    portal.change(kind, survivor, |record| take_over(record, &old));
    let more = json!({
        "primaryObjectId": survivor, "mergedObjectIds": [merged], "newObjectId": survivor,
        "numberOfPropertiesMoved": old.properties.len(), "changeFlag": "MERGED",
    });
    portal.tell(
        &format!("{}.merge", if kind == Kind::Contacts { "contact" } else { "object" }),
        survivor,
        &more,
    );
    Ok(survivor)
}

fn take_over(record: &mut Record, old: &Record) {
    let first = record.properties.get("email").cloned().unwrap_or_default();
    let mut further: Vec<String> = record.emails().into_iter().map(str::to_owned).collect();
    for email in old.emails() {
        if !further.iter().any(|known| known == email) {
            further.push(email.to_owned());
        }
    }
    for (name, value) in &old.properties {
        record.properties.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let first =
        if first.is_empty() { old.properties.get("email").cloned().unwrap_or_default() } else { first };
    further.retain(|email| *email != first);
    if !further.is_empty() {
        record.properties.insert("hs_additional_emails".to_owned(), further.join(";"));
    }
    for name in ["hs_merged_object_ids", "hs_calculated_merged_vids"] {
        let before = record.properties.get(name).map(|ids| format!("{ids};")).unwrap_or_default();
        record.properties.insert(name.to_owned(), format!("{before}{}", old.id));
    }
}

fn given(input: &Value) -> Result<Map<String, Value>, Refusal> {
    match &input["properties"] {
        Value::Object(map) => Ok(map.clone()),
        Value::Null => Ok(Map::new()),
        _ => Err(Refusal::new(400, None, "Invalid input JSON: `properties` must be an object")),
    }
}

fn complete(portal: &Portal, kind: Kind, version: &str, properties: &mut Properties) -> Result<(), Refusal> {
    if kind == Kind::Meetings && !properties.contains_key("hs_timestamp") {
        // "When missing … will default to hs_meeting_start_time".
        if let Some(start) = properties.get("hs_meeting_start_time").cloned() {
            properties.insert("hs_timestamp".to_owned(), start);
        }
    }
    if kind.is_activity() && !properties.contains_key("hs_timestamp") {
        let message = format!("Error creating {}. Some required properties were not set.", kind.shouted());
        let mut refusal =
            Refusal::invalid(message.clone()).context("properties", &["hs_timestamp".to_owned()]);
        refusal.errors = vec![json!({
            "message": message, "code": "MISSING_REQUIRED_PROPERTY", "context": {"propertyName": ["hs_timestamp"]},
        })];
        return Err(refusal);
    }
    if kind == Kind::Contacts && version >= ADMIN_RULES_SINCE && version.starts_with("20") {
        let required = &portal.switches.required_contact_properties;
        let faults: Vec<ValueFault> = required
            .iter()
            .filter(|name| !properties.contains_key(*name))
            .map(|name| ValueFault {
                property: name.clone(),
                code: "MISSING_REQUIRED_PROPERTY",
                message: format!("Property \"{name}\" is required to create this record."),
            })
            .collect();
        if !faults.is_empty() {
            return Err(Refusal::values(&faults));
        }
    }
    Ok(())
}

/// Refuses values that another record holds: e-mails as a conflict, other unique properties as invalid.
fn conflict(portal: &Portal, kind: Kind, properties: &Properties, own: Option<u64>) -> Result<(), Refusal> {
    let other =
        |name: &str, value: &str| portal.holder(kind, name, value).filter(|holder| Some(*holder) != own);
    if kind == Kind::Contacts {
        let values = ["email", "hs_additional_emails"].into_iter().filter_map(|name| properties.get(name));
        let mut emails = values.flat_map(|value| value.split(';'));
        if let Some(id) = emails.find_map(|email| other("email", email)) {
            return Err(Refusal::exists(id, !portal.switches.conflict_without_id));
        }
    }
    let faults: Vec<ValueFault> = properties
        .iter()
        .filter(|(name, _)| portal.shelf(kind).definitions.get(*name).is_some_and(|found| found.is_unique))
        .filter_map(|(name, value)| {
            let holder = other(name, value)?;
            let on = own.map_or_else(|| "a new object".to_owned(), |id| id.to_string());
            let message = format!(
                "Cannot set PropertyValueCoordinates{{portalId={PORTAL_ID}, objectTypeId={}, propertyName={name}, \
                 value={value}}} on {on}. {holder} already has that value.",
                kind.type_id()
            );
            Some(ValueFault { property: name.clone(), code: "CONFLICTING_UNIQUE_VALUE", message })
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::values(&faults)) }
}

type Link = ((Kind, u64), u32);

/// Reads the associations of a create; direction and target are checked before anything is written.
fn links(portal: &Portal, kind: Kind, associations: &Value) -> Result<Vec<Link>, Refusal> {
    let mut links = Vec::new();
    for association in associations.as_array().into_iter().flatten() {
        let to = &association["to"]["id"];
        let to = to.as_str().map_or_else(|| to.to_string(), str::to_owned);
        let types = association["types"].as_array().map(Vec::as_slice).unwrap_or_default();
        if types.is_empty() {
            return Err(Refusal::invalid("Association types must not be empty"));
        }
        for entry in types {
            links.push(link(portal, kind, &to, entry)?);
        }
    }
    Ok(links)
}

pub fn link(portal: &Portal, kind: Kind, to: &str, entry: &Value) -> Result<Link, Refusal> {
    if entry["associationCategory"].as_str() != Some("HUBSPOT_DEFINED") {
        return Err(Refusal::invalid(format!(
            "unknown association category {}",
            entry["associationCategory"]
        )));
    }
    let type_id =
        entry["associationTypeId"].as_u64().and_then(|id| u32::try_from(id).ok()).unwrap_or_default();
    let Some((from, target)) = ends_of(type_id) else {
        return Err(Refusal::invalid(format!("association type id {type_id} doesn't exist")));
    };
    if from != kind {
        return Err(Refusal::invalid(format!(
            "invalid from object type {} for associations to be created. expected: {}",
            kind.type_id(),
            from.type_id()
        )));
    }
    let name = target.map_or_else(str::to_owned, Kind::shouted);
    let found = target
        .ok()
        .zip(to.parse().ok())
        .and_then(|(to_kind, id)| portal.live(to_kind, id).map(|record| (to_kind, record.id)));
    found.map(|end| (end, type_id)).ok_or_else(|| {
        Refusal::invalid("One or more associations are invalid")
            .context("INVALID_OBJECT_IDS", &[format!("{name}={to} is not valid")])
            .context("objectId", &[to.to_owned()])
            .context("objectType", &[name])
    })
}
