//! HubSpot: records, batches, search, limits, faults.

use serde_json::{Value, json};

use crate::world;

const CONTACTS: &str = "/crm/objects/2026-09/contacts";
const CALLS: &str = "/crm/objects/2026-09/calls";
const WHEN: &str = "2026-11-20T10:00:00Z";

#[tokio::test]
async fn a_contact_with_a_known_email_is_refused_and_named() {
    let world = world::start().await;
    let (status, made) =
        world.crm("POST", CONTACTS, json!({"properties": {"email": "Lin@Example.net"}})).await;
    assert_eq!((status, made["properties"]["email"].as_str()), (201, Some("lin@example.net")));
    let (status, refused) =
        world.crm("POST", CONTACTS, json!({"properties": {"email": "lin@example.net"}})).await;
    assert_eq!(status, 409);
    assert_eq!(refused["category"], "CONFLICT");
    assert_eq!(
        refused["message"],
        format!("Contact already exists. Existing ID: {}", made["id"].as_str().unwrap())
    );
}

#[tokio::test]
async fn a_further_email_is_taken_too_but_does_not_find_its_contact() {
    let world = world::start().await;
    world.contact(json!({"email": "a@example.net", "hs_additional_emails": "b@example.net"})).await;
    let (status, _) = world.crm("POST", CONTACTS, json!({"properties": {"email": "b@example.net"}})).await;
    assert_eq!(status, 409);
    let path = format!("{CONTACTS}/b%40example.net?idProperty=email");
    assert_eq!(world.crm("GET", &path, Value::Null).await.0, 404);
    world.order("switches", json!({"secondary_email_read": true})).await;
    assert_eq!(world.crm("GET", &path, Value::Null).await.0, 200);
}

#[tokio::test]
async fn a_batch_without_trace_ids_is_made_whole_or_not_at_all() {
    let world = world::start().await;
    world.contact(json!({"email": "old@example.net"})).await;
    let inputs = json!({"inputs": [
        {"properties": {"email": "new@example.net"}}, {"properties": {"email": "old@example.net"}},
    ]});
    assert_eq!(world.crm("POST", &format!("{CONTACTS}/batch/create"), inputs).await.0, 409);
    let (_, list) = world.crm("GET", CONTACTS, Value::Null).await;
    assert_eq!(list["results"].as_array().unwrap().len(), 1);
    // And its e-mail is free again.
    assert_eq!(world.crm("POST", CONTACTS, json!({"properties": {"email": "new@example.net"}})).await.0, 201);
}

#[tokio::test]
async fn a_batch_with_trace_ids_is_made_in_part_and_names_the_rest() {
    let world = world::start().await;
    let id = world.contact(json!({"email": "old@example.net"})).await;
    let inputs = json!({"inputs": [
        {"objectWriteTraceId": "0", "properties": {"email": "new@example.net"}},
        {"objectWriteTraceId": "1", "properties": {"email": "old@example.net"}},
        {"objectWriteTraceId": "2", "properties": {"email": "newer@example.net"}},
    ]});
    let (status, answer) = world.crm("POST", &format!("{CONTACTS}/batch/create"), inputs).await;
    assert_eq!(status, 207);
    assert_eq!(answer["numErrors"], 1);
    assert_eq!(answer["errors"][0]["context"], json!({"objectWriteTraceId": ["1"], "existingId": [id]}));
    let traces: Vec<&str> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["objectWriteTraceId"].as_str().unwrap())
        .collect();
    assert_eq!(traces, ["2", "0"], "results are not in the order of the inputs");
}

#[tokio::test]
async fn missing_ids_of_a_batch_read_are_grouped_in_one_error() {
    let world = world::start().await;
    let id = world.contact(json!({"email": "a@example.net"})).await;
    let read = format!("{CONTACTS}/batch/read");
    let (status, answer) = world
        .crm(
            "POST",
            &read,
            json!({"inputs": [{"id": id}, {"id": "1"}, {"id": "2"}], "properties": ["email"]}),
        )
        .await;
    assert_eq!((status, answer["numErrors"].as_u64()), (207, Some(1)));
    assert_eq!(answer["errors"][0]["category"], "OBJECT_NOT_FOUND");
    assert_eq!(answer["errors"][0]["context"]["ids"], json!(["1", "2"]));
    let (status, answer) = world.crm("POST", &read, json!({"inputs": [{"id": id}, {"id": id}]})).await;
    assert_eq!(status, 400);
    assert_eq!(answer["message"], format!("Duplicate IDs found in batch input: [{id}]. IDs must be unique"));
}

#[tokio::test]
async fn values_that_do_not_fit_are_refused_by_code() {
    let world = world::start().await;
    for (properties, code) in [
        (json!({"nonsense": "1"}), "PROPERTY_DOESNT_EXIST"),
        (json!({"hs_object_id": "1"}), "READ_ONLY_VALUE"),
        (json!({"hs_call_direction": "inbound"}), "INVALID_OPTION"),
        (json!({"hs_call_disposition": "Connected"}), "INVALID_OPTION"),
        (json!({"hs_call_duration": "long"}), "INVALID_INTEGER"),
        (json!({"hubspot_owner_id": "9586504"}), "INVALID_OWNER_ID"),
    ] {
        let (status, answer) = world.crm("POST", CALLS, json!({"properties": properties})).await;
        assert_eq!((status, answer["errors"][0]["code"].as_str()), (400, Some(code)), "{properties}");
    }
    let (status, answer) = world.crm("POST", CALLS, json!({"properties": {"hs_call_title": "x"}})).await;
    assert_eq!((status, answer["errors"][0]["code"].as_str()), (400, Some("MISSING_REQUIRED_PROPERTY")));
    let (_, answer) = world.crm("POST", CONTACTS, json!({"properties": {"email": "no address"}})).await;
    assert_eq!(answer["errors"][0]["code"], "INVALID_EMAIL");
}

#[tokio::test]
async fn an_association_needs_the_right_direction_and_a_living_contact() {
    let world = world::start().await;
    let contact = world.contact(json!({"email": "a@example.net"})).await;
    let call = |to: &str, type_id: u32| {
        json!({"properties": {"hs_timestamp": WHEN}, "associations": [{"to": {"id": to},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]}]})
    };
    let (status, answer) = world.crm("POST", CALLS, call(&contact, 193)).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["message"],
        "invalid from object type 0-48 for associations to be created. expected: 0-1"
    );
    let (status, answer) = world.crm("POST", CALLS, call("42", 194)).await;
    assert_eq!((status, &answer["message"]), (400, &json!("One or more associations are invalid")));
    assert_eq!(answer["context"]["INVALID_OBJECT_IDS"], json!(["CONTACT=42 is not valid"]));
    let (status, made) = world.crm("POST", CALLS, call(&contact, 194)).await;
    assert_eq!(status, 201);
    let path = format!("{CONTACTS}/{contact}/associations/calls");
    let (_, linked) = world.crm("GET", &path, Value::Null).await;
    assert_eq!(linked["results"][0]["toObjectId"].to_string(), made["id"].as_str().unwrap());
    let url = format!("{}/_sandbox/objects/calls", world.sandbox.hubspot_url());
    let (_, seen) = world.ask("GET", &url, Value::Null).await;
    assert_eq!(seen["items"][0]["associations"]["contacts"], json!([contact]));
}

#[tokio::test]
async fn associations_are_made_and_taken_away_in_batches_of_each_version() {
    let world = world::start().await;
    let contact = world.contact(json!({"email": "a@example.net"})).await;
    let meeting = json!({"properties": {"hs_timestamp": WHEN}});
    let (_, made) = world.crm("POST", "/crm/objects/2026-09/meetings", meeting).await;
    let meeting = made["id"].as_str().unwrap();
    let pair = json!({"from": {"id": meeting}, "to": {"id": contact}});
    let batch = async |version: &str, operation: &str, extra: Value| {
        let mut input = pair.clone();
        input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let path = format!("{version}/meetings/contacts/batch/{operation}");
        world.crm("POST", &path, json!({"inputs": [input]})).await
    };
    let (dated, v3, v4) = ("/crm/associations/2026-09", "/crm/v3/associations", "/crm/v4/associations");
    let named = json!({"type": "meeting_event_to_contact"});
    let typed = json!({"types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 200}]});
    let (status, answer) = batch(dated, "associate/default", json!({})).await;
    assert_eq!((status, &answer["results"][0]["from"]["id"]), (200, &json!(meeting)));
    assert_eq!(batch(v4, "labels/archive", typed.clone()).await.0, 204);
    let (status, answer) = batch(v3, "read", json!({"id": meeting})).await;
    assert_eq!((status, &answer["numErrors"]), (207, &json!(1)));
    let (status, answer) = batch(v3, "create", named.clone()).await;
    assert_eq!((status, &answer["results"][0]["type"]), (201, &named["type"]));
    assert_eq!(batch(v3, "create", json!({"type": "call_to_contact"})).await.0, 207);
    let (_, answer) = batch(v4, "read", json!({"id": meeting})).await;
    assert_eq!(answer["results"][0]["to"][0]["associationTypes"][0]["typeId"], 200);
    assert_eq!(batch(v3, "archive", named).await.0, 204);
    assert_eq!(batch(dated, "read", json!({"id": meeting})).await.0, 207);
}

#[tokio::test]
async fn a_unique_value_is_held_by_one_record() {
    let world = world::start().await;
    let definition = json!({"name": "our_key", "label": "Our key", "type": "string", "fieldType": "text",
        "groupName": "call", "hasUniqueValue": true});
    let path = "/crm/properties/2026-09/calls";
    assert_eq!(world.crm("POST", path, definition.clone()).await.0, 201);
    let (status, answer) = world.crm("POST", path, definition).await;
    assert_eq!((status, &answer["subCategory"]), (409, &json!("Properties.PROPERTY_WITH_NAME_EXISTS")));
    let call = json!({"properties": {"hs_timestamp": WHEN, "our_key": "k1"}});
    assert_eq!(world.crm("POST", CALLS, call.clone()).await.0, 201);
    let (status, answer) = world.crm("POST", CALLS, call.clone()).await;
    assert_eq!((status, answer["errors"][0]["code"].as_str()), (400, Some("CONFLICTING_UNIQUE_VALUE")));
    let upsert = json!({"inputs": [
        {"id": "k1", "idProperty": "our_key", "properties": {"hs_call_title": "again"}},
        {"id": "k2", "idProperty": "our_key", "properties": {"hs_timestamp": WHEN}},
    ]});
    let (status, answer) = world.crm("POST", &format!("{CALLS}/batch/upsert"), upsert).await;
    assert_eq!(status, 200);
    assert_eq!((&answer["results"][0]["new"], &answer["results"][1]["new"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn a_merged_contact_reads_as_its_survivor() {
    let world = world::start().await;
    let (one, other) = (
        world.contact(json!({"email": "a@example.net"})).await,
        world.contact(json!({"email": "b@example.net"})).await,
    );
    let order = json!({"primaryObjectId": one, "objectIdToMerge": other});
    assert_eq!(world.crm("POST", &format!("{CONTACTS}/merge"), order).await.0, 200);
    let path = format!("{CONTACTS}/{other}?properties=hs_additional_emails");
    let (status, read) = world.crm("GET", &path, Value::Null).await;
    assert_eq!((status, read["id"].as_str()), (200, Some(one.as_str())));
    assert_eq!(read["properties"]["hs_additional_emails"], "b@example.net");
}

#[tokio::test]
async fn search_lags_and_lists_need_lower_case() {
    let world = world::start().await;
    world.order("switches", json!({"search_lag_ms": 150})).await;
    world.contact(json!({"email": "a@example.net", "firstname": "Lin", "phone": "+33 6 12 34 56 78"})).await;
    let search = async |property: &str, operator: &str, value: &str| {
        let filter = match operator {
            "IN" => json!({"propertyName": property, "operator": "IN", "values": [value]}),
            _ => json!({"propertyName": property, "operator": operator, "value": value}),
        };
        let (status, answer) = world
            .crm("POST", &format!("{CONTACTS}/search"), json!({"filterGroups": [{"filters": [filter]}]}))
            .await;
        assert_eq!(status, 200, "{answer}");
        answer["total"].as_u64().unwrap()
    };
    assert_eq!(search("email", "EQ", "a@example.net").await, 0);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(search("email", "EQ", "A@Example.net").await, 1);
    assert_eq!(search("firstname", "IN", "lin").await, 1);
    assert_eq!(search("firstname", "IN", "Lin").await, 0);
    assert_eq!(search("hs_searchable_calculated_phone_number", "IN", "612345678").await, 1);
}

#[tokio::test]
async fn limits_are_told_in_headers_and_kept() {
    let world = world::start().await;
    world.order("limits", json!({"burst": {"max": 2, "interval_ms": 10_000}, "search_per_second": 1})).await;
    for expected in ["1", "0"] {
        let url = format!("{}{CONTACTS}", world.sandbox.hubspot_url());
        let answer = world.client.get(url).bearer_auth("pat-na1-sandbox").send().await.unwrap();
        assert_eq!(answer.headers()["x-hubspot-ratelimit-remaining"], expected);
    }
    let (status, answer) = world.crm("GET", CONTACTS, Value::Null).await;
    assert_eq!((status, answer["policyName"].as_str()), (429, Some("TEN_SECONDLY_ROLLING")));
    let search = format!("{CONTACTS}/search");
    assert_eq!(world.crm("POST", &search, json!({})).await.0, 200);
    assert_eq!(world.crm("POST", &search, json!({})).await.1["policyName"], "SECONDLY");
    assert_eq!(world.order("limits", json!({})).await["refused_total"], 2);
}

#[tokio::test]
async fn a_spent_day_is_whole_again_when_it_ends() {
    let world = world::start().await;
    let ask = async || world.crm("GET", "/crm/owners/2026-09", Value::Null).await;
    world.order("limits", json!({ "daily": 2, "daily_used": 1, "daily_resets_in_ms": 60_000 })).await;
    assert_eq!(ask().await.0, 200);
    let (status, body) = ask().await;
    assert_eq!((status, &body["policyName"]), (429, &json!("DAILY")));
    // The day ends now, and the next one at the account's midnight.
    world.order("limits", json!({ "daily_resets_in_ms": 0 })).await;
    assert_eq!(ask().await.0, 200);
    let limits = world.order("limits", json!({})).await;
    assert_eq!(limits["daily_used"], 1);
    let until: jiff::Timestamp = limits["daily_resets_at"].as_str().unwrap().parse().unwrap();
    let until = until.in_tz("US/Eastern").unwrap();
    assert_eq!((until.hour(), until.minute(), until.second()), (0, 0, 0), "{until}");
}

#[tokio::test]
async fn a_lost_answer_leaves_the_record_behind() {
    let world = world::start().await;
    world.order("faults", json!({"kind": "answer_lost_after", "times": 1, "match": {"method": "POST", "path_contains": "/contacts"}})).await;
    let url = format!("{}{CONTACTS}", world.sandbox.hubspot_url());
    let sent = world
        .client
        .post(url)
        .bearer_auth("pat-na1-sandbox")
        .json(&json!({"properties": {"email": "a@example.net"}}));
    assert!(sent.send().await.is_err());
    let (status, _) =
        world.crm("GET", &format!("{CONTACTS}/a@example.net?idProperty=email"), Value::Null).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn outcomes_are_a_bare_list_and_a_wrong_key_is_turned_away() {
    let world = world::start().await;
    let made = world.order("outcomes", json!({"label": "Callback planned"})).await;
    let (_, list) = world.crm("GET", "/calling/v1/dispositions", Value::Null).await;
    assert_eq!(list.as_array().unwrap().len(), 7);
    assert_eq!(list[6]["id"], made["id"]);
    let url = format!("{}/account-info/2026-09/details", world.sandbox.hubspot_url());
    let (status, answer) = world.ask("GET", &url, Value::Null).await;
    assert_eq!((status, answer["category"].as_str()), (401, Some("INVALID_AUTHENTICATION")));
}

#[tokio::test]
async fn each_version_has_its_own_form_of_path() {
    let world = world::start().await;
    for (path, expected) in [
        ("/crm/objects/2026-03/contacts", 200),
        ("/crm/v3/objects/contacts", 200),
        ("/crm/objects/v3/contacts", 404),
        ("/crm/2026-09/objects/contacts", 404),
        ("/crm/v4/objects/contacts", 404),
        ("/crm/objects/2025-09/contacts", 404),
        ("/crm/objects/2026-09/0-48", 200),
        ("/crm/objects/2026-09/butterflies", 400),
        ("/crm/v3/owners", 200),
        ("/crm/owners/2026-09?email=ada@example.com", 200),
        ("/crm/properties/2026-09/calls/hs_call_disposition", 200),
        ("/crm/properties/2026-09/calls/none", 404),
        ("/crm/v3/associations/calls/contacts/types", 200),
        ("/crm/v4/associations/calls/contacts/labels", 200),
        ("/crm/associations/2026-09/calls/contacts/labels", 200),
        ("/crm/v3/associations/calls/contacts/labels", 404),
        ("/calling/v1/dispositions", 200),
        ("/calling/2026-09/dispositions", 404),
    ] {
        assert_eq!(world.crm("GET", path, Value::Null).await.0, expected, "{path}");
    }
}

#[tokio::test]
async fn a_whole_batch_update_is_taken_back_when_one_value_is_wrong() {
    let world = world::start().await;
    let one = world.contact(json!({"email": "a@example.net", "firstname": "A"})).await;
    let other = world.contact(json!({"email": "b@example.net"})).await;
    let inputs = json!({"inputs": [
        {"id": one, "properties": {"email": "c@example.net", "firstname": "C"}},
        {"id": other, "properties": {"lifecyclestage": "nonsense"}},
    ]});
    assert_eq!(world.crm("POST", &format!("{CONTACTS}/batch/update"), inputs).await.0, 400);
    let (_, read) = world.crm("GET", &format!("{CONTACTS}/{one}"), Value::Null).await;
    assert_eq!(read["properties"]["firstname"], "A");
    let by_email = |email: &str| format!("{CONTACTS}/{email}?idProperty=email");
    assert_eq!(world.crm("GET", &by_email("a@example.net"), Value::Null).await.0, 200);
    assert_eq!(world.crm("GET", &by_email("c@example.net"), Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_key_does_only_what_its_scopes_allow() {
    let world = world::start().await;
    world.order("keys", json!({"key": "pat-na1-narrow", "scopes": ["crm.objects.contacts.read"]})).await;
    let url = |path: &str| format!("{}{path}", world.sandbox.hubspot_url());
    let read = world.client.get(url(CONTACTS)).bearer_auth("pat-na1-narrow");
    assert_eq!(world.send(read).await.0, 200);
    let write =
        world.client.post(url(CONTACTS)).bearer_auth("pat-na1-narrow").json(&json!({"properties": {}}));
    let (status, answer) = world.send(write).await;
    assert_eq!((status, answer["category"].as_str()), (403, Some("MISSING_SCOPES")));
    assert_eq!(
        answer["errors"][0]["context"]["requiredGranularScopes"],
        json!(["crm.objects.contacts.write"])
    );
}

#[tokio::test]
async fn an_account_sees_and_spends_nothing_of_another() {
    let world = world::start().await;
    world.order("keys?portal_id=7", json!({"key": "pat-na1-seven"})).await;
    world.order("limits?portal_id=7", json!({"burst": {"max": 2, "interval_ms": 60_000}})).await;
    let url = format!("{}{CONTACTS}", world.sandbox.hubspot_url());
    let seven = async |body: Value| {
        world.send(world.client.post(&url).bearer_auth("pat-na1-seven").json(&body)).await
    };
    let person = json!({"properties": {"email": "lin@example.net"}});
    let (status, one) = world.crm("POST", CONTACTS, person.clone()).await;
    let (of_seven, other) = seven(person.clone()).await;
    assert_eq!((status, of_seven), (201, 201), "the address is free in each");
    assert_ne!(one["id"], other["id"]);
    assert_eq!(seven(person.clone()).await.0, 409);
    assert_eq!(seven(person.clone()).await.0, 429);
    assert_eq!(world.crm("POST", CONTACTS, person).await.0, 409, "the first account has its own allowance");
    let items = |listed: (u16, Value)| listed.1["items"].as_array().unwrap().len();
    let list = format!("{}/_sandbox/objects/contacts", world.sandbox.hubspot_url());
    assert_eq!(items(world.ask("GET", &format!("{list}?portal_id=7"), Value::Null).await), 1);
    assert_eq!(items(world.ask("GET", &list, Value::Null).await), 1);
    let (_, details) = {
        let url = format!("{}/account-info/2026-09/details", world.sandbox.hubspot_url());
        world.order("limits?portal_id=7", json!({"burst": null})).await;
        world.send(world.client.get(url).bearer_auth("pat-na1-seven")).await
    };
    assert_eq!(details["portalId"], 7);
}
