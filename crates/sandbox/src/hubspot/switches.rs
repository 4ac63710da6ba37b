//! Behaviours that the documents leave open or that differ between portals.

use serde_json::{Value, json};

#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone, Debug, Default)]
pub struct Switches {
    /// How far search lags behind writes.
    pub search_lag_ms: i64,
    /// A conflict on an e-mail does not name the contact that has it.
    pub conflict_without_id: bool,
    /// A read by `idProperty=email` also finds further e-mails. Unconfirmed either way.
    pub secondary_email_read: bool,
    /// A batch read by a merged id reports it missing instead of giving the survivor. Unconfirmed either way.
    pub merged_missing_in_batch_read: bool,
    /// Unique properties cannot be made on activities.
    pub refuse_unique_activity_properties: bool,
    /// No property can be made: the key lacks the scope.
    pub refuse_property_creation: bool,
    /// A call outcome must exist and not be deleted.
    pub refuse_unknown_outcome: bool,
    /// The list of outcomes also shows deleted ones, flagged.
    pub list_deleted_outcomes: bool,
    /// Contacts that apps make are marketing contacts, as an admin can set it; no API can (HubSpot's knowledge base, "Manage
    /// marketing contacts settings for your integrations").
    pub contacts_are_marketing: bool,
    /// A second DELETE of a record answers 404. Unconfirmed either way.
    pub second_delete_missing: bool,
    /// Contact properties an admin made required; enforced from path version 2026-09 on.
    pub required_contact_properties: Vec<String>,
}

impl Switches {
    fn flags(&mut self) -> [(&'static str, &mut bool); 9] {
        [
            ("conflict_without_id", &mut self.conflict_without_id),
            ("secondary_email_read", &mut self.secondary_email_read),
            ("merged_missing_in_batch_read", &mut self.merged_missing_in_batch_read),
            ("refuse_unique_activity_properties", &mut self.refuse_unique_activity_properties),
            ("refuse_property_creation", &mut self.refuse_property_creation),
            ("refuse_unknown_outcome", &mut self.refuse_unknown_outcome),
            ("list_deleted_outcomes", &mut self.list_deleted_outcomes),
            ("contacts_are_marketing", &mut self.contacts_are_marketing),
            ("second_delete_missing", &mut self.second_delete_missing),
        ]
    }

    /// Takes over the members that an order names; false if it names an unknown one.
    pub fn set(&mut self, order: &Value) -> bool {
        let Some(members) = order.as_object() else { return false };
        let mut fits = true;
        for (name, value) in members {
            if name == "search_lag_ms" {
                fits &= value.as_i64().map(|ms| self.search_lag_ms = ms).is_some();
            } else if name == "required_contact_properties" {
                let names =
                    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
                self.required_contact_properties = names.collect();
            } else {
                let flag = self.flags().into_iter().find(|(known, _)| known == name).map(|(_, flag)| flag);
                fits &= flag.zip(value.as_bool()).map(|(flag, value)| *flag = value).is_some();
            }
        }
        fits
    }

    pub fn json(&self) -> Value {
        let mut json = json!({
            "search_lag_ms": self.search_lag_ms,
            "required_contact_properties": self.required_contact_properties,
        });
        for (name, flag) in self.clone().flags() {
            json[name] = json!(*flag);
        }
        json
    }
}
