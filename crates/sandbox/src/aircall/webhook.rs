//! The webhooks API: who is told of what.

use serde_json::{Value, json};

use super::account::{Account, Hook};
use super::rest::{listed, not_found, wrong};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::courier::Courier;

const HOOKS_MAX: usize = 100;

/// Resources that events are about; the part after the dot is not checked.
const RESOURCES: [&str; 19] = [
    "call",
    "user",
    "number",
    "contact",
    "message",
    "group_message",
    "transcription",
    "summary",
    "topics",
    "sentiment",
    "action_item",
    "playbook_result",
    "realtime_transcription",
    "custom_summary",
    "call_evaluation",
    "ai_voice_agent",
    "analytics",
    "integration",
    "conversation_intelligence",
];

const CALL_EVENTS: [&str; 19] = [
    "created",
    "ringing_on_agent",
    "agent_declined",
    "answered",
    "transferred",
    "external_transferred",
    "unsuccessful_transfer",
    "hungup",
    "ended",
    "hold",
    "unhold",
    "ivr_option_selected",
    "comm_assets_generated",
    "voicemail_left",
    "assigned",
    "archived",
    "tagged",
    "untagged",
    "commented",
];

fn is_event(name: &str) -> bool {
    name.split_once('.').is_some_and(|(resource, event)| {
        RESOURCES.contains(&resource) && (resource != "call" || CALL_EVENTS.contains(&event))
    })
}

impl Hook {
    pub fn wants(&self, event: &str) -> bool {
        self.active && (self.events.is_empty() || self.events.iter().any(|wanted| wanted == event))
    }
}

pub fn answer(account: &mut Account, courier: &Courier, rest: &[&str], asked: &Asked) -> Answer {
    // A hook that failed too often shows as inactive, until one of its retries is taken.
    let shown = |hook: &Hook| {
        let mut json = hook.json(true);
        json["active"] = json!(hook.active && !courier.is_disabled(&hook.webhook_id));
        json
    };
    match (asked.method.as_str(), rest) {
        ("GET", []) => listed(asked, "webhooks", account.hooks.iter().map(shown).collect()),
        ("POST", []) => create(account, asked),
        (method, [id]) => {
            let Some(at) =
                account.hooks.iter().position(|hook| hook.webhook_id == *id || hook.id.to_string() == *id)
            else {
                return not_found();
            };
            match method {
                "GET" => Answer::json(200, json!({"webhook": shown(&account.hooks[at])})),
                "PUT" => update(&mut account.hooks[at], courier, asked),
                "DELETE" => {
                    courier.forget(&account.hooks[at].webhook_id);
                    account.hooks.remove(at);
                    Answer::empty(204)
                }
                _ => not_found(),
            }
        }
        _ => not_found(),
    }
}

fn events(asked: &Asked) -> Result<Vec<String>, Answer> {
    let given = asked.field("events").as_array().into_iter().flatten();
    let events: Vec<String> = given.filter_map(Value::as_str).map(str::to_owned).collect();
    match events.iter().find(|event| !is_event(event)) {
        Some(event) => Err(wrong(&format!("invalid event: {event}"))),
        None => Ok(events),
    }
}

fn create(account: &mut Account, asked: &Asked) -> Answer {
    let Some(url) = asked.text("url").filter(|url| url::Url::parse(url).is_ok()) else {
        return wrong("url is mandatory");
    };
    if account.hooks.len() >= HOOKS_MAX {
        return wrong("too many webhooks");
    }
    match events(asked) {
        Ok(events) => {
            let name = asked.text("custom_name").unwrap_or("Webhook");
            Answer::json(201, json!({"webhook": account.add_hook(url, name, events).json(false)}))
        }
        Err(answer) => answer,
    }
}

/// Without `events_action` the list is replaced; a missing list replaces it too, by everything.
fn update(hook: &mut Hook, courier: &Courier, asked: &Asked) -> Answer {
    let given = match events(asked) {
        Ok(events) => events,
        Err(answer) => return answer,
    };
    match asked.param("events_action") {
        Some("add") => hook.events.extend(given),
        Some("remove") => hook.events.retain(|event| !given.contains(event)),
        _ => hook.events = given,
    }
    if let Some(url) = asked.text("url") {
        url.clone_into(&mut hook.url);
    }
    if let Some(name) = asked.text("custom_name") {
        name.clone_into(&mut hook.custom_name);
    }
    if let Some(active) = asked.field("active").as_bool() {
        hook.active = active;
        if active {
            courier.forgive(&hook.webhook_id);
        }
    }
    Answer::json(200, json!({"webhook": hook.json(false)}))
}
