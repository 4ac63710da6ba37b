//! HubSpot in a box: the route table, the key check and the limits in front of a portal.

mod account;
mod accounts;
mod association;
mod batch;
mod budget;
mod builtin;
mod control;
mod definition;
mod filter;
mod key;
mod kind;
mod oauth;
mod object;
mod outcome;
mod owner;
mod page;
mod phone;
mod portal;
mod property;
mod record;
mod refusal;
mod search;
mod switches;
mod validate;
mod webhook;
mod write;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use uuid::Uuid;

use self::accounts::Accounts;
use self::key::Bearer;
use self::kind::Kind;
use self::oauth::Oauth;
use self::portal::Portal;
use self::refusal::Refusal;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::{hold, now};
use crate::courier::Courier;
use crate::origin::Provider;
use crate::page::Page;

/// Dated path versions that are answered; the undated ones stand before the area.
const DATED: [&str; 2] = ["2026-09", "2026-03"];

pub struct HubSpot {
    held: Mutex<(Accounts, Oauth)>,
    courier: Arc<Courier>,
}

impl Default for HubSpot {
    fn default() -> Self {
        Self { held: Mutex::default(), courier: Courier::new(webhook::RULES) }
    }
}

impl HubSpot {
    /// Answers by API or by order, and sends the events that came of it.
    fn done(
        &self,
        source: &'static str,
        account: impl FnOnce(&mut Accounts) -> &mut Portal,
        answer: impl FnOnce(&mut Portal, &mut Oauth) -> Answer,
    ) -> Answer {
        let mut held = hold(&self.held);
        let (accounts, oauth) = &mut *held;
        let portal = account(accounts);
        portal.begin();
        portal.source = source;
        let answer = answer(portal, oauth);
        let events = std::mem::take(&mut portal.events);
        if let Some(hook) = &portal.hook {
            webhook::send(&self.courier, hook, &events);
        }
        answer
    }
}

impl Provider for HubSpot {
    fn name(&self) -> &'static str {
        "HubSpot"
    }

    async fn answer(&self, asked: &Asked) -> Answer {
        let answer = self.done(
            "INTEGRATION",
            |accounts| accounts.of_key(asked),
            |portal, oauth| oauth.answer(portal, asked).unwrap_or_else(|| guarded(portal, asked)),
        );
        answer.with("x-hubspot-correlation-id", &Uuid::new_v4().to_string())
    }

    async fn control(&self, asked: &Asked) -> Answer {
        if asked.path == "/_sandbox/deliveries" {
            return Answer::json(200, self.courier.json());
        }
        self.done(
            "CRM_UI",
            |accounts| accounts.of_order(asked),
            |portal, oauth| oauth.control(portal, asked).unwrap_or_else(|| control::carry_out(portal, asked)),
        )
    }

    fn state(&self) -> Value {
        let held = hold(&self.held);
        let (portal, oauth) = (held.0.first(), &held.1);
        let objects: serde_json::Map<String, Value> = Kind::ALL
            .into_iter()
            .map(|kind| {
                let all =
                    portal.shelf(kind).records.values().map(|record| control::seen(portal, kind, record));
                (kind.plural().to_owned(), all.collect())
            })
            .collect();
        json!({
            "objects": objects, "owners": portal.owners.iter().map(owner::Owner::json).collect::<Vec<_>>(),
            "outcomes": outcome::list(&portal.outcomes, true), "keys": portal.keys.json(),
            "switches": portal.switches.json(), "limits": portal.budget.json(), "oauth": oauth.json(),
        })
    }

    fn reset(&self) {
        *hold(&self.held) = (Accounts::default(), Oauth::default());
        self.courier.reset();
    }

    fn page(&self, asked: &Asked) -> Option<Page> {
        let held = hold(&self.held);
        page::of(held.0.first(), &held.1, asked)
    }
}

/// Key first, then limits, then the request itself.
fn guarded(portal: &mut Portal, asked: &Asked) -> Answer {
    let bearer = match portal.keys.check(asked) {
        Ok(bearer) => bearer,
        Err(refusal) => return refusal.answer(),
    };
    let (token, is_oauth) = (bearer.token.clone(), bearer.is_oauth);
    let is_search = asked.method == "POST" && asked.path.ends_with("/search");
    let midnight_ms = portal.account.midnight_after(now());
    if let Err(mut answer) = portal.budget.admit(&token, is_search, is_oauth, midnight_ms) {
        if !is_search {
            answer.headers.extend(portal.budget.headers(&token, is_oauth));
        }
        return answer;
    }
    let mut answer = route(portal, &bearer, asked).unwrap_or_else(|refusal| refusal.answer());
    if !is_search {
        answer.headers.extend(portal.budget.headers(&token, is_oauth));
    }
    answer
}

fn route(portal: &mut Portal, bearer: &Bearer, asked: &Asked) -> Result<Answer, Refusal> {
    let segments = asked.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    // The dated form has the version after the area, the old form before it; from here on there is one form.
    let (area, version, rest) = match parts.as_slice() {
        ["crm", version @ ("v3" | "v4"), area, rest @ ..] => (*area, *version, rest),
        ["crm", area, version, rest @ ..] if DATED.contains(version) => (*area, *version, rest),
        ["account-info", version, rest @ ..] if *version == "v3" || DATED.contains(version) => {
            ("account-info", *version, rest)
        }
        // It has no dated form.
        ["calling", "v1", rest @ ..] => ("calling", "v1", rest),
        _ => return Err(Refusal::new(404, None, "resource not found")),
    };
    bearer.needs_one_of(scopes(area, rest, asked))?;
    let kind = |name: &str| Kind::named(name).ok_or_else(|| association::unknown_type(name));
    match (area, rest) {
        // Of the undated versions v4 alone has this under a record.
        ("objects", [name, id, "associations", rest @ ..]) if version != "v3" => {
            association::of_record(portal, kind(name)?, id, rest, asked)
        }
        ("associations", [from, to, rest @ ..]) if version == "v3" => {
            association::v3::answer(portal, from, to, rest, asked)
        }
        (area, _) if version == "v4" && area != "associations" => {
            Err(Refusal::new(404, None, "resource not found"))
        }
        ("objects", [name, rest @ ..]) => object::answer(portal, kind(name)?, version, rest, asked),
        ("associations", [from, to, "batch", "associate", "default"]) => {
            association::batch(portal, from, to, "associate/default", asked)
        }
        ("associations", [from, to, "batch", "labels", "archive"]) => {
            association::batch(portal, from, to, "labels/archive", asked)
        }
        ("associations", [from, to, "labels"]) if asked.method == "GET" => association::labels(from, to),
        ("associations", [from, to, "batch", operation]) => {
            association::batch(portal, from, to, operation, asked)
        }
        ("properties", [name, rest @ ..]) => property::answer(portal, kind(name)?, rest, asked),
        ("owners", []) => Ok(owner::list(&portal.owners, asked)),
        ("owners", [id]) => owner::read(&portal.owners, id, asked),
        ("account-info", ["details"]) => Ok(Answer::json(200, portal.account.details(version))),
        ("account-info", ["api-usage", "daily", "private-apps"]) => {
            Ok(Answer::json(200, account::daily_usage(portal)))
        }
        ("calling", ["dispositions"]) => {
            let list = outcome::list(&portal.outcomes, portal.switches.list_deleted_outcomes);
            Ok(Answer::json(200, list))
        }
        _ => Err(Refusal::new(404, None, "resource not found")),
    }
}

/// Any of these allows the request. Activities are gated by the contacts' scopes.
fn scopes(area: &str, rest: &[&str], asked: &Asked) -> &'static [&'static str] {
    let is_read = asked.method == "GET" || matches!(rest, [.., "search"] | [.., "batch", "read"]);
    match (area, is_read) {
        ("objects" | "associations" | "calling", true) => &["crm.objects.contacts.read"],
        ("objects" | "associations", false) => &["crm.objects.contacts.write"],
        ("properties", true) => &["crm.schemas.contacts.read", "crm.objects.contacts.read"],
        ("properties", false) => &["crm.schemas.contacts.write", "crm.schemas.calls.write"],
        ("owners", _) => &["crm.objects.owners.read"],
        _ => &[],
    }
}
