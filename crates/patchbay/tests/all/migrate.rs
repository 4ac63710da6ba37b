//! From SQLite to PostgreSQL: killed again and again on the way, and gone on with as if nothing had been.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::{
    database::Database,
    server::{Installation, Server},
    world::{World, ended_call, until},
};

/// What an installation tells of itself.
const TOLD: [&str; 9] = [
    "records?limit=200",
    "connections",
    "outcome-rules",
    "settings/calls",
    "settings/meetings",
    "settings/retention",
    "audit?limit=200",
    "problems",
    "health",
];

const CALLS: u64 = 30;

/// A world with calls, bookings, a rule, settings, and a webhook that could not be read.
async fn story() -> World {
    let world = World::on(Database::file(), &[]).await;
    world.connect().await;
    world.connect_scheduler().await;
    let tags = world.get("tags").await;
    let outcomes = world.get("outcomes").await;
    let rule = json!({ "tag_id": tags["items"][0]["id"], "outcome_id": outcomes["items"][1]["id"] });
    world.post("outcome-rules", rule).await;
    world.put("settings/calls", json!({ "owner_map": { "ada@example.com": "41629779" } })).await;
    world.put("settings/retention", json!({ "webhooks_days": 90, "records_days": 400 })).await;
    let hook = world.hook("aircall").await;
    world.aircall_at_once(&hook, calls()).await;
    for n in 0..5 {
        let email = format!("guest{n}@example.net");
        world.book(&format!("bk_{n}"), &email, "2026-12-01T10:00:00Z", "2026-12-01T10:30:00Z").await;
    }
    let moved =
        json!({ "start": "2026-12-02T10:00:00Z", "end": "2026-12-02T10:30:00Z", "changed_by": "host" });
    world.scheduler("bookings/bk_1/move", moved).await;
    world.scheduler("bookings/bk_2/cancel", json!({ "reason": "ill \u{1F912}" })).await;
    world.settled(usize::try_from(CALLS).unwrap() + 5).await;
    world
}

fn calls() -> Vec<Value> {
    (1..=CALLS).map(|n| ended_call(n, &format!("+1 415-556-{n:04}"), &[])).collect()
}

/// What it tells, without what tells where it runs and when it was asked.
async fn told(world: &World) -> BTreeMap<&'static str, Value> {
    let mut told = BTreeMap::new();
    for path in TOLD {
        let text = world.get(path).await.to_string().replace(&world.server.address(), "");
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        if path == "health" {
            answer = json!({ "today": answer["today"]["webhooks"], "unread": answer["unread"] });
        }
        told.insert(path, answer);
    }
    told
}

/// All objects in HubSpot that came of it.
async fn held(world: &World) -> [usize; 3] {
    let count = async |kind| world.objects(kind).await.len();
    [count("contacts").await, count("calls").await, count("meetings").await]
}

/// Runs a command; its exit code, and what it said to whom it may concern.
fn run(installation: &Installation, arguments: &[&str]) -> (Option<i32>, String) {
    let output = installation.patchbay().args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Brings the rows, and kills it after so many lines; says whether it came to its end before.
fn migrate_for(installation: &Installation, arguments: &[&str], lines_max: usize) -> bool {
    let mut child = installation.patchbay().args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told: Vec<String> = lines.by_ref().take(lines_max).map(Result::unwrap).collect();
    let is_done = told.last().is_some_and(|line| line.contains("\"done\""));
    if told.len() == lines_max && !is_done {
        child.kill().unwrap();
        child.wait().unwrap();
        return false;
    }
    assert_eq!(child.wait().unwrap().code(), Some(0), "{told:?}");
    let last: Value = serde_json::from_str(told.last().unwrap()).unwrap();
    assert_eq!(last["done"], true);
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_goes_on_in_postgresql_whatever_was_killed_on_the_way() {
    let Some(target) = Database::postgres() else { return };
    let mut world = story().await;
    let (before, objects) = (told(&world).await, held(&world).await);
    assert_eq!(objects, [usize::try_from(CALLS).unwrap() + 5, usize::try_from(CALLS).unwrap(), 5]);
    let there = target.url();
    let here = world.server.installation().clone();
    let from = here.environment.iter().find(|(name, _)| name == "PATCHBAY_DATABASE_URL").unwrap().1.clone();
    let bring = ["migrate", "--json", "--from", &from, "--to", &there];
    let (code, said) = run(&here, &bring);
    assert_eq!(code, Some(1), "a server works on it: {said}");

    assert_eq!(world.server.terminate().0, Some(0));
    let elsewhere = world.server.installation().with(&[("PATCHBAY_DATABASE_URL", &there)]);
    let mut kills = 0;
    while !migrate_for(&here, &bring, 1 + 3 * kills) {
        kills += 1;
        // It may have come to its end between its last word and the kill.
        let (code, said) = run(&elsewhere, &["token"]);
        assert!(code == Some(0) || said.contains("run it again"), "{said}");
    }
    assert!(kills > 3, "it was killed {kills} times");
    let (code, said) = run(&here, &["token"]);
    assert_eq!(code, Some(1));
    assert!(said.contains(there.rsplit('/').next().unwrap()), "it tells where the rows are: {said}");
    assert!(migrate_for(&here, &bring, 2), "brought once, there is nothing to do");

    world.server = Server::start(&elsewhere, "serve");
    assert_eq!(told(&world).await, before);
    // What is sent again finds what it was of.
    world.connect_scheduler().await;
    world.aircall_at_once(&world.hook("aircall").await, calls()).await;
    for n in 0..5 {
        world.scheduler(&format!("bookings/bk_{n}/redeliver"), json!({})).await;
    }
    // And what is new is counted on from what was there.
    world.aircall_at_once(&world.hook("aircall").await, vec![ended_call(99, "+1 415-557-0001", &[])]).await;
    until("the new call is written", async || world.record("aircall", "99").await.is_some()).await;
    world.settled(usize::try_from(CALLS).unwrap() + 6).await;
    let [contacts, calls, meetings] = objects;
    assert_eq!(held(&world).await, [contacts + 1, calls + 1, meetings]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_refused_and_what_was_brought_can_be_taken_back() {
    let Some(target) = Database::postgres() else { return };
    let mut world = World::on(Database::file(), &[]).await;
    world.connect().await;
    assert_eq!(world.server.terminate().0, Some(0));
    let there = target.url();
    let here = world.server.installation().clone();
    let from = here.environment.iter().find(|(name, _)| name == "PATCHBAY_DATABASE_URL").unwrap().1.clone();
    for usage in [
        vec!["migrate", "--from", &there, "--to", &there],
        vec!["migrate", "--from", &from, "--to", &from],
        vec!["migrate", "--from", &from],
        vec!["migrate", "--to", &there],
    ] {
        assert_eq!(run(&here, &usage).0, Some(2), "{usage:?}");
    }
    let empty = here.folder.join("empty.db");
    std::fs::write(&empty, "").unwrap();
    let empty = format!("sqlite:{}", empty.display());
    for none in ["sqlite:nowhere.db", &empty] {
        let (code, said) = run(&here, &["migrate", "--from", none, "--to", &there]);
        assert_eq!(code, Some(1));
        assert!(said.contains("there is no database at"), "{said}");
    }
    let other = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
    let (code, said) = run(&here, &["migrate", "--from", &from, "--to", &there, "--master-key", other]);
    assert_eq!(code, Some(1));
    assert!(said.contains("another master key"), "{said}");
    let bring = ["migrate", "--from", &from, "--to", &there];
    assert_eq!(run(&here, &bring).0, Some(0));

    let undo = ["migrate", "--from", &from, "--undo"];
    assert_eq!(run(&here, &undo).0, Some(0));
    world.server.start_again();
    assert_eq!(world.status("hubspot").await, "connected");
    assert_eq!(world.server.terminate().0, Some(0));
    let (code, said) = run(&here, &bring);
    assert_eq!(code, Some(1));
    assert!(said.contains("only an empty database"), "{said}");
}
