//! An Aircall company: users, numbers, tags, webhooks, calls.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use crate::clock;

#[derive(Clone, Debug)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub email: String,
}

#[derive(Clone, Debug)]
pub struct Number {
    pub id: i64,
    pub name: &'static str,
    pub digits: &'static str,
    pub country: &'static str,
    pub time_zone: &'static str,
}

#[derive(Clone, Debug)]
pub struct Tag {
    pub id: i64,
    pub name: String,
    pub color: String,
    pub description: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Hook {
    pub id: i64,
    pub webhook_id: String,
    pub custom_name: String,
    pub url: String,
    pub token: String,
    pub active: bool,
    /// Empty: everything.
    pub events: Vec<String>,
    pub created_at: String,
}

#[derive(Debug)]
pub struct Account {
    /// Basic credentials: API id and token.
    pub keys: BTreeMap<String, String>,
    pub users: Vec<User>,
    pub numbers: Vec<Number>,
    pub tags: Vec<Tag>,
    pub hooks: Vec<Hook>,
    pub calls: BTreeMap<i64, Call>,
    /// Requests a minute; none: unlimited.
    pub limit: Option<u64>,
    pub recent: VecDeque<i64>,
    pub refused: u64,
    last_id: i64,
}

/// What headers tell while no limit is ordered.
const LIMIT_PER_MINUTE: u64 = 120;

/// The tags every fresh account has; Aircall sets them itself.
const SYSTEM_TAGS: [(&str, &str); 6] = [
    ("Callback Request", "queue_callback"),
    ("Called Back", "queue_called_back"),
    ("Conference", "conference"),
    ("Follow Up", "follow_up_self_assign"),
    ("Voicemail Drop", "voicemail_drop"),
    ("Voice Virtual Agent", "voice_virtual_agent"),
];

impl Default for Account {
    fn default() -> Self {
        let number = |id, name, digits, country, time_zone| Number { id, name, digits, country, time_zone };
        let mut account = Self {
            keys: BTreeMap::from([("sandbox".to_owned(), "sandbox".to_owned())]),
            users: Vec::new(),
            numbers: vec![
                number(397_375, "Paris line", "+33186266110", "FR", "Europe/Paris"),
                number(397_376, "New York line", "+14155550100", "US", "America/New_York"),
            ],
            tags: Vec::new(),
            hooks: Vec::new(),
            calls: BTreeMap::new(),
            limit: None,
            recent: VecDeque::new(),
            refused: 0,
            last_id: 780_883_000,
        };
        for (name, email) in [
            ("Ada Park", "ada@example.com"),
            ("Ben Ito", "ben@example.com"),
            ("Chloé Petit", "chloe@example.com"),
        ] {
            account.add_user(name, email);
        }
        for (name, description) in SYSTEM_TAGS {
            account.add_tag(name, Some(description.to_owned()));
        }
        for name in ["bad call", "good call", "call back"] {
            account.add_tag(name, None);
        }
        account
    }
}

impl Account {
    pub fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    pub fn add_user(&mut self, name: &str, email: &str) -> &User {
        let id = self.new_id();
        self.users.push(User { id, name: name.to_owned(), email: email.to_owned() });
        &self.users[self.users.len() - 1]
    }

    pub fn add_tag(&mut self, name: &str, description: Option<String>) -> &Tag {
        let id = self.new_id();
        self.tags.push(Tag { id, name: name.to_owned(), color: "#29C8FF".to_owned(), description });
        &self.tags[self.tags.len() - 1]
    }

    pub fn user(&self, id: i64) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email.eq_ignore_ascii_case(email))
    }

    pub fn tag_named(&self, name: &str) -> Option<&Tag> {
        self.tags.iter().find(|tag| tag.name == name)
    }

    /// Deletes a tag and takes it off every call that carried it.
    pub fn delete_tag(&mut self, id: i64) -> bool {
        let before = self.tags.len();
        self.tags.retain(|tag| tag.id != id);
        for call in self.calls.values_mut() {
            call.tags.retain(|tagged| tagged.tag_id != id);
        }
        self.tags.len() < before
    }

    pub fn add_hook(&mut self, url: &str, custom_name: &str, events: Vec<String>) -> &Hook {
        let id = self.new_id();
        self.hooks.push(Hook {
            id,
            webhook_id: Uuid::new_v4().to_string(),
            custom_name: custom_name.to_owned(),
            url: url.to_owned(),
            token: Uuid::new_v4().simple().to_string(),
            active: true,
            events,
            created_at: clock::now().to_string(),
        });
        &self.hooks[self.hooks.len() - 1]
    }

    /// Counts a request against the minute; none if it is over the limit.
    pub fn admit(&mut self) -> Option<()> {
        let now_ms = clock::now_ms();
        while self.recent.front().is_some_and(|time| *time <= now_ms - 60_000) {
            self.recent.pop_front();
        }
        if self.limit.is_some_and(|limit| self.used() >= limit) {
            self.refused += 1;
            return None;
        }
        self.recent.push_back(now_ms);
        Some(())
    }

    fn used(&self) -> u64 {
        u64::try_from(self.recent.len()).unwrap_or(u64::MAX)
    }

    /// Reset is a UNIX time in seconds.
    pub fn headers(&self) -> Vec<(String, String)> {
        let limit = self.limit.unwrap_or(LIMIT_PER_MINUTE);
        let reset = self.recent.front().map_or_else(clock::now_s, |first| first / 1000 + 60);
        [
            ("x-aircallapi-limit", limit.to_string()),
            ("x-aircallapi-remaining", limit.saturating_sub(self.used()).to_string()),
            ("x-aircallapi-reset", reset.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}

impl User {
    /// As it stands inside a call's webhook: without creation time and time zone.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "direct_link": format!("https://api.aircall.io/v1/users/{}", self.id),
            "name": self.name, "email": self.email, "available": true, "availability_status": "available",
            "language": "en-US", "wrap_up_time": 90,
        })
    }

    pub fn api_json(&self) -> Value {
        let mut json = self.json();
        json["created_at"] = json!("2026-01-12T09:00:00.000Z");
        json["time_zone"] = json!("Etc/UTC");
        json["extension"] = Value::Null;
        json["state"] = json!("always_opened");
        json
    }
}

impl Number {
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "direct_link": format!("https://api.aircall.io/v1/numbers/{}", self.id),
            "name": self.name, "digits": super::digits::spaced(self.digits), "e164_digits": self.digits,
            "country": self.country, "time_zone": self.time_zone, "open": true, "availability_status": "custom",
            "is_ivr": false, "live_recording_activated": false, "messages": {},
        })
    }
}

impl Tag {
    pub fn json(&self) -> Value {
        json!({"id": self.id, "name": self.name, "color": self.color, "description": self.description})
    }
}

impl Hook {
    /// The numeric id shows on GET only.
    pub fn json(&self, with_id: bool) -> Value {
        let mut json = json!({
            "direct_link": format!("https://api.aircall.io/v1/webhooks/{}", self.webhook_id), "url": self.url,
            "active": self.active, "events": self.events, "token": self.token, "created_at": self.created_at,
            "webhook_id": self.webhook_id, "custom_name": self.custom_name,
        });
        if with_id {
            json["id"] = json!(self.id);
        }
        json
    }
}
