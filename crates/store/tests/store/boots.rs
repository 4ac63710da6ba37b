//! The machine's boots: each is one for all processes of it.

use crate::{Trial, at};

#[tokio::test]
async fn a_boot_began_when_its_first_process_said_and_the_next_boot_anew() {
    let mut trial = Trial::start().await;
    let began = async |trial: &Trial, boot: &str, second| {
        trial.store.boot_began(boot.to_owned(), at(second)).await.unwrap()
    };
    if trial.store.is_shared() {
        // Nodes go by PostgreSQL's clock.
        assert_eq!(began(&trial, "a", 10).await, at(10));
        assert_eq!(began(&trial, "a", 20).await, at(20));
        return;
    }
    assert_eq!(began(&trial, "a", 10).await, at(10));
    trial.reopen().await;
    assert_eq!(began(&trial, "a", 20).await, at(10));
    assert_eq!(began(&trial, "b", 30).await, at(30));
    trial.reopen().await;
    assert_eq!(began(&trial, "b", 40).await, at(30));
}
