//! Creates: each row is told what became of it, whatever becomes of its neighbours.

use connectors::hubspot::{Made, NewActivity, NewRow};
use domain::{fault::Fault, ids::ContactId, step::Object};
use serde_json::{Value, json};

use super::stub::{Stub, absent, json as answer, silent};

fn contact(trace: &str, email: &str) -> NewRow {
    let properties = [("email", email), ("firstname", "Lin")];
    let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    NewRow { trace: trace.to_owned(), properties }
}

fn call(trace: &str, title: &str) -> NewActivity {
    let properties = [("hs_timestamp", "2026-11-20T10:00:00Z"), ("hs_call_title", title)];
    let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    NewActivity { trace: trace.to_owned(), properties, contacts: vec![ContactId::from("7")] }
}

fn made(id: &str) -> Made {
    Made::Created { id: id.into(), url: None }
}

#[tokio::test]
async fn a_conflict_in_a_207_gives_the_existing_id_and_leaves_the_neighbour_made() {
    let stub = Stub::answering(|_| {
        answer(
            207,
            json!({"status": "COMPLETE", "numErrors": 1,
            "results": [{"id": "512", "properties": {"email": "kim@example.net"}, "objectWriteTraceId": "b",
                "url": "https://app.hubspot.com/contacts/1/record/0-1/512", "new_key": {}}],
            "errors": [{"status": "error", "category": "CONFLICT",
                "message": "Contact already exists. Existing ID: 171591000198",
                "context": {"objectWriteTraceId": ["a"], "existingId": ["171591000198"]}}]}),
        )
    })
    .await;
    let rows = vec![contact("a", "lin@example.net"), contact("b", "kim@example.net")];
    let made = stub.hubspot.create_contacts(rows).await;
    assert_eq!(made["a"], Made::Exists { id: Some("171591000198".into()) });
    let url = Some("https://app.hubspot.com/contacts/1/record/0-1/512".to_owned());
    assert_eq!(made["b"], Made::Created { id: "512".into(), url });
    let asked = &stub.asked()[0];
    assert_eq!(asked.line, "POST /crm/objects/2026-09/contacts/batch/create");
    assert_eq!(asked.authorization, "Bearer pat-na1-x");
    let traces: Vec<Value> = asked.inputs().iter().map(|input| input["objectWriteTraceId"].clone()).collect();
    assert_eq!(traces, ["a", "b"]);
}

#[tokio::test]
async fn a_conflict_that_refuses_the_batch_is_pinned_to_its_row() {
    let stub = Stub::answering(|asked| {
        let inputs = asked.inputs();
        if inputs.iter().any(|input| input["properties"]["email"] == "lin@example.net") {
            return answer(
                409,
                json!({"status": "error", "message": "Contact already exists", "correlationId": "x",
                    "category": "CONFLICT"}),
            );
        }
        let results: Vec<Value> = inputs
            .iter()
            .map(|input| json!({"id": "9", "properties": {"email": input["properties"]["email"]}}))
            .collect();
        answer(201, json!({"status": "COMPLETE", "results": results}))
    })
    .await;
    let rows = vec![contact("a", "lin@example.net"), contact("b", "kim@example.net")];
    let made = stub.hubspot.create_contacts(rows).await;
    assert_eq!(made["a"], Made::Exists { id: None });
    assert_eq!(made["b"], Made::Created { id: "9".into(), url: None });
    assert_eq!(stub.asked().len(), 3);
}

#[tokio::test]
async fn an_existing_id_that_stands_only_in_the_text_is_read() {
    let stub = Stub::answering(|_| {
        answer(409, json!({"category": "CONFLICT", "message": "Contact already exists. Existing ID: 123"}))
    })
    .await;
    let made = stub.hubspot.create_contacts(vec![contact("a", "lin@example.net")]).await;
    assert_eq!(made["a"], Made::Exists { id: Some("123".into()) });
}

#[tokio::test]
async fn a_second_object_with_our_key_exists() {
    let stub = Stub::answering(|_| {
        answer(
            400,
            json!({"status": "error", "category": "VALIDATION_ERROR", "message": "Property values were not valid: []",
            "errors": [{"message": "88 already has that value.", "code": "CONFLICTING_UNIQUE_VALUE",
                "context": {"propertyName": ["patchbay_key"]}}]}),
        )
    })
    .await;
    let made = stub.hubspot.create_activities(Object::Calls, vec![call("a", "One")]).await;
    assert_eq!(made["a"], Made::Exists { id: None });
}

#[tokio::test]
async fn a_clash_of_another_unique_property_is_a_refusal_that_names_it() {
    let stub = Stub::answering(|_| {
        answer(
            400,
            json!({"category": "VALIDATION_ERROR", "message": "no",
            "errors": [{"code": "CONFLICTING_UNIQUE_VALUE", "context": {"propertyName": ["customer_no"]}}]}),
        )
    })
    .await;
    let made = stub.hubspot.create_contacts(vec![contact("a", "lin@example.net")]).await;
    let Made::Refused(Fault::Never { field, .. }) = &made["a"] else { panic!("{made:?}") };
    assert_eq!(field.as_deref(), Some("customer_no"));
}

#[tokio::test]
async fn a_bad_row_in_a_refused_batch_fails_alone() {
    let stub = Stub::answering(|asked| {
        let inputs = asked.inputs();
        if inputs.iter().any(|input| input["properties"]["hs_call_title"] == "Bad") {
            return answer(
                400,
                json!({"status": "error", "category": "VALIDATION_ERROR", "correlationId": "x", "message":
                "Property values were not valid: [{\"isValid\":false,\"message\":\"no\",\"error\":\"INVALID_OPTION\",\
                 \"name\":\"hs_call_disposition\"}]"}),
            );
        }
        let results: Vec<Value> = inputs
            .iter()
            .rev()
            .map(|input| {
                let trace = &input["objectWriteTraceId"];
                json!({"id": format!("id-{}", trace.as_str().unwrap()), "objectWriteTraceId": trace})
            })
            .collect();
        answer(201, json!({"status": "COMPLETE", "results": results}))
    })
    .await;
    let rows: Vec<NewActivity> =
        (0..100).map(|n| call(&n.to_string(), if n == 42 { "Bad" } else { "Good" })).collect();
    let made = stub.hubspot.create_activities(Object::Calls, rows).await;
    assert_eq!(made.len(), 100);
    for (trace, made) in &made {
        match made {
            Made::Created { id, .. } => assert_eq!(id.as_str(), format!("id-{trace}")),
            Made::Refused(Fault::Never { field, .. }) => {
                assert_eq!((trace.as_str(), field.as_deref()), ("42", Some("hs_call_disposition")));
            }
            other => panic!("{trace}: {other:?}"),
        }
    }
    // Each halving costs two requests: 1 + 2 × 7 at most.
    assert!(stub.asked().len() <= 15, "{} requests", stub.asked().len());
}

#[tokio::test]
async fn more_than_a_hundred_rows_go_in_several_requests() {
    let stub = Stub::answering(|asked| {
        let results: Vec<Value> = asked
            .inputs()
            .iter()
            .map(|input| {
                json!({"id": input["objectWriteTraceId"], "objectWriteTraceId": input["objectWriteTraceId"]})
            })
            .collect();
        answer(201, json!({ "results": results }))
    })
    .await;
    let rows = (0..130).map(|n| call(&n.to_string(), "Good")).collect();
    let made = stub.hubspot.create_activities(Object::Calls, rows).await;
    assert_eq!(made.len(), 130);
    let sizes: Vec<usize> = stub.asked().iter().map(|asked| asked.inputs().len()).collect();
    assert_eq!(sizes, [100, 30]);
}

#[tokio::test]
async fn results_without_traces_are_matched_by_address_in_any_order_and_case() {
    let stub = Stub::answering(|_| {
        answer(
            201,
            json!({"status": "COMPLETE", "results": [
            {"id": "2", "properties": {"email": "kim@example.net", "firstname": "Lin"}},
            {"id": "1", "properties": {"email": "lin@example.net", "firstname": "Lin"}}]}),
        )
    })
    .await;
    let rows = vec![contact("a", "Lin@Example.net"), contact("b", "kim@example.net")];
    let made = stub.hubspot.create_contacts(rows).await;
    assert_eq!(made["a"], Made::Created { id: "1".into(), url: None });
    assert_eq!(made["b"], Made::Created { id: "2".into(), url: None });
}

#[tokio::test]
async fn results_without_traces_are_matched_by_what_differs_whatever_the_form_of_times() {
    let stub = Stub::answering(|_| {
        answer(
            201,
            json!({"results": [
            {"id": "2", "properties": {"hs_call_title": "Two", "hs_timestamp": "2026-11-20T10:00:00.000Z"}},
            {"id": "1", "properties": {"hs_call_title": "One", "hs_timestamp": "2026-11-20T10:00:00.000Z"}}]}),
        )
    })
    .await;
    let rows = vec![call("a", "One"), call("b", "Two")];
    let all = stub.hubspot.create_activities(Object::Calls, rows).await;
    assert_eq!((&all["a"], &all["b"]), (&made("1"), &made("2")));
}

#[tokio::test]
async fn rows_that_no_result_tells_apart_are_in_doubt() {
    let stub = Stub::answering(|_| {
        let like = |id: &str| json!({"id": id, "properties": {"hs_call_title": "Same"}});
        answer(201, json!({"results": [like("1"), like("2")]}))
    })
    .await;
    let rows = vec![call("a", "Same"), call("b", "Same")];
    let made = stub.hubspot.create_activities(Object::Calls, rows).await;
    assert!(made.values().all(|made| matches!(made, Made::InDoubt(_))), "{made:?}");
    assert_eq!(made.len(), 2);
}

#[tokio::test]
async fn a_row_that_the_answer_leaves_out_is_in_doubt() {
    let stub = Stub::answering(|_| {
        answer(201, json!({"status": "COMPLETE", "results": [{"id": "1", "objectWriteTraceId": "a"}]}))
    })
    .await;
    let made_all =
        stub.hubspot.create_activities(Object::Calls, vec![call("a", "One"), call("b", "Two")]).await;
    assert_eq!(made_all["a"], made("1"));
    assert!(matches!(made_all["b"], Made::InDoubt(_)));
}

#[tokio::test]
async fn activities_are_associated_in_the_direction_from_activity_to_contact() {
    for (object, type_id) in [(Object::Calls, 194), (Object::Meetings, 200), (Object::Tasks, 204)] {
        let stub = Stub::answering(|_| answer(201, json!({"results": [{"id": 512}]}))).await;
        let all = stub.hubspot.create_activities(object, vec![call("a", "One")]).await;
        assert_eq!(all["a"], made("512"));
        let wanted = json!([{"to": {"id": "7"},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]}]);
        assert_eq!(stub.asked()[0].inputs()[0]["associations"], wanted);
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_a_create_in_doubt() {
    let made = silent().await.create_contacts(vec![contact("a", "lin@example.net")]).await;
    assert!(matches!(made["a"], Made::InDoubt(_)), "{made:?}");
}

#[tokio::test]
async fn a_create_that_found_nobody_to_speak_to_was_not_sent() {
    let made = absent().await.create_contacts(vec![contact("a", "lin@example.net")]).await;
    assert!(matches!(made["a"], Made::NotSent(Fault::Later { .. })), "{made:?}");
}

#[tokio::test]
async fn after_an_answer_of_500_nothing_more_is_sent() {
    let stub = Stub::answering(|_| answer(500, json!({"message": "internal error"}))).await;
    let rows = (0..130).map(|n| call(&n.to_string(), "Good")).collect();
    let made = stub.hubspot.create_activities(Object::Calls, rows).await;
    let doubts = made.values().filter(|made| matches!(made, Made::InDoubt(_))).count();
    let unsent = made.values().filter(|made| matches!(made, Made::NotSent(Fault::Later { .. }))).count();
    assert_eq!((doubts, unsent, stub.asked().len()), (100, 30, 1));
}

#[tokio::test]
async fn an_answer_that_is_no_json_leaves_a_create_in_doubt() {
    let stub = Stub::answering(|_| answer(201, Value::String("<html>".into()))).await;
    let made = stub.hubspot.create_contacts(vec![contact("a", "lin@example.net")]).await;
    assert!(matches!(made["a"], Made::InDoubt(_)), "{made:?}");
}
