//! Orders to the company: its phone rings, its people tag, comment, rename.

use std::sync::Arc;
use std::time::Duration;

use rand::seq::SliceRandom;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Aircall;
use super::account::{Account, Tag, User};
use super::call::{Call, Comment};
use super::story::{self, Story};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::{self, hold};
use crate::control::{refused, unknown};
use crate::courier::Letter;

/// An event that has happened: what it is called, when, and the call as it stood.
#[derive(Clone)]
pub struct Happened {
    event: &'static str,
    at: i64,
    data: Value,
}

impl Happened {
    fn json(&self) -> Value {
        json!({"resource": "call", "event": self.event, "timestamp": self.at, "data": self.data})
    }
}

pub async fn carry_out(aircall: &Aircall, asked: &Asked) -> Answer {
    let segments = asked.segments();
    let parts: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    let method = asked.method.as_str();
    match parts.as_slice() {
        ["tags", rest @ ..] => tags(&mut hold(&aircall.account), method, rest, asked),
        ["users", rest @ ..] => users(&mut hold(&aircall.account), method, rest, asked),
        ["keys"] => {
            let (Some(id), Some(token)) = (asked.text("api_id"), asked.text("api_token")) else {
                return refused("api_id, api_token");
            };
            hold(&aircall.account).keys.insert(id.to_owned(), token.to_owned());
            Answer::json(201, json!({"api_id": id}))
        }
        ["keys", id] => {
            hold(&aircall.account).keys.remove(*id);
            Answer::empty(204)
        }
        ["limits"] => {
            let mut account = hold(&aircall.account);
            if method == "POST" {
                account.limit = asked.field("per_minute").as_u64();
            }
            Answer::json(200, json!({"per_minute": account.limit, "refused": account.refused}))
        }
        ["deliveries"] => Answer::json(200, aircall.courier.json()),
        ["delivery"] => Answer::json(200, aircall.courier.set(asked.json.as_ref().unwrap_or(&Value::Null))),
        ["calls", rest @ ..] => calls(aircall, method, rest, asked).await,
        _ => unknown(),
    }
}

fn tags(account: &mut Account, method: &str, rest: &[&str], asked: &Asked) -> Answer {
    let id = rest.first().and_then(|id| id.parse::<i64>().ok());
    match (method, id, asked.text("name")) {
        ("GET", None, _) => {
            Answer::json(200, json!({"items": account.tags.iter().map(Tag::json).collect::<Vec<_>>()}))
        }
        ("POST", None, Some(name)) if account.tag_named(name).is_none() => {
            Answer::json(201, account.add_tag(name, None).json())
        }
        ("PATCH", Some(id), Some(name)) => {
            let Some(tag) = account.tags.iter_mut().find(|tag| tag.id == id) else { return unknown() };
            name.clone_into(&mut tag.name);
            Answer::json(200, tag.json())
        }
        ("DELETE", Some(id), _) if account.delete_tag(id) => Answer::empty(204),
        ("POST", ..) => refused("name"),
        _ => unknown(),
    }
}

fn users(account: &mut Account, method: &str, rest: &[&str], asked: &Asked) -> Answer {
    match (method, rest) {
        ("GET", []) => {
            Answer::json(200, json!({"items": account.users.iter().map(User::api_json).collect::<Vec<_>>()}))
        }
        ("POST", []) => {
            let Some(email) = asked.text("email") else { return refused("email") };
            Answer::json(201, account.add_user(asked.text("name").unwrap_or(email), email).api_json())
        }
        // Deleting a user strips it from all of its old calls.
        ("DELETE", [id]) => {
            account.users.retain(|user| user.id.to_string() != *id);
            Answer::empty(204)
        }
        _ => unknown(),
    }
}

async fn calls(aircall: &Aircall, method: &str, rest: &[&str], asked: &Asked) -> Answer {
    let none = Value::Null;
    let order = asked.json.as_ref().unwrap_or(&none);
    if let ("POST", []) = (method, rest) {
        let placed = place(&mut hold(&aircall.account), order);
        return match placed {
            Ok((id, story, started_at)) => play(aircall, id, story, started_at, order).await,
            Err(what) => refused(what),
        };
    }
    let Some(id) = rest.first().and_then(|id| id.parse::<i64>().ok()) else { return unknown() };
    let happened = match by_hand(&mut hold(&aircall.account), id, method, rest, order) {
        Ok(happened) => happened,
        Err(answer) => return answer,
    };
    if order["deliver"].as_bool() != Some(false) {
        announce(aircall, &happened).await;
    }
    Answer::json(200, json!({"id": id, "events": [happened.json()]}))
}

/// Changes a call as a person would; one lock, so that a story under way is not overwritten.
fn by_hand(
    account: &mut Account,
    id: i64,
    method: &str,
    rest: &[&str],
    order: &Value,
) -> Result<Happened, Answer> {
    let mut call = account.calls.get(&id).cloned().ok_or_else(unknown)?;
    // People are slower than tests: two changes by hand never fall into one second, unless the order says so.
    let at = order["at"].as_i64().unwrap_or_else(|| clock::now_s().max(call.told_at + 1));
    call.told_at = call.told_at.max(at);
    let by = match order.get("user_email") {
        Some(email) => email.as_str().and_then(|email| account.user_by_email(email)).map(|user| user.id),
        None => call.user_id,
    };
    let event = changed(account, &mut call, method, rest, order, (by, at))?;
    let data = call.snapshot(account);
    account.calls.insert(id, call);
    Ok(Happened { event, at, data })
}

/// What changes, who did it and when; names the event that tells of it.
fn changed(
    account: &mut Account,
    call: &mut Call,
    method: &str,
    rest: &[&str],
    order: &Value,
    (by, at): (Option<i64>, i64),
) -> Result<&'static str, Answer> {
    let text = |name: &str| order[name].as_str();
    match (method, rest.get(1..).unwrap_or_default()) {
        ("POST", ["tags"]) => {
            story::tag(call, account, text("name").ok_or_else(|| refused("name"))?, by, at);
            Ok("call.tagged")
        }
        ("DELETE", ["tags", name]) => {
            let Some(tag_id) = account.tag_named(name).map(|tag| tag.id) else { return Err(unknown()) };
            call.tags.retain(|tagged| tagged.tag_id != tag_id);
            Ok("call.untagged")
        }
        ("POST", ["answer"]) if call.answered_at.is_none() && call.ended_at.is_none() => {
            let by = by.or_else(|| account.users.first().map(|user| user.id));
            story::answer(call, by, at);
            Ok("call.answered")
        }
        ("POST", ["hangup"]) if call.ended_at.is_none() => {
            let is_missed = call.answered_at.is_none() && call.direction == "inbound";
            let reason = is_missed.then(|| "agents_did_not_answer".to_owned());
            story::hang_up(call, text("missed_call_reason").map(str::to_owned).or(reason), at);
            call.hangup_cause = text("hangup_cause").map(str::to_owned);
            Ok("call.hungup")
        }
        ("POST", ["end"]) if call.ended_at.is_some() => Ok("call.ended"),
        ("POST", ["voicemail"]) if call.ended_at.is_some() && call.answered_at.is_none() => {
            story::leave_voicemail(call, at);
            Ok("call.voicemail_left")
        }
        ("POST", ["comments"]) => {
            let content = text("content").ok_or_else(|| refused("content"))?.to_owned();
            let id = account.new_id();
            call.comments.push(Comment { id, content, by, at });
            Ok("call.commented")
        }
        ("POST", ["recording"]) => {
            story::record(call, at);
            Ok("call.comm_assets_generated")
        }
        ("POST", ["archive"]) => {
            call.archived = true;
            Ok("call.archived")
        }
        ("POST", ["transfer"]) => {
            let to = text("to_email").and_then(|email| account.user_by_email(email)).map(|user| user.id);
            call.transferred_by = call.user_id;
            call.transferred_to = Some(to.ok_or_else(|| refused("to_email"))?);
            call.user_id = to;
            Ok("call.transferred")
        }
        // Sends the call once more as it stands, under any event.
        ("POST", ["resend"]) => {
            let events = ["call.ended", "call.hungup", "call.answered", "call.created", "call.tagged"];
            let asked = text("event").unwrap_or("call.ended");
            events.into_iter().find(|event| *event == asked).ok_or_else(|| refused("event"))
        }
        _ => Err(unknown()),
    }
}

/// Makes the call; its start is so far back that its last event falls on now.
fn place(account: &mut Account, order: &Value) -> Result<(i64, Story, i64), &'static str> {
    let story = story::read(order, account)?;
    let speed = order["speed"].as_i64().filter(|speed| *speed > 0);
    let ahead_s = story.length_s() - speed.map_or(0, |speed| story.length_s() / speed);
    let started_at = order["started_at"].as_i64().unwrap_or_else(|| clock::now_s() - ahead_s);
    let raw_digits = ["raw_digits", "from", "to"].iter().find_map(|name| order[*name].as_str());
    let number_id = match order["number_id"].as_i64() {
        None => account.numbers.first().map(|number| number.id).unwrap_or_default(),
        Some(id) if account.numbers.iter().any(|number| number.id == id) => id,
        Some(_) => return Err("number_id"),
    };
    let id = account.new_id();
    let call = Call {
        id,
        uuid: format!("CA{}", Uuid::new_v4().simple()),
        direction: order["direction"].as_str().unwrap_or("inbound").to_owned(),
        status: "initial",
        missed_call_reason: None,
        started_at,
        answered_at: None,
        ended_at: None,
        hangup_cause: None,
        voicemail: None,
        recording: None,
        asset: None,
        raw_digits: raw_digits.unwrap_or("anonymous").to_owned(),
        user_id: None,
        contact: order.get("contact").filter(|contact| contact.is_object()).cloned(),
        number_id,
        archived: false,
        comments: Vec::new(),
        tags: Vec::new(),
        transferred_to: None,
        transferred_by: None,
        told_at: started_at,
    };
    account.calls.insert(id, call);
    Ok((id, story, started_at))
}

/// Lets the call happen: at once and awaited, or in the background at a multiple of real time.
async fn play(aircall: &Aircall, id: i64, story: Story, started_at: i64, order: &Value) -> Answer {
    if let Some(speed) = order["speed"].as_u64().filter(|speed| *speed > 0) {
        let aircall = aircall.clone();
        tokio::spawn(async move {
            let mut before_s = 0;
            for (offset_s, step) in &story.steps {
                let wait_ms = u64::try_from((offset_s - before_s) * 1000).unwrap_or(0) / speed;
                tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                before_s = *offset_s;
                if let Some(happened) = happen(&aircall, id, &story, step, started_at + offset_s) {
                    announce(&aircall, &happened).await;
                }
            }
        });
        return Answer::json(202, json!({"id": id, "events": []}));
    }
    let mut events = Vec::new();
    let (is_delivered, is_in_order) = (order["deliver"].as_bool() != Some(false), order["order"].is_null());
    for (offset_s, step) in &story.steps {
        let Some(happened) = happen(aircall, id, &story, step, started_at + offset_s) else { break };
        if is_delivered && is_in_order && order["copies"].is_null() {
            announce(aircall, &happened).await;
        }
        events.push(happened);
    }
    if is_delivered && !(is_in_order && order["copies"].is_null()) {
        for happened in disordered(&events, order) {
            announce(aircall, &happened).await;
        }
    }
    let call = {
        let account = hold(&aircall.account);
        account.calls.get(&id).map(|call| call.snapshot(&account))
    };
    let events: Vec<Value> = events.iter().map(Happened::json).collect();
    Answer::json(201, json!({"id": id, "call": call, "events": events}))
}

/// At least once and in no particular order: that is all Aircall promises.
fn disordered(events: &[Happened], order: &Value) -> Vec<Happened> {
    let copies = order["copies"].as_u64().unwrap_or(1);
    let mut all: Vec<Happened> = (0..copies).flat_map(|_| events.to_vec()).collect();
    match order["order"].as_str() {
        Some("reversed") => all.reverse(),
        Some("shuffled") => all.shuffle(&mut rand::rng()),
        _ => {}
    }
    all
}

fn happen(aircall: &Aircall, id: i64, story: &Story, step: &story::Step, at: i64) -> Option<Happened> {
    let mut account = hold(&aircall.account);
    let mut call = account.calls.get(&id)?.clone();
    let event = story.apply(step, at, &mut call, &mut account);
    call.told_at = at;
    let data = call.snapshot(&account);
    account.calls.insert(id, call);
    Some(Happened { event, at, data })
}

/// Tells every webhook that is active and wants the event.
async fn announce(aircall: &Aircall, happened: &Happened) {
    let letters: Vec<Letter> = {
        let account = hold(&aircall.account);
        let hooks = account.hooks.iter().filter(|hook| hook.wants(happened.event));
        hooks
            .filter(|hook| !aircall.courier.is_disabled(&hook.webhook_id))
            .map(|hook| {
                let mut body = happened.json();
                body["token"] = json!(hook.token);
                Letter {
                    hook: hook.webhook_id.clone(),
                    event: happened.event.to_owned(),
                    url: hook.url.clone(),
                    headers: vec![
                        ("user-agent".to_owned(), "axios/1.7.9".to_owned()),
                        ("aircall-origin".to_owned(), "webhooks".to_owned()),
                    ],
                    body: body.to_string(),
                }
            })
            .collect()
    };
    for letter in letters {
        let courier = Arc::clone(&aircall.courier);
        courier.deliver(letter).await;
    }
}
