//! Beginning and settling: what is in doubt stays known, and nothing is half done.

use domain::{
    contact::ContactKey,
    email::Email,
    ids::{ContactId, RecordId, StepKey},
    source::Source,
};
use serde_json::json;
use store::{
    Begin, EnvelopeState, LedgerEntry, Links, Mark, OpenStep, Phase, RecordSave, RecordState, Settlement,
    Taken,
};

use crate::{Trial, at, save};

fn key(address: &str) -> ContactKey {
    ContactKey::Email(Email::read(address).unwrap())
}

fn entry(record: RecordId, phase: Phase, second: i64) -> LedgerEntry {
    LedgerEntry {
        record,
        at: at(second),
        step: "calcom:bk_1".to_owned(),
        what: "Create meeting".to_owned(),
        phase,
        object: (phase == Phase::Done).then(|| ("meetings".to_owned(), "501".to_owned())),
        request: json!({"hs_meeting_title": "Intro"}),
        answer: json!(null),
    }
}

fn open_step(record: RecordId) -> OpenStep {
    OpenStep {
        record,
        key: StepKey::from("calcom:bk_1"),
        begun_at: at(2),
        step: json!({"create": {"object": "meetings"}}),
    }
}

#[tokio::test]
async fn a_begun_step_is_claimed_with_its_record_after_reopening_until_it_is_closed() {
    let mut trial = Trial::start().await;
    let workspace = trial.workspace;
    let seq = trial.append("bk_1", 1).await;
    let batch = trial.store.claim(workspace, Taken::default(), 10, at(2)).await.unwrap();
    assert!(batch.items[0].record.is_none() && batch.items[0].open.is_empty());

    let record = RecordId::of(workspace, Source::Calcom, "bk_1");
    let begin = Begin {
        steps: vec![open_step(record)],
        contacts: vec![key("lin@example.net")],
        ledger: vec![entry(record, Phase::Begun, 2)],
        ..Begin::default()
    };
    trial.store.begin(trial.lease().await, begin, at(2)).await.unwrap();
    let links = Links { made: vec![(key("ada@example.com"), ContactId::from("42"))], ..Links::default() };
    trial.store.link(trial.lease().await, links, at(2)).await.unwrap();
    trial.reopen().await;

    // The record was never saved: its open step is found all the same.
    let batch = trial.store.claim(workspace, Taken::default(), 10, at(3)).await.unwrap();
    assert_eq!(batch.items[0].open, [open_step(record)]);
    let keys = [key("lin@example.net"), key("ada@example.com"), key("kim@example.net")];
    let contacts = trial.store.contacts(workspace, &keys).await.unwrap();
    assert_eq!(contacts.len(), 2);
    assert_eq!(contacts[&keys[0]].begun_at, Some(at(2)));
    assert_eq!(contacts[&keys[0]].id, None);
    assert_eq!(contacts[&keys[1]].id, Some(ContactId::from("42")));
    assert_eq!(contacts[&keys[1]].known_at, Some(at(2)));

    let settlement = Settlement {
        saves: vec![RecordSave { due_at: Some(at(60)), ..save(workspace, "bk_1") }],
        marks: vec![(seq, Mark::Read(record))],
        closed: vec![(record, StepKey::from("calcom:bk_1"))],
        ledger: vec![entry(record, Phase::Done, 4)],
        ..Settlement::default()
    };
    trial.store.settle(trial.lease().await, settlement, at(4)).await.unwrap();
    let links = Links {
        seen: None,
        cut: vec![key("ada@example.com")],
        made: vec![(key("lin@example.net"), ContactId::from("43"))],
    };
    trial.store.link(trial.lease().await, links, at(4)).await.unwrap();
    trial.reopen().await;

    assert!(trial.store.claim(workspace, Taken::default(), 10, at(5)).await.unwrap().items.is_empty());
    let due = trial.store.claim(workspace, Taken::default(), 10, at(60)).await.unwrap();
    assert_eq!(due.items[0].record.as_ref().unwrap().record, save(workspace, "bk_1").record);
    assert!(due.items[0].open.is_empty() && due.items[0].envelopes.is_empty());
    let ledger = trial.store.ledger_of(workspace, record).await.unwrap();
    assert_eq!(ledger, [entry(record, Phase::Begun, 2), entry(record, Phase::Done, 4)]);
    let contacts = trial.store.contacts(workspace, &keys).await.unwrap();
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[&keys[0]].id, Some(ContactId::from("43")));
    assert_eq!(contacts[&keys[0]].begun_at, None);
}

#[tokio::test]
async fn an_open_step_of_a_saved_record_is_claimed_with_it() {
    let trial = Trial::start().await;
    let record = trial.save("bk_1", |save| save.due_at = Some(at(5)), 1).await;
    let begin = Begin { steps: vec![open_step(record)], ..Begin::default() };
    trial.store.begin(trial.lease().await, begin, at(2)).await.unwrap();
    let due = trial.store.claim(trial.workspace, Taken::default(), 10, at(5)).await.unwrap();
    assert_eq!(due.items[0].open, [open_step(record)]);
}

#[tokio::test]
async fn settling_is_one_transaction() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    let seq = trial.append("bk_1", 1).await;
    let record = RecordId::of(workspace, Source::Calcom, "bk_1");
    let settlement = |ledger| Settlement {
        saves: vec![save(workspace, "bk_1")],
        marks: vec![(seq, Mark::Read(record))],
        ledger,
        ..Settlement::default()
    };
    // All of the rows but the last are good.
    let trigger = if trial.database.is_file() {
        "CREATE TRIGGER refuse BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'refused'); END"
    } else {
        "CREATE FUNCTION refuse() RETURNS TRIGGER AS 'BEGIN RAISE ''refused''; END' LANGUAGE plpgsql;
        CREATE TRIGGER refuse BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION refuse()"
    };
    trial.database.run(trigger).await;
    let refused =
        trial.store.settle(trial.lease().await, settlement(vec![entry(record, Phase::Done, 4)]), at(4)).await;
    assert!(refused.is_err());
    assert!(trial.store.record(workspace, record).await.unwrap().is_none());
    assert_eq!(trial.store.stats().await.unwrap().unread, 1);
    let is_file = trial.database.is_file();
    trial.database.run(if is_file { "DROP TRIGGER refuse" } else { "DROP TRIGGER refuse ON ledger" }).await;
    trial
        .store
        .settle(trial.lease().await, settlement(vec![entry(record, Phase::Done, 4)]), at(4))
        .await
        .unwrap();
    assert!(trial.store.record(workspace, record).await.unwrap().is_some());
    assert_eq!(trial.store.stats().await.unwrap().unread, 0);
}

#[tokio::test]
async fn an_absorbed_record_leads_to_the_one_that_took_it_in() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    trial.append("new", 1).await;
    let old = trial.save("old", |_| {}, 1).await;
    let new = trial.save("new", |_| {}, 1).await;
    let begin =
        Begin { steps: vec![open_step(new)], ledger: vec![entry(new, Phase::Begun, 2)], ..Begin::default() };
    trial.store.begin(trial.lease().await, begin, at(2)).await.unwrap();

    let mut merged = save(workspace, "old");
    merged.record.external_id = "new".to_owned();
    merged.keys.push("new".to_owned());
    let settlement = Settlement {
        saves: vec![merged, save(workspace, "third")],
        absorbed: vec![new],
        ledger: vec![entry(old, Phase::Done, 3)],
        ..Settlement::default()
    };
    trial.store.settle(trial.lease().await, settlement, at(3)).await.unwrap();

    for id in [old, new] {
        assert_eq!(trial.store.record(workspace, id).await.unwrap().unwrap().record.id, old);
    }
    for name in ["old", "new"] {
        let found = trial.store.record_by_key(workspace, Source::Calcom, name).await.unwrap();
        assert_eq!(found.unwrap().record.id, old);
    }
    let ledger = trial.store.ledger_of(workspace, old).await.unwrap();
    assert_eq!(ledger, [entry(new, Phase::Begun, 2), entry(old, Phase::Done, 3)]);
    assert_eq!(trial.store.envelopes_of(workspace, old).await.unwrap().len(), 1);
    let batch = trial.store.claim(workspace, Taken::default(), 10, at(9)).await.unwrap();
    assert_eq!(batch.items[0].record.as_ref().unwrap().record.id, old);
    assert_eq!(batch.items[0].open, [OpenStep { record: old, ..open_step(old) }]);
}

#[tokio::test]
async fn marks_say_what_became_of_envelopes() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    let record = trial.save("bk_1", |_| {}, 1).await;
    let read = trial.append("bk_1", 1).await;
    let ignored = trial.append("bk_1", 2).await;
    let unreadable = trial.append("bk_1", 3).await;
    let other_name = trial.append("bk_1_again", 4).await;
    let mark = Mark::Unreadable { field: "data.start".to_owned(), problem: "not a time".to_owned() };
    let marks = vec![
        (read, Mark::Read(record)),
        (ignored, Mark::Ignored),
        (unreadable, mark),
        (other_name, Mark::Read(record)),
    ];
    trial
        .store
        .settle(trial.lease().await, Settlement { marks, ..Settlement::default() }, at(5))
        .await
        .unwrap();
    let envelopes = trial.store.envelopes_of(workspace, record).await.unwrap();
    let states: Vec<EnvelopeState> = envelopes.iter().map(|envelope| envelope.state).collect();
    assert_eq!(
        states,
        [EnvelopeState::Read, EnvelopeState::Ignored, EnvelopeState::Unreadable, EnvelopeState::Read]
    );
    let problems = trial.store.problems(workspace, 10, None).await.unwrap();
    let reason = &problems.items[0].reason;
    assert!(reason.contains("about booking bk_1 ") && reason.ends_with("data.start: not a time"), "{reason}");
}

#[tokio::test]
async fn a_problem_dates_from_when_it_arose() {
    let trial = Trial::start().await;
    let problem = |reason: &'static str| {
        move |save: &mut RecordSave| {
            save.state = RecordState::Problem;
            save.problem = Some(reason.to_owned());
        }
    };
    let id = trial.save("bk_1", problem("HubSpot refused it."), 10).await;
    trial.save("bk_1", problem("HubSpot refused it again."), 20).await;
    let stored = trial.store.record(trial.workspace, id).await.unwrap().unwrap();
    assert_eq!((stored.created_at, stored.changed_at), (at(10), at(20)));
    let standing = stored.problem.unwrap();
    assert_eq!((standing.reason.as_str(), standing.since), ("HubSpot refused it again.", at(10)));
    trial.save("bk_1", |_| {}, 30).await;
    trial.save("bk_1", problem("HubSpot refused it."), 40).await;
    let stored = trial.store.record(trial.workspace, id).await.unwrap().unwrap();
    assert_eq!(stored.problem.unwrap().since, at(40));
}
