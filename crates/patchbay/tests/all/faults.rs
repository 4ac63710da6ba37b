//! What HubSpot may do to a write: whatever it does, in the end it holds what it should, once.

use serde_json::{Value, json};

use crate::world::{World, after, ended_call, until};

/// What goes wrong: a name, the fault as the sandbox takes it, and how often it strikes.
fn rows() -> Vec<(&'static str, Value, u64)> {
    let status = |status: u16| json!({ "kind": "status", "status": status });
    let after_a_second = |status: u16, body: Value| json!({ "kind": "status", "status": status, "body": body, "headers": { "retry-after": "1" } });
    let burst = json!({
        "status": "error", "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING",
        "message": "You have reached your ten_secondly_rolling limit.",
    });
    vec![
        ("500", status(500), 2),
        ("502", status(502), 1),
        ("429", after_a_second(429, burst), 1),
        ("423", status(423), 1),
        ("477", after_a_second(477, json!({ "status": "error", "message": "moving" })), 1),
        ("401", status(401), 1),
        ("reset", json!({ "kind": "reset" }), 2),
        ("a hang that ends without an answer", json!({ "kind": "timeout_before", "delay_ms": 300 }), 1),
        ("an answer lost", json!({ "kind": "answer_lost_after" }), 1),
        ("a slow answer", json!({ "kind": "latency", "delay_ms": 800 }), 1),
    ]
}

#[test]
fn whatever_goes_wrong_with_a_write_hubspot_holds_each_thing_once_in_the_end() {
    let rows = rows().into_iter().map(|(name, fault, times)| {
        let row = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(each_write_survives(&Trouble { name, fault, times }));
        };
        (name, std::thread::spawn(row))
    });
    let mut failed = Vec::new();
    for (name, row) in rows.collect::<Vec<_>>() {
        if row.join().is_err() {
            failed.push(name);
        }
    }
    assert_eq!(failed, Vec::<&str>::new());
}

struct Trouble {
    name: &'static str,
    fault: Value,
    times: u64,
}

impl Trouble {
    /// Strikes the next requests to a path, until it has struck often enough; puts right what a person has to put right.
    async fn strikes(&self, world: &World, path: &str) {
        let mut fault = self.fault.clone();
        fault["match"] = json!({ "path_contains": path });
        fault["times"] = json!(self.times);
        world.lift_faults().await;
        world.fault(fault).await;
    }

    async fn is_over(&self, world: &World, path: &str) {
        until(&format!("{}: {path} was struck", self.name), async || world.struck().await == self.times)
            .await;
        if self.name == "401" {
            until("attention is asked for", async || world.status("hubspot").await == "needs_attention")
                .await;
            world.connect_hubspot("pat-na1-sandbox").await;
        }
    }
}

async fn each_write_survives(trouble: &Trouble) {
    let world = World::connected().await;
    world.connect_scheduler().await;
    let hook = world.hook("aircall").await;

    trouble.strikes(&world, "contacts/batch/create").await;
    world.aircall_at_once(&hook, (0..3).map(|n| ended_call(n, &number(n), &[])).collect()).await;
    trouble.is_over(&world, "contacts/batch/create").await;
    world.settled(3).await;
    holds(&world, trouble, 3, 3, 0).await;

    trouble.strikes(&world, "calls/batch/create").await;
    world.aircall_at_once(&hook, (0..3).map(|n| ended_call(100 + n, &number(n), &[])).collect()).await;
    trouble.is_over(&world, "calls/batch/create").await;
    world.settled(6).await;
    holds(&world, trouble, 3, 6, 0).await;

    trouble.strikes(&world, "meetings/batch/create").await;
    for n in 0..3 {
        world.book(&format!("bk{n}"), &format!("lin{n}@example.net"), &start(10 + n), &start(11 + n)).await;
    }
    trouble.is_over(&world, "meetings/batch/create").await;
    world.settled(9).await;
    holds(&world, trouble, 6, 6, 3).await;

    trouble.strikes(&world, "calls/batch/update").await;
    let tagged = |n| after(ended_call(n, &number(n), &[(5, "met")]), "call.tagged", 30);
    world.aircall_at_once(&hook, (0..3).map(tagged).collect()).await;
    trouble.is_over(&world, "calls/batch/update").await;
    world.settled(9).await;
    holds(&world, trouble, 6, 6, 3).await;
    let bodies = values(&world, "calls", "hs_call_body").await;
    assert_eq!(bodies.iter().filter(|body| body.contains("met")).count(), 3, "{}: {bodies:?}", trouble.name);

    trouble.strikes(&world, "meetings/batch/archive").await;
    for n in 0..3 {
        let times = json!({ "start": start(20 + n), "end": start(21 + n) });
        world.scheduler(&format!("bookings/bk{n}/move"), times).await;
    }
    trouble.is_over(&world, "meetings/batch/archive").await;
    world.settled(9).await;
    holds(&world, trouble, 6, 6, 3).await;
    let starts = values(&world, "meetings", "hs_meeting_start_time").await;
    assert!(starts.iter().all(|at| at.contains("T2")), "{}: {starts:?}", trouble.name);
}

/// HubSpot holds so many contacts, calls and meetings, no two alike, and all records are logged.
async fn holds(world: &World, trouble: &Trouble, contacts: usize, calls: usize, meetings: usize) {
    let mut held = Vec::new();
    for (kind, property) in
        [("contacts", "createdate"), ("calls", "hs_timestamp"), ("meetings", "hs_meeting_start_time")]
    {
        let mut values = values(world, kind, property).await;
        held.push(values.len());
        if kind != "contacts" {
            values.sort();
            values.dedup();
            assert_eq!(values.len(), held[held.len() - 1], "{}: {kind} are no two alike", trouble.name);
        }
    }
    assert_eq!(held, [contacts, calls, meetings], "{}", trouble.name);
    for kind in ["calls", "meetings"] {
        let objects = world.objects(kind).await;
        let is_linked = |object: &&Value| object["associations"]["contacts"].as_array().unwrap().len() == 1;
        assert_eq!(objects.iter().filter(is_linked).count(), objects.len(), "{}: {kind}", trouble.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_whose_look_up_fails_as_well_is_settled_once_hubspot_answers() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    let lost = json!({ "kind": "answer_lost_after", "match": { "path_contains": "calls/batch/create" }, "times": 1 });
    let down = json!({ "kind": "status", "status": 503, "match": { "path_contains": "calls/batch/read" }, "times": 2 });
    world.fault(lost).await;
    world.fault(down).await;
    world.aircall_at_once(&hook, vec![ended_call(1, &number(1), &[])]).await;
    until("all faults have struck", async || world.struck().await == 3).await;
    world.settled(1).await;
    assert_eq!(world.objects("calls").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_refused_in_the_midst_of_a_batch_asks_for_attention_and_nothing_is_stranded() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    // The contact is made; the call is refused.
    let refused = json!({ "kind": "status", "status": 401, "match": { "path_contains": "calls/batch/create" }, "times": 1 });
    world.fault(refused).await;
    world.aircall_at_once(&hook, vec![ended_call(1, &number(1), &[])]).await;
    until("attention is asked for", async || world.status("hubspot").await == "needs_attention").await;
    let record = world.record_in("aircall", "1", "waiting").await;
    assert!(record["why"].as_str().unwrap().contains("needs attention"), "{record}");
    world.connect_hubspot("pat-na1-sandbox").await;
    world.settled(1).await;
    assert_eq!((world.objects("contacts").await.len(), world.objects("calls").await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_whose_task_fails_at_first_has_its_task_once() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.put("settings/calls", json!({ "missed_call_task": true })).await;
    for (n, path) in ["tasks/batch/create", "calls/batch/create"].into_iter().enumerate() {
        for (m, kind) in ["status", "answer_lost_after"].into_iter().enumerate() {
            world.lift_faults().await;
            world
                .fault(json!({ "kind": kind, "status": 429, "headers": { "retry-after": "1" },
                "match": { "path_contains": path }, "times": 1 }))
                .await;
            let mut missed = ended_call((n * 2 + m) as u64, &number(1), &[]);
            missed["data"]["direction"] = json!("inbound");
            missed["data"]["answered_at"] = Value::Null;
            missed["data"]["missed_call_reason"] = json!("no_available_agent");
            world.aircall_at_once(&hook, vec![missed]).await;
            let count = n * 2 + m + 1;
            until("the fault has struck", async || world.struck().await == 1).await;
            world.settled(count).await;
            let held = (world.objects("calls").await.len(), world.objects("tasks").await.len());
            assert_eq!(held, (count, count), "{kind} of {path}");
        }
    }
}

async fn values(world: &World, kind: &str, property: &str) -> Vec<String> {
    let objects = world.objects(kind).await;
    objects
        .iter()
        .map(|object| object["properties"][property].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn number(n: u64) -> String {
    format!("+1 415-555-01{n:02}")
}

fn start(hour: u64) -> String {
    format!("2026-12-01T{hour}:00:00Z")
}
