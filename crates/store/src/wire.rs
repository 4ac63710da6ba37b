//! The wire between nodes: what one of them rings the others hear, by PostgreSQL's LISTEN and NOTIFY.
//!
//! It has a session of its own, which comes back by itself when it is lost. What is rung meanwhile is missed on both sides, so
//! that all counts as changed when it is back; and those who listen look at the database now and then all the same.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_postgres::Client;

use crate::{
    Result, StoreError,
    bell::Bell,
    news::Newsroom,
    peal::{Outbox, Peal},
    postgres::{Heard, Server},
};

/// What is rung within so long goes out together.
const GATHER: Duration = Duration::from_millis(20);

/// How long a lost session is left alone.
const REST: Duration = Duration::from_millis(250);

/// A session that does not answer for so long is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Not waiting for the disk: what is rung may be missed.
const LISTEN: &str = "SET synchronous_commit = off; LISTEN patchbay";

const NOTIFY: &str = "SELECT pg_notify('patchbay', $1)";

/// One end of the wire. Ends when the store does.
pub(crate) struct Wire {
    pub(crate) server: Weak<Server>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) bell: Arc<Bell>,
    pub(crate) news: Arc<Newsroom>,
}

impl Wire {
    /// Rings and hears until the store is gone.
    pub(crate) async fn run(self) {
        let mut was_lost = false;
        while let Some(server) = self.server.upgrade() {
            let session = server.listen().await;
            drop(server);
            if let Ok((client, heard)) = session
                && let Err(error) = self.carry(&client, heard, was_lost).await
            {
                tracing::warn!("nodes do not hear each other for a moment: {error}");
                was_lost = true;
            }
            sleep(REST).await;
        }
    }

    /// Carries what is rung here and there; returns when the store is gone.
    async fn carry(&self, client: &Client, mut heard: Heard, was_lost: bool) -> Result<()> {
        answered(client.batch_execute(LISTEN)).await?;
        if was_lost {
            self.hear(Peal::of_gap());
            self.outbox.own_up();
        }
        let own = answered(client.query_one("SELECT pg_backend_pid()", &[])).await?.get::<_, i32>(0);
        let mut rests_until = Instant::now();
        loop {
            let due = async {
                self.outbox.filled().await;
                sleep_until(rests_until).await;
            };
            tokio::select! {
                rung = heard.recv() => match rung {
                    // The node itself has heard it already.
                    Some((process, _)) if process == own => {}
                    // One of another version may ring what nobody understands here.
                    Some((_, text)) => Peal::read(&text).into_iter().for_each(|peal| self.hear(peal)),
                    None if self.server.strong_count() == 0 => return Ok(()),
                    None => return Err(StoreError::Away("the session ended".to_owned())),
                },
                () = due => {
                    rests_until = Instant::now() + GATHER;
                    for text in self.outbox.take() {
                        answered(client.execute(NOTIFY, &[&text])).await?;
                    }
                }
            }
        }
    }

    fn hear(&self, peal: Peal) {
        self.bell.hear(&peal);
        if peal.has_gap {
            self.news.hear_of_gap();
        }
        self.news.hear(peal.news);
    }
}

async fn answered<T>(answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T> {
    match timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(|error| StoreError::of_postgres(&error)),
        Err(_) => Err(StoreError::Away(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}
