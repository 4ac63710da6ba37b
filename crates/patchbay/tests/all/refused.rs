//! One bad record among good ones is a problem that names what is wrong; its neighbours are logged (N3).

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, ended_call, until};

async fn problems(world: &World) -> Vec<Value> {
    world.get("problems").await["items"].as_array().cloned().unwrap()
}

/// Twenty-one calls of one moment, the last one of a kind whose call type was deleted in HubSpot.
async fn with_one_bad() -> World {
    let world = World::connected().await;
    world.hubspot(Method::POST, "call-types", json!({ "label": "Busy line", "value": "busy" })).await;
    world.put("settings/calls", json!({ "call_types": { "outbound_busy": "busy" } })).await;
    world.hubspot(Method::DELETE, "call-types/busy", Value::Null).await;
    let hook = world.hook("aircall").await;
    let mut calls: Vec<Value> =
        (0..21).map(|n| ended_call(n, &format!("+1 415-555-01{n:02}"), &[])).collect();
    calls[20]["data"]["answered_at"] = Value::Null;
    calls[20]["data"]["hangup_cause"] = json!("busy");
    world.aircall_at_once(&hook, calls).await;
    until("the bad one is a problem, the others are logged", async || {
        problems(&world).await.len() == 1
            && world.objects("calls").await.len() == 20
            && world.unread().await == 0
    })
    .await;
    world.settled(20).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_names_the_property_and_is_logged_by_a_retry_once_the_cause_is_mended() {
    let world = with_one_bad().await;
    let problem = problems(&world).await[0].clone();
    assert!(problem["reason"].as_str().unwrap().contains("hs_activity_type"), "{problem}");
    assert_eq!(world.record("aircall", "20").await.unwrap()["id"], problem["record"]);

    let retry = format!("problems/{}/retry", problem["id"].as_str().unwrap());
    world.post(&retry, Value::Null).await;
    until("it is a problem again", async || problems(&world).await.len() == 1).await;
    assert_eq!(world.objects("calls").await.len(), 20);

    world.hubspot(Method::POST, "call-types", json!({ "label": "Busy line", "value": "busy" })).await;
    world.post(&retry, Value::Null).await;
    world.settled(21).await;
    assert_eq!(problems(&world).await, Vec::<Value>::new());
    assert_eq!((world.objects("calls").await.len(), world.objects("contacts").await.len()), (21, 21));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dismissed_problem_is_gone_and_nothing_is_written_for_it() {
    let world = with_one_bad().await;
    let id = problems(&world).await[0]["id"].as_str().unwrap().to_owned();
    world.post(&format!("problems/{id}/dismiss"), Value::Null).await;
    assert_eq!(problems(&world).await, Vec::<Value>::new());
    let hook = world.hook("aircall").await;
    world.aircall_at_once(&hook, vec![ended_call(100, "+1 415-555-0100", &[])]).await;
    world.settled(22).await;
    assert_eq!(world.objects("calls").await.len(), 21, "the twenty and the one after");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_property_that_the_portal_requires_is_named_and_known_contacts_are_not_held_up() {
    let world = World::connected().await;
    world.connect_scheduler().await;
    let known = json!({ "properties": { "email": "known@example.net", "company": "ACME" } });
    world.hubspot(Method::POST, "objects/contacts", known).await;
    world.switch(json!({ "required_contact_properties": ["company"] })).await;
    world.book("bk1", "lin@example.net", "2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z").await;
    world.book("bk2", "known@example.net", "2026-12-01T12:00:00Z", "2026-12-01T13:00:00Z").await;
    world.record_in("calendar", "bk2", "logged").await;
    world.record_in("calendar", "bk1", "problem").await;
    let problem = problems(&world).await[0].clone();
    assert!(problem["reason"].as_str().unwrap().contains("company"), "{problem}");
    world.switch(json!({ "required_contact_properties": [] })).await;
    world.post(&format!("problems/{}/retry", problem["id"].as_str().unwrap()), Value::Null).await;
    world.settled(2).await;
    assert_eq!((world.objects("meetings").await.len(), world.objects("contacts").await.len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_its_owner_is_written_without_one_and_says_so() {
    let world = World::new().await;
    // Before HubSpot is connected nobody can tell that there is no such owner.
    let owners = json!({ "ada@example.com": "999999" });
    world.put("settings/calls", json!({ "owner_map": owners })).await;
    world.connect().await;
    let hook = world.hook("aircall").await;
    world.aircall_at_once(&hook, vec![ended_call(0, "+1 415-555-0100", &[])]).await;
    let record = world.record_in("aircall", "0", "logged").await;
    let record = world.get(&format!("records/{}", record["id"].as_str().unwrap())).await;
    let says = |moment: &Value| {
        let text = moment["text"].as_str().unwrap();
        text.contains("999999") && text.contains("does not take the owner") && text.contains("without one")
    };
    assert!(record["timeline"].as_array().unwrap().iter().any(says), "{record}");
    world.forget_requests().await;
    world.aircall_at_once(&hook, vec![ended_call(1, "+1 415-555-0101", &[])]).await;
    world.settled(2).await;
    let requests = world.hubspot(Method::GET, "requests/count", Value::Null).await;
    let creates = requests["by_path"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(path, _)| path.ends_with("calls/batch/create"));
    assert_eq!(
        creates.map(|(_, count)| count.as_u64().unwrap()).sum::<u64>(),
        1,
        "it is not tried with the next call"
    );
    let calls = world.objects("calls").await;
    assert_eq!(calls.len(), 2);
    assert!(
        calls
            .iter()
            .all(|call| call["properties"]["hubspot_owner_id"].as_str().unwrap_or_default().is_empty())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_belongs_to_who_took_it_though_they_have_left_and_a_new_contact_does_not() {
    const DAN: &str = "41629782";
    let world = World::connected().await;
    world.connect_scheduler().await;
    let hook = world.hook("aircall").await;
    let mut call = ended_call(0, "+1 415-555-0100", &[]);
    call["data"]["user"] = json!({ "id": 4, "name": "Dan Moreau", "email": "DAN@example.com" });
    world.aircall_at_once(&hook, vec![call]).await;
    let booking = json!({ "booking_id": "bk1", "event_name": "Intro call", "start": "2026-12-01T10:00:00Z",
        "end": "2026-12-01T11:00:00Z", "host": { "name": "Dan Moreau", "email": "dan@example.com" } });
    world.scheduler("bookings", booking).await;
    world.settled(2).await;
    // A queue is nobody: a call by its address has no owner.
    let queue = json!({ "email": "desk@example.com", "type": "QUEUE" });
    world.hubspot(Method::POST, "owners", queue).await;
    let mut call = ended_call(1, "+1 415-555-0101", &[]);
    call["data"]["user"] = json!({ "id": 5, "name": "Desk", "email": "desk@example.com" });
    world.aircall_at_once(&hook, vec![call]).await;
    world.settled(3).await;
    let of_queue = &world.objects("calls").await[1];
    assert!(of_queue["properties"]["hubspot_owner_id"].as_str().unwrap_or_default().is_empty(), "{of_queue}");
    for kind in ["calls", "meetings"] {
        assert_eq!(world.objects(kind).await[0]["properties"]["hubspot_owner_id"], DAN, "{kind}");
    }
    for contact in world.objects("contacts").await {
        assert!(
            contact["properties"]["hubspot_owner_id"].as_str().unwrap_or_default().is_empty(),
            "{contact}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_scope_asks_for_attention_by_its_name_and_costs_few_requests() {
    const ALL: [&str; 4] =
        ["oauth", "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.owners.read"];
    for lacking in ["crm.objects.contacts.read", "crm.objects.contacts.write"] {
        let world = World::connected().await;
        let hook = world.hook("aircall").await;
        let scopes: Vec<&str> = ALL.into_iter().filter(|scope| *scope != lacking).collect();
        let key = |scopes: &[&str]| json!({ "key": "pat-na1-sandbox", "scopes": scopes });
        world.hubspot(Method::POST, "keys", key(&scopes)).await;
        world.forget_requests().await;
        let calls = (0..50).map(|n| ended_call(n, &format!("+1 415-555-01{n:02}"), &[])).collect();
        world.aircall_at_once(&hook, calls).await;
        until("attention is asked for", async || world.status("hubspot").await == "needs_attention").await;
        let connection = world.get("connections/hubspot").await;
        assert!(connection["reason"].as_str().unwrap().contains(lacking), "{connection}");
        assert!(world.requests().await < 20, "{} requests", world.requests().await);
        assert_eq!(problems(&world).await, Vec::<Value>::new());
        world.hubspot(Method::POST, "keys", key(&ALL)).await;
        world.connect_hubspot("pat-na1-sandbox").await;
        world.settled(50).await;
        assert_eq!((world.objects("calls").await.len(), world.objects("contacts").await.len()), (50, 50));
    }
}
