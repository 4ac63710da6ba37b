//! The wire between nodes: what one of them rings the others hear, by PostgreSQL's LISTEN and NOTIFY.
//!
//! It has a session of its own, which comes back by itself when it is lost. What is rung meanwhile is missed: those who
//! listen look at the database now and then all the same.

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
        while let Some(server) = self.server.upgrade() {
            let session = server.listen().await;
            drop(server);
            if let Ok((client, heard)) = session
                && let Err(error) = self.carry(&client, heard).await
            {
                tracing::warn!("nodes do not hear each other for a moment: {error}");
            }
            sleep(REST).await;
        }
    }

    /// Carries what is rung here and there; returns when the store is gone.
    async fn carry(&self, client: &Client, mut heard: Heard) -> Result<()> {
        answered(client.batch_execute(LISTEN)).await?;
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
                    Some((_, text)) => self.hear(&text),
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

    fn hear(&self, text: &str) {
        let Some(peal) = Peal::read(text) else { return };
        self.bell.hear(&peal);
        self.news.hear(peal.news);
    }
}

async fn answered<T>(answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T> {
    match timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(|error| StoreError::of_postgres(&error)),
        Err(_) => Err(StoreError::Away(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}
