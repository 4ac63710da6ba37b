//! What connecting asks: who, which lists, and which guard the account allows.

use connectors::hubspot::{Account, Guard, Guards, Owner};
use domain::{
    contact::{PropertyDefinition, PropertyHolds},
    email::Email,
    fault::Fault,
    ids::{OutcomeId, OwnerId},
};
use serde_json::{Value, json};

use super::stub::{Stub, json as answer};

fn missing() -> super::stub::Answer {
    answer(404, json!({"status": "error", "category": "OBJECT_NOT_FOUND", "message": "no such property"}))
}

#[tokio::test]
async fn an_account_tells_its_number_zone_and_address() {
    let stub = Stub::answering(|_| {
        answer(
            200,
            json!({"portalId": 1_512_050, "timeZone": "US/Eastern", "uiDomain": "app-eu1.hubspot.com"}),
        )
    })
    .await;
    let wanted = Account {
        portal_id: "1512050".to_owned(),
        time_zone: "US/Eastern".to_owned(),
        ui_domain: "app-eu1.hubspot.com".to_owned(),
    };
    assert_eq!(stub.hubspot.account().await, Ok(wanted));
    assert_eq!(stub.lines(), ["GET /account-info/2026-09/details"]);
}

#[tokio::test]
async fn owners_are_read_over_all_pages_and_a_queue_has_no_address() {
    let stub = Stub::answering(|asked| {
        if asked.line.contains("after=2") {
            return answer(
                200,
                json!({"results": [{"id": "3", "email": "kim@example.net", "userId": null}]}),
            );
        }
        answer(
            200,
            json!({"paging": {"next": {"after": "2", "link": "x"}}, "results": [
            {"id": "1", "email": "Ada@Example.com", "type": "PERSON"},
            {"id": "2", "email": "queue@example.com", "type": "QUEUE"}]}),
        )
    })
    .await;
    let owner = |id: &str, email: Option<&str>| Owner {
        id: OwnerId::from(id),
        email: email.map(|email| Email::read(email).unwrap()),
    };
    let wanted = [owner("1", Some("ada@example.com")), owner("2", None), owner("3", Some("kim@example.net"))];
    assert_eq!(stub.hubspot.owners(false).await.unwrap(), wanted);
    assert_eq!(stub.lines()[0], "GET /crm/owners/2026-09?limit=100&archived=false");
}

#[tokio::test]
async fn deleted_outcomes_are_not_listed_whether_the_list_is_wrapped_or_not() {
    let list = json!([{"id": "g1", "label": "Connected"}, {"id": "g2", "label": "Gone", "deleted": true}]);
    for body in [list.clone(), json!({ "results": list })] {
        let stub = Stub::answering(move |_| answer(200, body.clone())).await;
        let outcomes = stub.hubspot.outcomes().await.unwrap();
        assert_eq!(outcomes, [(OutcomeId::from("g1"), "Connected".to_owned())]);
        assert_eq!(stub.lines(), ["GET /calling/v1/dispositions"]);
    }
}

#[tokio::test]
async fn outcomes_come_from_the_property_once_the_old_path_is_gone() {
    let stub = Stub::answering(|asked| {
        if asked.line.contains("dispositions") {
            return missing();
        }
        answer(200, json!({"options": [{"label": "Connected", "value": "g1"}]}))
    })
    .await;
    assert_eq!(stub.hubspot.outcomes().await.unwrap(), [(OutcomeId::from("g1"), "Connected".to_owned())]);
}

#[tokio::test]
async fn outcomes_that_cannot_be_read_are_a_fault_and_not_an_empty_list() {
    let stub = Stub::answering(|asked| {
        if asked.line.contains("dispositions") { missing() } else { answer(200, json!({"options": []})) }
    })
    .await;
    assert!(stub.hubspot.outcomes().await.is_err());
}

#[tokio::test]
async fn an_account_without_call_types_has_none() {
    let stub = Stub::answering(|_| missing()).await;
    assert_eq!(stub.hubspot.call_types().await, Ok(Vec::new()));
}

#[tokio::test]
async fn each_kind_of_object_gets_the_guard_that_the_account_allows() {
    let stub = Stub::answering(|asked| {
        let line = asked.line.as_str();
        match line.rsplit('/').next().unwrap_or_default() {
            // There already, with and without being unique.
            "patchbay_key" if line.contains("/contacts/") => answer(200, json!({"hasUniqueValue": true})),
            "patchbay_key" if line.contains("/calls/") => answer(200, json!({"hasUniqueValue": false})),
            "patchbay_key" => missing(),
            "groups" => answer(409, json!({"category": "OBJECT_ALREADY_EXISTS"})),
            "meetings" => answer(201, asked.body.clone()),
            _ => answer(403, json!({"category": "MISSING_SCOPES"})),
        }
    })
    .await;
    let wanted = Guards {
        contacts: Guard::UniqueProperty,
        calls: Guard::Lookup,
        meetings: Guard::UniqueProperty,
        tasks: Guard::Lookup,
    };
    assert_eq!(stub.hubspot.prepare().await, Ok(wanted));
    let made =
        stub.asked().into_iter().find(|asked| asked.line == "POST /crm/properties/2026-09/meetings").unwrap();
    assert_eq!(made.body["hasUniqueValue"], true);
    assert_eq!((&made.body["type"], &made.body["fieldType"]), (&json!("string"), &json!("text")));
    assert_eq!(made.body["groupName"], "patchbay");
}

#[tokio::test]
async fn a_refused_credential_fails_the_connect() {
    let stub = Stub::answering(|_| answer(401, json!({"category": "INVALID_AUTHENTICATION"}))).await;
    assert!(matches!(stub.hubspot.prepare().await, Err(Fault::SignIn { .. })));
}

#[tokio::test]
async fn properties_for_answers_are_made_and_those_that_exist_are_left() {
    let stub = Stub::answering(|asked| match asked.body["name"].as_str() {
        Some("b") => answer(
            409,
            json!({"category": "OBJECT_ALREADY_EXISTS",
                "subCategory": "Properties.PROPERTY_WITH_NAME_EXISTS"}),
        ),
        Some("c") => answer(400, json!({"message": "Property name is reserved"})),
        _ => answer(201, json!({})),
    })
    .await;
    let definition =
        |name: &str, holds| PropertyDefinition { name: name.to_owned(), label: name.to_owned(), holds };
    let easy = [definition("a", PropertyHolds::Truth), definition("b", PropertyHolds::Text)];
    assert_eq!(stub.hubspot.define(&easy).await, Ok(Vec::new()));
    let refused = [definition("c", PropertyHolds::Number), definition("d", PropertyHolds::Text)];
    let refused = stub.hubspot.define(&refused).await.unwrap();
    assert!(matches!(refused.as_slice(), [(name, Fault::Never { .. })] if name == "c"), "{refused:?}");
    let made: Vec<Value> = stub.asked().iter().map(|asked| asked.body["name"].clone()).collect();
    assert_eq!(made, ["patchbay", "a", "b", "patchbay", "c", "d"]);
}
