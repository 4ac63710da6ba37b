//! Lanes: who has work, when, and what is taken.

use domain::{ids::RecordId, source::Source};
use store::{Lane, Mark, RecordState, Settlement, Taken};

use crate::{Trial, at, envelope, lease, next_due, save, work};

#[tokio::test]
async fn a_workspace_has_work_while_envelopes_are_unread_or_records_due() {
    let trial = Trial::start().await;
    let (store, workspace) = (&trial.store, trial.workspace);
    assert!(work(store, 5).await.is_empty());
    trial.save("bk_1", |save| save.due_at = Some(at(10)), 1).await;
    assert!(work(store, 5).await.is_empty());
    assert_eq!(next_due(store, 5).await, Some(at(10)));
    assert_eq!(work(store, 10).await, [workspace]);
    assert_eq!(next_due(store, 10).await, None);
    trial.append("bk_2", 1).await;
    assert_eq!(work(store, 5).await, [workspace]);
}

#[tokio::test]
async fn a_parked_lane_rests_until_its_time_or_until_it_is_woken() {
    let mut trial = Trial::start().await;
    let workspace = trial.workspace;
    let seq = trial.append("bk_1", 1).await;
    let id =
        trial.save("bk_2", |save| (save.state, save.due_at) = (RecordState::Waiting, Some(at(90))), 1).await;
    trial.store.rung().await;
    trial.store.park(trial.lease().await, at(100), "HubSpot is down.".to_owned(), 3).await.unwrap();
    trial.reopen().await;
    let store = &trial.store;
    let lane = Lane { parked_until: Some(at(100)), why: "HubSpot is down.".to_owned(), failures: 3 };
    assert_eq!(store.lane(workspace).await.unwrap(), lane);
    assert_eq!(work(store, 99).await, [workspace], "what is unread is read");
    let settlement = Settlement { marks: vec![(seq, Mark::Ignored)], ..Settlement::default() };
    store.settle(lease(store, workspace).await, settlement, at(99)).await.unwrap();
    assert!(work(store, 99).await.is_empty());
    assert_eq!(next_due(store, 99).await, Some(at(100)));
    assert_eq!(work(store, 100).await, [workspace]);
    store.wake(workspace, at(50)).await.unwrap();
    assert_eq!(store.rung().await, [workspace]);
    assert_eq!(store.lane(workspace).await.unwrap(), Lane::default());
    assert_eq!(work(store, 50).await, [workspace]);
    let woken = store.record(workspace, id).await.unwrap().unwrap();
    assert_eq!(woken.due_at, Some(at(50)));
}

#[tokio::test]
async fn a_claim_takes_the_oldest_first_each_with_all_its_envelopes_and_then_what_is_due() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    for (subject, second) in [("bk_1", 1), ("bk_2", 2), ("bk_1", 3), ("bk_3", 4)] {
        trial.append(subject, second).await;
    }
    trial.save("bk_3", |save| save.due_at = Some(at(1)), 1).await;
    trial.save("bk_4", |save| save.due_at = Some(at(6)), 1).await;
    trial.save("bk_5", |save| save.due_at = Some(at(5)), 1).await;
    trial.save("bk_6", |save| save.due_at = Some(at(50)), 1).await;
    let claim = async |limit| {
        let batch = trial.store.claim(workspace, Taken::default(), limit, at(10)).await.unwrap();
        let named = batch.items.iter().map(|item| (item.subject.clone(), item.envelopes.len()));
        named.collect::<Vec<(String, usize)>>()
    };
    let expected = [("bk_1", 2), ("bk_2", 1), ("bk_3", 1), ("bk_5", 0), ("bk_4", 0)]
        .map(|(subject, envelopes)| (subject.to_owned(), envelopes));
    for limit in [0, 1, 2, 3, 4] {
        assert_eq!(claim(limit).await, expected[..limit]);
    }
    assert_eq!(claim(100).await, expected);
}

#[tokio::test]
async fn what_a_lane_has_in_hand_is_not_claimed_again() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    for (subject, second) in [("bk_1", 1), ("bk_2", 2), ("bk_3", 3)] {
        trial.append(subject, second).await;
    }
    let stored = trial.save("bk_2", |_| {}, 1).await;
    let due = trial.save("bk_4", |save| save.due_at = Some(at(5)), 1).await;
    let claim = async |records: &[RecordId], names: &[&str]| {
        let taken = Taken {
            records: records.iter().copied().collect(),
            names: names.iter().map(|name| (Source::Calcom, (*name).to_owned())).collect(),
        };
        let batch = trial.store.claim(workspace, taken, 10, at(10)).await.unwrap();
        batch.items.into_iter().map(|item| item.subject).collect::<Vec<String>>()
    };
    assert_eq!(claim(&[], &[]).await, ["bk_1", "bk_2", "bk_3", "bk_4"]);
    // A record by its id, one that was never saved by its name.
    assert_eq!(claim(&[stored, due], &["bk_1"]).await, ["bk_3"]);
    assert!(claim(&[stored, due], &["bk_1", "bk_3"]).await.is_empty());
}

#[tokio::test]
async fn all_names_of_a_record_are_claimed_as_one() {
    let trial = Trial::start().await;
    let workspace = trial.workspace;
    let mut known = save(workspace, "old");
    known.keys.push("new".to_owned());
    let id = known.record.id;
    let settlement = Settlement { saves: vec![known], ..Settlement::default() };
    trial.store.settle(trial.lease().await, settlement, at(1)).await.unwrap();
    let seqs = [trial.append("new", 1).await, trial.append("old", 2).await, trial.append("new", 3).await];
    let batch = trial.store.claim(workspace, Taken::default(), 10, at(9)).await.unwrap();
    assert_eq!(batch.items.len(), 1);
    assert_eq!(batch.items[0].record.as_ref().unwrap().record.id, id);
    let claimed: Vec<i64> = batch.items[0].envelopes.iter().map(|envelope| envelope.seq).collect();
    assert_eq!(claimed, seqs);
}

#[tokio::test]
async fn equal_ids_of_two_sources_are_two_records() {
    let trial = Trial::start().await;
    trial.append("1", 1).await;
    let mut other = envelope(trial.workspace, "1", 2);
    other.source = Source::Calendly;
    trial.store.append(other).await.unwrap();
    let batch = trial.store.claim(trial.workspace, Taken::default(), 10, at(9)).await.unwrap();
    let sources: Vec<Source> = batch.items.iter().map(|item| item.source).collect();
    assert_eq!(sources, [Source::Calcom, Source::Calendly]);
    assert!(batch.items.iter().all(|item| item.envelopes.len() == 1));
}

#[tokio::test]
async fn an_accounts_budget_is_changed_by_one_at_a_time() {
    let mut trial = Trial::start().await;
    let spend = |account: &str, places: u64| {
        let (store, account) = (trial.store.clone(), account.to_owned());
        async move {
            let change = move |body: serde_json::Value, _, _| {
                let spent = body["spent"].as_u64().unwrap_or_default() + places;
                (serde_json::json!({ "spent": spent }), spent)
            };
            store.change_budget(account, (at(1), at(2)), change).await.unwrap()
        }
    };
    let all: Vec<_> = (0..20).map(|_| tokio::spawn(spend("42", 1))).collect();
    for one in all {
        one.await.unwrap();
    }
    assert_eq!(spend("43", 0).await, 0, "another account's is its own");
    trial.reopen().await;
    let look = |body: serde_json::Value, _, _| (body.clone(), body["spent"].clone());
    assert_eq!(trial.store.change_budget("42".to_owned(), (at(1), at(2)), look).await.unwrap(), 20);
}
