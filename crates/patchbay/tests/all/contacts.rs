//! Whose contact it is (C12, M1): no double ones, whatever HubSpot's search does not show yet.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, ended_call, until};

async fn by_hand(world: &World, properties: Value) -> String {
    let made = world.hubspot(Method::POST, "objects/contacts", json!({ "properties": properties })).await;
    made["id"].as_str().map_or_else(|| made["id"].to_string(), str::to_owned)
}

/// The contacts of the calls or meetings that HubSpot holds, oldest activity first.
async fn contacts_of(world: &World, kind: &str) -> Vec<Vec<String>> {
    let ids = |object: &Value| {
        let ids = object["associations"]["contacts"].as_array().unwrap();
        ids.iter().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).collect()
    };
    world.objects(kind).await.iter().map(ids).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_calls_at_once_of_an_unknown_number_make_one_contact_while_the_search_lags() {
    let world = World::connected().await;
    world.switch(json!({ "search_lag_ms": 10_000 })).await;
    let hook = world.hook("aircall").await;
    // Half of them know the caller's address, too.
    let calls = (0..20).map(|n| {
        let mut body = ended_call(n, ["+1 415-555-0101", "(415) 555-0101"][usize::from(n % 3 == 0)], &[]);
        if n % 2 == 0 {
            body["data"]["contact"] = json!({ "id": 1, "first_name": "Lin", "last_name": "Wu",
                "emails": [{ "label": "work", "value": "Lin@Example.net" }] });
        }
        body
    });
    world.aircall_at_once(&hook, calls.collect()).await;
    world.settled(20).await;
    world.aircall_at_once(&hook, (20..25).map(|n| ended_call(n, "+1 415-555-0101", &[])).collect()).await;
    world.settled(25).await;
    assert_eq!(world.objects("contacts").await.len(), 1);
    let mut contacts = contacts_of(&world, "calls").await;
    assert_eq!(contacts.len(), 25);
    contacts.dedup();
    assert_eq!(contacts.len(), 1, "all calls are the one contact's");
}

/// A call by Lin, whose address Aircall knows.
fn by_lin(id: u64, digits: &str) -> Value {
    let mut body = ended_call(id, digits, &[]);
    body["data"]["contact"] = json!({ "id": 1, "first_name": "Lin", "last_name": "Wu",
        "emails": [{ "label": "work", "value": "lin@example.net" }] });
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_whose_contacts_answer_was_lost_makes_no_second_one_while_the_search_lags() {
    const NUMBER: &str = "+1 415-555-0101";
    let lost = json!({ "kind": "answer_lost_after", "match": { "path_contains": "contacts/batch/create" }, "times": 1 });
    let before = json!({ "kind": "timeout_before", "match": { "path_contains": "contacts/batch/create" }, "times": 1,
        "delay_ms": 100 });
    for fault in [lost, before] {
        for is_unique in [true, false] {
            let world = World::new().await;
            world.switch(json!({ "search_lag_ms": 300_000, "refuse_property_creation": !is_unique })).await;
            world.connect().await;
            let hook = world.hook("aircall").await;
            world.fault(fault.clone()).await;
            // Both in one batch, then one that comes while the first is in doubt.
            world.aircall_at_once(&hook, vec![by_lin(1, NUMBER), ended_call(2, NUMBER, &[])]).await;
            until("the answer was lost", async || world.struck().await == 1).await;
            world.aircall_at_once(&hook, vec![ended_call(3, NUMBER, &[])]).await;
            world.settled(3).await;
            assert_eq!(world.objects("contacts").await.len(), 1, "{fault} {is_unique}");
            let mut contacts = contacts_of(&world, "calls").await;
            contacts.dedup();
            assert_eq!((contacts.len(), contacts[0].len()), (1, 1), "{fault} {is_unique}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_whose_contact_was_just_made_for_its_address_makes_no_second_one_while_the_search_lags() {
    let world = World::connected().await;
    world.switch(json!({ "search_lag_ms": 10_000 })).await;
    let hook = world.hook("aircall").await;
    let mut first = ended_call(1, "+1 415-555-0101", &[]);
    first["data"]["contact"] = json!({ "id": 1, "first_name": "Lin", "last_name": "Wu",
        "emails": [{ "label": "work", "value": "lin@example.net" }] });
    world.aircall_at_once(&hook, vec![first]).await;
    world.settled(1).await;
    world.aircall_at_once(&hook, vec![ended_call(2, "+1 415-555-0101", &[])]).await;
    world.settled(2).await;
    assert_eq!(world.objects("contacts").await.len(), 1);
    let contacts = contacts_of(&world, "calls").await;
    assert_eq!(contacts[0], contacts[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_bookings_at_once_of_an_unknown_address_in_mixed_case_make_one_contact() {
    let world = World::connected().await;
    world.connect_scheduler().await;
    world.switch(json!({ "search_lag_ms": 10_000 })).await;
    let bookings = (0..20).map(|n| {
        let email = ["lin@example.net", "LIN@example.net", "Lin@Example.Net"][n % 3];
        let hour = 10 + n / 2;
        let world = &world;
        async move {
            let (start, end) = (format!("2026-12-{hour}T10:00:00Z"), format!("2026-12-{hour}T11:00:00Z"));
            world.book(&format!("bk{n}"), email, &start, &end).await;
        }
    });
    futures_of(bookings.collect()).await;
    world.settled(20).await;
    assert_eq!(world.objects("meetings").await.len(), 20);
    let contacts = world.objects("contacts").await;
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["properties"]["email"], "lin@example.net");
}

async fn futures_of(futures: Vec<impl Future<Output = ()>>) {
    let mut boxed: Vec<_> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        boxed.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if boxed.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_right_after_the_contact_was_made_makes_no_second_one() {
    let mut world = World::connected().await;
    world.switch(json!({ "search_lag_ms": 10_000 })).await;
    let hook = world.hook("aircall").await;
    // The contact is made, and the answer does not come before the kill.
    let slow = json!({ "kind": "latency", "delay_ms": 5_000, "match": { "path_contains": "contacts/batch/create" } });
    world.fault(slow).await;
    world.aircall_at_once(&hook, (0..20).map(|n| ended_call(n, "+1 415-555-0101", &[])).collect()).await;
    until("the contact is made", async || world.objects("contacts").await.len() == 1).await;
    world.server.kill();
    world.lift_faults().await;
    world.server.start_again();
    world.settled(20).await;
    assert_eq!((world.objects("contacts").await.len(), world.objects("calls").await.len()), (1, 20));
}

/// What a record's timeline says.
async fn texts(world: &World, source: &str, id: &str) -> String {
    let record = world.record(source, id).await.unwrap();
    let record = world.get(&format!("records/{}", record["id"].as_str().unwrap())).await;
    let moments = record["timeline"].as_array().unwrap().iter();
    moments.map(|moment| moment["text"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_people_gave_to_another_contact_is_the_others() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.aircall_at_once(&hook, vec![ended_call(1, "+1 415-555-0101", &[])]).await;
    world.settled(1).await;
    let made = contacts_of(&world, "calls").await[0][0].clone();
    let elsewhere = json!({ "properties": { "phone": "+1 415-555-0199" } });
    world.hubspot(Method::PATCH, &format!("objects/contacts/{made}"), elsewhere).await;
    // As long as nobody else has it: whose it was.
    world.aircall_at_once(&hook, vec![ended_call(2, "+1 415-555-0101", &[])]).await;
    world.settled(2).await;
    let other = by_hand(&world, json!({ "firstname": "Kim", "mobilephone": "+1 415-555-0101" })).await;
    world.aircall_at_once(&hook, vec![ended_call(3, "+1 415-555-0101", &[])]).await;
    world.settled(3).await;
    assert_eq!(contacts_of(&world, "calls").await, [[made.clone()], [made], [other]]);
    assert_eq!(world.objects("contacts").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_address_finds_its_contact_however_hubspot_answers() {
    for (secondary_read, without_id) in [(true, false), (false, false), (false, true)] {
        let world = World::connected().await;
        world.connect_scheduler().await;
        let switches = json!({ "secondary_email_read": secondary_read, "conflict_without_id": without_id });
        world.switch(switches).await;
        let id =
            by_hand(&world, json!({ "email": "lin@example.net", "hs_additional_emails": "wu@example.net" }))
                .await;
        world.book("bk1", "WU@example.net", "2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z").await;
        world.settled(1).await;
        let row = format!("secondary_email_read {secondary_read}, conflict_without_id {without_id}");
        assert_eq!(world.objects("contacts").await.len(), 1, "{row}");
        assert_eq!(contacts_of(&world, "meetings").await, [[id]], "{row}");
        let told = texts(&world, "calendar", "bk1").await;
        assert!(
            told.contains("Contact found by e-mail.") && !told.contains("Nobody in HubSpot"),
            "{row}: {told}"
        );
        assert!(!told.contains("Create contact: done."), "{row}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_contact_that_was_merged_goes_to_the_survivor() {
    for missing_in_batch in [false, true] {
        let world = World::connected().await;
        world.switch(json!({ "merged_missing_in_batch_read": missing_in_batch })).await;
        let hook = world.hook("aircall").await;
        world.aircall_at_once(&hook, vec![ended_call(1, "+1 415-555-0101", &[])]).await;
        world.settled(1).await;
        let made = contacts_of(&world, "calls").await[0][0].clone();
        let survivor = by_hand(&world, json!({ "email": "lin@example.net" })).await;
        let merge = json!({ "primaryObjectId": survivor, "objectIdToMerge": made });
        world.hubspot(Method::POST, "objects/contacts/merge", merge).await;
        world.switch(json!({ "search_lag_ms": 10_000 })).await;
        world.aircall_at_once(&hook, vec![ended_call(2, "+1 415-555-0101", &[])]).await;
        world.settled(2).await;
        assert_eq!(contacts_of(&world, "calls").await, [[survivor.clone()], [survivor]]);
        assert_eq!(world.objects("contacts").await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_deleted_between_two_calls_is_made_anew() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.aircall_at_once(&hook, vec![ended_call(1, "+1 415-555-0101", &[])]).await;
    world.settled(1).await;
    let first = contacts_of(&world, "calls").await[0][0].clone();
    world.hubspot(Method::DELETE, &format!("objects/contacts/{first}"), Value::Null).await;
    world.aircall_at_once(&hook, vec![ended_call(2, "+1 415-555-0101", &[])]).await;
    world.settled(2).await;
    let contacts = world.objects("contacts").await;
    assert_eq!(contacts.len(), 1);
    let second = contacts_of(&world, "calls").await[1].clone();
    assert_eq!(second.len(), 1);
    assert_ne!(second[0], first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_deleted_between_question_and_create_is_looked_for_again() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    let id = by_hand(&world, json!({ "firstname": "Lin", "phone": "+14155550101" })).await;
    world.hubspot(Method::POST, "latency", json!({ "ms": 1_000 })).await;
    world.forget_requests().await;
    world.aircall_at_once(&hook, vec![ended_call(1, "+1 415-555-0101", &[])]).await;
    until("the contact was found", async || {
        let count = world.hubspot(Method::GET, "requests/count", Value::Null).await;
        count["by_path"].as_object().unwrap().keys().any(|path| path.ends_with("contacts/search"))
    })
    .await;
    world.hubspot(Method::DELETE, &format!("objects/contacts/{id}"), Value::Null).await;
    world.hubspot(Method::POST, "latency", json!({ "ms": 0 })).await;
    world.settled(1).await;
    let contacts = contacts_of(&world, "calls").await;
    assert_eq!((contacts.len(), contacts[0].len()), (1, 1));
    assert_ne!(contacts[0][0], id);
}
