//! Tokens that are renewed, and grants in flight.

use domain::{ids::WorkspaceId, source::System};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use store::{Connection, Grant, Refresh, Status};
use uuid::Uuid;

use crate::{Trial, at};

async fn connect(trial: &Trial, secret: &str) {
    let connection = Connection {
        workspace: trial.workspace,
        system: System::Hubspot,
        status: Status::Connected,
        details: serde_json::Value::Null,
        secret: Some(SecretString::from(secret)),
        connected_at: at(1),
        changed_at: at(1),
    };
    trial.store.save_connection(connection).await.unwrap();
}

/// The connection as `status secret`.
async fn stands(trial: &Trial) -> String {
    let connection = trial.store.connection(trial.workspace, System::Hubspot).await.unwrap().unwrap();
    let secret = connection.secret.map(|secret| secret.expose_secret().to_owned());
    format!("{} {}", connection.status.word(), secret.unwrap_or_default())
}

async fn refresh(trial: &Trial, holder: u128) -> Refresh {
    let standing = trial.store.versioned(trial.workspace, System::Hubspot).await.unwrap().unwrap();
    let holder = Uuid::from_u128(holder);
    Refresh { workspace: trial.workspace, system: System::Hubspot, version: standing.version, holder }
}

#[tokio::test]
async fn a_secret_is_renewed_by_one_at_a_time_and_a_dead_one_holds_nobody_up() {
    let trial = Trial::start().await;
    connect(&trial, "one").await;
    let (mine, yours) = (refresh(&trial, 1).await, refresh(&trial, 2).await);
    assert!(trial.store.begin_refresh(mine, at(60), at(10)).await.unwrap());
    assert!(!trial.store.begin_refresh(yours, at(60), at(59)).await.unwrap());
    assert!(trial.store.begin_refresh(yours, at(120), at(60)).await.unwrap(), "the leave has run out");
    trial.store.end_refresh(mine).await.unwrap();
    assert!(!trial.store.begin_refresh(mine, at(120), at(61)).await.unwrap(), "only the holder gives back");
    assert!(trial.store.save_secret(yours, "two".into()).await.unwrap());
    assert_eq!(stands(&trial).await, "connected two");
    assert!(!trial.store.begin_refresh(mine, at(200), at(130)).await.unwrap(), "that secret is gone");
    let again = refresh(&trial, 1).await;
    assert!(trial.store.begin_refresh(again, at(200), at(130)).await.unwrap());
}

#[tokio::test]
async fn a_late_renewal_overwrites_neither_a_newer_secret_nor_a_pause_nor_a_disconnect() {
    let trial = Trial::start().await;
    connect(&trial, "one").await;
    let late = refresh(&trial, 1).await;
    connect(&trial, "by hand").await;
    assert!(!trial.store.save_secret(late, "late".into()).await.unwrap());
    assert!(!trial.store.refuse_secret(late, "Gone.".to_owned(), at(5)).await.unwrap());
    assert_eq!(stands(&trial).await, "connected by hand");

    let paused = refresh(&trial, 1).await;
    trial.store.set_status(trial.workspace, System::Hubspot, Status::Paused, at(6)).await.unwrap();
    assert!(!trial.store.refuse_secret(paused, "Gone.".to_owned(), at(7)).await.unwrap());
    assert!(!trial.store.begin_refresh(paused, at(60), at(7)).await.unwrap());
    assert!(trial.store.save_secret(paused, "rotated".into()).await.unwrap(), "what was received is kept");
    assert_eq!(stands(&trial).await, "paused rotated");

    let cut = refresh(&trial, 1).await;
    let mut connection = trial.store.connection(trial.workspace, System::Hubspot).await.unwrap().unwrap();
    connection.status = Status::Disconnected;
    connection.secret = None;
    trial.store.save_connection(connection).await.unwrap();
    assert!(!trial.store.save_secret(cut, "late".into()).await.unwrap());
    assert_eq!(stands(&trial).await, "disconnected ");
}

#[tokio::test]
async fn a_secret_that_is_refused_for_good_asks_for_a_person() {
    let trial = Trial::start().await;
    connect(&trial, "one").await;
    let refused = refresh(&trial, 1).await;
    assert!(trial.store.refuse_secret(refused, "Gone.".to_owned(), at(9)).await.unwrap());
    let connection = trial.store.connection(trial.workspace, System::Hubspot).await.unwrap().unwrap();
    assert_eq!((connection.status.reason(), connection.changed_at), (Some("Gone."), at(9)));
    assert!(connection.secret.is_some());
}

fn grant(workspace: WorkspaceId, state: u8, expires_at: Timestamp) -> Grant {
    Grant {
        workspace,
        state: [state; 32],
        cookie: [9; 32],
        verifier: "verifier".into(),
        who: "ada".to_owned(),
        expires_at,
    }
}

#[tokio::test]
async fn a_grant_is_taken_once_in_time_and_by_the_browser_that_asked() {
    let mut trial = Trial::start().await;
    trial.store.add_grant(grant(trial.workspace, 1, at(600)), at(0)).await.unwrap();
    trial.store.add_grant(grant(trial.workspace, 2, at(600)), at(0)).await.unwrap();
    assert!(trial.store.add_grant(grant(trial.workspace, 2, at(600)), at(0)).await.is_err());
    trial.reopen().await;
    let take = |state: u8, cookie: u8, now| trial.store.take_grant([state; 32], [cookie; 32], at(now));
    assert!(take(1, 8, 10).await.unwrap().is_none(), "another browser");
    assert!(take(3, 9, 10).await.unwrap().is_none(), "another state");
    let taken = take(1, 9, 599).await.unwrap().unwrap();
    assert_eq!((taken.workspace, taken.who.as_str()), (trial.workspace, "ada"));
    assert_eq!(taken.verifier.expose_secret(), "verifier");
    assert!(take(1, 9, 599).await.unwrap().is_none(), "taken before");
    assert!(take(2, 9, 600).await.unwrap().is_none(), "expired");
}
