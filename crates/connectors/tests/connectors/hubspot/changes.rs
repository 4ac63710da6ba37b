//! Updates and archiving: each row is told what became of it.

use connectors::hubspot::{Change, Changed};
use domain::{fault::Fault, ids::ObjectId, step::Object};
use serde_json::{Value, json};

use super::stub::{Stub, absent, json as answer};

fn change(id: &str, title: &str) -> Change {
    let properties = [("hs_call_title".to_owned(), title.to_owned())].into();
    Change { id: id.into(), properties }
}

#[tokio::test]
async fn missing_ids_that_share_one_error_are_each_told() {
    let stub = Stub::answering(|_| {
        answer(207, json!({"status": "COMPLETE", "results": [{"id": "3"}, {"id": "1"}], "numErrors": 1, "errors":
            [{"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some CALL objects, they \
              may be deleted or not exist. Check that ids are valid.", "context": {"ids": ["2", "4"]}}]}))
    })
    .await;
    let wanted = ["1", "2", "3", "4"].map(|id| change(id, "x")).into();
    let changed = stub.hubspot.update_activities(Object::Calls, wanted).await;
    let of = |id: &str| changed[&ObjectId::from(id)].clone();
    assert_eq!([of("1"), of("3")], [Changed::Done, Changed::Done]);
    assert_eq!([of("2"), of("4")], [Changed::Missing, Changed::Missing]);
}

#[tokio::test]
async fn changes_of_one_id_go_as_one() {
    let stub = Stub::answering(|_| answer(200, json!({"results": [{"id": "1"}]}))).await;
    let wanted = vec![change("1", "first"), change("1", "second")];
    let changed = stub.hubspot.update_activities(Object::Calls, wanted).await;
    assert_eq!(changed[&ObjectId::from("1")], Changed::Done);
    let inputs = stub.asked()[0].inputs();
    assert_eq!(inputs.len(), 1);
    assert_eq!(inputs[0]["properties"], json!({"hs_call_title": "second"}));
}

#[tokio::test]
async fn a_row_that_the_answer_leaves_out_is_changed_alone() {
    let stub = Stub::answering(|asked| {
        if asked.line.starts_with("PATCH") {
            return answer(200, json!({"id": "99"}));
        }
        answer(200, json!({"status": "COMPLETE", "results": [{"id": "1"}]}))
    })
    .await;
    let changed =
        stub.hubspot.update_activities(Object::Calls, vec![change("1", "x"), change("2", "y")]).await;
    assert_eq!(changed[&ObjectId::from("2")], Changed::Done);
    assert_eq!(stub.lines()[1], "PATCH /crm/objects/2026-09/calls/2");
}

#[tokio::test]
async fn a_bad_change_fails_alone() {
    let stub = Stub::answering(|asked| {
        let inputs = asked.inputs();
        if inputs.iter().any(|input| input["properties"]["hs_call_title"] == "Bad") {
            return answer(
                400,
                json!({"category": "VALIDATION_ERROR", "message": "no", "errors":
                [{"code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": ["hs_call_titel"]}}]}),
            );
        }
        let results: Vec<Value> = inputs.iter().rev().map(|input| json!({"id": input["id"]})).collect();
        answer(200, json!({"status": "COMPLETE", "results": results}))
    })
    .await;
    let wanted = vec![change("1", "x"), change("2", "Bad"), change("3", "y")];
    let changed = stub.hubspot.update_activities(Object::Calls, wanted).await;
    assert_eq!(changed[&ObjectId::from("1")], Changed::Done);
    assert_eq!(changed[&ObjectId::from("3")], Changed::Done);
    let Changed::Refused(Fault::Never { field, .. }) = &changed[&ObjectId::from("2")] else {
        panic!("{changed:?}")
    };
    assert_eq!(field.as_deref(), Some("hs_call_titel"));
}

#[tokio::test]
async fn archiving_takes_what_is_gone_already_for_done() {
    let stub = Stub::answering(|asked| {
        if asked.inputs().iter().any(|input| input["id"] == "2") {
            return answer(404, json!({"status": "error", "message": "resource not found"}));
        }
        answer(204, Value::Null)
    })
    .await;
    let ids = ["1", "2", "3", "1"].map(ObjectId::from).into();
    let changed = stub.hubspot.archive(Object::Meetings, ids).await;
    assert_eq!(changed.len(), 3);
    assert!(changed.values().all(|changed| *changed == Changed::Done), "{changed:?}");
    assert_eq!(stub.lines()[0], "POST /crm/objects/2026-09/meetings/batch/archive");
}

#[tokio::test]
async fn changes_that_found_nobody_to_speak_to_failed_for_now() {
    let hubspot = absent().await;
    let changed = hubspot.update_activities(Object::Calls, vec![change("1", "x")]).await;
    assert!(matches!(changed[&ObjectId::from("1")], Changed::Failed(Fault::Later { .. })));
    let archived = hubspot.archive(Object::Calls, vec!["1".into()]).await;
    assert!(matches!(archived[&ObjectId::from("1")], Changed::Failed(Fault::Later { .. })));
}
