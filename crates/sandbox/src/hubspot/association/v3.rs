//! Version 3 of the associations API, which names a type where version 4 numbers it.

use serde_json::{Value, json};

use super::{answered, archive_one, live, lone, other, text_id};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::hubspot::kind::{Kind, type_between};
use crate::hubspot::object;
use crate::hubspot::portal::Portal;
use crate::hubspot::refusal::Refusal;

/// `/crm/v3/associations/{from}/{to}/…`.
pub fn answer(
    portal: &mut Portal,
    from: &str,
    to: &str,
    rest: &[&str],
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let (from, to) = (other(from)?, other(to)?);
    match (asked.method.as_str(), rest) {
        ("GET", ["types"]) => {
            let types: Vec<Value> = type_between(from, to)
                .map(|id| json!({"id": id.to_string(), "name": from.type_name(to)}))
                .into_iter()
                .collect();
            Ok(Answer::json(200, json!({"results": types})))
        }
        ("POST", ["batch", operation]) => batch(portal, from, to, operation, object::body(asked)?),
        _ => Err(Refusal::new(404, None, "resource not found")),
    }
}

fn batch(
    portal: &mut Portal,
    from: Kind,
    to: Kind,
    operation: &str,
    body: &Value,
) -> Result<Answer, Refusal> {
    let inputs = body["inputs"].as_array().map(Vec::as_slice).unwrap_or_default();
    match operation {
        "read" => Ok(answered(200, inputs.iter().map(|input| read_one(portal, from, to, input)))),
        "create" => Ok(answered(201, inputs.iter().map(|input| create_one(portal, from, to, input)))),
        "archive" => {
            for input in inputs {
                archive_one(portal, from, to, input);
            }
            Ok(Answer::empty(204))
        }
        _ => Err(Refusal::new(404, None, "resource not found")),
    }
}

fn read_one(portal: &Portal, from: Kind, to: Kind, input: &Value) -> Result<Value, Refusal> {
    let asked_id = text_id(input);
    let ends = live(portal, from, &asked_id).map(|id| portal.linked(from, id, to)).unwrap_or_default();
    if ends.is_empty() {
        return Err(lone(from, to, &asked_id));
    }
    let ends: Vec<Value> =
        ends.iter().map(|(id, _)| json!({"id": id.to_string(), "type": from.type_name(to)})).collect();
    Ok(json!({"from": {"id": asked_id}, "to": ends}))
}

fn create_one(portal: &mut Portal, from: Kind, to: Kind, input: &Value) -> Result<Value, Refusal> {
    let (from_text, to_text) = (text_id(&input["from"]), text_id(&input["to"]));
    let (Ok(id), Ok(end)) = (live(portal, from, &from_text), live(portal, to, &to_text)) else {
        return Err(super::invalid(to, &to_text).sub("crm.associations.INVALID_IDENTIFIER"));
    };
    let type_id = type_between(from, to).ok_or_else(|| super::no_pair(from, to))?;
    let name = from.type_name(to);
    // A type may be given by its name or by its number.
    let given = input["type"].as_str().map_or_else(|| input["type"].to_string(), str::to_lowercase);
    if given != name && given != type_id.to_string() {
        // How HubSpot words this is unconfirmed.
        return Err(Refusal::invalid(format!("association type {given} doesn't exist")));
    }
    portal.link((from, id), (to, end), type_id);
    Ok(json!({"from": {"id": from_text}, "to": {"id": to_text}, "type": name}))
}
