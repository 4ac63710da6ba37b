//! One search filter: a property, an operator, values.

use std::cmp::Ordering;

use serde_json::Value;

use super::definition::Type;
use super::kind::Kind;
use super::portal::Portal;
use super::record::View;
use super::refusal::Refusal;
use super::validate::time_ms;

const IN_VALUES_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Eq,
    Neq,
    Lt,
    Lte,
    Gt,
    Gte,
    Between,
    In,
    NotIn,
    HasProperty,
    NotHasProperty,
    ContainsToken,
    NotContainsToken,
}

impl Operator {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "EQ" => Self::Eq,
            "NEQ" => Self::Neq,
            "LT" => Self::Lt,
            "LTE" => Self::Lte,
            "GT" => Self::Gt,
            "GTE" => Self::Gte,
            "BETWEEN" => Self::Between,
            "IN" => Self::In,
            "NOT_IN" => Self::NotIn,
            "HAS_PROPERTY" => Self::HasProperty,
            "NOT_HAS_PROPERTY" => Self::NotHasProperty,
            "CONTAINS_TOKEN" => Self::ContainsToken,
            "NOT_CONTAINS_TOKEN" => Self::NotContainsToken,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug)]
pub struct Filter {
    property: String,
    kind: Type,
    operator: Operator,
    value: String,
    high: String,
    values: Vec<String>,
}

pub fn read(portal: &Portal, kind: Kind, given: &Value) -> Result<Filter, Refusal> {
    let property = given["propertyName"].as_str().unwrap_or_default();
    let operator = Operator::named(given["operator"].as_str().unwrap_or_default())
        .ok_or_else(|| Refusal::invalid(format!("unknown filter operator {}", given["operator"])))?;
    let value_type = if property.starts_with("associations.") {
        Type::Number
    } else {
        let found = portal.shelf(kind).definitions.get(property).filter(|found| !found.archived);
        found.ok_or_else(|| Refusal::invalid(format!("Property \"{property}\" does not exist")))?.kind
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let values: Vec<String> = given["values"].as_array().into_iter().flatten().map(text).collect();
    if values.len() > IN_VALUES_MAX {
        return Err(Refusal::invalid(format!(
            "too many IN list values (count: {}, max allowed: {IN_VALUES_MAX})",
            values.len()
        )));
    }
    let is_list = matches!(operator, Operator::In | Operator::NotIn);
    let is_bare = matches!(operator, Operator::HasProperty | Operator::NotHasProperty);
    if (is_list && values.is_empty()) || (!is_list && !is_bare && given["value"].is_null()) {
        return Err(Refusal::invalid(format!("filter on {property} lacks a value")));
    }
    let (value, high) = (text(&given["value"]), text(&given["highValue"]));
    Ok(Filter { property: property.to_owned(), kind: value_type, operator, value, high, values })
}

impl Filter {
    pub fn fits(&self, view: &View) -> bool {
        if self.property.starts_with("associations.") {
            return self.fits_contacts(view);
        }
        let held = view.properties.get(&self.property);
        match self.operator {
            Operator::HasProperty => held.is_some(),
            Operator::NotHasProperty => held.is_none(),
            // A record without the property fits the negations.
            Operator::Neq => held.is_none_or(|held| !self.equal(held, &self.value)),
            Operator::NotIn => held.is_none_or(|held| !self.is_listed(held)),
            Operator::NotContainsToken => held.is_none_or(|held| !has_token(held, &self.value)),
            _ => held.is_some_and(|held| self.fits_value(held)),
        }
    }

    fn fits_value(&self, held: &str) -> bool {
        let against = |value: &str| self.compare(held, value);
        match self.operator {
            Operator::Eq => self.equal(held, &self.value),
            Operator::Lt => against(&self.value) == Some(Ordering::Less),
            Operator::Lte => against(&self.value).is_some_and(Ordering::is_le),
            Operator::Gt => against(&self.value) == Some(Ordering::Greater),
            Operator::Gte => against(&self.value).is_some_and(Ordering::is_ge),
            Operator::Between => {
                against(&self.value).is_some_and(Ordering::is_ge)
                    && against(&self.high).is_some_and(Ordering::is_le)
            }
            Operator::In => self.is_listed(held),
            Operator::ContainsToken => has_token(held, &self.value),
            _ => false,
        }
    }

    fn fits_contacts(&self, view: &View) -> bool {
        let has = |value: &str| value.parse().is_ok_and(|id| view.contacts.contains(&id));
        match self.operator {
            Operator::Eq => has(&self.value),
            Operator::Neq => !has(&self.value),
            Operator::In => self.values.iter().any(|value| has(value)),
            Operator::NotIn => !self.values.iter().any(|value| has(value)),
            Operator::HasProperty => !view.contacts.is_empty(),
            Operator::NotHasProperty => view.contacts.is_empty(),
            _ => false,
        }
    }

    /// Case does not matter, except in enumerations.
    fn equal(&self, held: &str, value: &str) -> bool {
        match self.kind {
            Type::Enumeration => held.split(';').any(|part| part == value),
            Type::Number | Type::Datetime | Type::Date => self.compare(held, value) == Some(Ordering::Equal),
            _ => held.to_lowercase() == value.to_lowercase(),
        }
    }

    /// The index holds strings in lower case and list values are taken as they are sent.
    fn is_listed(&self, held: &str) -> bool {
        let is_string = matches!(self.kind, Type::String | Type::PhoneNumber);
        let indexed = if is_string { held.to_lowercase() } else { held.to_owned() };
        self.values.iter().any(|value| if is_string { indexed == *value } else { self.equal(held, value) })
    }

    fn compare(&self, held: &str, value: &str) -> Option<Ordering> {
        match self.kind {
            Type::Datetime | Type::Date => Some(time_ms(held)?.cmp(&time_ms(value)?)),
            Type::Number => held.parse::<f64>().ok()?.partial_cmp(&value.parse::<f64>().ok()?),
            _ => Some(held.to_lowercase().cmp(&value.to_lowercase())),
        }
    }
}

/// Tokens are words of letters and digits; a `*` at either end stands for the rest of the word.
fn has_token(held: &str, value: &str) -> bool {
    let (held, value) = (held.to_lowercase(), value.to_lowercase());
    let wanted = value.trim_matches('*');
    let (open_start, open_end) = (value.starts_with('*'), value.ends_with('*'));
    held.split(|c: char| !c.is_alphanumeric())
        .chain(held.split_whitespace())
        .chain(held.split(';'))
        .chain(std::iter::once(held.as_str()))
        .any(|token| match (open_start, open_end) {
            (true, true) => token.contains(wanted),
            (true, false) => token.ends_with(wanted),
            (false, true) => token.starts_with(wanted),
            (false, false) => token == wanted,
        })
}

/// Orders two values of one property for a sort; numbers as numbers, times as times, texts as texts.
pub fn order(one: Option<&String>, other: Option<&String>) -> Ordering {
    let number = |value: Option<&String>| value.and_then(|value| value.parse::<f64>().ok());
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => match (one.and_then(|value| time_ms(value)), other.and_then(|value| time_ms(value))) {
            // Spelled with and without milliseconds, times do not sort as texts.
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.cmp(&other),
        },
    }
}
