//! HubSpot's error bodies.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::kind::Kind;
use crate::answer::Answer;

pub const PORTAL_ID: u64 = 20_261_121;

/// A request, or one input of a batch, that is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: u16,
    pub category: Option<&'static str>,
    pub sub_category: Option<&'static str>,
    pub message: String,
    pub context: Map<String, Value>,
    pub errors: Vec<Value>,
}

impl Refusal {
    pub fn new(status: u16, category: Option<&'static str>, message: impl Into<String>) -> Self {
        let (context, errors) = (Map::new(), Vec::new());
        Self { status, category, sub_category: None, message: message.into(), context, errors }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, Some("VALIDATION_ERROR"), message)
    }

    #[must_use]
    pub fn context(mut self, name: &str, values: &[String]) -> Self {
        self.context.insert(name.to_owned(), json!(values));
        self
    }

    #[must_use]
    pub fn sub(mut self, sub_category: &'static str) -> Self {
        self.sub_category = Some(sub_category);
        self
    }

    /// Values that do not fit: the message repeats the list as text, the errors hold it as data.
    pub fn values(faults: &[ValueFault]) -> Self {
        let listed: Vec<Value> = faults
            .iter()
            .map(|fault| {
                json!({
                    "isValid": false, "message": fault.message, "error": fault.code, "name": fault.property,
                    "localizedErrorMessage": fault.message, "portalId": PORTAL_ID,
                })
            })
            .collect();
        let mut refusal = Self::invalid(format!("Property values were not valid: {}", Value::Array(listed)));
        refusal.errors = faults
            .iter()
            .map(|fault| {
                json!({"message": fault.message, "code": fault.code, "context": {"propertyName": [fault.property]}})
            })
            .collect();
        refusal
    }

    /// The id stands in the text only, except inside a batch with trace ids.
    pub fn exists(id: u64, is_told: bool) -> Self {
        if !is_told {
            return Self::new(409, Some("CONFLICT"), "Contact already exists");
        }
        Self::new(409, Some("CONFLICT"), format!("Contact already exists. Existing ID: {id}"))
    }

    /// An unknown numeric id has no category; a non-numeric one has, and two spaces in its message.
    pub fn not_found(asked_id: &str) -> Self {
        if asked_id.parse::<u64>().is_ok() {
            return Self::new(404, None, "resource not found");
        }
        Self::new(404, Some("OBJECT_NOT_FOUND"), "Object not found.  objectId are usually numeric.")
            .context("id", &[asked_id.to_owned()])
    }

    pub fn some_missing(kind: Kind, ids: &[String]) -> Self {
        let message = format!(
            "Could not get some {} objects, they may be deleted or not exist. Check that ids are valid.",
            kind.shouted()
        );
        Self::new(404, Some("OBJECT_NOT_FOUND"), message).context("ids", ids)
    }

    pub fn missing_scopes(scopes: &[&str]) -> Self {
        let message = "This app hasn't been granted all required scopes to make this call. Read more about \
                       required scopes here: https://developers.hubspot.com/scopes.";
        let mut refusal = Self::new(403, Some("MISSING_SCOPES"), message);
        refusal.errors = vec![json!({
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": scopes},
        })];
        refusal
    }

    /// As an entry of a batch answer's `errors`.
    pub fn entry(&self, trace: Option<&str>) -> Value {
        let mut context = self.context.clone();
        if let Some(trace) = trace {
            context.insert("objectWriteTraceId".to_owned(), json!([trace]));
        }
        if let Some(id) = self.message.split("Existing ID: ").nth(1) {
            context.insert("existingId".to_owned(), json!([id]));
        }
        let mut entry = json!({
            "status": "error", "category": self.category, "message": self.message, "context": context,
        });
        if !self.errors.is_empty() {
            entry["errors"] = json!(self.errors);
        }
        if let Some(sub) = self.sub_category {
            entry["subCategory"] = json!(sub);
        }
        entry
    }

    pub fn answer(&self) -> Answer {
        let mut body = json!({
            "status": "error", "message": self.message, "correlationId": Uuid::new_v4().to_string(),
        });
        if let Some(category) = self.category {
            body["category"] = json!(category);
        }
        if let Some(sub) = self.sub_category {
            body["subCategory"] = json!(sub);
        }
        if !self.context.is_empty() {
            body["context"] = json!(self.context);
        }
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        Answer::json(self.status, body)
    }
}

/// One property value that does not fit.
#[derive(Clone, Debug)]
pub struct ValueFault {
    pub property: String,
    pub code: &'static str,
    pub message: String,
}
