//! A call as it stands, and its snapshot in webhooks and in the API.

use serde_json::{Value, json};

use super::account::Account;
use super::digits;

#[derive(Clone, Debug)]
pub struct Tagged {
    pub tag_id: i64,
    /// None: Aircall set the tag itself.
    pub by: Option<i64>,
    pub at: i64,
}

#[derive(Clone, Debug)]
pub struct Comment {
    pub id: i64,
    pub content: String,
    pub by: Option<i64>,
    pub at: i64,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub id: i64,
    pub uuid: String,
    pub direction: String,
    pub status: &'static str,
    pub missed_call_reason: Option<String>,
    pub started_at: i64,
    pub answered_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub hangup_cause: Option<String>,
    pub voicemail: Option<String>,
    pub recording: Option<String>,
    pub asset: Option<String>,
    pub raw_digits: String,
    pub user_id: Option<i64>,
    pub contact: Option<Value>,
    pub number_id: i64,
    pub archived: bool,
    pub comments: Vec<Comment>,
    pub tags: Vec<Tagged>,
    pub transferred_to: Option<i64>,
    pub transferred_by: Option<i64>,
    /// When its latest event was built.
    pub told_at: i64,
}

impl Call {
    /// The whole call, as every `call.*` webhook carries it.
    pub fn snapshot(&self, account: &Account) -> Value {
        let user = |id: i64| account.user(id).map(super::account::User::json);
        let mut json = self.common(account);
        json["call_uuid"] = json!(self.uuid);
        let participant = json!({"phone_number": digits::spaced(&self.raw_digits), "type": "external"});
        json["participants"] = json!([participant]);
        // Keys without a value are missing, not null.
        for (key, id) in [
            ("user", self.user_id),
            ("transferred_to", self.transferred_to),
            ("transferred_by", self.transferred_by),
        ] {
            if let Some(found) = id.and_then(user) {
                json[key] = found;
            }
        }
        if let Some(contact) = &self.contact {
            json["contact"] = contact.clone();
        }
        json
    }

    /// As `GET /v1/calls` gives it: `sid`, times of the user, and the contact only when it is asked for.
    pub fn api_json(&self, account: &Account, with_contact: bool) -> Value {
        let mut json = self.common(account);
        json["sid"] = json!(self.uuid);
        json["country_code_a2"] = json!("FR");
        json["pricing_type"] = json!("free");
        if let Some(user) = self.user_id.and_then(|id| account.user(id)) {
            json["user"] = user.api_json();
        }
        json["contact"] = json!(self.contact.as_ref().filter(|_| with_contact));
        json
    }

    fn common(&self, account: &Account) -> Value {
        let number = account.numbers.iter().find(|number| number.id == self.number_id);
        let mut json = json!({
            "id": self.id, "direct_link": format!("https://api.aircall.io/v1/calls/{}", self.id),
            "direction": self.direction, "status": self.status, "missed_call_reason": self.missed_call_reason,
            "started_at": self.started_at, "answered_at": self.answered_at, "ended_at": self.ended_at,
            // Seconds with ringing included; 0 until hung up.
            "duration": self.ended_at.map_or(0, |ended_at| ended_at - self.started_at),
            "cost": "0.0", "hangup_cause": self.hangup_cause, "voicemail": self.voicemail,
            "recording": self.recording, "asset": self.asset, "raw_digits": digits::spaced(&self.raw_digits),
            "number": number.map(super::account::Number::json), "archived": self.archived,
            "comments": self.comments.iter().map(|comment| comment.json(account)).collect::<Vec<_>>(),
            "tags": self.tags.iter().filter_map(|tagged| tagged.json(account)).collect::<Vec<_>>(),
        });
        if self.direction == "inbound" {
            json["teams"] = json!([]);
        }
        json
    }
}

impl Tagged {
    fn json(&self, account: &Account) -> Option<Value> {
        let tag = account.tags.iter().find(|tag| tag.id == self.tag_id)?;
        let by =
            self.by.and_then(|id| account.user(id)).map_or_else(|| json!({}), super::account::User::json);
        Some(json!({"id": tag.id, "name": tag.name, "tagged_by": by, "tagged_at": self.at}))
    }
}

impl Comment {
    fn json(&self, account: &Account) -> Value {
        let by = self.by.and_then(|id| account.user(id)).map(super::account::User::json);
        json!({"id": self.id, "content": self.content, "posted_by": by, "posted_at": self.at})
    }
}
