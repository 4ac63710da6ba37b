//! The objects API: one record at a time.

use serde_json::{Value, json};

use super::kind::Kind;
use super::portal::Portal;
use super::record::Record;
use super::refusal::Refusal;
use super::{batch, search, write};
use crate::answer::Answer;
use crate::asked::Asked;

pub fn answer(
    portal: &mut Portal,
    kind: Kind,
    version: &str,
    rest: &[&str],
    asked: &Asked,
) -> Result<Answer, Refusal> {
    match (asked.method.as_str(), rest) {
        ("GET", []) => Ok(list(portal, kind, asked)),
        ("POST", []) => create(portal, kind, version, asked),
        ("POST", ["search"]) => search::answer(portal, kind, asked),
        ("POST", ["batch", operation]) => batch::answer(portal, kind, version, operation, asked),
        ("POST", ["merge"]) => {
            let survivor = write::merge(portal, kind, asked)?;
            Ok(Answer::json(
                200,
                portal.find(kind, survivor).map(|record| record.full(kind)).unwrap_or_default(),
            ))
        }
        ("POST", ["gdpr-delete"]) => forget(portal, kind, asked),
        ("GET", [id]) => read(portal, kind, id, asked),
        ("PATCH", [id]) => update(portal, kind, id, asked),
        ("DELETE", [id]) => archive(portal, kind, id),
        (_, [] | [_]) => Err(Refusal::new(405, None, "HTTP 405 Method Not Allowed")),
        _ => Err(Refusal::new(404, None, "resource not found")),
    }
}

/// Finds a live record by id or by a unique property.
pub fn find<'a>(
    portal: &'a Portal,
    kind: Kind,
    id: &str,
    by: Option<&str>,
) -> Result<Option<&'a Record>, Refusal> {
    let Some(property) = by else {
        return match id.parse() {
            Ok(number) => Ok(portal.live(kind, number)),
            Err(_) => Err(Refusal::not_found(id)),
        };
    };
    if !portal.shelf(kind).definitions.get(property).is_some_and(|found| found.is_unique && !found.archived) {
        return Err(Refusal::invalid(format!(
            "Unable to perform update/upsert by non-unique {} property {property}",
            kind.type_id()
        )));
    }
    let value = if property == "email" { id.trim().to_lowercase() } else { id.to_owned() };
    let found = portal.holder(kind, property, &value).and_then(|id| portal.live(kind, id));
    Ok(found.filter(|record| {
        portal.switches.secondary_email_read
            || record.properties.get(property).is_some_and(|held| *held == value)
    }))
}

fn create(portal: &mut Portal, kind: Kind, version: &str, asked: &Asked) -> Result<Answer, Refusal> {
    let id = write::create(portal, kind, version, body(asked)?)?;
    let record = portal.find(kind, id).map(|record| record.full(kind)).unwrap_or_default();
    Ok(Answer::json(201, record).with("location", &format!("/crm/objects/{version}/{}/{id}", kind.plural())))
}

pub fn body(asked: &Asked) -> Result<&Value, Refusal> {
    asked.json.as_ref().filter(|json| json.is_object()).ok_or_else(|| {
        // JSON parse errors have no category.
        Refusal::new(400, None, "Invalid input JSON on line 1, column 1: Cannot deserialize value")
    })
}

fn read(portal: &Portal, kind: Kind, id: &str, asked: &Asked) -> Result<Answer, Refusal> {
    let by = asked.param("idProperty");
    let archived = asked.param("archived") == Some("true");
    let record = if archived {
        let number = id.parse().map_err(|_| Refusal::not_found(id))?;
        portal
            .shelf(kind)
            .records
            .get(&number)
            .filter(|record| record.archived && record.merged_into.is_none())
    } else {
        find(portal, kind, id, by)?
    };
    let record = record.ok_or_else(|| Refusal::not_found(if by.is_some() { "0" } else { id }))?;
    let mut json = shown(portal, kind, record, &asked.params("properties"));
    add_associations(portal, kind, record.id, &asked.params("associations"), &mut json);
    Ok(Answer::json(200, json))
}

pub fn shown(portal: &Portal, kind: Kind, record: &Record, properties: &[&str]) -> Value {
    let definitions = &portal.shelf(kind).definitions;
    record.json(kind, properties, |name| definitions.get(name).is_some_and(|found| !found.archived))
}

fn add_associations(portal: &Portal, kind: Kind, id: u64, asked: &[&str], json: &mut Value) {
    for other in asked.iter().filter_map(|name| Kind::named(name)) {
        let results: Vec<Value> = portal
            .linked(kind, id, other)
            .into_iter()
            .map(|(id, _)| json!({"id": id.to_string(), "type": kind.type_name(other)}))
            .collect();
        // A type without any association is left out.
        if !results.is_empty() {
            json["associations"][other.plural()] = json!({"results": results});
        }
    }
}

fn list(portal: &Portal, kind: Kind, asked: &Asked) -> Answer {
    let archived = asked.param("archived") == Some("true");
    let limit = asked.number("limit").unwrap_or(10).clamp(1, 100);
    let after = asked.number("after").map_or(0, |id| u64::try_from(id).unwrap_or(u64::MAX));
    let fits = |record: &&Record| record.archived == archived && record.merged_into.is_none();
    let mut found = portal.shelf(kind).records.range(after..).map(|(_, record)| record).filter(fits);
    let (properties, associations) = (asked.params("properties"), asked.params("associations"));
    let mut results = Vec::new();
    for record in found.by_ref().take(limit) {
        let mut json = shown(portal, kind, record, &properties);
        add_associations(portal, kind, record.id, &associations, &mut json);
        results.push(json);
    }
    let mut body = json!({"results": results});
    if let Some(next) = found.next() {
        body["paging"] = json!({"next": {"after": next.id.to_string(), "link": ""}});
    }
    Answer::json(200, body)
}

fn update(portal: &mut Portal, kind: Kind, id: &str, asked: &Asked) -> Result<Answer, Refusal> {
    let by = asked.param("idProperty");
    let found = find(portal, kind, id, by)?.map(|record| record.id);
    let number = found.ok_or_else(|| Refusal::not_found(if by.is_some() { "0" } else { id }))?;
    let input = body(asked)?;
    write::update(portal, kind, number, input)?;
    Ok(Answer::json(200, after_update(portal, kind, number, input)))
}

/// A PATCH answers with what it changed and the default stamps.
pub fn after_update(portal: &Portal, kind: Kind, id: u64, input: &Value) -> Value {
    let names: Vec<&str> =
        input["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    portal.find(kind, id).map(|record| shown(portal, kind, record, &names)).unwrap_or_default()
}

fn archive(portal: &mut Portal, kind: Kind, id: &str) -> Result<Answer, Refusal> {
    let number = id.parse().map_err(|_| Refusal::not_found(id))?;
    let Some(record) = portal.find(kind, number) else { return Err(Refusal::not_found(id)) };
    let (number, was_archived) = (record.id, record.archived);
    if was_archived && portal.switches.second_delete_missing {
        return Err(Refusal::not_found(id));
    }
    if !was_archived {
        write::archive(portal, kind, number);
    }
    Ok(Answer::empty(204))
}

/// Privacy deletion: the values are gone, not only the record.
pub fn forget(portal: &mut Portal, kind: Kind, asked: &Asked) -> Result<Answer, Refusal> {
    let id = asked.text("objectId").unwrap_or_default();
    let found = find(portal, kind, id, asked.text("idProperty"))?.map(|record| record.id);
    let number = found.ok_or_else(|| Refusal::not_found(id))?;
    portal.change(kind, number, |record| {
        record.archived = true;
        record.properties.clear();
    });
    // A privacy deletion fires the plain one as well.
    portal.tell("contact.privacyDeletion", number, &json!({}));
    write::tell_deletion(portal, kind, number);
    Ok(Answer::empty(204))
}
