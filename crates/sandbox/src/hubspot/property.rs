//! The properties API: definitions and their groups.

use serde_json::{Value, json};

use super::definition::{Choice, Definition, Type};
use super::kind::Kind;
use super::object;
use super::portal::Portal;
use super::refusal::Refusal;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock;

const UNIQUE_MAX: usize = 10;

pub fn answer(portal: &mut Portal, kind: Kind, rest: &[&str], asked: &Asked) -> Result<Answer, Refusal> {
    let archived = asked.param("archived") == Some("true");
    match (asked.method.as_str(), rest) {
        ("GET", []) => {
            let all = portal.shelf(kind).definitions.values().filter(|found| found.archived == archived);
            Ok(Answer::json(200, json!({"results": all.map(Definition::json).collect::<Vec<_>>()})))
        }
        ("POST", []) => Ok(Answer::json(201, create(portal, kind, object::body(asked)?)?)),
        ("POST", ["batch", operation]) => batch(portal, kind, operation, object::body(asked)?),
        ("GET", ["groups"]) => {
            let all = portal.shelf(kind).groups.iter().map(|(name, label)| group_json(name, label));
            Ok(Answer::json(200, json!({"results": all.collect::<Vec<_>>()})))
        }
        ("POST", ["groups"]) => create_group(portal, kind, object::body(asked)?),
        (method, ["groups", name]) => group(portal, kind, method, name, asked),
        ("GET", [name]) => {
            let found = portal.shelf(kind).definitions.get(*name).filter(|found| found.archived == archived);
            Ok(Answer::json(200, found.ok_or_else(|| missing(name))?.json()))
        }
        ("PATCH", [name]) => Ok(Answer::json(200, patch(portal, kind, name, object::body(asked)?)?)),
        ("DELETE", [name]) => archive(portal, kind, name),
        _ => Err(Refusal::new(404, None, "resource not found")),
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::new(404, Some("OBJECT_NOT_FOUND"), format!("Property \"{name}\" does not exist"))
        .sub("Properties.PROPERTY_NOT_FOUND")
        .context("propertyName", &[name.to_owned()])
}

fn batch(portal: &mut Portal, kind: Kind, operation: &str, body: &Value) -> Result<Answer, Refusal> {
    let inputs = body["inputs"].as_array().cloned().unwrap_or_default();
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for input in &inputs {
        let name = input["name"].as_str().unwrap_or_default();
        let done = match operation {
            "create" => create(portal, kind, input),
            "read" => {
                let found = portal.shelf(kind).definitions.get(name).filter(|found| !found.archived);
                found.map(Definition::json).ok_or_else(|| missing(name))
            }
            "archive" => archive(portal, kind, name).map(|_| Value::Null),
            _ => return Err(Refusal::new(404, None, "resource not found")),
        };
        match done {
            Ok(result) => results.push(result),
            Err(refusal) => errors.push(refusal.entry(None)),
        }
    }
    if operation == "archive" {
        return Ok(Answer::empty(204));
    }
    let now = clock::now().to_string();
    let mut body = json!({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now});
    if errors.is_empty() {
        return Ok(Answer::json(if operation == "create" { 201 } else { 200 }, body));
    }
    body["numErrors"] = json!(errors.len());
    body["errors"] = json!(errors);
    Ok(Answer::json(207, body))
}

fn create(portal: &mut Portal, kind: Kind, body: &Value) -> Result<Value, Refusal> {
    let is_unique = body["hasUniqueValue"].as_bool().unwrap_or(false);
    if portal.switches.refuse_property_creation {
        return Err(Refusal::missing_scopes(&["crm.schemas.contacts.write", "crm.schemas.calls.write"]));
    }
    if is_unique && kind.is_activity() && portal.switches.refuse_unique_activity_properties {
        return Err(Refusal::invalid(format!("Unique properties are not supported on {}", kind.type_id())));
    }
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    let lacking: Vec<String> = ["name", "label", "type", "fieldType", "groupName"]
        .into_iter()
        .filter(|name| text(name).is_none())
        .map(str::to_owned)
        .collect();
    let (Some(name), Some(label), Some(group)) = (text("name"), text("label"), text("groupName")) else {
        return Err(Refusal::invalid(format!("Some required fields were not set: {lacking:?}")));
    };
    let value_type = text("type").and_then(Type::named);
    let (Some(value_type), Some(field)) = (value_type, text("fieldType")) else {
        return Err(Refusal::invalid(format!("Invalid type or fieldType, or not set: {lacking:?}")));
    };
    if !fits(value_type, field) {
        let message = format!("fieldType {field} is not valid for type {}", value_type.name());
        return Err(Refusal::invalid(message));
    }
    let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !is_name || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(
            Refusal::invalid(format!("Property name {name} is invalid")).sub("Properties.INVALID_NAME")
        );
    }
    let shelf = portal.shelf_mut(kind);
    if !shelf.groups.contains_key(group) {
        return Err(Refusal::invalid(format!("Property group {group} does not exist")));
    }
    if shelf.definitions.get(name).is_some_and(|found| !found.archived) {
        return Err(Refusal::new(
            409,
            Some("OBJECT_ALREADY_EXISTS"),
            format!("A property named '{name}' already exists."),
        )
        .sub("Properties.PROPERTY_WITH_NAME_EXISTS"));
    }
    if is_unique
        && shelf.definitions.values().filter(|found| found.is_unique && !found.is_builtin).count()
            >= UNIQUE_MAX
    {
        return Err(Refusal::invalid(format!("The maximum of {UNIQUE_MAX} unique properties is reached")));
    }
    // The name of an archived property brings that property back.
    let mut made = shelf.definitions.remove(name).unwrap_or_else(|| {
        let mut made = Definition::custom(name, label, group, value_type, field);
        made.is_unique = is_unique;
        made
    });
    made.archived = false;
    text("description").unwrap_or_default().clone_into(&mut made.description);
    made.choices = choices(&body["options"]);
    let json = made.json();
    shelf.definitions.insert(name.to_owned(), made);
    Ok(json)
}

/// Which field types a type takes; a datetime's is `date`.
fn fits(value_type: Type, field: &str) -> bool {
    let fields: &[&str] = match value_type {
        Type::String => &["text", "textarea", "html", "file", "phonenumber", "calculation_equation"],
        Type::Number => &["number", "calculation_equation"],
        Type::Bool => &["booleancheckbox", "calculation_equation"],
        Type::Datetime | Type::Date => &["date"],
        Type::Enumeration => &["select", "radio", "checkbox", "booleancheckbox", "calculation_equation"],
        Type::PhoneNumber => &["phonenumber"],
    };
    fields.contains(&field)
}

fn choices(options: &Value) -> Vec<Choice> {
    let options = options.as_array().into_iter().flatten();
    options
        .filter_map(|option| {
            let value = option["value"].as_str()?.to_owned();
            Some(Choice { label: option["label"].as_str().unwrap_or(&value).to_owned(), value })
        })
        .collect()
}

fn patch(portal: &mut Portal, kind: Kind, name: &str, body: &Value) -> Result<Value, Refusal> {
    let shelf = portal.shelf_mut(kind);
    let found =
        shelf.definitions.get_mut(name).filter(|found| !found.archived).ok_or_else(|| missing(name))?;
    if found.is_builtin && body.get("options").is_none() {
        return Err(Refusal::invalid(format!("{name} is a read only definition")));
    }
    if let Some(label) = body["label"].as_str() {
        label.clone_into(&mut found.label);
    }
    if let Some(description) = body["description"].as_str() {
        description.clone_into(&mut found.description);
    }
    // The whole list is replaced.
    if body["options"].is_array() {
        found.choices = choices(&body["options"]);
    }
    found.changed_ms = clock::now_ms();
    Ok(found.json())
}

fn archive(portal: &mut Portal, kind: Kind, name: &str) -> Result<Answer, Refusal> {
    let found = portal.shelf_mut(kind).definitions.get_mut(name).ok_or_else(|| missing(name))?;
    if found.is_builtin {
        return Err(Refusal::invalid(format!("{name} cannot be archived")));
    }
    found.archived = true;
    found.changed_ms = clock::now_ms();
    Ok(Answer::empty(204))
}

fn group_json(name: &str, label: &str) -> Value {
    json!({"name": name, "label": label, "displayOrder": -1, "archived": false})
}

fn create_group(portal: &mut Portal, kind: Kind, body: &Value) -> Result<Answer, Refusal> {
    if portal.switches.refuse_property_creation {
        return Err(Refusal::missing_scopes(&["crm.schemas.contacts.write"]));
    }
    let (Some(name), Some(label)) = (body["name"].as_str(), body["label"].as_str()) else {
        return Err(Refusal::invalid("Some required fields were not set: [name, label]"));
    };
    let groups = &mut portal.shelf_mut(kind).groups;
    if groups.contains_key(name) {
        let message = format!("A property group named '{name}' already exists.");
        return Err(Refusal::new(409, Some("OBJECT_ALREADY_EXISTS"), message));
    }
    groups.insert(name.to_owned(), label.to_owned());
    Ok(Answer::json(201, group_json(name, label)))
}

fn group(
    portal: &mut Portal,
    kind: Kind,
    method: &str,
    name: &str,
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let shelf = portal.shelf_mut(kind);
    if !shelf.groups.contains_key(name) {
        return Err(Refusal::new(
            404,
            Some("OBJECT_NOT_FOUND"),
            format!("Property group \"{name}\" does not exist"),
        ));
    }
    match method {
        "PATCH" => {
            if let Some(label) = asked.text("label") {
                shelf.groups.insert(name.to_owned(), label.to_owned());
            }
        }
        "DELETE" => {
            if shelf.definitions.values().any(|found| found.group == name && !found.archived) {
                return Err(Refusal::invalid("Cannot archive a group with active properties")
                    .sub("PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES"));
            }
            shelf.groups.remove(name);
            return Ok(Answer::empty(204));
        }
        _ => {}
    }
    Ok(Answer::json(200, group_json(name, shelf.groups.get(name).map_or("", String::as_str))))
}
