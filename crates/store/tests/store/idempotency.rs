//! POSTs under a key: begun by one, answered alike, free again after a crash and after a day.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use store::{Keyed, Standing, Store, Turn};

use crate::{Trial, at};

const DAY: i64 = 24 * 60 * 60;

async fn begun(store: &Store, keyed: Keyed, now: Timestamp) -> Turn {
    match store.begin_keyed(keyed, now).await.unwrap() {
        Standing::New(turn) => turn,
        other => panic!("{other:?}"),
    }
}

async fn answer(store: &Store, keyed: Keyed, now: Timestamp) -> Option<String> {
    match store.begin_keyed(keyed, now).await.unwrap() {
        Standing::Answered(answer) => Some(answer.expose_secret().to_owned()),
        _ => None,
    }
}

fn keyed(trial: &Trial) -> Keyed {
    Keyed { workspace: trial.workspace, hash: [1; 32], body: [2; 32] }
}

#[tokio::test]
async fn a_request_is_begun_by_one_and_then_answered_alike_even_after_a_restart() {
    let mut trial = Trial::start().await;
    let keyed = keyed(&trial);
    let turn = begun(&trial.store, keyed, at(1)).await;
    assert!(matches!(trial.store.begin_keyed(keyed, at(2)).await.unwrap(), Standing::Running));
    trial.store.answer_keyed(turn, &SecretString::from("an answer")).await.unwrap();
    trial.reopen().await;
    assert_eq!(answer(&trial.store, keyed, at(3)).await.as_deref(), Some("an answer"));
    let other = Keyed { body: [3; 32], ..keyed };
    assert!(matches!(trial.store.begin_keyed(other, at(3)).await.unwrap(), Standing::OtherBody));
}

#[tokio::test]
async fn what_a_crash_left_under_way_is_free_half_a_minute_later_and_not_while_it_is_renewed() {
    let trial = Trial::start().await;
    let keyed = keyed(&trial);
    let crashed = begun(&trial.store, keyed, at(0)).await;
    trial.store.renew_keyed(crashed, at(20)).await.unwrap();
    assert!(matches!(trial.store.begin_keyed(keyed, at(40)).await.unwrap(), Standing::Running));
    let again = begun(&trial.store, keyed, at(50)).await;
    // One that was only slow does not speak for the one that took over.
    trial.store.answer_keyed(crashed, &SecretString::from("late")).await.unwrap();
    trial.store.release_keyed(crashed).await.unwrap();
    trial.store.renew_keyed(crashed, at(90)).await.unwrap();
    assert!(matches!(trial.store.begin_keyed(keyed, at(60)).await.unwrap(), Standing::Running));
    trial.store.answer_keyed(again, &SecretString::from("an answer")).await.unwrap();
    assert_eq!(answer(&trial.store, keyed, at(99)).await.as_deref(), Some("an answer"));
}

#[tokio::test]
async fn a_key_is_free_once_released_and_after_a_day() {
    let trial = Trial::start().await;
    let keyed = keyed(&trial);
    let turn = begun(&trial.store, keyed, at(0)).await;
    trial.store.release_keyed(turn).await.unwrap();
    let turn = begun(&trial.store, keyed, at(1)).await;
    trial.store.answer_keyed(turn, &SecretString::from("an answer")).await.unwrap();
    assert!(answer(&trial.store, keyed, at(DAY)).await.is_some());
    begun(&trial.store, keyed, at(DAY + 1)).await;
}
