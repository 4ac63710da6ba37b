//! Another HubSpot account: what stands in one says nothing in the other.

use hmac::{Hmac, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    oauth::{APP, ask, consent},
    world::{AIRCALL_TOKEN, TOKEN, World, after, ended_call, until},
};

const NUMBER: &str = "+1 415-555-0101";

/// Another account answers from now on: empty, and its ids begin where those of the one before began.
async fn another_portal(world: &World, portal_id: u64) {
    world.delete("connections/hubspot").await;
    world.hubspot(Method::POST, "reset", Value::Null).await;
    world.hubspot(Method::POST, "account", json!({ "portal_id": portal_id })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_another_account_is_connected_nothing_of_the_one_before_is_touched_there() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.aircall(&hook, &ended_call(1, NUMBER, &[])).await;
    world.record_in("aircall", "1", "logged").await;
    let held = world.objects("calls").await[0]["id"].clone();

    another_portal(&world, 4242).await;
    // These get the very ids that the contact and the call have in the account before.
    let stranger = json!({ "properties": { "firstname": "Stranger", "email": "stranger@example.org" } });
    let stranger = world.hubspot(Method::POST, "objects/contacts", stranger).await;
    let theirs =
        json!({ "properties": { "hs_timestamp": "2026-11-20T10:00:00Z", "hs_call_title": "Theirs" } });
    assert_eq!(world.hubspot(Method::POST, "objects/calls", theirs).await["id"], held);
    world.connect_hubspot("pat-na1-sandbox").await;

    // A late fact of the old call, and a new call of the same number.
    world.aircall(&hook, &after(ended_call(1, NUMBER, &[(5, "met")]), "call.tagged", 30)).await;
    world.aircall(&hook, &ended_call(2, NUMBER, &[])).await;
    let record = world.record_in("aircall", "1", "waiting").await;
    let why = record["why"].as_str().unwrap();
    assert!(why.contains("20261121") && why.contains("4242 is connected now"), "{why}");
    world.record_in("aircall", "2", "logged").await;
    let calls = world.objects("calls").await;
    let [theirs, ours] = &calls[..] else { panic!("{calls:?}") };
    assert_eq!((&theirs["properties"]["hs_call_title"], &theirs["writes"]), (&json!("Theirs"), &json!(1)));
    assert_ne!(ours["associations"]["contacts"], json!([stranger["id"]]));
    assert_eq!(ours["associations"]["contacts"].as_array().unwrap().len(), 1);

    // Once the account before is connected again, what has waited is written there.
    another_portal(&world, 20_261_121).await;
    let ours = json!({ "properties": { "hs_timestamp": "2026-11-20T10:00:00Z", "hs_call_title": "Ours" } });
    assert_eq!(world.hubspot(Method::POST, "objects/calls", ours).await["id"], held);
    world.connect_hubspot("pat-na1-sandbox").await;
    world.record_in("aircall", "1", "logged").await;
    let call = &world.objects("calls").await[0];
    assert!(call["properties"]["hs_call_body"].as_str().unwrap().contains("met"), "{call}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_with_a_contact_of_the_account_before_is_written_with_one_of_the_new_account() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    // The contact is made, the call is not: its answer is lost with the credential.
    let lost = json!({ "kind": "status", "status": 401, "match": { "path_contains": "calls/batch/create" }, "times": 1 });
    world.fault(lost).await;
    world.aircall(&hook, &ended_call(1, NUMBER, &[])).await;
    until("attention is asked for", async || world.status("hubspot").await == "needs_attention").await;
    another_portal(&world, 4242).await;
    let stranger = json!({ "properties": { "firstname": "Stranger", "email": "stranger@example.org" } });
    let stranger = world.hubspot(Method::POST, "objects/contacts", stranger).await;
    world.connect_hubspot("pat-na1-sandbox").await;
    world.record_in("aircall", "1", "logged").await;
    let calls = world.objects("calls").await;
    assert_eq!(calls.len(), 1);
    assert_ne!(calls[0]["associations"]["contacts"], json!([stranger["id"]]));
    assert_eq!(world.objects("contacts").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workspaces_of_one_account_have_a_call_each_where_their_sources_give_them_the_same_id() {
    let world = World::connected().await;
    assert_eq!(world.server.command(&["workspace", "second"], &[]).0, Some(0));
    let put = async |system: &str, body: Value| -> Value {
        let address = format!("{}/api/v1/workspaces/second/connections/{system}", world.server.address());
        let answer = world.http.put(address).bearer_auth(TOKEN).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    };
    put("hubspot", json!({ "service_key": "pat-na1-sandbox" })).await;
    let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": AIRCALL_TOKEN });
    let second = put("aircall", aircall).await["hook_url"].as_str().unwrap().to_owned();

    let first = world.hook("aircall").await;
    assert_eq!(world.aircall(&first, &ended_call(1, NUMBER, &[])).await, 202);
    world.record_in("aircall", "1", "logged").await;
    // The answer to the second one's create is lost, so that it is looked up by its key.
    world.fault(json!({ "kind": "answer_lost_after", "match": { "path_contains": "calls/batch/create" }, "times": 1 })).await;
    assert_eq!(world.aircall(&second, &ended_call(1, "+1 415-555-0202", &[])).await, 202);
    until("there are two", async || world.objects("calls").await.len() == 2).await;
    let tagged = |number: &str, tag| after(ended_call(1, number, &[(5, tag)]), "call.tagged", 30);
    assert_eq!(world.aircall(&second, &tagged("+1 415-555-0202", "second")).await, 202);
    assert_eq!(world.aircall(&first, &tagged(NUMBER, "first")).await, 202);
    let bodies = async || -> Vec<String> {
        let calls = world.objects("calls").await;
        calls.iter().map(|call| call["properties"]["hs_call_body"].to_string()).collect()
    };
    until("each has its own tag", async || {
        let bodies = bodies().await;
        bodies.len() == 2 && bodies[0].contains("first") && bodies[1].contains("second")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_account_than_the_one_it_opens_connects_nothing() {
    let world = World::with(&APP).await;
    let details = json!({ "portalId": 4242, "timeZone": "UTC", "uiDomain": "app.hubspot.com" });
    world.fault(json!({ "kind": "status", "status": 200, "body": details, "match": { "path_contains": "account-info" } })).await;
    let (authorize_url, cookie) = ask(&world).await;
    let (status, page) = consent(&world, &authorize_url, &cookie).await;
    assert!(status == 422 && page.contains("another account"), "{status} {page}");
    assert_eq!(world.status("hubspot").await, "disconnected");
}

/// Posts a webhook of Cal.com, signed.
async fn calcom(world: &World, hook: &str, body: &Value) {
    let body = body.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"secret").unwrap();
    mac.update(body.as_bytes());
    let signature = format!("{:x}", mac.finalize().into_bytes());
    let post = world.http.post(hook).header("x-cal-signature-256", signature);
    let post = post.header("content-type", "application/json").body(body);
    assert_eq!(post.send().await.unwrap().status(), 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_moved_to_a_new_id_while_its_create_is_in_doubt_leaves_no_meeting_behind() {
    let world = World::connected().await;
    let connection = world.put("connections/calcom", json!({ "signing_secret": "secret" })).await;
    let hook = connection["hook_url"].as_str().unwrap();
    let booking = |event: &str, uid: &str, hour: u32| {
        json!({ "triggerEvent": event, "createdAt": format!("2026-11-20T10:0{hour}:00.000Z"), "payload": {
            "uid": uid, "type": "30min", "title": "Intro call", "eventTitle": "Intro call", "length": 30,
            "startTime": format!("2026-11-24T1{hour}:00:00Z"), "endTime": format!("2026-11-24T1{hour}:30:00Z"),
            "status": "ACCEPTED", "organizer": { "name": "Ada Park", "email": "ada@example.com" },
            "attendees": [{ "email": "lin@example.net", "name": "Lin Wu" }], "responses": {},
        } })
    };
    // The meeting is made and its answer is lost; the move comes before anybody has looked.
    let lost = json!({ "kind": "answer_lost_after", "match": { "path_contains": "meetings/batch/create" }, "times": 1 });
    world.fault(lost).await;
    calcom(&world, hook, &booking("BOOKING_CREATED", "old1", 1)).await;
    until("the answer was lost", async || world.struck().await == 1).await;
    world.record_in("calcom", "old1", "waiting").await;
    let mut moved = booking("BOOKING_RESCHEDULED", "new2", 3);
    moved["payload"]["rescheduleUid"] = json!("old1");
    calcom(&world, hook, &moved).await;
    let record = world.record_in("calcom", "new2", "logged").await;
    assert_eq!(record["hubspot"].as_array().unwrap().len(), 1, "{record}");
    let meetings = world.objects("meetings").await;
    assert_eq!(meetings.len(), 1, "{meetings:?}");
    assert_eq!(meetings[0]["properties"]["hs_meeting_start_time"], "2026-11-24T13:00:00Z");
}
