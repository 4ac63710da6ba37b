//! Calendly in a box: the webhook subscriptions of its API, version 2, and what they are told on order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::{self, hold};
use crate::control::{refused, unknown};
use crate::courier::{Courier, Letter, Rules};
use crate::hexmac;
use crate::origin::Provider;
use crate::page::{Html, Page, Section};

const ORGANIZATION: &str = "https://api.calendly.com/organizations/ORG1";

/// Calendly retries for 24 h and then disables the subscription; its spacing is not known.
const RULES: Rules = Rules { timeout_ms: 15_000, retry_ms: 200, attempts_max: 10, disable_after: 50 };

const EVENTS: [&str; 5] = [
    "invitee.created",
    "invitee.canceled",
    "invitee_no_show.created",
    "invitee_no_show.deleted",
    "routing_form_submission.created",
];

/// Who bears a token: an admin of the organization, or a member who may subscribe to their own events alone.
fn bearer(asked: &Asked) -> Option<(&'static str, bool)> {
    match asked.header("authorization")? {
        "Bearer calendly-sandbox" => Some(("https://api.calendly.com/users/ADMIN1", true)),
        "Bearer calendly-member" => Some(("https://api.calendly.com/users/MEMBER1", false)),
        _ => None,
    }
}

struct Subscription {
    uri: String,
    url: String,
    events: Vec<String>,
    scope: String,
    user: Option<String>,
    creator: &'static str,
    signing_key: Option<String>,
    created_at: String,
}

impl Subscription {
    fn id(&self) -> &str {
        self.uri.rsplit('/').next().unwrap_or_default()
    }

    /// As the API shows it: the key is not told again.
    fn json(&self) -> Value {
        json!({
            "uri": self.uri, "callback_url": self.url, "created_at": self.created_at, "updated_at": self.created_at,
            "retry_started_at": null, "state": "active", "events": self.events, "scope": self.scope,
            "organization": ORGANIZATION, "user": self.user, "group": null, "creator": self.creator,
        })
    }
}

#[derive(Default)]
struct Account {
    subscriptions: Vec<Subscription>,
    /// A free plan has no webhooks.
    is_free: bool,
    /// Scheduled events by their id, as they were ordered.
    events: BTreeMap<String, Value>,
}

pub struct Calendly {
    account: Mutex<Account>,
    courier: Arc<Courier>,
}

impl Default for Calendly {
    fn default() -> Self {
        Self { account: Mutex::default(), courier: Courier::new(RULES) }
    }
}

impl Provider for Calendly {
    fn name(&self) -> &'static str {
        "Calendly"
    }

    async fn answer(&self, asked: &Asked) -> Answer {
        let Some((user, is_admin)) = bearer(asked) else {
            return error(401, "Unauthenticated", "The access token is invalid");
        };
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut account = hold(&self.account);
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["users", "me"]) => Answer::json(
                200,
                json!({"resource": {"uri": user, "name": "Ada Park", "email": "ada@example.com",
                    "timezone": "America/New_York", "current_organization": ORGANIZATION}}),
            ),
            ("GET", ["scheduled_events", id]) => account
                .events
                .get(*id)
                .map_or_else(not_found, |event| Answer::json(200, json!({"resource": event}))),
            ("GET", ["webhook_subscriptions"]) => account.listed(asked, is_admin),
            ("POST", ["webhook_subscriptions"]) => account.subscribed(asked, user, is_admin),
            (method, ["webhook_subscriptions", id]) => {
                let Some(at) = account.subscriptions.iter().position(|one| one.id() == *id) else {
                    return not_found();
                };
                match method {
                    "GET" => Answer::json(200, json!({"resource": account.subscriptions[at].json()})),
                    "DELETE" => {
                        self.courier.forget(&account.subscriptions[at].uri);
                        account.subscriptions.remove(at);
                        Answer::empty(204)
                    }
                    _ => not_found(),
                }
            }
            _ => not_found(),
        }
    }

    async fn control(&self, asked: &Asked) -> Answer {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["send"]) => self.send(asked).await,
            ("PUT", ["scheduled_events", id]) => {
                let event = asked.json.clone().unwrap_or_default();
                hold(&self.account).events.insert((*id).to_owned(), event);
                Answer::empty(204)
            }
            ("POST", ["plan"]) => {
                let Some(is_free) = asked.field("free").as_bool() else { return refused("free") };
                hold(&self.account).is_free = is_free;
                Answer::json(200, json!({"free": is_free}))
            }
            ("GET", ["deliveries"]) => Answer::json(200, self.courier.json()),
            ("POST", ["delivery"]) => {
                Answer::json(200, self.courier.set(asked.json.as_ref().unwrap_or(&Value::Null)))
            }
            _ => unknown(),
        }
    }

    fn state(&self) -> Value {
        let account = hold(&self.account);
        let shown = account.subscriptions.iter().map(Subscription::json).collect::<Vec<_>>();
        json!({"subscriptions": shown, "free": account.is_free})
    }

    fn reset(&self) {
        *hold(&self.account) = Account::default();
        self.courier.reset();
    }

    fn page(&self, asked: &Asked) -> Option<Page> {
        let rows = hold(&self.account)
            .subscriptions
            .iter()
            .map(|one| vec![Html::code(&one.url), Html::text(&one.scope), Html::text(one.events.join(", "))])
            .collect();
        (asked.path == "/").then(|| Page {
            title: "Calendly sandbox".to_owned(),
            sections: vec![
                Section::new("Webhook subscriptions", &["Address", "Scope", "Events"], rows),
                self.courier.section(),
            ],
        })
    }
}

impl Account {
    /// Only an admin of the organization may ask about all of it.
    fn denied(&self, scope: &str, is_admin: bool) -> Option<Answer> {
        if self.is_free {
            return Some(error(403, "Permission Denied", "Please upgrade your Calendly account to Standard"));
        }
        let may = is_admin || scope == "user";
        (!may).then(|| error(403, "Permission Denied", "You do not have permission to perform this request"))
    }

    fn listed(&self, asked: &Asked, is_admin: bool) -> Answer {
        let (organization, scope) = (asked.param("organization"), asked.param("scope").unwrap_or_default());
        if organization != Some(ORGANIZATION) || !matches!(scope, "user" | "organization") {
            return error(400, "Invalid Argument", "The supplied parameters are invalid.");
        }
        if let Some(denied) = self.denied(scope, is_admin) {
            return denied;
        }
        let of = |one: &&Subscription| one.scope == scope && one.user.as_deref() == asked.param("user");
        let shown: Vec<Value> = self.subscriptions.iter().filter(of).map(Subscription::json).collect();
        let pagination = json!({"count": shown.len(), "next_page": null, "previous_page": null,
            "next_page_token": null, "previous_page_token": null});
        Answer::json(200, json!({"collection": shown, "pagination": pagination}))
    }

    fn subscribed(&mut self, asked: &Asked, creator: &'static str, is_admin: bool) -> Answer {
        let scope = asked.text("scope").unwrap_or_default();
        let given = asked.field("events").as_array().cloned().unwrap_or_default();
        let events: Vec<String> = given.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let user = asked.text("user").map(str::to_owned);
        let url = asked.text("url").filter(|url| url::Url::parse(url).is_ok());
        let (Some(url), Some(ORGANIZATION)) = (url, asked.text("organization")) else {
            return error(400, "Invalid Argument", "The supplied parameters are invalid.");
        };
        let are_known = !events.is_empty() && events.iter().all(|event| EVENTS.contains(&event.as_str()));
        let is_whose = scope == "organization" || (scope == "user" && user.as_deref() == Some(creator));
        if !are_known || !is_whose {
            return error(400, "Invalid Argument", "The supplied parameters are invalid.");
        }
        if let Some(denied) = self.denied(scope, is_admin) {
            return denied;
        }
        if self.subscriptions.iter().any(|one| one.url == url) {
            return error(409, "Already Exists", "Hook with this url already exists");
        }
        let uri = format!("https://api.calendly.com/webhook_subscriptions/{}", Uuid::new_v4());
        let subscription = Subscription {
            uri,
            url: url.to_owned(),
            events,
            scope: scope.to_owned(),
            user,
            creator,
            signing_key: asked.text("signing_key").map(str::to_owned),
            created_at: clock::now().to_string(),
        };
        let answer = Answer::json(201, json!({"resource": subscription.json()}));
        self.subscriptions.push(subscription);
        answer
    }
}

impl Calendly {
    /// Tells each subscription of the event, signed with its key; one without a key gets no signature.
    async fn send(&self, asked: &Asked) -> Answer {
        let Some(event) = asked.text("event") else { return refused("event") };
        let mut body = asked.json.clone().unwrap_or_default();
        if body["created_at"].is_null() {
            body["created_at"] = json!(clock::now().to_string());
        }
        let (body, timestamp) = (body.to_string(), clock::now_s());
        let letters: Vec<Letter> = hold(&self.account)
            .subscriptions
            .iter()
            .filter(|one| one.events.iter().any(|wanted| wanted == event))
            .map(|one| {
                let sign = |key: &String| {
                    let signature = hexmac::of(key, &format!("{timestamp}.{body}"));
                    ("Calendly-Webhook-Signature".to_owned(), format!("t={timestamp},v1={signature}"))
                };
                Letter {
                    hook: one.uri.clone(),
                    event: event.to_owned(),
                    url: one.url.clone(),
                    headers: one.signing_key.iter().map(sign).collect(),
                    body: body.clone(),
                }
            })
            .collect();
        let mut told = Vec::new();
        for letter in letters {
            let hook = letter.hook.clone();
            told.push(json!({"hook": hook, "status": self.courier.deliver(letter).await}));
        }
        Answer::json(200, json!({"items": told}))
    }
}

fn error(status: u16, title: &str, message: &str) -> Answer {
    Answer::json(status, json!({"title": title, "message": message}))
}

fn not_found() -> Answer {
    error(404, "Resource Not Found", "The server could not find the requested resource.")
}
