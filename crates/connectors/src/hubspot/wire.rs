//! HubSpot's own spelling: the bodies of reference/hubspot.md §1.2, §4 and §6.4 (SPEC of 2026-08-21, read 2026-11-20).
//!
//! Keys may be missing, `null` or new; ids and values may be numbers where texts are documented.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// An object as it is answered.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Object {
    #[serde(deserialize_with = "text")]
    pub id: String,
    #[serde(deserialize_with = "or_default")]
    pub properties: BTreeMap<String, Value>,
    pub url: Option<String>,
    pub object_write_trace_id: Option<String>,
    pub archived: Option<bool>,
}

impl Object {
    /// A property that has a value.
    pub fn property(&self, name: &str) -> Option<String> {
        self.properties.get(name).map(plain).filter(|value| !value.is_empty())
    }

    /// All properties that have a value.
    pub fn valued(&self) -> BTreeMap<String, String> {
        let plain = self.properties.iter().map(|(name, value)| (name.clone(), plain(value)));
        plain.filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// The answer to a batch.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Batch {
    #[serde(deserialize_with = "text")]
    pub status: String,
    pub results: Option<Vec<Object>>,
    #[serde(deserialize_with = "list")]
    pub errors: Vec<Error>,
}

/// An error: of a whole answer, of an entry of a batch, or of one property.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Error {
    #[serde(deserialize_with = "text")]
    pub category: String,
    #[serde(deserialize_with = "text")]
    pub sub_category: String,
    #[serde(deserialize_with = "text")]
    pub message: String,
    /// 429 only: `RATE_LIMIT`, in place of a category.
    #[serde(deserialize_with = "text")]
    pub error_type: String,
    /// 429 only.
    #[serde(deserialize_with = "text")]
    pub policy_name: String,
    /// Of one property.
    #[serde(deserialize_with = "text")]
    pub code: String,
    /// Of one property, in the list inside a message.
    #[serde(deserialize_with = "text")]
    pub error: String,
    /// Of one property, in the list inside a message.
    #[serde(deserialize_with = "text")]
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub context: BTreeMap<String, Value>,
    #[serde(deserialize_with = "list")]
    pub errors: Vec<Error>,
}

impl Error {
    /// The values of a key of the context; usually a list of texts.
    pub fn context(&self, key: &str) -> Vec<String> {
        match self.context.get(key) {
            Some(Value::Array(values)) => values.iter().map(plain).collect(),
            Some(Value::Null) | None => Vec::new(),
            Some(value) => vec![plain(value)],
        }
    }
}

/// A page of a list or of a search.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub struct Page<T> {
    pub results: Vec<T>,
    #[serde(default)]
    pub total: Option<u64>,
    #[serde(default)]
    paging: Option<Paging>,
}

impl<T> Page<T> {
    /// Where the next page begins.
    pub fn next(&self) -> Option<String> {
        let after = self.paging.as_ref()?.next.as_ref()?.after.clone();
        (!after.is_empty()).then_some(after)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Paging {
    next: Option<Next>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    #[serde(deserialize_with = "text")]
    after: String,
}

/// An owner.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Owner {
    #[serde(deserialize_with = "text")]
    pub id: String,
    #[serde(deserialize_with = "text")]
    pub email: String,
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: String,
    pub archived: Option<bool>,
}

/// The account.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Account {
    #[serde(deserialize_with = "text")]
    pub portal_id: String,
    #[serde(deserialize_with = "text")]
    pub time_zone: String,
    #[serde(deserialize_with = "text")]
    pub ui_domain: String,
}

/// A call outcome. `deleted` is seen live and not documented.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Disposition {
    #[serde(deserialize_with = "text")]
    pub id: String,
    #[serde(deserialize_with = "text")]
    pub label: String,
    pub deleted: Option<bool>,
}

/// Call outcomes: a bare list, or perhaps a wrapped one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Dispositions {
    Bare(Vec<Disposition>),
    Wrapped { results: Vec<Disposition> },
}

/// A property's definition as it is answered.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Property {
    #[serde(deserialize_with = "text")]
    pub name: String,
    pub modification_metadata: Modification,
    pub has_unique_value: Option<bool>,
    pub archived: Option<bool>,
    #[serde(deserialize_with = "list")]
    pub options: Vec<PropertyOption>,
}

/// What may be changed of a property.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Modification {
    pub read_only_value: Option<bool>,
}

/// An option of an enumeration.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PropertyOption {
    #[serde(deserialize_with = "text")]
    pub label: String,
    #[serde(deserialize_with = "text")]
    pub value: String,
    pub hidden: Option<bool>,
}

/// What an object is associated with; the id is a number in examples and a text in the SPEC.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Associated {
    #[serde(deserialize_with = "text")]
    pub to_object_id: String,
    #[serde(deserialize_with = "text")]
    pub id: String,
}

/// A property to be made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewProperty<'a> {
    pub name: &'a str,
    pub label: &'a str,
    #[serde(rename = "type")]
    pub kind: &'a str,
    pub field_type: &'a str,
    pub group_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_unique_value: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<NewOption<'a>>,
}

/// An option to be made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOption<'a> {
    pub label: &'a str,
    pub value: &'a str,
    pub display_order: u8,
    pub hidden: bool,
}

/// An object to be made. The trace id is what lets a batch succeed in part (§1.3).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewObject {
    pub object_write_trace_id: String,
    pub properties: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub associations: Vec<NewAssociation>,
}

/// An association inside a create (§1.5).
#[derive(Debug, Clone, Serialize)]
pub struct NewAssociation {
    to: Id,
    types: [AssociationType; 1],
}

#[derive(Debug, Clone, Serialize)]
struct Id {
    id: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct AssociationType {
    association_category: &'static str,
    association_type_id: u32,
}

impl NewAssociation {
    /// To this id, by a type id that HubSpot defines.
    pub fn to(id: String, type_id: u32) -> Self {
        let kind = AssociationType { association_category: "HUBSPOT_DEFINED", association_type_id: type_id };
        Self { to: Id { id }, types: [kind] }
    }
}

/// A search.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Search<'a> {
    pub filter_groups: Vec<FilterGroup<'a>>,
    pub properties: &'a [&'a str],
    pub sorts: Vec<Sort>,
    pub limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Filters that must all match.
#[derive(Debug, Clone, Serialize)]
pub struct FilterGroup<'a> {
    pub filters: Vec<Filter<'a>>,
}

/// One filter.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Filter<'a> {
    pub property_name: &'a str,
    pub operator: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// An order of results.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sort {
    pub property_name: &'static str,
    pub direction: &'static str,
}

/// A text, number or truth as text; anything else as nothing.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Value::deserialize(from).map(|value| plain(&value))
}

fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// A list, less what is not of its shape.
fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(values) = Value::deserialize(from)? else { return Ok(Vec::new()) };
    Ok(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}

/// The answer of the token endpoint (§5).
#[derive(Deserialize)]
pub struct TokenAnswer {
    pub access_token: SecretString,
    #[serde(default)]
    pub refresh_token: Option<SecretString>,
    #[serde(default)]
    pub expires_in: Option<i64>,
    #[serde(default, deserialize_with = "text")]
    pub hub_id: String,
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

/// A refusal of the token endpoint (§5): snake case, and words of its own.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Denial {
    #[serde(deserialize_with = "text")]
    pub error: String,
    #[serde(deserialize_with = "text")]
    pub status: String,
}
