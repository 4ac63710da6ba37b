//! An entry of the audit as people say it.

use domain::{
    catalog::{OutcomeCatalog, TagCatalog},
    ids::{OutcomeId, TagId},
    source::System,
};
use serde_json::Value;
use store::Audit;

use crate::{api::problem::Problem, dashboard::frame::Visit};

/// What entries name by ids, with their labels as last seen.
pub struct Words {
    outcomes: OutcomeCatalog,
    tags: TagCatalog,
}

impl Words {
    /// Reads the labels.
    pub async fn read(visit: &Visit) -> Result<Self, Problem> {
        let (store, ws) = (&visit.app.web.store, visit.scope.ws());
        Ok(Self { outcomes: store.outcome_catalog(ws).await?, tags: store.tag_catalog(ws).await? })
    }

    /// The entry in words. What is not known here is told by its own word.
    pub fn of(&self, audit: &Audit) -> String {
        let detail = &audit.detail;
        let text = |name: &str| detail[name].as_str().unwrap_or_default();
        let system = || {
            System::from_word(text("connection")).map_or_else(|| text("connection"), |system| system.name())
        };
        let count = |name: &str, noun: &str| match detail[name].as_u64().unwrap_or_default() {
            1 => format!("1 {noun}"),
            n => format!("{n} {noun}s"),
        };
        match audit.what.as_str() {
            "connection.connected" => format!("Connected {}", system()),
            "connection.disconnected" => format!("Disconnected {}", system()),
            "connection.paused" => format!("Paused {}", system()),
            "connection.resumed" => format!("Resumed {}", system()),
            "connection.key_rotated" => format!("Gave {}'s webhooks another address", system()),
            "connection.grant_asked" => format!("Went to {}'s page to grant access", system()),
            "settings.calls_changed" => format!("Changed settings for calls{}", fields(detail)),
            "settings.meetings_changed" => format!("Changed settings for meetings{}", fields(detail)),
            "settings.retention_changed" => format!("Changed retention: {}", kept(detail)),
            "outcome_rule.added" | "call_type_rule.added" => format!("Added {}", self.rule(audit)),
            "outcome_rule.changed" | "call_type_rule.changed" => format!("Changed {}", self.rule(audit)),
            "outcome_rule.removed" | "call_type_rule.removed" => format!("Deleted {}", self.rule(audit)),
            "problem.retried" => "Retried a problem".to_owned(),
            "problem.all_retried" => format!("Retried {}", count("problems", "problem")),
            "problem.dismissed" => "Dismissed a problem".to_owned(),
            "replay.started" => format!("Replayed {}", count("envelopes", "webhook")),
            "user.added" => format!("Added the user {} as {}", text("user"), text("role")),
            "user.changed" => format!("Changed the user {}, now {}", text("user"), text("role")),
            "user.disabled" => format!("Kept the user {} out", text("user")),
            "user.enabled" => format!("Let the user {} in again", text("user")),
            "user.password_reset" => format!("Gave the user {} a new password", text("user")),
            "user.signed_out" => format!("Signed the user {} out everywhere", text("user")),
            other => other.replace(['.', '_'], " "),
        }
    }

    fn rule(&self, audit: &Audit) -> String {
        let tag = audit.detail["tag"].as_str().unwrap_or_default();
        let tag = self.tags.label(&TagId(tag.to_owned())).unwrap_or(tag);
        let target = &audit.detail["target"];
        match (target["outcome"].as_str(), target["call_type"].as_str()) {
            (Some(outcome), _) => {
                let label = self.outcomes.label(&OutcomeId::from(outcome)).unwrap_or(outcome);
                format!("the outcome rule “{tag}” → “{label}”")
            }
            (None, call_type) => {
                format!("the call type rule “{tag}” → “{}”", call_type.unwrap_or_default())
            }
        }
    }
}

/// How long is kept what.
fn kept(detail: &Value) -> String {
    let days = |name: &str, none: &str| match detail[name].as_u64() {
        Some(1) => "1 day".to_owned(),
        Some(days) => format!("{days} days"),
        None => none.to_owned(),
    };
    let (webhooks, records) = (days("webhooks_days", "as long"), days("records_days", "for good"));
    format!("calls and meetings {records}, webhooks {webhooks}")
}

/// The settings that were sent, by their names.
fn fields(detail: &Value) -> String {
    let names: Vec<String> = detail["fields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|name| name.replace('_', " "))
        .collect();
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}
