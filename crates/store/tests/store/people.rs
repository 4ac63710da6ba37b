//! What people read: records, problems.

use domain::source::Source;
use store::{
    EnvelopeState, Filter, Mark, ProblemRow, RecordSave, RecordState, Settlement, StoreError, StoredRecord,
    Taken,
};

use crate::{Trial, at, save, work};

fn refused(save: &mut RecordSave) {
    save.state = RecordState::Problem;
    save.attempts = 4;
    save.problem = Some("HubSpot refused the start.".to_owned());
}

async fn unreadable(trial: &Trial, now: i64) -> i64 {
    let seq = trial.append("bk_odd", now).await;
    let mark = Mark::Unreadable { field: "data.start".to_owned(), problem: "not a time".to_owned() };
    let settlement = Settlement { marks: vec![(seq, mark)], ..Settlement::default() };
    trial.store.settle(trial.lease().await, settlement, at(now)).await.unwrap();
    seq
}

fn ids(records: &[StoredRecord]) -> Vec<&str> {
    records.iter().map(|record| record.record.external_id.as_str()).collect()
}

#[tokio::test]
async fn records_are_listed_newest_first_page_by_page() {
    let trial = Trial::start().await;
    for (n, now) in [1, 2, 2, 2, 3].into_iter().enumerate() {
        trial.save(&format!("bk_{n}"), |_| {}, now).await;
    }
    let whole = trial.store.records(trial.workspace, Filter::default()).await.unwrap();
    assert_eq!((whole.items.len(), whole.next.as_deref()), (5, None));
    assert!(whole.items.is_sorted_by(|one, next| one.created_at >= next.created_at));
    let mut paged = Vec::new();
    let mut cursor = None;
    loop {
        let filter = Filter { limit: 2, cursor, ..Filter::default() };
        let page = trial.store.records(trial.workspace, filter).await.unwrap();
        paged.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, whole.items);
    let bad = Filter { cursor: Some("nonsense".to_owned()), ..Filter::default() };
    assert!(matches!(trial.store.records(trial.workspace, bad).await, Err(StoreError::Cursor)));
}

#[tokio::test]
async fn records_are_filtered_by_source_state_and_any_of_their_ids() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    trial.save("bk_1", |save| save.keys.push("older".to_owned()), 1).await;
    trial.save("bk_2", |save| save.state = RecordState::Waiting, 2).await;
    trial.save("bk_3", refused, 3).await;
    let list = async |filter| trial.store.records(workspace, filter).await.unwrap().items;
    let by_state = |state| Filter { state: Some(state), ..Filter::default() };
    assert_eq!(ids(&list(by_state(RecordState::Logged)).await), ["bk_1"]);
    assert_eq!(ids(&list(by_state(RecordState::Waiting)).await), ["bk_2"]);
    assert_eq!(ids(&list(by_state(RecordState::Problem)).await), ["bk_3"]);
    let by_source = |source| Filter { source: Some(source), ..Filter::default() };
    assert_eq!(ids(&list(by_source(Source::Calcom)).await), ["bk_3", "bk_2", "bk_1"]);
    assert!(list(by_source(Source::Aircall)).await.is_empty());
    for id in ["bk_1", "older"] {
        let by_id = Filter {
            external_id: Some(id.to_owned()),
            source: Some(Source::Calcom),
            state: Some(RecordState::Logged),
            ..Filter::default()
        };
        assert_eq!(ids(&list(by_id).await), ["bk_1"]);
    }
}

#[tokio::test]
async fn problems_are_records_and_unreadable_envelopes_newest_first() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    let first = trial.save("bk_1", refused, 10).await;
    let odd = unreadable(&trial, 20).await;
    let second = trial.save("bk_2", refused, 20).await;
    let odd_too = unreadable(&trial, 20).await;
    let third = trial.save("bk_3", refused, 30).await;
    let whole = trial.store.problems(workspace, 10, None).await.unwrap();
    let expected = [
        third.to_string(),
        second.to_string(),
        format!("envelope-{odd_too}"),
        format!("envelope-{odd}"),
        first.to_string(),
    ];
    assert_eq!(whole.items.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(
        whole.items[4],
        ProblemRow {
            id: first.to_string(),
            record: Some(first),
            reason: "HubSpot refused the start.".to_owned(),
            since: at(10),
        }
    );
    for limit in [1, 2, 3] {
        let mut paged = Vec::new();
        let mut cursor = None;
        loop {
            let page = trial.store.problems(workspace, limit, cursor).await.unwrap();
            paged.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(paged, whole.items);
    }
    assert_eq!(trial.store.stats().await.unwrap().problems, 5);
}

#[tokio::test]
async fn a_problem_is_tried_again() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    let id = trial.save("bk_1", refused, 1).await;
    let odd = unreadable(&trial, 2).await;
    trial.store.rung().await;
    assert!(trial.store.retry(workspace, &id.to_string(), at(9)).await.unwrap());
    assert_eq!(trial.store.rung().await, [workspace]);
    let record = trial.store.record(workspace, id).await.unwrap().unwrap();
    assert_eq!((record.state, record.due_at), (RecordState::Waiting, Some(at(9))));
    assert_eq!((record.problem, record.attempts), (None, 0));
    assert!(trial.store.retry(workspace, &format!("envelope-{odd}"), at(9)).await.unwrap());
    let batch = trial.store.claim(workspace, Taken::default(), 10, at(9)).await.unwrap();
    assert_eq!(batch.items.iter().map(|item| item.subject.as_str()).collect::<Vec<_>>(), ["bk_odd", "bk_1"]);
    assert!(trial.store.problems(workspace, 10, None).await.unwrap().items.is_empty());
    for gone in [id.to_string(), format!("envelope-{odd}"), "envelope-x".to_owned(), "x".to_owned()] {
        assert!(!trial.store.retry(workspace, &gone, at(9)).await.unwrap(), "{gone}");
    }
}

#[tokio::test]
async fn all_problems_are_tried_again_and_nothing_else() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    trial.save("bk_1", refused, 1).await;
    trial.save("bk_2", refused, 1).await;
    let logged = trial.save("bk_3", |_| {}, 1).await;
    unreadable(&trial, 2).await;
    assert_eq!(trial.store.retry_all(workspace, at(9)).await.unwrap(), 3);
    assert_eq!(trial.store.retry_all(workspace, at(9)).await.unwrap(), 0);
    let record = trial.store.record(workspace, logged).await.unwrap().unwrap();
    assert_eq!(record.state, RecordState::Logged);
}

#[tokio::test]
async fn a_dismissed_problem_is_gone() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    let id = trial.save("bk_1", refused, 1).await;
    let odd = unreadable(&trial, 2).await;
    for problem in [id.to_string(), format!("envelope-{odd}")] {
        assert!(trial.store.dismiss(workspace, &problem, at(9)).await.unwrap());
        assert!(!trial.store.dismiss(workspace, &problem, at(9)).await.unwrap());
    }
    let record = trial.store.record(workspace, id).await.unwrap().unwrap();
    assert_eq!((record.state, record.why.as_str()), (RecordState::Logged, "Dismissed."));
    assert_eq!((record.problem, record.due_at), (None, None));
    assert!(work(&trial.store, 99).await.is_empty());
    assert_eq!(trial.store.stats().await.unwrap().problems, 0);
    let settlement = Settlement { saves: vec![save(workspace, "bk_odd")], ..Settlement::default() };
    trial.store.settle(trial.lease().await, settlement, at(9)).await.unwrap();
    let odd = domain::ids::RecordId::of(workspace, Source::Calcom, "bk_odd");
    let envelopes = trial.store.envelopes_of(workspace, odd).await.unwrap();
    assert_eq!(envelopes[0].state, EnvelopeState::Ignored);
}
