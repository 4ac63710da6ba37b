//! What must not happen: another workspace's rows, secrets in clear, the wrong key, an older binary.

use domain::{
    contact::ContactKey,
    email::Email,
    ids::{ContactId, OutcomeId, RuleId, TagId, WorkspaceId},
    rule::{Rule, Target},
    settings::{CallSettings, MeetingSettings},
    source::{Source, System},
};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::json;
use store::{
    Audit, AuditFilter, Begin, Connection, EnvelopeState, Filter, Lane, LedgerEntry, Links, Location, Mark,
    MasterKey, NewEnvelope, OpenStep, Phase, RecordSave, RecordState, Settlement, Status, Store, StoreError,
    Taken,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Trial, at, envelope, lease, open, save, work};

fn email() -> ContactKey {
    ContactKey::Email(Email::read("lin@example.net").unwrap())
}

/// Fills a workspace with one of everything; the record is a problem and due.
async fn fill(store: &Store, workspace: WorkspaceId) -> store::RecordSave {
    let connection = Connection {
        workspace,
        system: System::Source(Source::Calcom),
        status: Status::Connected,
        details: json!({}),
        secret: Some(SecretString::from("sealed-secret-text")),
        connected_at: at(1),
        changed_at: at(1),
    };
    store.save_connection(connection).await.unwrap();
    store.add_hook_key(workspace, Source::Calcom, "hook-key-in-clear", at(1)).await.unwrap();
    let calls = CallSettings { missed_call_task: true, ..CallSettings::default() };
    assert!(store.change_call_settings(workspace, &CallSettings::default(), &calls).await.unwrap());
    let meetings = MeetingSettings { notify: false, ..MeetingSettings::default() };
    assert!(store.change_meeting_settings(workspace, &MeetingSettings::default(), &meetings).await.unwrap());
    let target = Target::Outcome(OutcomeId::from("a"));
    let rule =
        Rule { id: RuleId(Uuid::from_u128(1)), tag: TagId::from("7"), target, set_at: at(1), position: 1 };
    store.add_rule(workspace, rule).await.unwrap();
    let outcomes = vec![(OutcomeId::from("a"), "A".to_owned())];
    store.observe_outcomes(workspace, outcomes, at(1), at(1)).await.unwrap();
    store.observe_tags(workspace, vec![(TagId::from("7"), "vip".to_owned())], at(1), at(1)).await.unwrap();
    let audit = Audit {
        workspace: Some(workspace),
        at: at(1),
        who: "admin".to_owned(),
        what: "Saved".to_owned(),
        detail: json!({}),
    };
    store.audit(audit).await.unwrap();
    store.append(envelope(workspace, "bk_1", 1)).await.unwrap();
    let kept = NewEnvelope { state: EnvelopeState::Kept, ..envelope(workspace, "bk_1", 1) };
    store.append(kept).await.unwrap();
    let odd = store.append(envelope(workspace, "bk_2", 2)).await.unwrap();
    let store::Appended::New { seq } = odd else { panic!("no dedup was given") };
    let saved = RecordSave {
        state: RecordState::Problem,
        due_at: Some(at(3)),
        unwritten_since: None,
        problem: Some("Refused.".to_owned()),
        ..save(workspace, "bk_1")
    };
    let record = saved.record.id;
    let open = OpenStep { record, key: "calcom:bk_1".into(), begun_at: at(2), step: json!({}) };
    let ledger = LedgerEntry {
        record,
        at: at(2),
        step: "calcom:bk_1".to_owned(),
        what: "Create meeting".to_owned(),
        phase: Phase::Begun,
        object: None,
        request: json!({}),
        answer: json!({}),
    };
    let begin = Begin { steps: vec![open], ledger: vec![ledger], ..Begin::default() };
    store.begin(lease(store, workspace).await, begin, at(2)).await.unwrap();
    let links = Links { made: vec![(email(), ContactId::from("42"))], ..Links::default() };
    store.link(lease(store, workspace).await, links, at(2)).await.unwrap();
    let mark = Mark::Unreadable { field: "data".to_owned(), problem: "odd".to_owned() };
    let settlement =
        Settlement { saves: vec![saved.clone()], marks: vec![(seq, mark)], ..Settlement::default() };
    store.settle(lease(store, workspace).await, settlement, at(2)).await.unwrap();
    store.park(lease(store, workspace).await, at(50), "Resting.".to_owned(), 2).await.unwrap();
    saved
}

#[tokio::test]
async fn a_workspace_cannot_read_the_rows_of_another() {
    let trial = Trial::start().await;
    let (store, mine) = (&trial.store, trial.workspace);
    let id = fill(store, mine).await.record.id;
    let other = store.ensure_workspace("other", at(0)).await.unwrap().id;
    let calcom = System::Source(Source::Calcom);

    // Each reading finds something in the first workspace and nothing in the second.
    assert!(store.connection(mine, calcom).await.unwrap().is_some());
    assert!(store.connection(other, calcom).await.unwrap().is_none());
    assert!(store.connections(other).await.unwrap().is_empty());
    assert!(store.hook_key(mine, Source::Calcom).await.unwrap().is_some());
    assert!(store.hook_key(other, Source::Calcom).await.unwrap().is_none());
    assert_eq!(store.call_settings(other).await.unwrap(), CallSettings::default());
    assert_eq!(store.meeting_settings(other).await.unwrap(), MeetingSettings::default());
    assert!(store.rules(other).await.unwrap().is_empty());
    assert_eq!(store.outcome_catalog(other).await.unwrap().read_at, None);
    assert_eq!(store.tag_catalog(other).await.unwrap().read_at, None);
    let book = store.rulebook(other, SignedDuration::ZERO).await.unwrap();
    assert!(book.rules.is_empty() && book.outcomes.outcomes.is_empty() && book.tags.tags.is_empty());
    let ten = AuditFilter { limit: 10, ..AuditFilter::default() };
    assert!(store.audits(other, ten).await.unwrap().items.is_empty());
    assert_eq!(store.lane(other).await.unwrap(), Lane::default());
    assert_eq!(store.claim(mine, Taken::default(), 10, at(99)).await.unwrap().items.len(), 1);
    assert!(store.claim(other, Taken::default(), 10, at(99)).await.unwrap().items.is_empty());
    assert!(store.record(mine, id).await.unwrap().is_some());
    assert!(store.record(other, id).await.unwrap().is_none());
    assert!(store.record_by_key(mine, Source::Calcom, "bk_1").await.unwrap().is_some());
    assert!(store.record_by_key(other, Source::Calcom, "bk_1").await.unwrap().is_none());
    assert_eq!(store.envelopes_of(mine, id).await.unwrap().len(), 2);
    assert!(store.envelopes_of(other, id).await.unwrap().is_empty());
    assert_eq!(store.ledger_of(mine, id).await.unwrap().len(), 1);
    assert!(store.ledger_of(other, id).await.unwrap().is_empty());
    assert_eq!(store.contacts(mine, &[email()]).await.unwrap().len(), 1);
    assert!(store.contacts(other, &[email()]).await.unwrap().is_empty());
    let by_id = Filter { external_id: Some("bk_1".to_owned()), ..Filter::default() };
    assert_eq!(store.records(mine, by_id.clone()).await.unwrap().items.len(), 1);
    for filter in [by_id, Filter::default()] {
        assert!(store.records(other, filter).await.unwrap().items.is_empty());
    }
    assert_eq!(store.problems(mine, 10, None).await.unwrap().items.len(), 2);
    assert!(store.problems(other, 10, None).await.unwrap().items.is_empty());
    assert_eq!(work(store, 99).await, [mine]);
}

#[tokio::test]
async fn a_workspace_cannot_change_the_rows_of_another() {
    let trial = Trial::start().await;
    let (store, mine) = (&trial.store, trial.workspace);
    let saved = fill(store, mine).await;
    let id = saved.record.id;
    let other = store.ensure_workspace("other", at(0)).await.unwrap().id;
    let before = store.records(mine, Filter::default()).await.unwrap();
    let problems = store.problems(mine, 10, None).await.unwrap();

    for problem in &problems.items {
        assert!(!store.retry(other, &problem.id, at(9)).await.unwrap());
        assert!(!store.dismiss(other, &problem.id, at(9)).await.unwrap());
    }
    assert_eq!(store.retry_all(other, at(9)).await.unwrap(), 0);
    assert_eq!(store.replay(other, at(0), at(99), None, at(9)).await.unwrap(), 0);
    store.wake(other, at(9)).await.unwrap();
    let settlement = Settlement {
        absorbed: vec![id],
        marks: vec![(1, Mark::Ignored), (2, Mark::Read(id))],
        closed: vec![(id, "calcom:bk_1".into())],
        ..Settlement::default()
    };
    store.settle(lease(store, other).await, settlement, at(9)).await.unwrap();
    store
        .link(lease(store, other).await, Links { cut: vec![email()], ..Links::default() }, at(9))
        .await
        .unwrap();
    assert!(!store.remove_rule(other, RuleId(Uuid::from_u128(1))).await.unwrap());
    store.remove_hooks(other, Source::Calcom).await.unwrap();
    store.forget_tags(other).await.unwrap();
    let calcom = System::Source(Source::Calcom);
    store.set_status(other, calcom, Status::Paused, at(9)).await.unwrap();

    assert_eq!(store.records(mine, Filter::default()).await.unwrap(), before);
    assert_eq!(store.problems(mine, 10, None).await.unwrap(), problems);
    assert_eq!(store.lane(mine).await.unwrap().failures, 2);
    let batch = store.claim(mine, Taken::default(), 10, at(99)).await.unwrap();
    assert_eq!((batch.items[0].envelopes.len(), batch.items[0].open.len()), (1, 1));
    assert_eq!(store.contacts(mine, &[email()]).await.unwrap().len(), 1);
    assert_eq!(store.rules(mine).await.unwrap().len(), 1);
    assert!(store.hook("hook-key-in-clear").await.unwrap().is_some());
    assert!(store.tag_catalog(mine).await.unwrap().read_at.is_some());
    assert_eq!(store.connection(mine, calcom).await.unwrap().unwrap().status, Status::Connected);
}

#[tokio::test]
async fn secrets_do_not_stand_in_the_files_in_clear() {
    let trial = Trial::start().await;
    if !trial.database.is_file() {
        return;
    }
    fill(&trial.store, trial.workspace).await;
    let read = || {
        let files = std::fs::read_dir(trial.database.folder.path()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect::<Vec<u8>>()
    };
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    let logged = read();
    trial.store.close().await;
    for bytes in [logged, read()] {
        assert!(holds(&bytes, "lin@example.net"), "the rows are there to be searched");
        assert!(!holds(&bytes, "sealed-secret-text"));
        assert!(!holds(&bytes, "hook-key-in-clear"));
    }
}

#[tokio::test]
async fn another_master_key_is_refused() {
    let trial = Trial::start().await;
    trial.store.close().await;
    let refused = Store::open(trial.database.location(), MasterKey::from_bytes([8; 32]));
    assert!(matches!(refused, Err(StoreError::Sealed)));
    assert!(open(&trial.database).ready().await.is_ok());
}

#[tokio::test]
async fn a_secret_moved_to_another_workspace_stays_sealed() {
    let trial = Trial::start().await;
    fill(&trial.store, trial.workspace).await;
    let other = trial.store.ensure_workspace("other", at(0)).await.unwrap().id;
    trial.database.run(&format!("UPDATE connections SET workspace = {}", other.0)).await;
    let moved = trial.store.connection(other, System::Source(Source::Calcom)).await;
    assert!(matches!(moved, Err(StoreError::Sealed)));
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let trial = Trial::start().await;
    trial.store.close().await;
    trial.database.run("INSERT INTO schema_version (version) VALUES (999)").await;
    let refused = Store::open(trial.database.location(), MasterKey::from_bytes([7; 32]));
    assert!(matches!(refused, Err(StoreError::Newer { found: 999, .. })));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("patchbay.db");
    let _store = Store::open(Location::File(path.clone()), MasterKey::from_bytes([7; 32])).unwrap();
    let mode = std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

#[tokio::test]
async fn a_store_in_memory_works_the_same_way() {
    let store = Store::open(Location::Memory, MasterKey::from_bytes([7; 32])).unwrap();
    let workspace = store.ensure_workspace("default", at(0)).await.unwrap().id;
    let id = fill(&store, workspace).await.record.id;
    store.ready().await.unwrap();
    assert_eq!(store.claim(workspace, Taken::default(), 10, at(99)).await.unwrap().items.len(), 1);
    assert_eq!(store.ledger_of(workspace, id).await.unwrap().len(), 1);
    assert_eq!(store.stats().await.unwrap().problems, 2);
}
