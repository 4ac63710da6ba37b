//! Leases: one node at a time has a lane, and what another one writes for it is refused.

use domain::{
    contact::ContactKey,
    email::Email,
    ids::{ContactId, WorkspaceId},
    source::System,
};
use serde_json::Value;
use store::{Begin, Connection, Lease, Links, Settlement, Status, StoreError};
use uuid::Uuid;

use crate::{
    NODE, Trial, at,
    nodes::{alive, over},
    save, work,
};

const OTHER: Uuid = Uuid::from_u128(2);

#[tokio::test]
async fn a_lane_is_one_nodes_until_that_one_gives_it_back_or_is_not_alive_any_more() {
    let trial = Trial::start().await;
    let (store, workspace) = (&trial.store, trial.workspace);
    for node in [NODE, OTHER] {
        store.join(alive(node), at(0)).await.unwrap();
    }
    let take = async |node| store.take(workspace, node, at(1)).await.unwrap();
    let lease = |node, epoch| Some(Lease { workspace, node, epoch });
    assert_eq!(take(NODE).await, lease(NODE, 1));
    assert_eq!(take(OTHER).await, None);
    store.release(vec![Lease { workspace, node: NODE, epoch: 1 }]).await.unwrap();
    assert_eq!(take(OTHER).await, lease(OTHER, 2));
    assert_eq!(take(NODE).await, None);
    store.beat(over(OTHER), at(1)).await.unwrap();
    assert_eq!(take(NODE).await, lease(NODE, 3));
    store.release(vec![Lease { workspace, node: OTHER, epoch: 2 }]).await.unwrap();
    store.beat(alive(OTHER), at(1)).await.unwrap();
    assert_eq!(take(OTHER).await, None, "who lost it has nothing to give back");
    store.leave(NODE).await.unwrap();
    assert_eq!(take(OTHER).await, lease(OTHER, 4));
}

#[tokio::test]
async fn what_a_node_writes_for_a_lane_that_has_moved_is_refused_and_leaves_nothing() {
    let trial = Trial::start().await;
    let (store, workspace) = (&trial.store, trial.workspace);
    let late = store.take(workspace, NODE, at(0)).await.unwrap().unwrap();
    let lease = store.take(workspace, OTHER, at(1)).await.unwrap().unwrap();
    let key = ContactKey::Email(Email::read("lin@example.net").unwrap());
    let begin = Begin { contacts: vec![key.clone()], ..Begin::default() };
    let links = Links { made: vec![(key.clone(), ContactId::from("42"))], ..Links::default() };
    let settlement = Settlement { saves: vec![save(workspace, "bk_1")], ..Settlement::default() };
    let is_moved = |written| assert!(matches!(written, Err(StoreError::Moved)));
    is_moved(store.begin(late, begin.clone(), at(2)).await);
    is_moved(store.link(late, links.clone(), at(2)).await);
    is_moved(store.settle(late, settlement.clone(), at(2)).await);
    is_moved(store.park(late, at(9), "Resting.".to_owned(), 1).await);
    is_moved(store.unpark(late).await);
    // Its own node of before, taken once more, is another one's too.
    is_moved(store.unpark(Lease { epoch: late.epoch, ..lease }).await);
    is_moved(store.unpark(Lease { workspace: WorkspaceId(workspace.0 + 1), ..lease }).await);
    assert!(store.contacts(workspace, std::slice::from_ref(&key)).await.unwrap().is_empty());
    assert_eq!(store.lane(workspace).await.unwrap().failures, 0);
    let id = settlement.saves[0].record.id;
    assert!(store.record(workspace, id).await.unwrap().is_none());

    store.begin(lease, begin, at(2)).await.unwrap();
    store.link(lease, links, at(2)).await.unwrap();
    store.settle(lease, settlement, at(2)).await.unwrap();
    assert!(store.record(workspace, id).await.unwrap().is_some());
}

#[tokio::test]
async fn contacts_that_another_connection_told_of_are_not_kept() {
    let trial = Trial::start().await;
    let (store, workspace) = (&trial.store, trial.workspace);
    let lease = trial.lease().await;
    let connection = Connection {
        workspace,
        system: System::Hubspot,
        status: Status::Connected,
        details: Value::Null,
        secret: None,
        connected_at: at(5),
        changed_at: at(5),
    };
    store.save_connection(connection).await.unwrap();
    let key = ContactKey::Email(Email::read("lin@example.net").unwrap());
    let links = |seen| Links {
        seen: Some(at(seen)),
        made: vec![(key.clone(), ContactId::from("42"))],
        ..Links::default()
    };
    store.link(lease, links(4), at(6)).await.unwrap();
    assert!(store.contacts(workspace, std::slice::from_ref(&key)).await.unwrap().is_empty());
    store.link(lease, links(5), at(6)).await.unwrap();
    assert_eq!(store.contacts(workspace, std::slice::from_ref(&key)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_outlook_tells_who_has_the_lane_while_that_node_is_alive() {
    let trial = Trial::start().await;
    let (store, workspace) = (&trial.store, trial.workspace);
    for slug in ["idle", "idle-too"] {
        store.ensure_workspace(slug, at(0)).await.unwrap();
    }
    store.join(alive(NODE), at(0)).await.unwrap();
    trial.append("bk_1", 1).await;
    assert_eq!(work(store, 1).await, [workspace]);
    let holder = async || store.outlook(at(1)).await.unwrap()[0].holder;
    assert_eq!(holder().await, None);
    store.take(workspace, NODE, at(1)).await.unwrap().unwrap();
    assert_eq!(holder().await, Some(NODE));
    store.beat(over(NODE), at(1)).await.unwrap();
    assert_eq!(holder().await, None);
}
