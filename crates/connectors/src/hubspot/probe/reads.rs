//! Probes that only read.

use serde_json::Value;

use super::{Probe, Seen, seen};
use crate::hubspot::{Hubspot, KEY_PROPERTY, version::DISPOSITIONS};

/// HubSpot's default outcomes, by the ids that its documents give (§2.2).
const DEFAULT_OUTCOMES: [&str; 6] = [
    "9d9162e7-6cf3-4944-bf63-4dff82258764",
    "f240bbac-87c9-4f6e-bf70-924b57d47db7",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff",
    "b2cf5968-551e-4856-9783-52b3da59a7d0",
    "73a0d17f-1163-4015-bdd5-ec830791da20",
    "17b47fee-58de-441e-a44c-c6300d46f273",
];

impl Hubspot {
    /// Probes the account without writing anything.
    pub async fn probe(&self) -> Vec<Probe> {
        let mut probes =
            vec![self.probe_keys().await, self.probe_outcomes().await, self.probe_status().await];
        probes.extend([
            self.probe_writability("calls", "hs_unique_creation_key").await,
            self.probe_writability("meetings", "hs_i_cal_uid").await,
        ]);
        probes.extend([self.probe_call_types().await, self.probe_pages().await, self.probe_case().await]);
        probes
    }

    async fn probe_keys(&self) -> Probe {
        let mut words = Vec::new();
        for object in ["contacts", "calls", "meetings", "tasks"] {
            let property = self.property(object, KEY_PROPERTY).await;
            let word = seen(&property, |property| match property["hasUniqueValue"].as_bool() {
                Some(true) => "unique".to_owned(),
                _ => "there, not unique".to_owned(),
            });
            words.push(format!("{object}: {word}"));
        }
        Probe {
            question: "May contacts and activities have a property with unique values?",
            asked: format!("the property {KEY_PROPERTY} of each kind, which connecting tries to make"),
            seen: words.join("; "),
            either_way: "Where it is unique, HubSpot refuses a second create; elsewhere Patchbay looks before it sends again.",
        }
    }

    async fn probe_outcomes(&self) -> Probe {
        let listed: Seen = self.get(DISPOSITIONS, &[]).await;
        let words = |listed: &Value| {
            let items = listed.as_array().or_else(|| listed["results"].as_array());
            let items = items.map(Vec::as_slice).unwrap_or_default();
            let is_there = |id: &&&str| items.iter().any(|item| item["id"].as_str() == Some(**id));
            let defaults = DEFAULT_OUTCOMES.iter().filter(is_there).count();
            let flags = items.iter().filter(|item| item["deleted"].is_boolean()).count();
            let deleted = items.iter().filter(|item| item["deleted"] == true).count();
            format!(
                "{} outcomes, {defaults} of HubSpot's {} defaults among them; {flags} say whether they are deleted, {deleted} are",
                items.len(),
                DEFAULT_OUTCOMES.len()
            )
        };
        Probe {
            question: "What does the list of call outcomes hold for this credential?",
            asked: format!("GET {DISPOSITIONS}"),
            seen: seen(&listed, words),
            either_way: "Deleted ones are left out; where the address is gone, the options of the property are read.",
        }
    }

    async fn probe_status(&self) -> Probe {
        let property = self.property("calls", "hs_call_status").await;
        let words = |property: &Value| {
            let missed = values(property).iter().any(|value| value == "MISSED");
            format!("{} options, {} MISSED", values(property).len(), if missed { "with" } else { "without" })
        };
        Probe {
            question: "Does a call's status take MISSED?",
            asked: "the options of hs_call_status".to_owned(),
            seen: seen(&property, words),
            either_way: "Missed calls are written as NO_ANSWER, which HubSpot documents.",
        }
    }

    async fn probe_writability(&self, object: &str, name: &str) -> Probe {
        let property = self.property(object, name).await;
        let words = |property: &Value| match property["modificationMetadata"]["readOnlyValue"].as_bool() {
            Some(true) => "It is there and read-only".to_owned(),
            Some(false) => "It is there and can be written".to_owned(),
            None => "It is there; HubSpot does not say whether it can be written".to_owned(),
        };
        Probe {
            question: "Can HubSpot's own properties for creating once be written?",
            asked: format!("the property {name} of {object}"),
            seen: seen(&property, words),
            either_way: "Patchbay writes none of them: its key is a property of its own.",
        }
    }

    async fn probe_call_types(&self) -> Probe {
        let property = self.property("calls", "hs_activity_type").await;
        let words = |property: &Value| {
            let labels = list(property, "label");
            let alike = values(property).iter().zip(&labels).filter(|(value, label)| value == label).count();
            format!("{} call types; of {alike} the value is the label", labels.len())
        };
        Probe {
            question: "Are call types turned on, and is a type's value its label?",
            asked: "the options of hs_activity_type".to_owned(),
            seen: seen(&property, words),
            either_way: "Values are written as the list gives them; without a list there are no types to pick.",
        }
    }

    async fn probe_pages(&self) -> Probe {
        let owners: Seen = self.get(&self.settings.version.owners(), &[("limit", "500")]).await;
        let words = |owners: &Value| {
            let count = owners["results"].as_array().map_or(0, Vec::len);
            format!(
                "Taken: {count} owners{}",
                if owners["paging"].is_null() { "" } else { ", and more pages" }
            )
        };
        Probe {
            question: "How many owners may a page hold?",
            asked: "owners, 500 a page".to_owned(),
            seen: seen(&owners, words),
            either_way: "Pages of 100 are read, which HubSpot documents.",
        }
    }

    async fn probe_case(&self) -> Probe {
        let path = self.settings.version.owners();
        let first: Seen = self.get(&path, &[("limit", "1")]).await;
        let email = first.as_ref().ok().and_then(|owners| owners["results"][0]["email"].as_str());
        let seen = match email.map(str::to_uppercase) {
            None => seen(&first, |_| "There is no owner with an address".to_owned()),
            Some(email) => {
                let found: Seen = self.get(&path, &[("email", &email)]).await;
                seen(&found, |owners| {
                    let is_found = owners["results"].as_array().is_some_and(|owners| !owners.is_empty());
                    if is_found { "The owner is found" } else { "The owner is not found" }.to_owned()
                })
            }
        };
        Probe {
            question: "Is an owner found by an address in capitals?",
            asked: "the first owner, by the address in capitals".to_owned(),
            seen,
            either_way: "All owners are listed, and addresses are compared in lower case by Patchbay.",
        }
    }

    async fn property(&self, object: &str, name: &str) -> Seen {
        self.get(&format!("{}/{name}", self.settings.version.properties(object)), &[]).await
    }
}

fn values(property: &Value) -> Vec<String> {
    list(property, "value")
}

fn list(property: &Value, field: &str) -> Vec<String> {
    let options = property["options"].as_array().map(Vec::as_slice).unwrap_or_default();
    options.iter().filter_map(|option| option[field].as_str().map(str::to_owned)).collect()
}
