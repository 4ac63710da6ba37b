//! Nodes: who is alive, what each has heard of, and the one that has a file to itself.

use std::time::Duration;

use domain::source::System;
use jiff::SignedDuration;
use serde_json::Value;
use store::{Changed, Connection, News, Pulse, Status, StoreError};
use uuid::Uuid;

use crate::{NODE, Trial, at, open};

const OTHER: Uuid = Uuid::from_u128(2);

/// A node that is alive.
pub fn alive(node: Uuid) -> Pulse {
    let lasts = Some(SignedDuration::from_hours(1));
    Pulse { node, name: "trial".to_owned(), lasts, is_leaving: false, heard: 0 }
}

/// A node whose time is over.
pub fn over(node: Uuid) -> Pulse {
    Pulse { lasts: Some(SignedDuration::ZERO), ..alive(node) }
}

#[tokio::test]
async fn a_node_is_alive_until_its_last_beat_is_over() {
    let trial = Trial::start().await;
    let store = &trial.store;
    let roll = store.join(alive(NODE), at(0)).await.unwrap();
    assert!(roll.is_late, "what it held before, if anything, is not its own any more");
    assert!(!store.beat(alive(NODE), at(0)).await.unwrap().is_late);
    let beside = async || {
        let roll = store.beat(Pulse { is_leaving: true, ..alive(OTHER) }, at(0)).await.unwrap();
        roll.alive.into_iter().map(|peer| (peer.id, peer.is_leaving)).collect::<Vec<_>>()
    };
    assert_eq!(beside().await, [(NODE, false), (OTHER, true)]);
    store.beat(over(NODE), at(0)).await.unwrap();
    assert_eq!(beside().await, [(OTHER, true)]);
    assert!(store.beat(alive(NODE), at(0)).await.unwrap().is_late, "others may have taken its lanes");
    assert_eq!(beside().await, [(NODE, false), (OTHER, true)]);
    store.leave(NODE).await.unwrap();
    assert_eq!(beside().await, [(OTHER, true)]);
}

#[tokio::test]
async fn a_second_process_is_kept_from_a_file_and_the_next_one_finds_all_lanes_free_at_once() {
    let trial = Trial::start().await;
    if !trial.database.is_file() {
        return; // A server is there for several.
    }
    let for_good = |node| Pulse { lasts: None, ..alive(node) };
    trial.store.join(for_good(NODE), at(0)).await.unwrap();
    assert!(trial.store.take(trial.workspace, NODE, at(0)).await.unwrap().is_some());
    let second = open(&trial.database);
    assert!(matches!(second.join(for_good(OTHER), at(1)).await, Err(StoreError::Occupied)));
    assert!(second.take(trial.workspace, OTHER, at(1)).await.unwrap().is_none());
    // The first one goes without a word.
    trial.store.close().await;
    let roll = second.join(for_good(OTHER), at(2)).await.unwrap();
    assert_eq!(roll.alive.iter().map(|peer| peer.id).collect::<Vec<_>>(), [OTHER]);
    assert!(second.take(trial.workspace, OTHER, at(2)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_change_is_heard_of_once_each_node_that_is_alive_says_so() {
    let trial = Trial::start().await;
    let (store, workspace) = (&trial.store, trial.workspace);
    for node in [NODE, OTHER] {
        store.join(alive(node), at(0)).await.unwrap();
    }
    let connection = Connection {
        workspace,
        system: System::Hubspot,
        status: Status::Connected,
        details: Value::Null,
        secret: None,
        connected_at: at(0),
        changed_at: at(0),
    };
    store.save_connection(connection).await.unwrap();
    let changed = store.version();
    assert!(!store.is_heard(changed, at(1)).await.unwrap());
    assert_eq!(store.hubspots_changed(changed - 1).await.unwrap(), [(workspace, true)]);
    let roll = store.beat(Pulse { heard: changed, ..alive(OTHER) }, at(1)).await.unwrap();
    assert_eq!(roll.version, changed);
    assert!(!store.is_heard(changed, at(2)).await.unwrap());
    store.beat(over(NODE), at(2)).await.unwrap();
    assert!(store.is_heard(changed, at(3)).await.unwrap(), "the first one is not alive any more");

    store.set_status(workspace, System::Hubspot, Status::Paused, at(4)).await.unwrap();
    assert_eq!(store.hubspots_changed(changed).await.unwrap(), [(workspace, false)]);
    assert!(store.hubspots_changed(store.version()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_rung_and_told_at_one_node_is_heard_at_another() {
    let trial = Trial::start().await;
    if trial.database.is_file() {
        return; // There is one node.
    }
    let other = open(&trial.database);
    let mut news = other.listen(trial.workspace);
    // The wire stands within a moment: what was rung before is missed.
    let heard = async {
        let (record, ()) = tokio::join!(news.next(), async { drop(other.rung().await) });
        other.stirred().await;
        record
    };
    let mut heard = std::pin::pin!(heard);
    let mut again = tokio::time::interval(Duration::from_millis(50));
    let (record, saved) = loop {
        trial.append("bk_1", 1).await;
        let saved = trial.save("bk_2", |_| {}, 1).await;
        trial.store.stir();
        tokio::select! {
            record = &mut heard => break (record, saved),
            _ = again.tick() => {}
        }
    };
    assert_eq!(record, Some(Changed::These(vec![saved])));
}

#[tokio::test]
async fn a_node_that_did_not_hear_for_a_while_takes_all_for_changed() {
    let trial = Trial::start().await;
    if trial.database.is_file() {
        return; // There is one node.
    }
    let witness = open(&trial.database);
    let mut seen = witness.listen(trial.workspace);
    until_heard(&trial, &mut seen).await;
    let deaf = open(&trial.database);
    let mut missed = deaf.listen(trial.workspace);
    until_heard(&trial, &mut missed).await;
    trial.database.deafen_last().await;
    let saved = trial.save("bk_3", |_| {}, 1).await;
    while seen.next().await != Some(Changed::These(vec![saved])) {}
    trial.database.open_again().await;
    loop {
        match missed.next().await {
            Some(Changed::Many) => break,
            Some(Changed::These(records)) => assert!(!records.contains(&saved), "it was deaf"),
            None => panic!("the store is open"),
        }
    }
}

/// Saves a record again and again, until somebody elsewhere hears of it: the wire stands within a moment.
async fn until_heard(trial: &Trial, news: &mut News) {
    let mut again = tokio::time::interval(Duration::from_millis(50));
    let mut heard = std::pin::pin!(news.next());
    loop {
        trial.save("bk_2", |_| {}, 1).await;
        tokio::select! {
            _ = &mut heard => return,
            _ = again.tick() => {}
        }
    }
}
