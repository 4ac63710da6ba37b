//! A table of each write and what HubSpot may do to it: whatever it does, in the end it holds what it should, once.
//!
//! `cargo test -p patchbay --test all fault_table -- --nocapture` prints it.

use std::thread::JoinHandle;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{
    oauth::{APP, grant},
    world::{AIRCALL_TOKEN, SIGNING_SECRET, World, after, ended_call, until},
};

/// What HubSpot does to the next requests of one write.
struct Trouble {
    name: &'static str,
    fault: Value,
    /// How often it strikes; `None`: until it is lifted.
    times: Option<u64>,
    cure: Cure,
}

/// What a person does about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cure {
    /// Nothing: it passes.
    None,
    /// So many records are problems; once HubSpot takes them, they are tried again.
    Retry { whole_batch: bool },
    /// Connects with a key again.
    Key,
    /// Nothing: the token of the grant is renewed.
    Renewal,
    /// Grants access again.
    Grant,
}

fn troubles() -> Vec<Trouble> {
    let status = |status: u16, body: Value| json!({ "kind": "status", "status": status, "body": body });
    let later = |status: u16, body: Value| json!({ "kind": "status", "status": status, "body": body, "headers": { "retry-after": "1" } });
    let error = |category: &str, message: &str| json!({ "status": "error", "category": category, "message": message });
    let limit = |policy: &str| json!({ "status": "error", "errorType": "RATE_LIMIT", "policyName": policy, "message": "You have reached your limit." });
    let row = |name, fault, times, cure| Trouble { name, fault, times: (times > 0).then_some(times), cure };
    let invalid = error("VALIDATION_ERROR", "An account's rule does not let it be.");
    vec![
        row("refused", status(400, invalid.clone()), 0, Cure::Retry { whole_batch: true }),
        row("429, burst", later(429, limit("TEN_SECONDLY_ROLLING")), 1, Cure::None),
        row("429, day", later(429, limit("DAILY")), 1, Cure::None),
        row("423", status(423, error("LOCKED", "The object is locked.")), 1, Cure::None),
        row("477", later(477, error("MIGRATION", "The account is being moved.")), 1, Cure::None),
        row("500", status(500, error("INTERNAL_ERROR", "Internal error")), 2, Cure::None),
        row("502", status(502, Value::Null), 1, Cure::None),
        row("timeout before", json!({ "kind": "timeout_before", "delay_ms": 300 }), 1, Cure::None),
        row("answer lost after", json!({ "kind": "answer_lost_after" }), 1, Cure::None),
        row("connection reset", json!({ "kind": "reset" }), 2, Cure::None),
        row("answer late", json!({ "kind": "latency", "delay_ms": 800 }), 1, Cure::None),
        row(
            "207, one bad entry",
            json!({ "kind": "one_refused", "body": invalid }),
            1,
            Cure::Retry { whole_batch: false },
        ),
        row(
            "expired token",
            status(401, error("EXPIRED_AUTHENTICATION", "The OAuth token expired.")),
            1,
            Cure::Renewal,
        ),
        row(
            "revoked token",
            status(401, error("INVALID_AUTHENTICATION", "Authentication credentials not found.")),
            1,
            Cure::Grant,
        ),
        row(
            "revoked key",
            status(401, error("INVALID_AUTHENTICATION", "Authentication credentials not found.")),
            1,
            Cure::Key,
        ),
    ]
}

/// Where only a look tells whether a create was carried out, the guard matters.
const IN_DOUBT: [&str; 6] =
    ["500", "502", "timeout before", "answer lost after", "connection reset", "207, one bad entry"];

/// The writes, in the order in which a world sees them.
const WRITES: [Write; 6] =
    [Write::Contact, Write::Call, Write::Meeting, Write::Associate, Write::Update, Write::Archive];

/// Something that we write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Write {
    /// Contacts of three unknown callers.
    Contact,
    /// Calls of three known ones.
    Call,
    /// Meetings with three unknown invitees.
    Meeting,
    /// A meeting with three known people: their associations go along with it.
    Associate,
    /// A tag on each of three calls.
    Update,
    /// Three meetings moved: those of before are archived.
    Archive,
}

impl Write {
    const fn name(self) -> &'static str {
        match self {
            Self::Contact => "contact create",
            Self::Call => "call create",
            Self::Meeting => "meeting create",
            Self::Associate => "associate",
            Self::Update => "update",
            Self::Archive => "archive",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Contact => "contacts/batch/create",
            Self::Call => "calls/batch/create",
            Self::Meeting | Self::Associate => "meetings/batch/create",
            Self::Update => "calls/batch/update",
            Self::Archive => "meetings/batch/archive",
        }
    }

    /// How many records it is about.
    const fn records(self) -> usize {
        if matches!(self, Self::Associate) { 1 } else { 3 }
    }

    /// Tells of what makes us write.
    async fn is_called_for(self, world: &World, guard: Guard) {
        let hook = world.hook("aircall").await;
        let call = |id: u64, person: u64| guard.known_by(person, ended_call(id, &number(person), &[]));
        match self {
            Self::Contact => world.aircall_at_once(&hook, (0..3).map(|n| call(n, n)).collect()).await,
            Self::Call => world.aircall_at_once(&hook, (0..3).map(|n| call(100 + n, n)).collect()).await,
            Self::Meeting => {
                for n in 0..3 {
                    world.book(&format!("bk{n}"), &invitee(n), &start(10 + n), &start(11 + n)).await;
                }
            }
            Self::Associate => {
                let guests = [json!({ "email": invitee(1) }), json!({ "email": invitee(2) })];
                let booking = json!({
                    "booking_id": "bk3", "event_name": "Intro call", "start": start(16), "end": start(17),
                    "invitee": { "name": "Lin Wu", "email": invitee(0) }, "guests": guests,
                });
                assert_eq!(world.scheduler("bookings", booking).await["webhook"]["status"], 202);
            }
            Self::Update => {
                let tagged =
                    |n| after(guard.known_by(n, ended_call(n, &number(n), &[(5, "met")])), "call.tagged", 30);
                world.aircall_at_once(&hook, (0..3).map(tagged).collect()).await;
            }
            Self::Archive => {
                for n in 0..3 {
                    let times = json!({ "start": start(20 + n), "end": start(21 + n) });
                    world.scheduler(&format!("bookings/bk{n}/move"), times).await;
                }
            }
        }
    }
}

/// What keeps a create from happening twice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    Unique,
    Lookup,
}

impl Guard {
    const fn name(self) -> &'static str {
        match self {
            Self::Unique => "unique property",
            Self::Lookup => "look-up",
        }
    }

    /// Where only the search could tell, which lags by a minute, callers come with an address.
    fn known_by(self, person: u64, mut call: Value) -> Value {
        if self == Self::Lookup {
            let email = json!({ "id": 1, "label": "Work", "value": format!("caller{person}@example.net") });
            call["data"]["contact"] =
                json!({ "id": person, "first_name": "Kim", "last_name": "Oh", "emails": [email] });
        }
        call
    }
}

#[test]
fn whatever_goes_wrong_with_a_write_hubspot_holds_each_thing_once_in_the_end() {
    let rows = troubles().into_iter().map(|trouble| (trouble, Guard::Unique));
    let again = troubles().into_iter().filter(|trouble| IN_DOUBT.contains(&trouble.name));
    let rows: Vec<(String, JoinHandle<Vec<u64>>)> = rows
        .chain(again.map(|trouble| (trouble, Guard::Lookup)))
        .map(|(trouble, guard)| {
            let head = format!("{:18} | {:15}", trouble.name, guard.name());
            let row = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(row(&trouble, guard))
            };
            (head, std::thread::spawn(row))
        })
        .collect();
    let mut failed = Vec::new();
    println!("Each cell: HubSpot held what it should, once, after so many requests of that write.\n");
    println!("{:18} | {:15} | {}", "fault", "guard", WRITES.map(Write::name).join(" | "));
    for (head, row) in rows {
        match row.join() {
            Ok(requests) => {
                let cells: Vec<String> = WRITES
                    .iter()
                    .zip(requests)
                    .map(|(write, requests)| {
                        format!("{:width$}", format!("once, {requests}"), width = write.name().len())
                    })
                    .collect();
                println!("{head} | {}", cells.join(" | "));
            }
            Err(_) => failed.push(head),
        }
    }
    assert_eq!(failed, Vec::<String>::new());
}

/// Lets the trouble come over each write in turn; returns how many requests each write took.
async fn row(trouble: &Trouble, guard: Guard) -> Vec<u64> {
    let world = world(trouble, guard).await;
    let mut requests = Vec::new();
    let mut records = 0;
    for write in WRITES {
        strikes(trouble, &world, write).await;
        world.forget_requests().await;
        write.is_called_for(&world, guard).await;
        passes(trouble, &world, write).await;
        records += if matches!(write, Write::Update | Write::Archive) { 0 } else { write.records() };
        world.settled(records).await;
        let what = format!("{}, {}, {}", trouble.name, guard.name(), write.name());
        holds(&world, write, &what).await;
        requests.push(asked(&world, write).await);
    }
    requests
}

/// Worlds that are made at once: beginning a server with a database is all work, while a world that stands mostly waits.
static BEGINNING: Semaphore = Semaphore::const_new(2);

async fn world(trouble: &Trouble, guard: Guard) -> World {
    let _turn = BEGINNING.acquire().await.unwrap();
    let has_grant = matches!(trouble.cure, Cure::Renewal | Cure::Grant);
    let mut settings = vec![("PATCHBAY_LOG", "error")];
    settings.extend(APP.into_iter().filter(|_| has_grant));
    let world = World::with(&settings).await;
    if guard == Guard::Lookup {
        let refused = json!({ "refuse_unique_activity_properties": true, "refuse_property_creation": true });
        world.switch(refused).await;
    }
    if has_grant {
        grant(&world).await;
    } else {
        world.connect_hubspot("pat-na1-sandbox").await;
    }
    let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": AIRCALL_TOKEN });
    world.put("connections/aircall", aircall).await;
    world.put("connections/calendar", json!({ "signing_secret": SIGNING_SECRET, "plan": "pro" })).await;
    world.connect_scheduler().await;
    world.put("settings/meetings", json!({ "guests": "contacts" })).await;
    world
}

/// From now on the write's requests are struck.
async fn strikes(trouble: &Trouble, world: &World, write: Write) {
    let mut fault = trouble.fault.clone();
    fault["match"] = json!({ "path_contains": write.path() });
    fault["times"] = json!(trouble.times);
    world.lift_faults().await;
    world.fault(fault).await;
    if trouble.cure == Cure::Grant {
        let revoked =
            json!({ "error": "invalid_grant", "status": "BAD_REFRESH_TOKEN", "message": "revoked" });
        world.fault(json!({ "kind": "status", "status": 400, "body": revoked, "match": { "path_contains": "/oauth/" }, "times": 1 })).await;
    }
}

/// Waits until it has struck, and puts right what a person has to put right.
async fn passes(trouble: &Trouble, world: &World, write: Write) {
    let what = format!("{} of {}", trouble.name, write.name());
    let times = trouble.times.map(|times| times + u64::from(trouble.cure == Cure::Grant));
    until(&format!("{what} has struck"), async || {
        let struck = world.struck().await;
        times.map_or(struck > 0, |times| struck == times)
    })
    .await;
    match trouble.cure {
        Cure::None | Cure::Renewal => {}
        Cure::Retry { whole_batch } => {
            let count = if whole_batch { write.records() } else { 1 };
            until(&format!("{what} is {count} problems"), async || {
                world.get("problems").await["items"].as_array().unwrap().len() == count
            })
            .await;
            world.lift_faults().await;
            world.post("problems/retry", Value::Null).await;
        }
        Cure::Key | Cure::Grant => {
            until(&format!("{what} asks for attention"), async || {
                world.status("hubspot").await == "needs_attention"
            })
            .await;
            if trouble.cure == Cure::Key {
                world.connect_hubspot("pat-na1-sandbox").await;
            } else {
                grant(world).await;
            }
        }
    }
}

/// HubSpot holds what it should after a write: so many live objects, so many ever made, the right people on each.
async fn holds(world: &World, write: Write, what: &str) {
    let count = |from: Write, number: usize| if write >= from { number } else { 0 };
    let contacts = 3 + count(Write::Meeting, 3);
    let calls = 3 + count(Write::Call, 3);
    let meetings = count(Write::Meeting, 3) + count(Write::Associate, 1);
    let archived = count(Write::Archive, 3);
    for (kind, live, ever) in [
        ("contacts", contacts, contacts),
        ("calls", calls, calls),
        ("meetings", meetings, meetings + archived),
    ] {
        assert_eq!(world.objects(kind).await.len(), live, "{what}: live {kind}");
        let all =
            world.hubspot(reqwest::Method::GET, &format!("objects/{kind}?archived=true"), Value::Null).await;
        assert_eq!(all["items"].as_array().unwrap().len(), ever, "{what}: {kind} ever made");
    }
    people(world, meetings, what).await;
    let bodies = values(&world.objects("calls").await, "hs_call_body");
    let tagged = bodies.iter().filter(|body| body.contains("met")).count();
    assert_eq!(tagged, count(Write::Update, 3), "{what}: tagged calls");
    let starts = values(&world.objects("meetings").await, "hs_meeting_start_time");
    let moved = starts.iter().filter(|at| at.contains("T2")).count();
    assert_eq!(moved, count(Write::Archive, 3), "{what}: moved meetings");
}

/// Each call is with who has its number; each meeting with its one invitee, and one with all three.
async fn people(world: &World, meetings: usize, what: &str) {
    let contacts = world.objects("contacts").await;
    for call in world.objects("calls").await {
        let [with] = ids(&call)[..] else { panic!("{what}: a call with {:?}", ids(&call)) };
        let contact = contacts.iter().find(|contact| contact["id"] == with).unwrap();
        let (called, theirs) = (&call["properties"]["hs_call_to_number"], &contact["properties"]["phone"]);
        assert_eq!(called, theirs, "{what}");
    }
    let mut with: Vec<usize> = Vec::new();
    let mut each: Vec<String> = Vec::new();
    for meeting in world.objects("meetings").await {
        with.push(ids(&meeting).len());
        each.extend(ids(&meeting).into_iter().filter(|_| ids(&meeting).len() == 1).map(str::to_owned));
    }
    with.sort_unstable();
    each.sort();
    each.dedup();
    assert_eq!((with.as_slice(), each.len()), (&[1, 1, 1, 3][..meetings], meetings.min(3)), "{what}");
}

fn ids(object: &Value) -> Vec<&str> {
    let contacts = object["associations"]["contacts"].as_array().unwrap();
    contacts.iter().map(|id| id.as_str().unwrap()).collect()
}

fn values(objects: &[Value], property: &str) -> Vec<String> {
    let value = |object: &Value| object["properties"][property].as_str().unwrap_or_default().to_owned();
    objects.iter().map(value).collect()
}

/// How many requests of a write came since the record was cleared.
async fn asked(world: &World, write: Write) -> u64 {
    let count = world.hubspot(reqwest::Method::GET, "requests/count", Value::Null).await;
    let by_path = count["by_path"].as_object().unwrap();
    let of_write = by_path.iter().filter(|(path, _)| path.ends_with(write.path()));
    of_write.map(|(_, count)| count.as_u64().unwrap()).sum()
}

fn number(n: u64) -> String {
    format!("+1 415-555-01{n:02}")
}

fn invitee(n: u64) -> String {
    format!("lin{n}@example.net")
}

fn start(hour: u64) -> String {
    format!("2026-12-01T{hour}:00:00Z")
}
