//! Probes that write: on objects that they make themselves, and archive after.

use serde_json::{Value, json};

use super::{Probe, Seen, refused, seen};
use crate::hubspot::{Class, Hubspot, KEY_PROPERTY};

/// Nobody's: HubSpot's own ids of outcomes are random, too.
const UNKNOWN_OUTCOME: &str = "00000000-0000-4000-8000-000000000000";

/// What is written to a call of the probes' own: property, value, the question, and what Patchbay does either way.
const TRIED: [(&str, &str, &str, &str); 4] = [
    ("hs_call_status", "MISSED", "Is the status MISSED taken?", "Missed calls are written as NO_ANSWER."),
    (
        "hs_call_disposition",
        UNKNOWN_OUTCOME,
        "Is an unknown outcome taken?",
        "An outcome that was deleted is written for as long as the delay says; a refusal is a problem that names it.",
    ),
    (
        "hubspot_owner_id",
        "1",
        "How is an unknown owner refused?",
        "What is refused for its owner is written without one, and says so.",
    ),
    (
        "hs_activity_type",
        "Patchbay doctor",
        "Is an unknown call type taken?",
        "Only types that the list holds can be picked; a refusal is a problem that names the property.",
    ),
];

/// What was made, to be archived.
#[derive(Default)]
struct Made(Vec<(&'static str, String)>);

impl Hubspot {
    /// Probes the account with two contacts and two calls of its own, named after `run`, and archives them.
    pub async fn probe_by_writing(&self, run: &str) -> Vec<Probe> {
        let mut made = Made::default();
        let mut probes = self.probe_contacts(run, &mut made).await;
        probes.extend(self.probe_calls(run, &mut made).await);
        for (object, id) in made.0.into_iter().rev() {
            if let Err(trouble) = self.remove(object, &id).await
                && !matches!(&trouble, super::Trouble::Refused(refusal) if refusal.is_missing())
            {
                probes.push(Probe {
                    question: "Is all put away that the probes made?",
                    asked: format!("DELETE {object}/{id}"),
                    seen: refused(&trouble),
                    either_way: "Archive it by hand: nothing else refers to it.",
                });
            }
        }
        probes
    }

    async fn probe_contacts(&self, run: &str, made: &mut Made) -> Vec<Probe> {
        let email = |n: u8| format!("patchbay-doctor-{run}-{n}@example.com");
        let properties = json!({ "email": email(1), "lastname": "Patchbay doctor", "phone": "+33123456789" });
        let first = self.make("contacts", &properties, made).await;
        let Ok(first) = first else { return vec![unmade("contact", &first)] };
        let asked = ("properties", "hs_searchable_calculated_phone_number,hs_marketable_status");
        let read: Seen = self.get(&self.object("contacts", &first), &[asked]).await;
        let value = |name: &'static str| {
            move |contact: &Value| match contact["properties"][name].as_str() {
                Some(value) => format!("“{value}”"),
                None => "No value".to_owned(),
            }
        };
        let mut probes = vec![
            Probe {
                question: "By what is a French number searched for?",
                asked: "hs_searchable_calculated_phone_number of a contact with +33123456789".to_owned(),
                seen: seen(&read, value("hs_searchable_calculated_phone_number")),
                either_way: "Numbers are asked for in each form that is known, and each match is read as a whole number.",
            },
            Probe {
                question: "Is a contact that Patchbay makes a marketing contact, which is billed?",
                asked: "hs_marketable_status of a new contact; no API can set it".to_owned(),
                seen: seen(&read, value("hs_marketable_status")),
                either_way: "If it is true, switch it off for this app in HubSpot, under the settings for marketing contacts.",
            },
        ];
        let properties = json!({ "email": email(2), "lastname": "Patchbay doctor" });
        let Ok(second) = self.make("contacts", &properties, made).await else { return probes };
        let merge = json!({ "primaryObjectId": first, "objectIdToMerge": second });
        let path = format!("{}/merge", self.settings.version.objects("contacts"));
        let merged: Seen = self.post(Class::General, &path, &merge).await;
        let by_id = self.read_one(None, &second).await;
        let by_email = self.read_one(Some("email"), &email(2)).await;
        let found = |read: &Seen| match (&merged, read) {
            (Err(trouble), _) => format!("The contacts could not be merged. {}", refused(trouble)),
            (Ok(_), read) => seen(read, |batch| match batch["results"][0]["id"].as_str() {
                Some(id) if id == second => "The contact that was merged away".to_owned(),
                Some(_) => "The contact that it was merged into".to_owned(),
                None => "Nothing".to_owned(),
            }),
        };
        probes.push(Probe {
            question: "What does a batch read by the id of a merged contact give?",
            asked: "a contact merged into another, by its own id".to_owned(),
            seen: found(&by_id),
            either_way: "What a batch leaves out is read alone, which follows the merge.",
        });
        probes.push(Probe {
            question: "Does a batch read by e-mail find a further address?",
            asked: "a contact by the address that a merge gave it".to_owned(),
            seen: found(&by_email),
            either_way: "A create that HubSpot refuses for its address takes the contact that has it, by a search if need be.",
        });
        probes
    }

    async fn probe_calls(&self, run: &str, made: &mut Made) -> Vec<Probe> {
        let key = format!("patchbay-doctor:{run}");
        let plain = json!({ "hs_timestamp": "2026-01-01T00:00:00Z", "hs_call_title": "Patchbay doctor" });
        let keyed = json!({ "hs_timestamp": "2026-01-01T00:00:00Z", "hs_call_title": "Patchbay doctor", KEY_PROPERTY: key });
        let mut probes = Vec::new();
        let call = match self.make("calls", &keyed, made).await {
            Ok(call) => {
                let again = self.make("calls", &keyed, made).await;
                probes.push(Probe {
                    question: "Is a second call with the same key refused, and how?",
                    asked: format!("two calls with one value of {KEY_PROPERTY}"),
                    seen: match &again {
                        Ok(_) => "It was made: the property is not unique".to_owned(),
                        Err(trouble) => refused(trouble),
                    },
                    either_way: "A refusal that speaks of the key is answered with a look for what has it.",
                });
                Ok(call)
            }
            Err(_) => self.make("calls", &plain, made).await,
        };
        let Ok(call) = call else {
            probes.push(unmade("call", &call));
            return probes;
        };
        for (name, value, question, either_way) in TRIED {
            let properties = json!({ "properties": { name: value } });
            let changed: Seen = self.patch(&self.object("calls", &call), &properties).await;
            let asked = format!("{name} = {value} on a call of its own");
            probes.push(Probe { question, asked, seen: seen(&changed, |_| "Taken".to_owned()), either_way });
        }
        probes.push(self.probe_deletes(&call).await);
        probes
    }

    async fn probe_deletes(&self, call: &str) -> Probe {
        let first = self.remove("calls", call).await;
        let second = self.remove("calls", call).await;
        let words = |deleted: &Result<(), _>| match deleted {
            Ok(()) => "done".to_owned(),
            Err(trouble) => refused(trouble),
        };
        Probe {
            question: "What does a second DELETE answer?",
            asked: "DELETE of one call, twice".to_owned(),
            seen: format!("First: {}. Second: {}", words(&first), words(&second)),
            either_way: "What is not there counts as deleted.",
        }
    }

    async fn make(
        &self,
        object: &'static str,
        properties: &Value,
        made: &mut Made,
    ) -> Result<String, super::Trouble> {
        let body = json!({ "properties": properties });
        let answer: Value = self.post(Class::General, &self.settings.version.objects(object), &body).await?;
        let id = answer["id"].as_str().unwrap_or_default().to_owned();
        made.0.push((object, id.clone()));
        Ok(id)
    }

    async fn remove(&self, object: &str, id: &str) -> Result<(), super::Trouble> {
        self.delete::<Value>(&self.object(object, id)).await.map(drop)
    }

    async fn read_one(&self, id_property: Option<&str>, id: &str) -> Seen {
        let mut body = json!({ "properties": ["email"], "inputs": [{ "id": id }] });
        if let Some(name) = id_property {
            body["idProperty"] = json!(name);
        }
        let path = format!("{}/batch/read", self.settings.version.objects("contacts"));
        self.post(Class::General, &path, &body).await
    }

    fn object(&self, object: &str, id: &str) -> String {
        format!("{}/{id}", self.settings.version.objects(object))
    }
}

fn unmade(what: &str, made: &Result<String, super::Trouble>) -> Probe {
    Probe {
        question: "Can the probes make what they write on?",
        asked: format!("a {what}"),
        seen: made.as_ref().map_or_else(refused, |_| "Yes".to_owned()),
        either_way: "Nothing was written; the probes that need it were left out.",
    }
}
