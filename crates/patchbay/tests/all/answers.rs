//! Answers that HubSpot does not take into a contact's properties: a problem that names the property, not a lost meeting
//! (M8).

use serde_json::{Value, json};

use crate::world::{World, until};

async fn booked(world: &World) {
    booked_by(world, json!({ "name": "Lin Wu", "email": "lin@example.net" })).await;
}

async fn booked_by(world: &World, invitee: Value) {
    let answers = json!([
        { "question_id": "q1", "question": "Company size", "answer": 50 },
        { "question_id": "q2", "question": "Topics", "answer": ["sales", "support"] },
    ]);
    let booking = json!({
        "booking_id": "bk1", "event_name": "Intro call", "start": "2026-12-01T10:00:00Z",
        "end": "2026-12-01T10:30:00Z", "invitee": invitee, "answers": answers,
    });
    world.scheduler("bookings", booking).await;
}

async fn connected() -> World {
    let world = World::connected().await;
    world.connect_scheduler().await;
    world
}

/// The one contact's properties.
async fn contact(world: &World) -> Value {
    let contacts = world.objects("contacts").await;
    assert_eq!(contacts.len(), 1);
    contacts[0]["properties"].clone()
}

/// The one problem, once there is one.
async fn problem(world: &World) -> Value {
    let listed = async || world.get("problems").await["items"].as_array().unwrap().clone();
    until("there is a problem", async || listed().await.len() == 1).await;
    listed().await.remove(0)
}

async fn retry(world: &World, problem: &Value) {
    world.post(&format!("problems/{}/retry", problem["id"].as_str().unwrap()), Value::Null).await;
    world.record_in("calendar", "bk1", "logged").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_property_that_cannot_be_made_is_a_problem_by_its_name_and_is_written_on_retry() {
    let world = connected().await;
    let scopes = json!({ "status": "error", "category": "MISSING_SCOPES", "message": "no crm.schemas.contacts.write" });
    let matched = json!({ "method": "POST", "path_contains": "/properties/", "body_contains": "patchbay_company_size" });
    world
        .fault(json!({ "match": matched, "times": null, "kind": "status", "status": 403, "body": scopes }))
        .await;
    booked(&world).await;
    let problem = problem(&world).await;
    let reason = problem["reason"].as_str().unwrap();
    assert!(reason.contains("patchbay_company_size") && reason.contains("Company size"), "{reason}");
    assert!(world.struck().await > 0);
    // All else stands: the meeting, the contact, the other answer.
    let meetings = world.objects("meetings").await;
    assert_eq!(meetings.len(), 1);
    assert!(meetings[0]["properties"]["hs_meeting_body"].as_str().unwrap().contains("50"));
    let before = contact(&world).await;
    assert_eq!(before["patchbay_company_size"].as_str().unwrap_or_default(), "");
    assert!(before["patchbay_topics"].as_str().unwrap().contains("support"), "{before}");
    world.lift_faults().await;
    retry(&world, &problem).await;
    assert_eq!(contact(&world).await["patchbay_company_size"], "50");
    assert_eq!(world.objects("meetings").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_mapped_to_a_property_that_is_not_there_is_written_once_the_map_is_mended() {
    let world = connected().await;
    // It could not be checked when it was mapped.
    let matched = json!({ "method": "GET", "path_contains": "/properties/" });
    world.fault(json!({ "match": matched, "times": null, "kind": "status", "status": 503 })).await;
    world.put("settings/meetings", json!({ "answer_map": { "Company size": "no_such_property" } })).await;
    world.lift_faults().await;
    booked(&world).await;
    let problem = problem(&world).await;
    let reason = problem["reason"].as_str().unwrap();
    assert!(reason.contains("no_such_property") && reason.contains("Company size"), "{reason}");
    assert_eq!(world.objects("meetings").await.len(), 1);
    assert!(contact(&world).await["patchbay_topics"].as_str().unwrap().contains("sales"));
    world.put("settings/meetings", json!({ "answer_map": { "q1": "jobtitle" } })).await;
    retry(&world, &problem).await;
    assert_eq!(contact(&world).await["jobtitle"], "50");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_does_not_replace_the_number_that_the_contact_was_made_with() {
    let world = connected().await;
    world.put("settings/meetings", json!({ "answer_map": { "q1": "phone" } })).await;
    booked_by(&world, json!({ "name": "Lin Wu", "email": null, "phone": "+14155550132" })).await;
    let told = problem(&world).await;
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.contains("“phone”") && reason.contains("Company size"), "{reason}");
    assert_eq!(contact(&world).await["phone"], "+14155550132");
    // Tried again as it is, it stays as it is.
    world.post(&format!("problems/{}/retry", told["id"].as_str().unwrap()), Value::Null).await;
    world.record_in("calendar", "bk1", "problem").await;
    assert_eq!(contact(&world).await["phone"], "+14155550132");
    world.put("settings/meetings", json!({ "answer_map": { "q1": "jobtitle" } })).await;
    retry(&world, &problem(&world).await).await;
    let mended = contact(&world).await;
    assert_eq!((&mended["jobtitle"], &mended["phone"]), (&json!("50"), &json!("+14155550132")));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_go_nowhere_but_the_activity_where_the_admin_wants_that() {
    let world = connected().await;
    world.put("settings/meetings", json!({ "answer_properties": "never" })).await;
    booked(&world).await;
    world.settled(1).await;
    let contact = contact(&world).await;
    let ours = contact.as_object().unwrap().keys().filter(|name| name.starts_with("patchbay_"));
    let filled: Vec<&String> =
        ours.filter(|name| contact[name.as_str()].as_str().is_some_and(|text| !text.is_empty())).collect();
    assert_eq!(filled, Vec::<&String>::new());
    assert!(
        world.objects("meetings").await[0]["properties"]["hs_meeting_body"]
            .as_str()
            .unwrap()
            .contains("sales")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_whom_hubspot_does_not_know_leaves_contact_and_meeting_unassigned() {
    let world = connected().await;
    let booking = json!({
        "booking_id": "bk1", "event_name": "Intro call", "start": "2026-12-01T10:00:00Z",
        "end": "2026-12-01T10:30:00Z", "host": { "name": "Eve", "email": "eve@example.com" },
    });
    world.scheduler("bookings", booking).await;
    world.settled(1).await;
    assert_eq!(contact(&world).await["hubspot_owner_id"].as_str().unwrap_or_default(), "");
    let meeting = world.objects("meetings").await[0]["properties"].clone();
    assert_eq!(meeting["hubspot_owner_id"].as_str().unwrap_or_default(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_property_that_was_deleted_in_hubspot_is_made_again_on_retry() {
    let world = connected().await;
    let made = async || {
        let count = world.hubspot(reqwest::Method::GET, "requests/count", Value::Null).await;
        let of = |path: &String| path.contains("/properties/") && path.contains("/contacts");
        let all = count["by_path"].as_object().unwrap().iter();
        all.filter(|(path, _)| of(path)).map(|(_, count)| count.as_u64().unwrap()).sum::<u64>()
    };
    let gone = json!({ "status": "error", "category": "VALIDATION_ERROR", "message": "no such property", "errors": [
        { "message": "no such property", "code": "PROPERTY_DOESNT_EXIST", "context": { "propertyName": ["patchbay_company_size"] } },
    ] });
    let matched =
        json!({ "path_contains": "/contacts/batch/create", "body_contains": "patchbay_company_size" });
    world.fault(json!({ "match": matched, "times": 1, "kind": "status", "status": 400, "body": gone })).await;
    booked(&world).await;
    let problem = problem(&world).await;
    let before = made().await;
    retry(&world, &problem).await;
    assert!(made().await > before, "it may have been deleted: it is made again before it is written");
    assert_eq!(contact(&world).await["patchbay_company_size"], "50");
}
