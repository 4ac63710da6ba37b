//! Stories of bookings: what a scheduler tells, and what HubSpot holds of it when all is told.

use hmac::{Hmac, Mac};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::world::{SIGNING_SECRET, World, until};

/// What Cal.com's and Calendly's webhooks are signed with.
pub const SECRET: &str = "secret-of-a-test";

/// One booking's life. `{n}` in any text is another number each time the story is told.
pub struct Story {
    /// What it is about.
    pub name: &'static str,
    /// The webhooks, in the order in which they happened.
    pub told: Vec<Value>,
    /// What HubSpot holds in the end, whatever the order.
    pub holds: Vec<Meeting>,
}

/// A meeting as HubSpot holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meeting {
    pub title: String,
    pub outcome: String,
    pub start: String,
    pub end: String,
    /// The contacts' addresses, or numbers where they have none.
    pub contacts: Vec<String>,
}

/// How a story is told.
#[derive(Debug, Clone, Copy)]
enum Telling {
    InOrder,
    Reversed,
    EachTwice,
}

/// A webhook of a source, signed as the source signs.
pub type Sign = fn(RequestBuilder, &str) -> RequestBuilder;

/// Tells all stories in each way, one webhook of each story at a time, and then all at once; compares what is held.
pub async fn tell(world: &World, source: &str, stories: &[Story], sign: Sign) {
    let hook = world.hook(source).await;
    let tellings = [Telling::InOrder, Telling::Reversed, Telling::EachTwice];
    let mut expected = Vec::new();
    for is_at_once in [false, true] {
        let mut all = Vec::new();
        for telling in tellings {
            for story in stories {
                let n = expected.len() + 1;
                expected.push((
                    format!("{} ({telling:?}, at once: {is_at_once})", story.name),
                    numbered(&story.holds, n),
                ));
                all.push(
                    in_order(&story.told, telling)
                        .into_iter()
                        .map(|body| of_number(&body, n))
                        .collect::<Vec<_>>(),
                );
            }
        }
        for step in 0..all.iter().map(Vec::len).max().unwrap_or_default() {
            for body in all.iter().filter_map(|told| told.get(step)) {
                let post = sign(world.http.post(&hook), body).body(body.clone());
                assert_eq!(post.send().await.unwrap().status(), 202, "{body}");
            }
            if !is_at_once {
                until("it is read", async || world.unread().await == 0).await;
            }
        }
        until("it is read", async || world.unread().await == 0).await;
    }
    // What is written while the last webhook is read is settled with it: nothing is waited for from here on.
    let held = held(world).await;
    for (n, (name, meetings)) in expected.into_iter().enumerate() {
        let mark = format!("#{}.", n + 1);
        let mut held: Vec<Meeting> =
            held.iter().filter(|meeting| meeting.title.ends_with(&mark)).cloned().collect();
        held.sort();
        assert_eq!(held, meetings, "{name}");
    }
}

fn in_order(told: &[Value], telling: Telling) -> Vec<Value> {
    match telling {
        Telling::InOrder => told.to_vec(),
        Telling::Reversed => told.iter().rev().cloned().collect(),
        Telling::EachTwice => told.iter().flat_map(|body| [body.clone(), body.clone()]).collect(),
    }
}

fn of_number(body: &Value, n: usize) -> String {
    body.to_string().replace("{n}", &n.to_string())
}

fn numbered(holds: &[Meeting], n: usize) -> Vec<Meeting> {
    let text = |text: &String| text.replace("{n}", &n.to_string());
    let mut holds: Vec<Meeting> = holds
        .iter()
        .map(|one| Meeting {
            title: text(&one.title),
            contacts: {
                let mut contacts: Vec<String> = one.contacts.iter().map(text).collect();
                contacts.sort();
                contacts
            },
            ..one.clone()
        })
        .collect();
    holds.sort();
    holds
}

/// All live meetings of the sandbox's HubSpot.
async fn held(world: &World) -> Vec<Meeting> {
    let contacts = world.objects("contacts").await;
    let named = |id: &Value| {
        let contact = contacts.iter().find(|contact| contact["id"] == *id).unwrap();
        let text = |name: &str| {
            contact["properties"][name].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
        };
        text("email").or_else(|| text("phone")).unwrap()
    };
    let meetings = world.objects("meetings").await;
    meetings
        .iter()
        .map(|meeting| {
            let text = |name: &str| meeting["properties"][name].as_str().unwrap_or_default().to_owned();
            let time = |name: &str| text(name).parse::<jiff::Timestamp>().unwrap().to_string();
            let mut contacts: Vec<String> =
                meeting["associations"]["contacts"].as_array().unwrap().iter().map(named).collect();
            contacts.sort();
            Meeting {
                title: text("hs_meeting_title"),
                outcome: text("hs_meeting_outcome"),
                start: time("hs_meeting_start_time"),
                end: time("hs_meeting_end_time"),
                contacts,
            }
        })
        .collect()
}

/// As Standard Webhooks say; each delivery has an id of its own.
#[expect(clippy::disallowed_methods, reason = "a signature is as old as the machine's clock says")]
pub fn calendar(request: RequestBuilder, body: &str) -> RequestBuilder {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    let key = BASE64_STANDARD.decode(SIGNING_SECRET.trim_start_matches("whsec_")).unwrap();
    let (id, timestamp) = (uuid::Uuid::new_v4().to_string(), jiff::Timestamp::now().as_second().to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    request
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signature)
}

/// As Cal.com does: bare hex over the raw body. Builds of 2026 name the version of the body, older ones do not.
pub fn calcom(request: RequestBuilder, body: &str) -> RequestBuilder {
    let request = request.header("X-Cal-Signature-256", hex(body.as_bytes()));
    if body.len().is_multiple_of(2) { request.header("X-Cal-Webhook-Version", "2021-10-20") } else { request }
}

/// As Calendly does: hex over timestamp and raw body.
#[expect(clippy::disallowed_methods, reason = "a signature is as old as the machine's clock says")]
pub fn calendly(request: RequestBuilder, body: &str) -> RequestBuilder {
    let timestamp = jiff::Timestamp::now().as_second();
    let signature = hex(format!("{timestamp}.{body}").as_bytes());
    request.header("Calendly-Webhook-Signature", format!("t={timestamp},v1={signature}"))
}

fn hex(signed: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(signed);
    mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// A world with HubSpot and one source connected.
pub async fn connected(source: &str) -> World {
    let world = World::new().await;
    world.connect_hubspot("pat-na1-sandbox").await;
    let how = match source {
        "calendar" => json!({ "signing_secret": SIGNING_SECRET, "plan": "pro" }),
        _ => json!({ "signing_secret": SECRET }),
    };
    world.put(&format!("connections/{source}"), how).await;
    world
}

/// A meeting that takes half an hour.
pub fn meeting(title: &str, outcome: &str, start: &str, contacts: &[&str]) -> Meeting {
    let begins: jiff::Timestamp = start.parse().unwrap();
    let ends = begins + jiff::SignedDuration::from_mins(30);
    Meeting {
        title: title.to_owned(),
        outcome: outcome.to_owned(),
        start: begins.to_string(),
        end: ends.to_string(),
        contacts: contacts.iter().map(|one| (*one).to_owned()).collect(),
    }
}

/// The body with more in it, member by member.
pub fn with(mut body: Value, at: &str, more: &Value) -> Value {
    let part = body.pointer_mut(at).unwrap().as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        part.insert(name.clone(), value.clone());
    }
    body
}
