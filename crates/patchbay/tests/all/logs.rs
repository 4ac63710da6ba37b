//! What people are called and how they are reached, and what opens a door, stands in no log, however much is logged and
//! whatever fails.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    oauth,
    world::{AIRCALL_TOKEN, SIGNING_SECRET, TOKEN, World, after, call, until},
};

/// Words that stand nowhere but in what this story says of people.
const PEOPLE: [&str; 15] = [
    "zephyrine",   // an invitee's name and address
    "vandermolen", // a host's
    "klaxonby",    // a caller's
    "555-0177",
    "5550177",
    "555-0178",
    "5550178",
    "guestmann",
    "zymurgy",    // the event
    "llamas",     // an answer
    "gallstones", // a reason
    "quagmire",   // a comment
    "tagword",
    "meet.hidden.example",
    "assets.hidden.example",
];

const MAIL_PASSWORD: &str = "mail-passw0rd";
const MAIL_USER: &str = "mail-user";
const API_TOKEN: &str = "aircall-api-t0ken";
const SERVICE_KEY: &str = "pat-na1-hidden-key";
const WRONG_KEY: &str = "pat-na1-wrong-key";

fn settings() -> Vec<(&'static str, &'static str)> {
    let mut settings = oauth::APP.to_vec();
    settings.push(("PATCHBAY_LOG", "trace"));
    settings.push(("PATCHBAY_SMTP_URL", "smtp://mail-user:mail-passw0rd@{smtp}"));
    settings.push(("PATCHBAY_LIST_REFRESH", "1s"));
    settings
}

fn invitee() -> Value {
    json!({ "name": "Quinta Zephyrine", "email": "Quinta@zephyrine.example", "phone": "+1 415-555-0177" })
}

fn booking(id: &str) -> Value {
    json!({
        "booking_id": id, "event_name": "Zymurgy talk", "start": "2099-01-11T15:00:00Z", "end": "2099-01-11T15:30:00Z",
        "host": { "name": "Osric Vandermolen", "email": "osric@vandermolen.example", "timezone": "Asia/Tokyo" },
        "invitee": invitee(), "guests": [{ "email": "kim@guestmann.example" }],
        "location": "https://meet.hidden.example/x",
        "answers": [{ "question_id": "q1", "question": "Herd", "answer": "forty llamas" }],
    })
}

fn moved() -> Value {
    json!({ "start": "2099-01-12T15:00:00Z", "end": "2099-01-12T15:30:00Z", "changed_by": "invitee", "reason": "gallstones" })
}

fn ended(id: u64) -> Value {
    let mut body = call("call.ended", 1_790_000_000, id, "+1 415-555-0178", &[(9, "tagword")]);
    body["data"]["user"] =
        json!({ "id": 1, "name": "Osric Vandermolen", "email": "osric@vandermolen.example" });
    body["data"]["contact"] = json!({
        "id": 5, "first_name": "Umberta", "last_name": "Klaxonby",
        "emails": [{ "label": "Work", "value": "umberta@klaxonby.example" }], "phone_numbers": [],
    });
    body["data"]["comments"] = json!([{ "id": 1, "content": "A quagmire", "posted_at": 1_790_000_050 }]);
    body["data"]["recording"] = json!("https://assets.hidden.example/r.mp3");
    body
}

/// What HubSpot says of a fault repeats what it was sent.
fn telling(status: u16, times: u64) -> Value {
    let message = "Property values were not valid: Quinta@zephyrine.example, +14155550177, Klaxonby";
    json!({
        "kind": "status", "status": status, "times": times, "match": { "path_contains": "/objects/" },
        "body": { "status": "error", "category": "VALIDATION_ERROR", "message": message },
    })
}

async fn connect(world: &World) {
    world.phone(Method::POST, "keys", json!({ "api_id": "hidden", "api_token": API_TOKEN })).await;
    let aircall = json!({ "api_id": "hidden", "api_token": API_TOKEN, "webhook_token": AIRCALL_TOKEN });
    world.put("connections/aircall", aircall).await;
    world.put("connections/calendar", json!({ "signing_secret": SIGNING_SECRET, "plan": "pro" })).await;
    world.connect_scheduler().await;
    oauth::grant(world).await;
}

/// Knocks with what is wrong; all of it is refused.
async fn knock(world: &World, hook: &str) {
    let api = |path: &str| format!("{}/api/v1/workspaces/default/{path}", world.server.address());
    let refused = [
        world.http.post(hook).json(&json!({ "token": "wrong-hook-t0ken", "event": "call.ended" })),
        world.http.post(hook).body("not JSON: Klaxonby +1 415-555-0178"),
        world.http.post(hook.replace("/aircall", "x/aircall")).json(&ended(9)),
        world.http.get(api("records?external_id=%2B14155550178")).bearer_auth("wrong-admin-t0ken"),
        world
            .http
            .put(api("connections/hubspot"))
            .bearer_auth(TOKEN)
            .json(&json!({ "service_key": WRONG_KEY })),
        world
            .http
            .put(api("connections/aircall"))
            .bearer_auth(TOKEN)
            .json(&json!({ "api_id": "x", "api_token": "wrong-api-t0ken" })),
    ];
    for request in refused {
        assert!(request.send().await.unwrap().status().is_client_error());
    }
}

/// Calls and bookings with all that may go wrong with them.
async fn live(world: &World) -> String {
    let hook = world.hook("aircall").await;
    assert_eq!(world.aircall(&hook, &ended(1)).await, 202);
    world.scheduler("bookings", booking("bk1")).await;
    world.settled(2).await;
    for status in [400, 503] {
        world.fault(telling(status, 2)).await;
    }
    assert_eq!(world.aircall(&hook, &ended(2)).await, 202);
    assert_eq!(world.aircall(&hook, &after(ended(1), "call.commented", 60)).await, 202);
    let mut broken = ended(3);
    broken["data"]["started_at"] = json!("Klaxonby");
    assert_eq!(world.aircall(&hook, &broken).await, 202);
    let refusal =
        json!({ "reply": "550 <quinta@zephyrine.example> unknown", "to": "quinta@zephyrine.example" });
    world.mailbox(Method::POST, "trouble", refusal).await;
    world.scheduler("bookings/bk1/move", moved()).await;
    until("the host has a mail", async || !world.mails().await.is_empty()).await;
    world.mailbox(Method::POST, "trouble", json!({ "reply": "451 Osric Vandermolen later" })).await;
    world.scheduler("bookings/bk1/cancel", json!({ "reason": "gallstones" })).await;
    until("HubSpot was faulty", async || world.struck().await >= 4).await;
    world.lift_faults().await;
    until("problems are shown", async || world.get("problems").await["items"].as_array().unwrap().len() >= 3)
        .await;
    world.post("problems/retry", Value::Null).await;
    world.record_in("aircall", "2", "logged").await;
    knock(world, &hook).await;
    hook
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_address_number_or_secret_stands_in_a_log() {
    let mut world = World::with(&settings()).await;
    connect(&world).await;
    let hook = live(&world).await;
    world.hubspot(Method::POST, "keys", json!({ "key": SERVICE_KEY })).await;
    world.connect_hubspot(SERVICE_KEY).await;
    world.hubspot(Method::DELETE, &format!("keys/{SERVICE_KEY}"), Value::Null).await;
    until("attention is asked for", async || world.status("hubspot").await == "needs_attention").await;
    let scheduler_hook = world.hook("calendar").await;
    let (code, took) = world.server.terminate();
    assert!(code == Some(0) && took < Duration::from_secs(10));

    let log = world.server.log();
    for line in [
        "lane parked",
        "HubSpot refuses the credential",
        "the mail server refuses a notice",
        "HubSpot answered",
    ] {
        assert!(log.contains(line), "the log tells of \"{line}\"");
    }
    let key = |hook: &str| hook.rsplit('/').nth(1).unwrap().to_owned();
    let secrets = [
        TOKEN,
        AIRCALL_TOKEN,
        SIGNING_SECRET,
        MAIL_USER,
        MAIL_PASSWORD,
        API_TOKEN,
        SERVICE_KEY,
        WRONG_KEY,
        "wrong-hook-t0ken",
        "wrong-admin-t0ken",
        "wrong-api-t0ken",
        "sandbox-secret",
        "na1-refresh-",
        "na1-access-",
    ];
    let keys = [key(&hook), key(&scheduler_hook)];
    let all = PEOPLE.iter().chain(&secrets).copied().chain(keys.iter().map(String::as_str));
    let lower = log.to_lowercase();
    let told: Vec<String> = all
        .filter_map(|word| {
            let at = lower.find(&word.to_lowercase())?;
            let line = lower[..at].rfind('\n').map_or(0, |end| end + 1);
            Some(format!("{word}: {}", lower[line..].lines().next()?))
        })
        .collect();
    assert!(told.is_empty(), "{} lines of log tell of\n{}", log.lines().count(), told.join("\n"));
}
