//! Stories of faults that the table of faults does not tell.

use serde_json::{Value, json};

use crate::world::{World, after, ended_call, until};

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
            world.aircall_at_once(&hook, vec![missed_call((n * 2 + m) as u64)]).await;
            let count = n * 2 + m + 1;
            until("the fault has struck", async || world.struck().await == 1).await;
            world.settled(count).await;
            let held = (world.objects("calls").await.len(), world.objects("tasks").await.len());
            assert_eq!(held, (count, count), "{kind} of {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_refused_leaves_the_call_logged_and_is_made_by_a_retry() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.put("settings/calls", json!({ "missed_call_task": true })).await;
    world
        .fault(json!({ "kind": "status", "status": 400, "match": { "path_contains": "tasks/batch/create" } }))
        .await;
    world.aircall_at_once(&hook, vec![missed_call(1)]).await;
    world.record_in("aircall", "1", "problem").await;
    assert_eq!((world.objects("calls").await.len(), world.objects("tasks").await.len()), (1, 0));
    world.lift_faults().await;
    world.post("problems/retry", Value::Null).await;
    world.settled(1).await;
    let [task] = &world.objects("tasks").await[..] else { panic!("one task") };
    let [call] = &world.objects("calls").await[..] else { panic!("one call") };
    assert_eq!(task["associations"], call["associations"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_hubspot_took_without_answering_is_taken_back_where_it_is_wanted_no_more() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.aircall_at_once(&hook, vec![ended_call(1, &number(1), &[])]).await;
    world.settled(1).await;
    let body = async || world.objects("calls").await[0]["properties"]["hs_call_body"].to_string();
    let before = body().await;
    world.fault(json!({ "kind": "answer_lost_after", "match": { "path_contains": "calls/batch/update" }, "times": 1 })).await;
    let tagged = after(ended_call(1, &number(1), &[(5, "met")]), "call.tagged", 30);
    assert_eq!(world.aircall(&hook, &tagged).await, 202);
    until("the answer is lost", async || world.struck().await == 1).await;
    assert!(body().await.contains("met"));
    // By what is held the call stands as it is to be again: nothing of the change was told.
    let untagged = after(ended_call(1, &number(1), &[]), "call.untagged", 60);
    assert_eq!(world.aircall(&hook, &untagged).await, 202);
    world.settled(1).await;
    until("it stands as before", async || body().await == before).await;
}

fn missed_call(id: u64) -> Value {
    let mut missed = ended_call(id, &number(1), &[]);
    missed["data"]["direction"] = json!("inbound");
    missed["data"]["answered_at"] = Value::Null;
    missed["data"]["missed_call_reason"] = json!("no_available_agent");
    missed
}

fn number(n: u64) -> String {
    format!("+1 415-555-01{n:02}")
}
