//! Reads and searches: who and what is there, whatever the order and the case of the answer.

use std::collections::BTreeSet;

use domain::{contact::ContactKey, email::Email, fault::Fault, ids::ContactId, phone::Phone, step::Object};
use serde_json::{Value, json};

use super::stub::{Stub, json as answer};

fn email(text: &str) -> Email {
    Email::read(text).unwrap()
}

fn phone(text: &str) -> Phone {
    Phone::read(text, None).unwrap()
}

fn not_found(ids: &[&str]) -> Value {
    json!({"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some CONTACT objects, they \
        may be deleted or not exist. Check that ids are valid.", "context": {"ids": ids}})
}

#[tokio::test]
async fn contacts_are_found_by_address_in_any_order_and_those_missing_are_left_out() {
    let stub = Stub::answering(|_| {
        answer(207, json!({"status": "COMPLETE", "numErrors": 1, "errors": [not_found(&["a@x.net", "b@x.net"])],
            "results": [
                {"id": "2", "properties": {"email": "kim@example.net", "hubspot_owner_id": "41629779", "phone": null,
                    "mobilephone": "+1 415 555 0132", "lastmodifieddate": "2026-11-20T10:00:00.123Z"}},
                {"id": "1", "properties": {"email": "lin@example.net"}, "unknown": [1]}]}))
    })
    .await;
    let wanted = ["a@x.net", "lin@example.net", "b@x.net", "kim@example.net"].map(email);
    let found = stub.hubspot.contacts_by_email(&wanted).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[&email("lin@example.net")].id.as_str(), "1");
    let kim = &found[&email("kim@example.net")];
    assert_eq!(kim.owner.as_ref().unwrap().as_str(), "41629779");
    assert_eq!(kim.phones, ["+1 415 555 0132"]);
    assert_eq!(kim.modified_at.unwrap().as_millisecond(), 1_795_168_800_123);
    assert_eq!(stub.asked()[0].body["idProperty"], "email");
}

#[tokio::test]
async fn a_further_address_that_hubspot_resolves_finds_its_contact() {
    let stub = Stub::answering(|_| {
        answer(
            200,
            json!({"results": [{"id": "1", "properties":
            {"email": "lin@example.net", "hs_additional_emails": "lin@home.example;wu@example.net"}}]}),
        )
    })
    .await;
    let found = stub.hubspot.contacts_by_email(&[email("wu@example.net")]).await.unwrap();
    assert_eq!(found[&email("wu@example.net")].id.as_str(), "1");
}

#[tokio::test]
async fn an_address_that_hubspot_refuses_does_not_hide_the_others() {
    let stub = Stub::answering(|asked| {
        let inputs = asked.inputs();
        if inputs.iter().any(|input| input["id"] == "odd@example.net") {
            return answer(400, json!({"category": "VALIDATION_ERROR", "message": "Invalid email"}));
        }
        let results: Vec<Value> =
            inputs.iter().map(|input| json!({"id": "1", "properties": {"email": input["id"]}})).collect();
        answer(200, json!({ "results": results }))
    })
    .await;
    let wanted = ["lin@example.net", "odd@example.net", "kim@example.net"].map(email);
    let found = stub.hubspot.contacts_by_email(&wanted).await.unwrap();
    assert!(found.contains_key(&wanted[0]) && found.contains_key(&wanted[2]) && found.len() == 2);
}

#[tokio::test]
async fn an_answer_that_does_not_account_for_all_is_no_proof_of_absence() {
    for body in [
        json!({"results": [], "errors": [{"category": "INTERNAL_ERROR", "message": "try again"}]}),
        json!({"status": "PROCESSING", "results": []}),
        json!({}),
    ] {
        let stub = Stub::answering(move |_| answer(207, body.clone())).await;
        let read = stub.hubspot.find_by_key(Object::Calls, &BTreeSet::from(["aircall:1".to_owned()])).await;
        assert!(matches!(read, Err(Fault::Later { .. })), "{read:?}");
    }
}

#[tokio::test]
async fn a_merged_contact_stands_under_the_id_that_was_asked_for() {
    let stub = Stub::answering(|asked| {
        if asked.line.starts_with("GET /crm/objects/2026-09/contacts/5?") {
            return answer(200, json!({"id": "50", "properties": {}}));
        }
        if asked.line.starts_with("GET") {
            return answer(404, json!({"status": "error", "message": "resource not found"}));
        }
        answer(
            207,
            json!({"errors": [not_found(&["5", "6"])], "results": [
            {"id": "70", "properties": {"hs_merged_object_ids": "7;8"}}, {"id": "4", "properties": {}}]}),
        )
    })
    .await;
    let found = stub.hubspot.contacts_by_id(&["4", "5", "6", "7"].map(ContactId::from)).await.unwrap();
    let id = |asked: &str| found.get(&ContactId::from(asked)).map(|contact| contact.id.0.clone());
    assert_eq!(id("4").as_deref(), Some("4"));
    assert_eq!(id("5").as_deref(), Some("50"));
    assert_eq!(id("6"), None);
    assert_eq!(id("7").as_deref(), Some("70"));
}

#[tokio::test]
async fn objects_are_found_by_our_key() {
    let stub = Stub::answering(|asked| {
        assert_eq!(asked.body["idProperty"], "patchbay_key");
        let key = &asked.inputs()[0]["id"];
        answer(
            200,
            json!({"results": [{"id": 9, "properties": {"patchbay_key": key, "hs_call_title": "One",
            "hs_call_body": null}}]}),
        )
    })
    .await;
    let found =
        stub.hubspot.find_by_key(Object::Calls, &BTreeSet::from(["aircall:1".to_owned()])).await.unwrap();
    let found = &found["aircall:1"];
    assert_eq!((found.id.as_str(), found.properties["hs_call_title"].as_str()), ("9", "One"));
    assert!(!found.properties.contains_key("hs_call_body"));
    let key = ContactKey::Phone(phone("+14155550132"));
    let contacts = stub.hubspot.contacts_by_key(std::slice::from_ref(&key)).await.unwrap();
    assert_eq!(contacts[&key].id.as_str(), "9");
}

#[tokio::test]
async fn a_contacts_activities_are_read_over_all_pages() {
    let stub = Stub::answering(|asked| {
        if asked.line.starts_with("POST") {
            let results: Vec<Value> = asked.inputs().iter().map(|input| json!({"id": input["id"]})).collect();
            return answer(200, json!({ "results": results }));
        }
        if asked.line.contains("after=500") {
            return answer(200, json!({"results": [{"toObjectId": "12", "associationTypes": []}]}));
        }
        answer(200, json!({"results": [{"toObjectId": 11}], "paging": {"next": {"after": "500"}}}))
    })
    .await;
    let found = stub.hubspot.activities_of(&ContactId::from("7"), Object::Meetings).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|found| found.id.as_str()).collect();
    assert_eq!(ids, ["11", "12"]);
    assert_eq!(stub.lines()[0], "GET /crm/objects/2026-09/contacts/7/associations/meetings?limit=500");
}

#[tokio::test]
async fn candidates_of_a_phone_search_are_checked_in_e164() {
    let stub = Stub::answering(|_| {
        let contact = |id: &str, phone: &str, country: Value, at: &str| {
            json!({"id": id, "properties": {"phone": phone, "lastmodifieddate": at,
                "hs_calculated_phone_number_country_code": country}})
        };
        answer(
            200,
            json!({"total": 4, "results": [
            contact("1", "01 76 36 06 95", Value::Null, "2026-11-01T00:00:00Z"),
            contact("2", "Mobile: +33 1 76 36 06 95 ext. 3", Value::Null, "2026-11-02T00:00:00Z"),
            contact("3", "+39 176360695", Value::Null, "2026-11-03T00:00:00Z"),
            contact("4", "0176360695", json!("DE"), "2026-11-04T00:00:00Z")]}),
        )
    })
    .await;
    let wanted = phone("+33176360695");
    let found = stub.hubspot.contacts_by_phone(&[(wanted.clone(), Some("FR".to_owned()))]).await.unwrap();
    let ids: Vec<&str> = found[&wanted].iter().map(|contact| contact.id.as_str()).collect();
    assert_eq!(ids, ["2", "1"]);
    let asked = &stub.asked()[0];
    assert_eq!(asked.line, "POST /crm/objects/2026-09/contacts/search");
    let filters = asked.body["filterGroups"].as_array().unwrap();
    let properties: Vec<&Value> = filters.iter().map(|group| &group["filters"][0]["propertyName"]).collect();
    assert_eq!(
        properties,
        ["hs_searchable_calculated_phone_number", "hs_searchable_calculated_mobile_number"]
    );
    assert_eq!(filters[0]["filters"][0]["operator"], "IN");
    assert!(filters[0]["filters"][0]["values"].as_array().unwrap().contains(&json!("176360695")));
}

#[tokio::test]
async fn many_numbers_share_searches_that_stay_within_hubspots_limits() {
    let stub = Stub::answering(|_| answer(200, json!({"total": 0, "results": []}))).await;
    let phones: Vec<(Phone, Option<String>)> =
        (0..100).map(|n| (phone(&format!("+1415555{n:04}")), None)).collect();
    assert!(stub.hubspot.contacts_by_phone(&phones).await.unwrap().is_empty());
    let asked = stub.asked();
    assert!(asked.iter().all(|asked| asked.chars <= 3_000));
    let values: usize = asked
        .iter()
        .map(|asked| asked.body["filterGroups"][0]["filters"][0]["values"].as_array().unwrap().len())
        .sum();
    assert_eq!((asked.len(), values), (2, 100));
}

#[tokio::test]
async fn all_pages_of_a_phone_search_count() {
    let stub = Stub::answering(|asked| {
        let contact = |id: &str| json!({"id": id, "properties": {"mobilephone": "+14155550132"}});
        if asked.body["after"] == "200" {
            // The first comes again, as when pages shift.
            return answer(200, json!({"total": 3, "results": [contact("1"), contact("3")]}));
        }
        let paging = json!({"next": {"after": "200"}});
        answer(200, json!({"total": 3, "results": [contact("1"), contact("2")], "paging": paging}))
    })
    .await;
    let wanted = phone("+14155550132");
    let found = stub.hubspot.contacts_by_phone(&[(wanted.clone(), None)]).await.unwrap();
    assert_eq!(found[&wanted].len(), 3);
}

#[tokio::test]
async fn a_search_by_address_keeps_only_those_that_have_it() {
    let stub = Stub::answering(|asked| {
        assert_eq!(asked.body["filterGroups"][1]["filters"][0]["operator"], "CONTAINS_TOKEN");
        answer(200, json!({"total": 2, "results": [
            {"id": "1", "properties": {"email": "wu@example.net", "hs_additional_emails": "lin@example.net.au"}},
            {"id": "2", "properties": {"email": "x@example.net", "hs_additional_emails": "a@b.c;Lin@example.net"}}]}))
    })
    .await;
    let found = stub.hubspot.search_contacts_by_email(&email("lin@example.net")).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|contact| contact.id.as_str()).collect();
    assert_eq!(ids, ["2"]);
}

#[tokio::test]
async fn activities_are_searched_by_all_values_at_once() {
    let stub = Stub::answering(|_| answer(200, json!({"total": 1, "results": [{"id": "1"}]}))).await;
    let wanted =
        [("hs_timestamp", "2026-11-20T10:00:00Z".to_owned()), ("hs_call_direction", "INBOUND".to_owned())];
    let found = stub.hubspot.search_activities(Object::Calls, &wanted).await.unwrap();
    assert_eq!(found.len(), 1);
    let groups = stub.asked()[0].body["filterGroups"].clone();
    assert_eq!(groups.as_array().unwrap().len(), 1);
    assert_eq!(groups[0]["filters"].as_array().unwrap().len(), 2);
}
