//! Settings: any part goes in, the whole comes back.

use axum::http::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    world::{CONNECTED, NO_ANSWER},
};

#[tokio::test]
async fn what_was_read_can_be_sent_back() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    for path in ["/settings/calls", "/settings/meetings", "/settings/retention"] {
        let read = bench.get(path).await.json();
        let sent = bench.put(path, &read).await;
        assert_eq!((sent.status, sent.json()), (StatusCode::OK, read), "{path}");
    }
}

#[rstest]
#[case("calls", json!({ "outcomes": { "inbound_missed": null } }))]
#[case("calls", json!({ "outcomes": { "inbound_missed": CONNECTED, "outbound_busy": NO_ANSWER } }))]
#[case("calls", json!({ "log_when": "ended", "on_conflict": "first_rule", "missed_call_task": true }))]
#[case("calls", json!({ "create_contacts": false }))]
#[case("calls", json!({ "create_contacts": { "inbound_missed": false } }))]
#[case("calls", json!({ "owner_map": { "ada@example.com": "77" }, "exclude_numbers": ["397375"] }))]
#[case("calls", json!({ "owner_map": { "dan@example.com": "78" } }))]
#[case("calls", json!({ "title_template": "{kind}: {party}", "call_types": { "inbound_answered": "sales" } }))]
#[case("calls", json!({ "outcome_causes": { "busy": "outbound_busy" } }))]
#[case("meetings", json!({ "on_reschedule": "update", "notify": false, "notify_sources": ["calendly"] }))]
#[case("meetings", json!({ "answer_properties": "never", "answer_map": { "q1": "company_size" }, "guests": "contacts" }))]
#[case("meetings", json!({ "title_template": { "calcom": "{event_name} with {invitee}" } }))]
#[case("retention", json!({ "webhooks_days": 90 }))]
#[case("retention", json!({ "records_days": 400 }))]
#[case("retention", json!({ "webhooks_days": 30, "records_days": 30 }))]
#[tokio::test]
async fn a_part_changes_what_it_names_and_nothing_else(#[case] of: &str, #[case] part: Value) {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let path = format!("/settings/{of}");
    let before = bench.get(&path).await.json();
    let answer = bench.put(&path, &part).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let after = bench.get(&path).await.json();
    assert_eq!(answer.json(), after);
    for (name, value) in part.as_object().unwrap() {
        match value {
            Value::Object(inner) => {
                for (key, value) in inner {
                    assert_eq!(after[name][key], *value, "{name}.{key}");
                }
            }
            value => assert_eq!(after[name], *value, "{name}"),
        }
    }
    let others = before.as_object().unwrap().iter().filter(|(name, _)| part.get(name.as_str()).is_none());
    for (name, value) in others.filter(|(name, _)| *name != "outcome_states") {
        assert_eq!(after[name], *value, "{name}");
    }
}

#[rstest]
#[case("calls", json!({ "outcomes": { "inbound_missed": "no-such-guid" } }), "outcomes.inbound_missed")]
#[case("calls", json!({ "outcomes": { "internal": null } }), "outcomes.internal")]
#[case("calls", json!({ "outcomes": { "inbound_missed": 5 } }), "outcomes.inbound_missed")]
#[case("calls", json!({ "outcomes": null }), "outcomes")]
#[case("calls", json!({ "log_when": "never" }), "log_when")]
#[case("calls", json!({ "colour": "blue" }), "colour")]
#[case("calls", json!({ "title_template": "{party} {phone}" }), "title_template")]
#[case("calls", json!({ "title_template": "{party" }), "title_template")]
#[case("calls", json!({ "create_contacts": { "inbound_missed": "no" } }), "create_contacts.inbound_missed")]
#[case("calls", json!({ "create_contacts": "no" }), "create_contacts")]
#[case("calls", json!({ "owner_map": { "ada": "77" } }), "owner_map.ada")]
#[case("calls", json!({ "owner_map": { "ada@example.com": "77", "bo@example.com": "5" } }), "owner_map.bo@example.com")]
#[case("calls", json!({ "call_types": { "inbound_missed": "nonsense" } }), "call_types.inbound_missed")]
#[case("calls", json!({ "outcome_causes": { "busy": "inbound_missed" } }), "outcome_causes.busy")]
#[case("meetings", json!({ "notify": "yes" }), "notify")]
#[case("meetings", json!({ "notify_sources": ["aircall"] }), "notify_sources")]
#[case("meetings", json!({ "answer_map": { "q1": "Company Size" } }), "answer_map.q1")]
#[case("meetings", json!({ "answer_map": { "q1": "no_such_property" } }), "answer_map.q1")]
#[case("meetings", json!({ "answer_map": { "q1": "company_size", "q2": "email" } }), "answer_map.q2")]
#[case("meetings", json!({ "answer_map": { "Who?": "hubspot_owner_id" } }), "answer_map.Who?")]
#[case("meetings", json!({ "answer_map": { "q1": "hs_object_id" } }), "answer_map.q1")]
#[case("meetings", json!({ "answer_map": { "q1": "hs_analytics_source" } }), "answer_map.q1")]
#[case("meetings", json!({ "answer_map": { "q1": "patchbay_key" } }), "answer_map.q1")]
#[case("meetings", json!({ "title_template": { "calendar": "{party}" } }), "title_template.calendar")]
#[case("retention", json!({ "webhooks_days": 0 }), "webhooks_days")]
#[case("retention", json!({ "webhooks_days": "90" }), "webhooks_days")]
#[case("retention", json!({ "webhooks_days": 91, "records_days": 90 }), "webhooks_days")]
#[case("retention", json!({ "records_days": 29 }), "records_days")]
#[case("retention", json!({ "records_days": 3651 }), "records_days")]
#[case("retention", json!({ "records_days": -1 }), "records_days")]
#[case("retention", json!({ "days": 90 }), "days")]
#[tokio::test]
async fn a_wrong_field_is_named_and_nothing_is_changed(
    #[case] of: &str,
    #[case] part: Value,
    #[case] field: &str,
) {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let path = format!("/settings/{of}");
    let before = bench.get(&path).await.json();
    let answer = bench.put(&path, &part).await;
    assert_eq!(
        (answer.status, answer.field().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, field),
        "{}",
        answer.text
    );
    assert_eq!(bench.get(&path).await.json(), before);
}

#[tokio::test]
async fn a_new_outcome_can_be_picked_at_once_and_says_when_it_counts() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    bench.world.facts().outcomes.push(("new-guid".to_owned(), "New".to_owned()));
    let answer =
        bench.put("/settings/calls", &json!({ "outcomes": { "inbound_missed": "new-guid" } })).await.json();
    assert_eq!(answer["outcomes"]["inbound_missed"], "new-guid");
    let state = &answer["outcome_states"]["inbound_missed"];
    assert_eq!(
        (&state["state"], &state["effective_at"]),
        (&json!("pending"), &json!("2026-11-20T11:00:00Z"))
    );
}

#[tokio::test]
async fn hubspots_default_outcomes_can_be_set_before_it_is_connected() {
    let bench = Bench::new().await;
    let known = bench.put("/settings/calls", &json!({ "outcomes": { "inbound_missed": CONNECTED } })).await;
    assert_eq!(known.status, StatusCode::OK, "{}", known.text);
    let unknown = bench.put("/settings/calls", &json!({ "outcomes": { "inbound_missed": "x" } })).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_owner_that_stands_may_be_gone_and_one_that_nobody_can_check_is_taken() {
    let bench = Bench::new().await;
    let map = |owner: &str| json!({ "owner_map": { "ada@example.com": owner } });
    assert_eq!(bench.put("/settings/calls", &map("5")).await.status, StatusCode::OK, "not connected");
    bench.connect_both().await;
    assert_eq!(bench.put("/settings/calls", &map("5")).await.status, StatusCode::OK, "it stood");
    let wrong = bench.put("/settings/calls", &map("6")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains('6'), "{}", wrong.text);
    bench.world.facts().is_down = true;
    assert_eq!(bench.put("/settings/calls", &map("6")).await.status, StatusCode::OK, "it cannot be read");
}

#[tokio::test]
async fn a_property_that_nobody_can_check_is_taken_but_for_those_that_say_who_or_whose_a_contact_is() {
    let bench = Bench::new().await;
    let map = |property: &str| json!({ "answer_map": { "q1": property } });
    assert_eq!(bench.put("/settings/meetings", &map("odd")).await.status, StatusCode::OK, "not connected");
    for own in ["email", "hs_additional_emails", "hubspot_owner_id", "hs_object_id", "firstname"] {
        let refused = bench.put("/settings/meetings", &map(own)).await;
        assert_eq!(
            (refused.status, refused.field().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "answer_map.q1")
        );
        assert!(refused.json()["detail"].as_str().unwrap().contains(own), "{}", refused.text);
    }
    bench.connect_both().await;
    assert_eq!(bench.put("/settings/meetings", &map("odd")).await.status, StatusCode::OK, "it stood");
    bench.world.facts().is_down = true;
    assert_eq!(
        bench.put("/settings/meetings", &map("other")).await.status,
        StatusCode::OK,
        "it cannot be read"
    );
}

#[tokio::test]
async fn all_is_kept_until_an_admin_says_otherwise_and_again_when_they_take_it_back() {
    let bench = Bench::new().await;
    let path = "/settings/retention";
    let all = json!({ "webhooks_days": null, "records_days": null });
    assert_eq!(bench.get(path).await.json(), all);
    let less = json!({ "webhooks_days": 90, "records_days": 400 });
    assert_eq!(bench.put(path, &less).await.json(), less);
    let shorter = bench.put(path, &json!({ "records_days": 60 })).await;
    assert_eq!(shorter.field(), "webhooks_days", "records that go take their webhooks with them");
    assert_eq!(bench.put(path, &all).await.json(), all);
}
