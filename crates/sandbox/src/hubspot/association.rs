//! The associations API.

pub mod v3;

use serde_json::{Value, json};

use super::kind::{Kind, type_between};
use super::portal::Portal;
use super::refusal::Refusal;
use super::{object, write};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock;

/// Under one record: `.../{id}/associations/…`.
pub fn of_record(
    portal: &mut Portal,
    kind: Kind,
    id: &str,
    rest: &[&str],
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let from = live(portal, kind, id)?;
    match (asked.method.as_str(), rest) {
        ("GET", [to]) => Ok(list(portal, kind, from, other(to)?, asked)),
        ("PUT", ["default", to, to_id]) => {
            let (to, end) = (other(to)?, to_id);
            let to_id = live(portal, to, end).map_err(|_| invalid(to, end))?;
            let type_id = type_between(kind, to).ok_or_else(|| no_pair(kind, to))?;
            portal.link((kind, from), (to, to_id), type_id);
            Ok(Answer::json(200, default_made(kind, from, to, to_id)))
        }
        ("PUT", [to, to_id]) => {
            let to = other(to)?;
            let end = put_typed(portal, (kind, from), to, to_id, asked.json.as_ref())?;
            Ok(Answer::json(
                201,
                json!({
                    "fromObjectTypeId": kind.type_id(), "fromObjectId": from.to_string(),
                    "toObjectTypeId": to.type_id(), "toObjectId": end.to_string(), "labels": [],
                }),
            ))
        }
        ("DELETE", [to, to_id]) => {
            if let Ok(to_id) = to_id.parse() {
                portal.unlink((kind, from), (other(to)?, to_id));
            }
            Ok(Answer::empty(204))
        }
        _ => Err(Refusal::new(404, None, "resource not found")),
    }
}

/// `/crm/associations/{v}/{from}/{to}/batch/{operation}`.
pub fn batch(
    portal: &mut Portal,
    from: &str,
    to: &str,
    operation: &str,
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let (from, to) = (other(from)?, other(to)?);
    let inputs = object::body(asked)?["inputs"].as_array().cloned().unwrap_or_default();
    let max = if operation == "read" { 1000 } else { 2000 };
    if inputs.len() > max {
        return Err(Refusal::invalid(format!(
            "The maximum number of inputs is {max}, but {} were given",
            inputs.len()
        )));
    }
    let inputs = inputs.iter();
    match operation {
        "read" => Ok(answered(200, inputs.map(|input| read_one(portal, from, to, input)))),
        "create" => Ok(answered(201, inputs.map(|input| create_one(portal, from, to, input)))),
        "associate/default" => Ok(answered(200, inputs.map(|input| default_one(portal, from, to, input)))),
        "archive" => {
            inputs.for_each(|input| archive_one(portal, from, to, input));
            Ok(archived(asked))
        }
        "labels/archive" => {
            inputs.for_each(|input| archive_types(portal, from, to, input));
            Ok(archived(asked))
        }
        _ => Err(Refusal::new(404, None, "resource not found")),
    }
}

/// 204 on v4; the dated specification says 200.
fn archived(asked: &Asked) -> Answer {
    if asked.path.contains("/v4/") {
        return Answer::empty(204);
    }
    Answer::json(200, json!({"status": "COMPLETE"}))
}

/// A batch's answer: its status if all went well, else 207.
fn answered(ok: u16, done: impl Iterator<Item = Result<Value, Refusal>>) -> Answer {
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for one in done {
        match one {
            Ok(result) => results.push(result),
            Err(refusal) => errors.push(refusal.entry(None)),
        }
    }
    let now = clock::now().to_string();
    let mut body = json!({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now});
    if errors.is_empty() {
        return Answer::json(ok, body);
    }
    body["numErrors"] = json!(errors.len());
    body["errors"] = json!(errors);
    Answer::json(207, body)
}

/// `GET /crm/associations/{v}/{from}/{to}/labels`: the types of a pair, none of them labelled.
pub fn labels(from: &str, to: &str) -> Result<Answer, Refusal> {
    let types: Vec<Value> = type_between(other(from)?, other(to)?).map(unlabelled).into_iter().collect();
    Ok(Answer::json(200, json!({"results": types})))
}

fn other(name: &str) -> Result<Kind, Refusal> {
    Kind::named(name).ok_or_else(|| unknown_type(name))
}

pub fn unknown_type(name: &str) -> Refusal {
    Refusal::new(400, None, format!("Unable to infer object type from: {name}"))
}

fn live(portal: &Portal, kind: Kind, id: &str) -> Result<u64, Refusal> {
    let number = id.parse().map_err(|_| Refusal::not_found(id))?;
    portal.live(kind, number).map(|record| record.id).ok_or_else(|| Refusal::not_found(id))
}

fn invalid(kind: Kind, id: &str) -> Refusal {
    Refusal::invalid("One or more associations are invalid")
        .context("INVALID_OBJECT_IDS", &[format!("{}={id} is not valid", kind.shouted())])
        .context("objectId", &[id.to_owned()])
        .context("objectType", &[kind.shouted()])
}

fn no_pair(from: Kind, to: Kind) -> Refusal {
    Refusal::invalid(format!("No default association type from {} to {}", from.type_id(), to.type_id()))
}

fn unlabelled(type_id: u32) -> Value {
    json!({"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": null})
}

fn shown(id: u64, types: &[u32]) -> Value {
    let types: Vec<Value> = types.iter().copied().map(unlabelled).collect();
    // A number in the documents' examples, a string in the specification.
    json!({"toObjectId": id, "associationTypes": types})
}

fn list(portal: &Portal, kind: Kind, id: u64, to: Kind, asked: &Asked) -> Answer {
    let limit = asked.number("limit").unwrap_or(500).clamp(1, 500);
    let after = asked.number("after").unwrap_or(0);
    let found = portal.linked(kind, id, to);
    let page = found.iter().skip(after).take(limit);
    let results: Vec<Value> = page.map(|(id, types)| shown(*id, types)).collect();
    let mut body = json!({"results": results});
    if after + limit < found.len() {
        body["paging"] = json!({"next": {"after": (after + limit).to_string(), "link": ""}});
    }
    Answer::json(200, body)
}

fn text_id(end: &Value) -> String {
    end["id"].as_str().map_or_else(|| end["id"].to_string(), str::to_owned)
}

fn read_one(portal: &Portal, from: Kind, to: Kind, input: &Value) -> Result<Value, Refusal> {
    let asked_id = text_id(input);
    let Ok(id) = live(portal, from, &asked_id) else {
        return Err(Refusal::new(
            404,
            Some("OBJECT_NOT_FOUND"),
            format!("No {} with ID {asked_id} exists", from.singular()),
        )
        .sub("crm.associations.NO_ASSOCIATIONS_FOUND")
        .context("fromObjectId", &[asked_id]));
    };
    let ends: Vec<Value> = portal.linked(from, id, to).iter().map(|(id, types)| shown(*id, types)).collect();
    if ends.is_empty() {
        return Err(lone(from, to, &asked_id));
    }
    Ok(json!({"from": {"id": asked_id}, "to": ends}))
}

fn lone(from: Kind, to: Kind, id: &str) -> Refusal {
    let message = format!("No {} is associated with {} {id}.", to.singular(), from.singular());
    Refusal::new(404, Some("OBJECT_NOT_FOUND"), message)
        .sub("crm.associations.NO_ASSOCIATIONS_FOUND")
        .context("fromObjectId", &[id.to_owned()])
}

fn create_one(portal: &mut Portal, from: Kind, to: Kind, input: &Value) -> Result<Value, Refusal> {
    let (from_text, to_text) = (text_id(&input["from"]), text_id(&input["to"]));
    if from == to && from_text == to_text {
        return Err(Refusal::invalid(format!("Object {from_text} cannot be associated to itself")));
    }
    let id = live(portal, from, &from_text).map_err(|_| {
        Refusal::invalid(format!("{from_text} is not valid")).sub("crm.associations.INVALID_IDENTIFIER")
    })?;
    let end = put_typed(portal, (from, id), to, &to_text, input.get("types"))?;
    Ok(json!({
        "fromObjectTypeId": from.type_id(), "fromObjectId": id.to_string(),
        "toObjectTypeId": to.type_id(), "toObjectId": end.to_string(), "labels": [],
    }))
}

fn default_one(portal: &mut Portal, from: Kind, to: Kind, input: &Value) -> Result<Value, Refusal> {
    let (from_text, to_text) = (text_id(&input["from"]), text_id(&input["to"]));
    let (Ok(id), Ok(end)) = (live(portal, from, &from_text), live(portal, to, &to_text)) else {
        return Err(invalid(to, &to_text).sub("crm.associations.INVALID_IDENTIFIER"));
    };
    let type_id = type_between(from, to).ok_or_else(|| no_pair(from, to))?;
    portal.link((from, id), (to, end), type_id);
    Ok(default_end(from, id, to, end))
}

fn archive_one(portal: &mut Portal, from: Kind, to: Kind, input: &Value) {
    let ends = input["to"].as_array().cloned().unwrap_or_else(|| vec![input["to"].clone()]);
    for end in ends {
        if let (Ok(from_id), Ok(to_id)) = (text_id(&input["from"]).parse(), text_id(&end).parse()) {
            portal.unlink((from, from_id), (to, to_id));
        }
    }
}

/// All types here are unlabelled, and "deleting an unlabeled association will also delete all labeled" ones.
fn archive_types(portal: &mut Portal, from: Kind, to: Kind, input: &Value) {
    let unlabelled = type_between(from, to).map(u64::from);
    let mut types = input["types"].as_array().into_iter().flatten();
    if types.any(|entry| unlabelled.is_some() && entry["associationTypeId"].as_u64() == unlabelled) {
        archive_one(portal, from, to, input);
    }
}

/// Replaces what is there: the types that are sent are the types that stay.
fn put_typed(
    portal: &mut Portal,
    from: (Kind, u64),
    to: Kind,
    to_id: &str,
    types: Option<&Value>,
) -> Result<u64, Refusal> {
    let given = types.and_then(Value::as_array).cloned().unwrap_or_default();
    if given.is_empty() {
        return Err(Refusal::invalid("Association types must not be empty"));
    }
    let links: Result<Vec<_>, Refusal> =
        given.iter().map(|entry| write::link(portal, from.0, to_id, entry)).collect();
    let links = links?;
    let Some((end, _)) = links.first().copied().filter(|(end, _)| end.0 == to) else {
        return Err(no_pair(from.0, to));
    };
    portal.unlink(from, end);
    for (end, type_id) in links {
        portal.link(from, end, type_id);
    }
    Ok(end.1)
}

/// What the default association of two records answers: a batch of one.
fn default_made(from: Kind, id: u64, to: Kind, to_id: u64) -> Value {
    let now = clock::now().to_string();
    let results = [default_end(from, id, to, to_id)];
    json!({"status": "COMPLETE", "startedAt": now, "completedAt": now, "results": results})
}

fn default_end(from: Kind, id: u64, to: Kind, to_id: u64) -> Value {
    json!({
        "from": {"id": id.to_string()}, "to": {"id": to_id.to_string()},
        "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_between(from, to)},
    })
}
