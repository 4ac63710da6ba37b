//! Envelopes: kept before they are answered, once each.

use std::time::Duration;

use domain::ids::WorkspaceId;
use store::{Appended, EnvelopeState, NewEnvelope, StoreError, Taken};

use crate::{Trial, at, envelope};

#[tokio::test]
async fn what_was_answered_is_there_after_reopening() {
    let mut trial = Trial::start().await;
    let appends = (0..1_000).map(|n| {
        let store = trial.store.clone();
        let envelope = envelope(trial.workspace, &format!("bk_{n}"), n);
        tokio::spawn(async move { store.append(envelope).await })
    });
    for append in appends.collect::<Vec<_>>() {
        assert!(matches!(append.await.unwrap(), Ok(Appended::New { .. })));
    }
    trial.reopen().await;
    assert_eq!(trial.store.stats().await.unwrap().unread, 1_000);
    assert_eq!(trial.store.stats().await.unwrap().oldest_unread, Some(at(0)));
    let batch = trial.store.claim(trial.workspace, Taken::default(), 2_000, at(2_000)).await.unwrap();
    assert_eq!(batch.items.len(), 1_000);
    for item in batch.items {
        assert_eq!(item.envelopes.len(), 1);
        assert_eq!(item.envelopes[0].body, format!("{{\"subject\":\"{}\"}}", item.subject).into_bytes());
    }
}

#[tokio::test]
async fn a_repetition_changes_nothing() {
    let trial = Trial::start().await;
    let once = || NewEnvelope { dedup: Some("msg_1".to_owned()), ..envelope(trial.workspace, "bk_1", 1) };
    assert!(matches!(trial.store.append(once()).await, Ok(Appended::New { .. })));
    let again = NewEnvelope { body: b"other".to_vec(), ..once() };
    assert_eq!(trial.store.append(again).await.unwrap(), Appended::Repeated);
    assert_eq!(trial.store.stats().await.unwrap().unread, 1);
    let batch = trial.store.claim(trial.workspace, Taken::default(), 10, at(9)).await.unwrap();
    assert_eq!(batch.items[0].envelopes[0].body, once().body);
}

#[tokio::test]
async fn another_workspace_or_source_may_use_the_same_dedup() {
    let trial = Trial::start().await;
    let other = trial.store.ensure_workspace("other", at(0)).await.unwrap().id;
    let once = |workspace: WorkspaceId| NewEnvelope {
        dedup: Some("msg_1".to_owned()),
        ..envelope(workspace, "bk_1", 1)
    };
    assert!(matches!(trial.store.append(once(trial.workspace)).await, Ok(Appended::New { .. })));
    assert!(matches!(trial.store.append(once(other)).await, Ok(Appended::New { .. })));
    let elsewhere = NewEnvelope { source: domain::source::Source::Calendar, ..once(other) };
    assert!(matches!(trial.store.append(elsewhere).await, Ok(Appended::New { .. })));
}

#[tokio::test]
async fn only_unread_envelopes_ring_the_bell() {
    let trial = Trial::start().await;
    let kept = NewEnvelope { state: EnvelopeState::Kept, ..envelope(trial.workspace, "bk_1", 1) };
    trial.store.append(kept).await.unwrap();
    let silence = tokio::time::timeout(Duration::ZERO, trial.store.rung()).await;
    assert!(silence.is_err());
    trial.append("bk_2", 2).await;
    assert_eq!(trial.store.rung().await, [trial.workspace]);
}

#[tokio::test]
async fn a_closed_store_takes_nothing_more() {
    let trial = Trial::start().await;
    trial.store.close().await;
    let refused = trial.store.append(envelope(trial.workspace, "bk_1", 1)).await;
    assert!(matches!(refused, Err(StoreError::Gone)));
    assert!(matches!(trial.store.ready().await, Err(StoreError::Gone)));
}

#[tokio::test]
async fn closing_finishes_what_is_queued() {
    let mut trial = Trial::start().await;
    let store = trial.store.clone();
    let (appended, ()) =
        tokio::join!(store.append(envelope(trial.workspace, "bk_1", 1)), trial.store.close());
    assert!(matches!(appended, Ok(Appended::New { .. })));
    trial.reopen().await;
    assert_eq!(trial.store.stats().await.unwrap().unread, 1);
}

#[tokio::test]
async fn replay_makes_what_came_in_the_span_unread_again() {
    let trial = Trial::start().await;
    for (n, state) in
        [EnvelopeState::Read, EnvelopeState::Kept, EnvelopeState::Unreadable, EnvelopeState::Ignored]
            .into_iter()
            .enumerate()
    {
        for second in [9, 10, 19, 20] {
            let subject = format!("bk_{n}_{second}");
            let envelope = NewEnvelope { state, ..envelope(trial.workspace, &subject, second) };
            trial.store.append(envelope).await.unwrap();
        }
    }
    let calendly = domain::source::Source::Calendly;
    let (workspace, store) = (trial.workspace, &trial.store);
    assert_eq!(store.replay(workspace, at(10), at(20), Some(calendly), at(30)).await.unwrap(), 0);
    assert_eq!(store.replay(workspace, at(10), at(20), None, at(30)).await.unwrap(), 6);
    assert_eq!(store.rung().await, [workspace]);
    let batch = store.claim(workspace, Taken::default(), 100, at(30)).await.unwrap();
    let subjects: Vec<&str> = batch.items.iter().map(|item| item.subject.as_str()).collect();
    assert_eq!(subjects, ["bk_0_10", "bk_0_19", "bk_1_10", "bk_1_19", "bk_2_10", "bk_2_19"]);
    assert_eq!(store.replay(workspace, at(10), at(20), None, at(30)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_replay_of_more_than_one_part_misses_none() {
    let trial = Trial::start().await;
    let appends = (0..4_500).map(|n| {
        let store = trial.store.clone();
        let kept = envelope(trial.workspace, &format!("bk_{n}"), 10 + n / 1_000);
        let kept = NewEnvelope { state: EnvelopeState::Kept, ..kept };
        tokio::spawn(async move { store.append(kept).await })
    });
    for append in appends.collect::<Vec<_>>() {
        append.await.unwrap().unwrap();
    }
    let replayed = trial.store.replay(trial.workspace, at(10), at(15), None, at(30)).await.unwrap();
    assert_eq!(replayed, 4_500);
    assert_eq!(trial.store.stats().await.unwrap().unread, 4_500);
}
