//! Aircall's page: a phone to place calls with, each call's next steps, tags to change.

use serde_json::json;

use super::Aircall;
use super::account::Account;
use super::call::Call;
use crate::clock::hold;
use crate::page::{Form, Html, Page, Section, form};

/// How a call can go at once, and what it is called.
const STORIES: [(&str, &str); 7] = [
    ("ringing", "rings, and waits for you"),
    ("answered", "answered"),
    ("missed", "missed"),
    ("voicemail", "left a voicemail"),
    ("busy", "busy"),
    ("wrong_number", "wrong number"),
    ("unanswered", "unanswered"),
];

pub fn of(aircall: &Aircall) -> Page {
    let account = hold(&aircall.account);
    let calls = account.calls.values().rev().map(|call| {
        let user = call.user_id.and_then(|id| account.user(id)).map(|user| user.name.clone());
        vec![
            Html::text(call.id.to_string()),
            Html::text(format!("{}, {}", call.direction, phase(call))),
            Html::text(&call.raw_digits),
            Html::text(user.unwrap_or_default()),
            tags_of(&account, call),
            Html::joined(steps(call)),
        ]
    });
    let hooks = account.hooks.iter().map(|hook| {
        let events = if hook.events.is_empty() { "everything".to_owned() } else { hook.events.join(", ") };
        let is_on = hook.active && !aircall.courier.is_disabled(&hook.webhook_id);
        let state = if is_on { "active" } else { "disabled" };
        vec![Html::code(&hook.url), Html::text(state), Html::text(events)]
    });
    let tags = account.tags.iter().map(|tag| {
        let order = |method: &str| Form::new("/", &format!("{method} /tags/{}", tag.id));
        let rename = format!("New name of {}", tag.name);
        vec![
            Html::text(&tag.name),
            Html::text(tag.id.to_string()),
            Html::joined([
                order("PATCH").field(&rename, "name", "").button("Rename", ""),
                order("DELETE").button("Delete", "bad"),
            ]),
        ]
    });
    Page {
        title: "Aircall sandbox".to_owned(),
        sections: vec![
            Section::new("Place a call", &[], Vec::new()).with(phone(&account)),
            Section::new(
                "Calls",
                &["Id", "State", "Other party", "Agent", "Tags", "What happens next"],
                calls.collect(),
            ),
            Section::new("Tags", &["Name", "Id", "Change"], tags.collect())
                .with(Form::new("/", "POST /tags").field("Name", "name", "").button("Add tag", "main")),
            Section::new("Webhooks", &["Address", "State", "Events"], hooks.collect()),
            aircall.courier.section(),
        ],
    }
}

fn phone(account: &Account) -> Html {
    let lines = account.numbers.iter().map(|number| (number.id.to_string(), number.name)).collect::<Vec<_>>();
    Form::new("/", "POST /calls")
        .select("Direction", "direction", [("outbound", "outbound"), ("inbound", "inbound")])
        .field("Other party's number", "raw_digits", "+14155550132")
        .select("Line", "number_id#", lines.iter().map(|(id, name)| (id.as_str(), *name)))
        .select(
            "Agent",
            "user_email",
            account.users.iter().map(|user| (user.email.as_str(), user.name.as_str())),
        )
        .select("What happens", "story", STORIES)
        .button("Place call", "main")
}

fn phase(call: &Call) -> &'static str {
    match (call.ended_at, call.answered_at) {
        (Some(_), Some(_)) => "ended",
        (Some(_), None) if call.voicemail.is_some() => "left a voicemail",
        (Some(_), None) => "ended unanswered",
        (None, Some(_)) => "talking",
        (None, None) => "ringing",
    }
}

/// Each tag with a button that takes it off, and a field for another.
fn tags_of(account: &Account, call: &Call) -> Html {
    let tagged =
        call.tags.iter().filter_map(|tagged| account.tags.iter().find(|tag| tag.id == tagged.tag_id));
    let off = tagged.map(|tag| {
        let order = format!("DELETE /calls/{}/tags/{}", call.id, form::part(&tag.name));
        Form::new("/", &order).button(&format!("{} ✕", tag.name), "")
    });
    let mut tags: Vec<Html> = off.collect();
    let names = account.tags.iter().map(|tag| (tag.name.as_str(), tag.name.as_str()));
    // The company's own tags first: those are what people put on.
    let (own, system): (Vec<_>, Vec<_>) =
        account.tags.iter().zip(names).partition(|(tag, _)| tag.description.is_none());
    let names = own.into_iter().chain(system).map(|(_, name)| name);
    tags.push(
        Form::new("/", &format!("POST /calls/{}/tags", call.id))
            .select(&format!("Tag call {}", call.id), "name", names)
            .button("Tag", ""),
    );
    Html::joined(tags)
}

/// What can happen to a call from here on.
fn steps(call: &Call) -> Vec<Html> {
    let order = |what: &str| Form::new("/", &format!("POST /calls/{}/{what}", call.id));
    let mut steps = Vec::new();
    if call.ended_at.is_none() {
        if call.answered_at.is_none() {
            steps.push(order("answer").button("Answer", "main"));
        }
        steps.push(order("hangup").button("Hang up", "main"));
        return steps;
    }
    if call.told_at <= call.ended_at.unwrap_or_default() {
        steps.push(order("end").button("End", "main"));
    }
    let comment = format!("Comment on {}", call.id);
    steps.push(Html::more([
        order("comments").field(&comment, "content", "").button("Comment", ""),
        if call.answered_at.is_none() {
            order("voicemail").button("Leave voicemail", "")
        } else {
            order("recording").button("Add recording", "")
        },
        order("resend").with(&json!({"event": "call.ended"})).button("Send call.ended again", ""),
    ]));
    steps
}
