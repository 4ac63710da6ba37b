//! The batch operations, with their documented ways to fail.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::kind::Kind;
use super::portal::Portal;
use super::refusal::Refusal;
use super::{object, write};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock;

const INPUTS_MAX: usize = 100;

/// What became of one input.
enum Done {
    Result(Value),
    Missing(String),
    /// Neither result nor error: what HubSpot does with a merged id in a batch update.
    Left,
}

pub fn answer(
    portal: &mut Portal,
    kind: Kind,
    version: &str,
    operation: &str,
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let body = object::body(asked)?;
    let inputs = inputs(body)?;
    if operation != "create" && operation != "archive" {
        unique_ids(inputs)?;
    }
    match operation {
        "create" => carry(portal, kind, inputs, 201, |portal, input| {
            let id = write::create(portal, kind, version, input)?;
            Ok(Done::Result(portal.find(kind, id).map(|record| record.full(kind)).unwrap_or_default()))
        }),
        "read" => read(portal, kind, body, inputs),
        "update" => carry(portal, kind, inputs, 200, |portal, input| update(portal, kind, input)),
        "upsert" => carry(portal, kind, inputs, 200, |portal, input| upsert(portal, kind, version, input)),
        "archive" => {
            for input in inputs {
                let id =
                    id_of(input).parse().ok().and_then(|id| portal.live(kind, id)).map(|record| record.id);
                if let Some(id) = id {
                    write::archive(portal, kind, id);
                }
            }
            Ok(Answer::empty(204))
        }
        _ => Err(Refusal::new(404, None, "resource not found")),
    }
}

pub fn inputs(body: &Value) -> Result<&[Value], Refusal> {
    let inputs = body["inputs"].as_array().map(Vec::as_slice).unwrap_or_default();
    if inputs.is_empty() {
        return Err(Refusal::invalid("Invalid input JSON: inputs must not be empty"));
    }
    if inputs.len() > INPUTS_MAX {
        return Err(Refusal::invalid(format!(
            "The maximum number of inputs is {INPUTS_MAX}, but {} were given",
            inputs.len()
        )));
    }
    Ok(inputs)
}

fn id_of(input: &Value) -> String {
    input["id"].as_str().map_or_else(|| input["id"].to_string(), str::to_owned)
}

fn unique_ids(inputs: &[Value]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    let doubles: BTreeSet<String> = inputs.iter().map(id_of).filter(|id| !seen.insert(id.clone())).collect();
    if doubles.is_empty() {
        return Ok(());
    }
    let doubles: Vec<String> = doubles.into_iter().collect();
    let message = format!("Duplicate IDs found in batch input: [{}]. IDs must be unique", doubles.join(", "));
    Err(Refusal::invalid(message).context("ids", &doubles))
}

/// Whether every input carries a trace id and no two the same: only then may a batch succeed in part.
fn all_traced(inputs: &[Value]) -> bool {
    let mut seen = BTreeSet::new();
    inputs.iter().all(|input| trace_of(input).is_some_and(|trace| seen.insert(trace)))
}

fn trace_of(input: &Value) -> Option<&str> {
    input["objectWriteTraceId"].as_str().filter(|trace| !trace.is_empty())
}

fn carry(
    portal: &mut Portal,
    kind: Kind,
    inputs: &[Value],
    status: u16,
    mut one: impl FnMut(&mut Portal, &Value) -> Result<Done, Refusal>,
) -> Result<Answer, Refusal> {
    let in_part = all_traced(inputs);
    let (mut results, mut missing, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    portal.begin();
    for input in inputs {
        let trace = trace_of(input);
        match one(portal, input) {
            Ok(Done::Result(mut result)) => {
                if let Some(trace) = trace {
                    result["objectWriteTraceId"] = json!(trace);
                }
                results.push(result);
            }
            Ok(Done::Missing(id)) => missing.push(id),
            Ok(Done::Left) => {}
            Err(refusal) if in_part => errors.push(refusal.entry(trace)),
            Err(refusal) => {
                portal.take_back();
                return Err(refusal);
            }
        }
    }
    Ok(finished(kind, status, results, &missing, errors))
}

fn finished(
    kind: Kind,
    status: u16,
    mut results: Vec<Value>,
    missing: &[String],
    mut errors: Vec<Value>,
) -> Answer {
    // One entry groups all missing ids; numErrors counts entries, not inputs.
    if !missing.is_empty() {
        errors.push(Refusal::some_missing(kind, missing).entry(None));
    }
    // Result order is not input order.
    results.reverse();
    let now = clock::now().to_string();
    let mut body = json!({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now});
    if errors.is_empty() {
        return Answer::json(status, body);
    }
    body["numErrors"] = json!(errors.len());
    body["errors"] = json!(errors);
    Answer::json(207, body)
}

fn read(portal: &Portal, kind: Kind, body: &Value, inputs: &[Value]) -> Result<Answer, Refusal> {
    let by = body["idProperty"].as_str().filter(|name| !name.is_empty());
    let properties: Vec<&str> =
        body["properties"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let (mut results, mut missing) = (Vec::new(), Vec::new());
    for input in inputs {
        let id = id_of(input);
        let is_numeric = by.is_some() || id.parse::<u64>().is_ok();
        let found = if is_numeric { object::find(portal, kind, &id, by)? } else { None };
        let is_hidden = portal.switches.merged_missing_in_batch_read && by.is_none();
        match found.filter(|record| !is_hidden || record.id.to_string() == id) {
            Some(record) => results.push(object::shown(portal, kind, record, &properties)),
            None => missing.push(id),
        }
    }
    Ok(finished(kind, 200, results, &missing, Vec::new()))
}

fn update(portal: &mut Portal, kind: Kind, input: &Value) -> Result<Done, Refusal> {
    let id = id_of(input);
    let by = input["idProperty"].as_str().filter(|name| !name.is_empty());
    if by.is_none() && id.parse::<u64>().is_err() {
        return Ok(Done::Missing(id));
    }
    let Some(number) = object::find(portal, kind, &id, by)?.map(|record| record.id) else {
        return Ok(Done::Missing(id));
    };
    if by.is_none() && number.to_string() != id {
        return Ok(Done::Left);
    }
    write::update(portal, kind, number, input)?;
    Ok(Done::Result(object::after_update(portal, kind, number, input)))
}

fn upsert(portal: &mut Portal, kind: Kind, version: &str, input: &Value) -> Result<Done, Refusal> {
    let Some(by) = input["idProperty"].as_str().filter(|name| !name.is_empty()) else {
        return Ok(match update(portal, kind, input)? {
            Done::Result(mut result) => {
                result["new"] = json!(false);
                Done::Result(result)
            }
            other => other,
        });
    };
    let id = id_of(input);
    let found = object::find(portal, kind, &id, Some(by))?.map(|record| record.id);
    let number = if let Some(number) = found {
        write::update(portal, kind, number, input)?;
        number
    } else {
        // Upsert takes no associations; the value it looked for becomes the new record's.
        let mut properties = input["properties"].clone();
        if !properties.is_object() {
            properties = json!({});
        }
        properties[by] = json!(id);
        write::create(portal, kind, version, &json!({"properties": properties}))?
    };
    let mut result = portal.find(kind, number).map(|record| record.full(kind)).unwrap_or_default();
    result["new"] = json!(found.is_none());
    Ok(Done::Result(result))
}
