//! Aircall's REST API, as documented for Basic credentials.

use serde_json::{Map, Value, json};

use super::account::{Account, Number, Tag, User};
use super::call::Call;
use super::webhook;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::courier::Courier;

const PER_PAGE_MAX: usize = 50;
/// Calls reach no further through paging, whatever `meta.total` says.
const CALLS_MAX: usize = 10_000;

pub fn answer(account: &mut Account, courier: &Courier, asked: &Asked) -> Answer {
    let segments = asked.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", ["v1", "ping"]) => Answer::json(200, json!({"ping": "pong"})),
        ("GET", ["v1", "company"]) => Answer::json(
            200,
            json!({"company": {
                "name": "Sandbox company", "users_count": account.users.len(), "numbers_count": account.numbers.len(),
            }}),
        ),
        ("GET", ["v1" | "v2", "users"]) => {
            listed(asked, "users", account.users.iter().map(User::api_json).collect())
        }
        ("GET", ["v1" | "v2", "users", id]) => {
            let found = account.users.iter().find(|user| user.id.to_string() == *id || user.email == *id);
            one("user", found.map(User::api_json))
        }
        ("GET", ["v1", "numbers"]) => {
            listed(asked, "numbers", account.numbers.iter().map(Number::json).collect())
        }
        ("GET", ["v1", "numbers", id]) => {
            let found = account.numbers.iter().find(|number| number.id.to_string() == *id);
            one("number", found.map(Number::json))
        }
        (_, ["v1", "tags", rest @ ..]) => tags(account, rest, asked),
        (_, ["v1", "webhooks", rest @ ..]) => webhook::answer(account, courier, rest, asked),
        ("GET", ["v1", "calls"] | ["v1", "calls", "search"]) => calls(account, asked),
        ("GET", ["v1", "calls", id]) => {
            let with_contact = asked.param("fetch_contact") == Some("true");
            let found = id.parse().ok().and_then(|id: i64| account.calls.get(&id));
            one("call", found.map(|call| call.api_json(account, with_contact)))
        }
        _ => Answer::json(404, json!({"message": "Not Found"})),
    }
}

pub fn not_found() -> Answer {
    Answer::json(404, json!({"error": "Not Found", "troubleshoot": "Check that the id is right"}))
}

pub fn wrong(error: &str) -> Answer {
    Answer::json(400, json!({"error": "Bad Request", "troubleshoot": error}))
}

fn one(name: &str, found: Option<Value>) -> Answer {
    found.map_or_else(not_found, |found| {
        Answer::json(200, Value::Object(Map::from_iter([(name.to_owned(), found)])))
    })
}

pub fn listed(asked: &Asked, name: &str, all: Vec<Value>) -> Answer {
    let page = asked.number("page").unwrap_or(1).max(1);
    let per_page = asked.number("per_page").unwrap_or(20).clamp(1, PER_PAGE_MAX);
    let total = all.len();
    let items: Vec<Value> = all.into_iter().skip((page - 1) * per_page).take(per_page).collect();
    let link = |page: usize| format!("https://api.aircall.io{}?page={page}&per_page={per_page}", asked.path);
    let next = (page * per_page < total).then(|| link(page + 1));
    let previous = (page > 1).then(|| link(page - 1));
    let mut body = json!({"meta": {
        "count": items.len(), "total": total, "current_page": page, "per_page": per_page,
        "next_page_link": next, "previous_page_link": previous,
    }});
    body[name] = json!(items);
    Answer::json(200, body)
}

fn calls(account: &Account, asked: &Asked) -> Answer {
    let time = |name: &str| asked.param(name).and_then(|text| text.parse::<i64>().ok());
    let (from, to) = (time("from").unwrap_or(0), time("to").unwrap_or(i64::MAX));
    let with_contact = asked.param("fetch_contact") == Some("true");
    let mut found: Vec<&Call> =
        account.calls.values().filter(|call| (from..=to).contains(&call.started_at)).collect();
    found.sort_by_key(|call| (call.started_at, call.id));
    if asked.param("order") == Some("desc") {
        found.reverse();
    }
    let all = found.into_iter().take(CALLS_MAX).map(|call| call.api_json(account, with_contact)).collect();
    listed(asked, "calls", all)
}

fn tags(account: &mut Account, rest: &[&str], asked: &Asked) -> Answer {
    let (name, id) = (asked.text("name"), rest.first().and_then(|id| id.parse::<i64>().ok()));
    match (asked.method.as_str(), rest) {
        ("GET", []) => listed(asked, "tags", account.tags.iter().map(Tag::json).collect()),
        ("GET", [_]) => one("tag", account.tags.iter().find(|tag| Some(tag.id) == id).map(Tag::json)),
        ("POST", []) => match name {
            None => wrong("name is mandatory"),
            Some(name) if account.tag_named(name).is_some() => wrong("name has already been taken"),
            // A description that is sent is not kept.
            Some(name) => Answer::json(201, json!({"tag": account.add_tag(name, None).json()})),
        },
        ("PUT", [_]) => {
            let Some(found) = account.tags.iter_mut().find(|tag| Some(tag.id) == id) else {
                return not_found();
            };
            if let Some(name) = name {
                name.clone_into(&mut found.name);
            }
            if let Some(color) = asked.text("color") {
                color.clone_into(&mut found.color);
            }
            Answer::json(200, json!({"tag": found.json()}))
        }
        ("DELETE", [_]) if id.is_some_and(|id| account.delete_tag(id)) => Answer::empty(204),
        _ => not_found(),
    }
}
