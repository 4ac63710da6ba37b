//! The turnstile: how webhooks get in line, and that they are turned away at once while the database stands still.
//!
//! A database that says nothing (frozen, cut off, its disk at a stand) fails nothing either: what waits for it would wait on,
//! and more would line up. The turnstile shuts once somebody has waited in vain, lets one in now and then to try, and opens
//! by itself with the first that is kept.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{Appended, Result, StoreError};

/// How often one is let in to try, while the turnstile is shut: as soon as that webhooks are kept again.
const TRY_EVERY: Duration = Duration::from_millis(250);

#[derive(Default)]
pub(crate) struct Turnstile(Mutex<Option<Trouble>>);

/// Webhooks are not kept for now.
struct Trouble {
    /// When the next one is let in to try; where all are let in, because the database at least says no, nothing.
    tries_at: Option<Instant>,
    /// How many were refused so far.
    refused: u64,
}

impl Turnstile {
    /// Lets one in, or refuses it at once.
    pub(crate) fn enter(&self) -> Result<()> {
        let mut trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Trouble { tries_at: Some(tries_at), refused }) = trouble.as_mut() else { return Ok(()) };
        let now = Instant::now();
        if now < *tries_at {
            *refused += 1;
            return Err(StoreError::Late);
        }
        *tries_at = now + TRY_EVERY;
        Ok(())
    }

    /// Takes note of what became of one that was let in.
    pub(crate) fn leave(&self, answer: &Result<Appended>) {
        let mut trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(_) => {
                if let Some(Trouble { refused, .. }) = trouble.take() {
                    tracing::info!(refused, "webhooks are kept again");
                }
            }
            // A burst: it says nothing of the database.
            Err(StoreError::Full) => {}
            Err(error) => {
                let is_news = trouble.is_none();
                let trouble = trouble.get_or_insert(Trouble { tries_at: None, refused: 0 });
                trouble.refused += 1;
                if matches!(error, StoreError::Late) {
                    trouble.tries_at.get_or_insert_with(|| Instant::now() + TRY_EVERY);
                }
                if is_news {
                    tracing::error!(%error, "webhooks are not kept, and refused meanwhile");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Result<Appended> = Ok(Appended::Repeated);

    #[tokio::test(start_paused = true)]
    async fn who_waited_in_vain_shuts_it_one_tries_now_and_then_and_who_is_kept_opens_it() {
        let turnstile = Turnstile::default();
        turnstile.enter().unwrap();
        turnstile.leave(&Err(StoreError::Late));
        for _ in 0..3 {
            assert!(matches!(turnstile.enter(), Err(StoreError::Late)));
            tokio::time::advance(TRY_EVERY).await;
            turnstile.enter().unwrap();
        }
        assert!(matches!(turnstile.enter(), Err(StoreError::Late)));
        turnstile.leave(&KEPT);
        turnstile.enter().unwrap();
        turnstile.enter().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_that_says_no_at_once_is_asked_each_time() {
        let turnstile = Turnstile::default();
        for error in [StoreError::Away("it is not there".to_owned()), StoreError::Full] {
            turnstile.leave(&Err(error));
            turnstile.enter().unwrap();
            turnstile.enter().unwrap();
        }
    }
}
