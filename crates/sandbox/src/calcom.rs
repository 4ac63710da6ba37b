//! Cal.com in a box: the webhooks of its API, version 2, and what they are told on order.

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

/// The one account's key.
const KEY: &str = "cal_sandbox";

/// Three attempts are those of the builds of 2026; their spacing begins at 10 s.
const RULES: Rules = Rules { timeout_ms: 5000, retry_ms: 200, attempts_max: 3, disable_after: u64::MAX };

const TRIGGERS: [&str; 14] = [
    "BOOKING_CREATED",
    "BOOKING_PAYMENT_INITIATED",
    "BOOKING_PAID",
    "BOOKING_RESCHEDULED",
    "BOOKING_REQUESTED",
    "BOOKING_CANCELLED",
    "BOOKING_REJECTED",
    "BOOKING_NO_SHOW_UPDATED",
    "FORM_SUBMITTED",
    "MEETING_ENDED",
    "MEETING_STARTED",
    "RECORDING_READY",
    "INSTANT_MEETING",
    "OOO_CREATED",
];

struct Webhook {
    id: String,
    url: String,
    active: bool,
    triggers: Vec<String>,
    secret: Option<String>,
}

impl Webhook {
    fn json(&self) -> Value {
        json!({
            "id": self.id, "userId": 1, "subscriberUrl": self.url, "active": self.active, "triggers": self.triggers,
            "payloadTemplate": null, "secret": self.secret,
        })
    }
}

pub struct Calcom {
    webhooks: Mutex<Vec<Webhook>>,
    courier: Arc<Courier>,
}

impl Default for Calcom {
    fn default() -> Self {
        Self { webhooks: Mutex::default(), courier: Courier::new(RULES) }
    }
}

impl Provider for Calcom {
    fn name(&self) -> &'static str {
        "Cal.com"
    }

    async fn answer(&self, asked: &Asked) -> Answer {
        if asked.header("authorization") != Some(&format!("Bearer {KEY}")) {
            return error(asked, 401, "UnauthorizedException", "Invalid API key");
        }
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut webhooks = hold(&self.webhooks);
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["v2", "webhooks"]) => {
                let (take, skip) = (asked.number("take").unwrap_or(250), asked.number("skip").unwrap_or(0));
                let page: Vec<Value> = webhooks.iter().skip(skip).take(take).map(Webhook::json).collect();
                done(200, &json!(page))
            }
            ("POST", ["v2", "webhooks"]) => made(&mut webhooks, asked),
            (method, ["v2", "webhooks", id]) => {
                let Some(at) = webhooks.iter().position(|webhook| webhook.id == *id) else {
                    return error(asked, 404, "NotFoundException", &format!("Webhook ({id}) not found"));
                };
                match method {
                    "GET" => done(200, &webhooks[at].json()),
                    "PATCH" => changed(&mut webhooks[at], asked),
                    "DELETE" => done(200, &webhooks.remove(at).json()),
                    _ => error(asked, 404, "NotFoundException", "Cannot find the route"),
                }
            }
            _ => error(asked, 404, "NotFoundException", "Cannot find the route"),
        }
    }

    async fn control(&self, asked: &Asked) -> Answer {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["send"]) => self.send(asked).await,
            ("GET", ["deliveries"]) => Answer::json(200, self.courier.json()),
            ("POST", ["delivery"]) => {
                Answer::json(200, self.courier.set(asked.json.as_ref().unwrap_or(&Value::Null)))
            }
            _ => unknown(),
        }
    }

    fn state(&self) -> Value {
        json!({"webhooks": hold(&self.webhooks).iter().map(Webhook::json).collect::<Vec<_>>()})
    }

    fn reset(&self) {
        hold(&self.webhooks).clear();
        self.courier.reset();
    }

    fn page(&self, asked: &Asked) -> Option<Page> {
        let rows = hold(&self.webhooks)
            .iter()
            .map(|webhook| {
                let state = if webhook.active { "active" } else { "off" };
                let triggers = Html::text(webhook.triggers.join(", "));
                vec![Html::code(&webhook.url), Html::text(state), triggers]
            })
            .collect();
        (asked.path == "/").then(|| Page {
            title: "Cal.com sandbox".to_owned(),
            sections: vec![
                Section::new("Webhooks", &["Address", "State", "Triggers"], rows),
                self.courier.section(),
            ],
        })
    }
}

impl Calcom {
    /// Tells each webhook that asked for the trigger, signed with its secret; a webhook without one says so.
    async fn send(&self, asked: &Asked) -> Answer {
        let Some(trigger) = asked.text("triggerEvent") else { return refused("triggerEvent") };
        let mut body = asked.json.clone().unwrap_or_default();
        if body["createdAt"].is_null() {
            body["createdAt"] = json!(clock::now().to_string());
        }
        let body = body.to_string();
        let letters: Vec<Letter> = hold(&self.webhooks)
            .iter()
            .filter(|webhook| webhook.active && webhook.triggers.iter().any(|one| one == trigger))
            .map(|webhook| {
                let sign = |secret: &String| hexmac::of(secret, &body);
                let signature = webhook.secret.as_ref().map_or_else(|| "no-secret-provided".to_owned(), sign);
                let headers = vec![
                    ("X-Cal-Signature-256".to_owned(), signature),
                    ("X-Cal-Webhook-Version".to_owned(), "2021-10-20".to_owned()),
                ];
                let (hook, event, url) = (webhook.id.clone(), trigger.to_owned(), webhook.url.clone());
                Letter { hook, event, url, headers, body: body.clone() }
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

fn done(status: u16, data: &Value) -> Answer {
    Answer::json(status, json!({"status": "success", "data": data}))
}

fn error(asked: &Asked, status: u16, code: &str, message: &str) -> Answer {
    Answer::json(
        status,
        json!({
            "status": "error", "timestamp": clock::now().to_string(), "path": asked.path,
            "error": {"code": code, "message": message},
        }),
    )
}

fn triggers(asked: &Asked) -> Option<Vec<String>> {
    let given = asked.field("triggers").as_array()?;
    let triggers: Vec<String> = given.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let are_known = triggers.iter().all(|trigger| TRIGGERS.contains(&trigger.as_str()));
    (triggers.len() == given.len() && are_known && !triggers.is_empty()).then_some(triggers)
}

/// Address, triggers and whether it is active are mandatory; an address may stand but once.
fn made(webhooks: &mut Vec<Webhook>, asked: &Asked) -> Answer {
    let bad = |message: &str| error(asked, 400, "BadRequestException", message);
    let Some(url) = asked.text("subscriberUrl").filter(|url| url::Url::parse(url).is_ok()) else {
        return bad("subscriberUrl must be a URL address");
    };
    let Some(active) = asked.field("active").as_bool() else { return bad("active must be a boolean value") };
    let Some(triggers) = triggers(asked) else {
        return bad("each value in triggers must be one of the following values: BOOKING_CREATED, …");
    };
    if webhooks.iter().any(|webhook| webhook.url == url) {
        return error(
            asked,
            409,
            "ConflictException",
            "Webhook with this subscriber url already exists for this user",
        );
    }
    let secret = asked.text("secret").map(str::to_owned);
    let webhook = Webhook { id: Uuid::new_v4().to_string(), url: url.to_owned(), active, triggers, secret };
    let answer = done(201, &webhook.json());
    webhooks.push(webhook);
    answer
}

fn changed(webhook: &mut Webhook, asked: &Asked) -> Answer {
    if let Some(url) = asked.text("subscriberUrl") {
        url.clone_into(&mut webhook.url);
    }
    if let Some(active) = asked.field("active").as_bool() {
        webhook.active = active;
    }
    if let Some(triggers) = triggers(asked) {
        webhook.triggers = triggers;
    }
    if let Some(secret) = asked.text("secret") {
        webhook.secret = Some(secret.to_owned());
    }
    done(200, &webhook.json())
}
