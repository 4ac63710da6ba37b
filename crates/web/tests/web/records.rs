//! Records, problems and replay.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::{
    ids::{ObjectId, RecordId, StepKey},
    record::{Held, Record},
    source::Source,
    step::Object,
};
use rstest::rstest;
use serde_json::{Value, json};
use store::{
    EnvelopeState, LedgerEntry, Mark, NewEnvelope, Phase, RecordSave, RecordState, Settlement, Taken,
};

use uuid::Uuid;

use crate::bench::Bench;

/// Keeps an envelope and a record of it, in a state.
async fn settle(bench: &Bench, external_id: &str, state: RecordState) -> RecordId {
    let (ws, now) = (bench.default.id, bench.now());
    let envelope = NewEnvelope {
        workspace: ws,
        source: Source::Calendar,
        subject: external_id.to_owned(),
        event: "booking.scheduled".to_owned(),
        dedup: None,
        received_at: now,
        body: b"{}".to_vec(),
        state: EnvelopeState::Unread,
    };
    bench.store.append(envelope).await.unwrap();
    let batch = bench.store.claim(ws, Taken::default(), 10, now).await.unwrap();
    let envelope =
        batch.items.iter().flat_map(|claimed| &claimed.envelopes).find(|one| one.subject == external_id);
    let seq = envelope.unwrap().seq;
    let id = RecordId::of(ws, Source::Calendar, external_id);
    let mut record = Record::new(id, Source::Calendar, external_id);
    let key = StepKey(format!("calendar:{external_id}"));
    record.held.push(Held {
        object: Object::Meetings,
        id: ObjectId("9001".to_owned()),
        key: key.clone(),
        properties: BTreeMap::new(),
        contacts: Vec::new(),
    });
    let entry = |phase, object: Option<(&str, &str)>| LedgerEntry {
        record: id,
        at: now,
        step: key.0.clone(),
        what: "Create meeting".to_owned(),
        phase,
        object: object.map(|(word, id)| (word.to_owned(), id.to_owned())),
        request: match phase {
            Phase::Begun => {
                json!({ "properties": { "hs_meeting_title": "Meeting - Calendar.com: Intro call" } })
            }
            _ => Value::Null,
        },
        answer: if phase == Phase::Done { json!({ "id": "9001", "url": null }) } else { Value::Null },
    };
    let save = RecordSave {
        record,
        keys: vec![external_id.to_owned()],
        state,
        why: "Booked as the scheduler says.".to_owned(),
        attempts: 0,
        due_at: None,
        unwritten_since: None,
        problem: (state == RecordState::Problem).then(|| "HubSpot refused the owner.".to_owned()),
    };
    let settlement = Settlement {
        saves: vec![save],
        marks: vec![(seq, Mark::Read(id))],
        ledger: vec![entry(Phase::Begun, None), entry(Phase::Done, Some(("meetings", "9001")))],
        ..Settlement::default()
    };
    let lease = bench.store.take(ws, Uuid::nil(), now).await.unwrap().unwrap();
    bench.store.settle(lease, settlement, now).await.unwrap();
    id
}

#[tokio::test]
async fn a_record_tells_its_story() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let id = settle(&bench, "bk_81", RecordState::Logged).await;
    let list = bench.get("/records?source=calendar&external_id=bk_81&state=logged").await.json();
    let item = &list["items"][0];
    assert_eq!(item["id"], id.to_string());
    assert_eq!((&item["kind"], &item["external_id"]), (&json!("meeting"), &json!("bk_81")));
    assert_eq!(item["hubspot"], json!([{ "object": "meetings", "id": "9001" }]));
    assert_eq!(item["why"], "Booked as the scheduler says.");
    assert_eq!(list["next"], Value::Null);

    let detail = bench.get(&format!("/records/{id}")).await.json();
    let told: Vec<(&str, &str)> = detail["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| (moment["what"].as_str().unwrap(), moment["text"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("received", "Calendar.com sent booking.scheduled."),
            ("decided", "Booked as the scheduler says."),
            ("decided", "No contact: nothing was told that is an e-mail address or a phone number."),
            ("written", "Create meeting: done."),
        ]
    );
    let written = &detail["timeline"][3];
    assert_eq!(written["hubspot"], json!({ "object": "meetings", "id": "9001" }));
    let title = "Meeting - Calendar.com: Intro call";
    assert_eq!(written["request"], json!({ "properties": { "hs_meeting_title": title } }));
    assert_eq!(written["answer"]["id"], "9001");
    assert_eq!(written["url"], "https://app.hubspot.com/contacts/62515/record/0-47/9001");
}

#[tokio::test]
async fn a_waiting_record_says_what_it_waits_for() {
    let bench = Bench::new().await;
    settle(&bench, "bk_81", RecordState::Waiting).await;
    let why = async || bench.get("/records").await.json()["items"][0]["why"].clone();
    assert_eq!(why().await, "Waiting: HubSpot is not connected.");
    bench.connect_both().await;
    assert_eq!(why().await, "Booked as the scheduler says.");
    bench.post("/connections/hubspot/pause", &Value::Null).await;
    assert_eq!(why().await, "Waiting: HubSpot is paused.");
}

#[tokio::test]
async fn records_come_in_pages() {
    let bench = Bench::new().await;
    for n in 0..3 {
        settle(&bench, &format!("bk_{n}"), RecordState::Logged).await;
    }
    let first = bench.get("/records?limit=2").await.json();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let cursor = first["next"].as_str().unwrap();
    let second = bench.get(&format!("/records?limit=2&cursor={cursor}")).await.json();
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(second["next"], Value::Null);
}

#[rstest]
#[case("/records?limit=0", "limit")]
#[case("/records?limit=201", "limit")]
#[case("/records?limit=many", "limit")]
#[case("/records?state=lost", "state")]
#[case("/records?source=outlook", "source")]
#[case("/records?cursor=nonsense", "cursor")]
#[tokio::test]
async fn a_query_that_cannot_be_meant_is_refused(#[case] path: &str, #[case] field: &str) {
    let bench = Bench::new().await;
    let answer = bench.get(path).await;
    assert_eq!((answer.status, answer.field().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, field));
}

#[tokio::test]
async fn a_problem_is_retried_or_let_go() {
    let bench = Bench::new().await;
    let id = settle(&bench, "bk_81", RecordState::Problem).await.to_string();
    let list = bench.get("/problems").await.json();
    let problem = &list["items"][0];
    assert_eq!((&problem["id"], &problem["record"]), (&json!(id), &json!(id)));
    assert_eq!(problem["reason"], "HubSpot refused the owner.");
    assert_eq!(problem["since"], "2026-11-20T10:00:00Z");
    assert_eq!(bench.post(&format!("/problems/{id}/retry"), &Value::Null).await.status, StatusCode::OK);
    assert_eq!(
        bench.post(&format!("/problems/{id}/retry"), &Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    settle(&bench, "bk_82", RecordState::Problem).await;
    assert_eq!(bench.post("/problems/retry", &Value::Null).await.json(), json!({ "retried": 1 }));
    let id = settle(&bench, "bk_83", RecordState::Problem).await;
    assert_eq!(bench.post(&format!("/problems/{id}/dismiss"), &Value::Null).await.status, StatusCode::OK);
    assert_eq!(bench.get("/problems").await.json()["items"], json!([]));
    assert_eq!(bench.post("/problems/nonsense/retry", &Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[case(json!({ "from": "2026-11-20T11:00:00Z", "to": "2026-11-20T10:00:00Z" }), "to")]
#[case(json!({ "from": "yesterday", "to": "2026-11-20T10:00:00Z" }), "from")]
#[case(json!({ "from": "2026-11-20T10:00:00Z" }), "to")]
#[case(json!({ "from": "2026-11-19T10:00:00Z", "to": "2026-11-20T10:00:00Z", "source": "hubspot" }), "source")]
#[tokio::test]
async fn a_span_that_cannot_be_meant_is_refused(#[case] span: Value, #[case] field: &str) {
    let bench = Bench::new().await;
    let answer = bench.post("/replay", &span).await;
    assert_eq!((answer.status, answer.field().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, field));
}
