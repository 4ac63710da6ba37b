//! Ids of others, which scripts write as text or as a number.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema, schema},
};

/// An id of Aircall's or HubSpot's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::String(text) if !text.trim().is_empty() => Ok(Self(text.trim().to_owned())),
            Value::Number(number) if number.is_u64() => Ok(Self(number.to_string())),
            _ => Err(D::Error::custom("must be an id: a text that is not empty, or a whole number")),
        }
    }
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        let types = [schema::Type::String, schema::Type::Integer];
        schema::ObjectBuilder::new()
            .schema_type(schema::SchemaType::from_iter(types))
            .pattern(Some(r"\S"))
            .minimum(Some(0))
            .into()
    }
}

impl ToSchema for Id {}
