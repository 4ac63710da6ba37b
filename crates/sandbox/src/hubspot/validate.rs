//! Whether property values fit their definitions, and how HubSpot keeps them.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::definition::{Definition, Type};
use super::kind::Kind;
use super::portal::Portal;
use super::record::Properties;
use super::refusal::{Refusal, ValueFault};

/// The general limit of a string property.
const TEXT_CHARS_MAX: usize = 65_536;

/// Checks every value and returns them as they will be kept: strings, e-mails lower-cased, times in ISO 8601.
pub fn values(portal: &Portal, kind: Kind, given: &Map<String, Value>) -> Result<Properties, Refusal> {
    let (mut kept, mut faults) = (Properties::new(), Vec::new());
    for (name, value) in given {
        match one(portal, kind, name, value) {
            Ok(value) => {
                kept.insert(name.clone(), value);
            }
            Err((code, message)) => faults.push(ValueFault { property: name.clone(), code, message }),
        }
    }
    if faults.is_empty() { Ok(kept) } else { Err(Refusal::values(&faults)) }
}

type Unfit = (&'static str, String);

fn one(portal: &Portal, kind: Kind, name: &str, value: &Value) -> Result<String, Unfit> {
    let Some(definition) = portal.shelf(kind).definitions.get(name).filter(|found| !found.archived) else {
        return Err(("PROPERTY_DOESNT_EXIST", format!("Property \"{name}\" does not exist")));
    };
    if definition.is_read_only {
        let message = format!(
            "\"{name}\" is a read only property; its value cannot be set. Please remove it from your request."
        );
        return Err(("READ_ONLY_VALUE", message));
    }
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => {
            return Err(("INVALID_STRING", format!("{name} must be a string, number or boolean.")));
        }
    };
    // The empty string clears any property.
    if text.is_empty() { Ok(text) } else { kept(portal, definition, text) }
}

fn kept(portal: &Portal, definition: &Definition, text: String) -> Result<String, Unfit> {
    let name = definition.name.as_str();
    match definition.kind {
        Type::String | Type::PhoneNumber if name == "email" => email(&text),
        Type::String | Type::PhoneNumber => {
            if text.chars().count() > TEXT_CHARS_MAX {
                return Err((
                    "INVALID_STRING_LENGTH",
                    format!("{name} is longer than {TEXT_CHARS_MAX} characters."),
                ));
            }
            Ok(text)
        }
        Type::Number => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(text.trim().to_owned()),
            _ => Err(("INVALID_INTEGER", format!("{text} was not a valid number."))),
        },
        Type::Bool if text == "true" || text == "false" => Ok(text),
        Type::Bool => Err(not_allowed(&text, "true, false")),
        Type::Datetime | Type::Date => {
            time(&text).ok_or_else(|| ("INVALID_LONG", format!("{text} was not a valid long.")))
        }
        Type::Enumeration => choice(portal, definition, text),
    }
}

fn choice(portal: &Portal, definition: &Definition, text: String) -> Result<String, Unfit> {
    match definition.name.as_str() {
        "hubspot_owner_id" => {
            // The error of an unknown owner is not documented; that it is refused is.
            if portal.owners.iter().any(|owner| owner.id == text) {
                return Ok(text);
            }
            Err(("INVALID_OWNER_ID", format!("Owner {text} does not exist.")))
        }
        "hs_call_disposition" => {
            let is_guid = uuid::Uuid::parse_str(&text).is_ok();
            let is_known = portal.outcomes.iter().any(|outcome| outcome.id == text && !outcome.deleted);
            if !is_guid || (portal.switches.refuse_unknown_outcome && !is_known) {
                let ids: Vec<&str> = portal.outcomes.iter().map(|outcome| outcome.id.as_str()).collect();
                return Err(not_allowed(&text, &ids.join(", ")));
            }
            Ok(text)
        }
        "hs_additional_emails" => {
            let emails: Result<Vec<String>, Unfit> =
                text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(email).collect();
            Ok(emails?.join(";"))
        }
        _ if definition.is_external => Ok(text),
        _ => {
            let is_many = definition.field == "checkbox";
            let parts: Vec<&str> = if is_many { text.split(';').collect() } else { vec![text.as_str()] };
            let fits = |part: &&str| definition.choices.iter().any(|choice| choice.value == **part);
            if parts.iter().filter(|part| !part.is_empty()).all(fits) {
                return Ok(text);
            }
            let allowed: Vec<&str> = definition.choices.iter().map(|choice| choice.value.as_str()).collect();
            Err(not_allowed(&text, &allowed.join(", ")))
        }
    }
}

fn not_allowed(text: &str, allowed: &str) -> Unfit {
    ("INVALID_OPTION", format!("{text} was not one of the allowed options: [{allowed}]"))
}

fn email(text: &str) -> Result<String, Unfit> {
    let text = text.trim().to_lowercase();
    let fits = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !local.starts_with('.')
            && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>(),;:\"[]\\".contains(c))
            && !domain.contains('@')
            && domain.contains('.')
            && domain
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
    });
    if fits { Ok(text) } else { Err(("INVALID_EMAIL", format!("Email address {text} is invalid"))) }
}

/// Reads milliseconds since the epoch, an ISO 8601 instant, or a bare date.
pub fn time_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(ms) = text.parse::<i64>() {
        return Timestamp::from_millisecond(ms).ok().map(Timestamp::as_millisecond);
    }
    let instant = text.parse::<Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse::<Timestamp>());
    instant.ok().map(Timestamp::as_millisecond)
}

fn time(text: &str) -> Option<String> {
    time_ms(text).map(crate::clock::iso)
}
