//! Orders to the portal: what its admin, its users and its operator would do.

use serde_json::{Value, json};

use super::definition::{Choice, Definition};
use super::key::Key;
use super::kind::Kind;
use super::outcome::{self, Outcome};
use super::owner::{self, Owner};
use super::portal::Portal;
use super::record::Record;
use super::webhook::{self, Hook};
use super::{account, object, write};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::control::{refused, unknown};

/// Orders that create something are written with this path version.
const VERSION: &str = "2026-03";

pub fn carry_out(portal: &mut Portal, asked: &Asked) -> Answer {
    let segments = asked.segments();
    let parts: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    let method = asked.method.as_str();
    match parts.as_slice() {
        ["objects", kind, rest @ ..] => match Kind::named(kind) {
            Some(kind) => objects(portal, kind, method, rest, asked),
            None => unknown(),
        },
        ["outcomes", rest @ ..] => outcomes(portal, method, rest, asked),
        ["owners", rest @ ..] => owners(portal, method, rest, asked),
        ["keys", rest @ ..] => keys(portal, method, rest, asked),
        ["account"] => account::ordered(portal, asked),
        ["call-types", rest @ ..] => call_types(portal, method, rest, asked),
        ["hook"] => hook(portal, method, asked),
        ["hook", "send"] => {
            let events = asked.field("events").as_array().cloned().unwrap_or_default();
            portal.events =
                events.iter().map(|given| webhook::event("contact.creation", 0, "CRM", given)).collect();
            Answer::json(202, json!({"events": portal.events}))
        }
        ["switches"] => {
            if method == "POST" && !portal.switches.set(asked.json.as_ref().unwrap_or(&Value::Null)) {
                return refused("a switch");
            }
            Answer::json(200, portal.switches.json())
        }
        ["limits"] => {
            if method == "POST" {
                portal.budget.set(asked.json.as_ref().unwrap_or(&Value::Null));
            }
            Answer::json(200, portal.budget.json())
        }
        _ => unknown(),
    }
}

fn objects(portal: &mut Portal, kind: Kind, method: &str, rest: &[&str], asked: &Asked) -> Answer {
    match (method, rest) {
        ("GET", []) => {
            let with_archived = asked.param("archived") == Some("true");
            let all = portal.shelf(kind).records.values();
            let shown = all.filter(|record| with_archived || !record.archived);
            let items: Vec<Value> = shown.map(|record| seen(portal, kind, record)).collect();
            Answer::json(200, json!({"items": items}))
        }
        ("GET", [id]) => {
            let found = id.parse().ok().and_then(|id| portal.find(kind, id));
            found.map_or_else(unknown, |record| Answer::json(200, seen(portal, kind, record)))
        }
        // As a user would by hand: no key, no limits, no entry among the requests.
        ("POST", []) => made_by_hand(portal, kind, asked),
        ("PATCH", [id]) => changed_by_hand(portal, kind, id, asked),
        ("POST", ["merge"]) => match write::merge(portal, kind, asked) {
            Ok(survivor) => Answer::json(200, json!({"id": survivor.to_string()})),
            Err(refusal) => refusal.answer(),
        },
        ("POST", ["forget"]) => {
            object::forget(portal, kind, asked).unwrap_or_else(|refusal| refusal.answer())
        }
        ("DELETE", [id]) => {
            let found = id.parse().ok().and_then(|id| portal.live(kind, id)).map(|record| record.id);
            let Some(id) = found else { return unknown() };
            write::archive(portal, kind, id);
            Answer::empty(204)
        }
        _ => unknown(),
    }
}

fn made_by_hand(portal: &mut Portal, kind: Kind, asked: &Asked) -> Answer {
    let Ok(body) = object::body(asked) else { return refused("body") };
    match write::create(portal, kind, VERSION, body) {
        Ok(id) => Answer::json(
            201,
            portal.find(kind, id).map(|record| seen(portal, kind, record)).unwrap_or_default(),
        ),
        Err(refusal) => refusal.answer(),
    }
}

fn changed_by_hand(portal: &mut Portal, kind: Kind, id: &str, asked: &Asked) -> Answer {
    let found = id.parse().ok().and_then(|id| portal.live(kind, id)).map(|record| record.id);
    let Some(id) = found else { return unknown() };
    let Ok(body) = object::body(asked) else { return refused("body") };
    match write::update(portal, kind, id, body) {
        Ok(()) => Answer::json(
            200,
            portal.find(kind, id).map(|record| seen(portal, kind, record)).unwrap_or_default(),
        ),
        Err(refusal) => refusal.answer(),
    }
}

/// A record with everything about it, for looking at from outside.
pub fn seen(portal: &Portal, kind: Kind, record: &Record) -> Value {
    let mut associations = json!({});
    for other in Kind::ALL {
        let ids: Vec<String> =
            portal.linked(kind, record.id, other).iter().map(|(id, _)| id.to_string()).collect();
        if !ids.is_empty() || other == Kind::Contacts {
            associations[other.plural()] = json!(ids);
        }
    }
    json!({
        "id": record.id.to_string(), "properties": record.properties, "associations": associations,
        "archived": record.archived, "merged_into": record.merged_into.map(|id| id.to_string()),
        "writes": record.writes,
    })
}

fn outcomes(portal: &mut Portal, method: &str, rest: &[&str], asked: &Asked) -> Answer {
    match (method, rest) {
        ("GET", []) => Answer::json(200, json!({"items": outcome::list(&portal.outcomes, true)})),
        ("POST", []) => {
            let Some(label) = asked.text("label") else { return refused("label") };
            let outcome = Outcome::made(label);
            let json = outcome.json();
            portal.outcomes.push(outcome);
            Answer::json(201, json)
        }
        (_, [id]) => {
            let Some(found) = portal.outcomes.iter_mut().find(|outcome| outcome.id == *id) else {
                return unknown();
            };
            match (method, asked.text("label")) {
                ("PATCH", Some(label)) => {
                    label.clone_into(&mut found.label);
                    Answer::json(200, found.json())
                }
                ("DELETE", _) => {
                    found.deleted = true;
                    Answer::empty(204)
                }
                _ => refused("label"),
            }
        }
        _ => unknown(),
    }
}

fn owners(portal: &mut Portal, method: &str, rest: &[&str], asked: &Asked) -> Answer {
    match (method, rest) {
        ("GET", []) => {
            Answer::json(200, json!({"items": portal.owners.iter().map(Owner::json).collect::<Vec<_>>()}))
        }
        ("POST", []) => {
            let Some(owner) = owner::made(asked, portal.owners.len()) else { return refused("email") };
            let json = owner.json();
            portal.owners.push(owner);
            Answer::json(201, json)
        }
        ("DELETE", [id]) => {
            let Some(owner) = portal.owners.iter_mut().find(|owner| owner.id == *id) else {
                return unknown();
            };
            owner.archived = true;
            Answer::empty(204)
        }
        _ => unknown(),
    }
}

fn keys(portal: &mut Portal, method: &str, rest: &[&str], asked: &Asked) -> Answer {
    let answer_if = |done: bool| if done { Answer::empty(204) } else { unknown() };
    match (method, rest) {
        ("GET", []) => Answer::json(200, json!({"items": portal.keys.json()})),
        ("POST", []) => {
            let Some(key) = asked.text("key") else { return refused("key") };
            let scopes = asked.field("scopes").as_array();
            let scopes =
                scopes.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect());
            portal.keys.add(key, Key { scopes, ..Key::default() });
            Answer::json(201, json!({"key": key}))
        }
        ("DELETE", [key]) => answer_if(portal.keys.revoke(key)),
        ("POST", [key, "expire"]) => answer_if(portal.keys.expire(key)),
        _ => unknown(),
    }
}

/// Where HubSpot sends its webhooks; an app has one address.
fn hook(portal: &mut Portal, method: &str, asked: &Asked) -> Answer {
    if method == "DELETE" {
        portal.hook = None;
        return Answer::empty(204);
    }
    let (Some(url), Some(secret)) = (asked.text("url"), asked.text("client_secret")) else {
        return refused("url, client_secret");
    };
    portal.hook = Some(Hook { url: url.to_owned(), client_secret: secret.to_owned() });
    Answer::json(200, json!({"url": url}))
}

/// Call and meeting types, which an admin keeps in settings: options of `hs_activity_type`.
fn call_types(portal: &mut Portal, method: &str, rest: &[&str], asked: &Asked) -> Answer {
    for kind in [Kind::Calls, Kind::Meetings] {
        let Some(found) = portal.shelf_mut(kind).definitions.get_mut("hs_activity_type") else { continue };
        match (method, rest) {
            ("POST", []) => {
                let Some(label) = asked.text("label") else { return refused("label") };
                let value = asked.text("value").unwrap_or(label).to_owned();
                found.choices.push(Choice { label: label.to_owned(), value });
            }
            ("DELETE", [value]) => found.choices.retain(|choice| choice.value != *value),
            ("GET", []) => {}
            _ => return unknown(),
        }
    }
    let found = portal.shelf(Kind::Calls).definitions.get("hs_activity_type").map(Definition::json);
    Answer::json(200, json!({"items": found.unwrap_or_default()["options"]}))
}
