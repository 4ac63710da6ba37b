//! A pool: a few connections, each used for one transaction at a time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    Result, StoreError,
    database::{Access, Connection},
};

/// Begins another connection.
type Open = dyn Fn() -> Result<Connection> + Send + Sync;

/// A few connections. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pool {
    open: Arc<Open>,
    idle: Arc<Mutex<Vec<Connection>>>,
    seats: Arc<Semaphore>,
    /// How long a seat is waited for.
    patience: Duration,
    /// Where a transaction is carried out: on a thread that may wait, or on the caller's.
    is_inline: bool,
}

impl Pool {
    /// A pool of up to `seats` connections; each is begun when it is first needed.
    pub(crate) fn new(
        seats: usize,
        patience: Duration,
        open: impl Fn() -> Result<Connection> + Send + Sync + 'static,
    ) -> Self {
        let (open, seats) = (Arc::new(open), Arc::new(Semaphore::new(seats)));
        Self { open, idle: Arc::default(), seats, patience, is_inline: false }
    }

    /// The same pool, with each transaction on the thread of who asks for it.
    pub(crate) fn inline(self) -> Self {
        Self { is_inline: true, ..self }
    }

    /// Lets nothing more begin, and waits for what is under way.
    pub(crate) async fn close(&self, seats: u32) {
        if let Ok(all) = self.seats.acquire_many(seats).await {
            self.seats.close();
            drop(all);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Carries out a transaction; `after` runs once it is committed, even if the caller has gone away.
    pub(crate) async fn carry_out<T, F, A>(&self, access: Access, work: F, after: A) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        let seat = self.seat().await?;
        let pool = self.clone();
        let carry_out = move || {
            let connection = pool.take()?;
            let answer = connection.within(access, work);
            pool.give_back(connection);
            drop(seat);
            answer.inspect(after)
        };
        if self.is_inline {
            return carry_out();
        }
        tokio::task::spawn_blocking(carry_out).await.map_err(|_| StoreError::Gone)?
    }

    async fn seat(&self) -> Result<OwnedSemaphorePermit> {
        let seats = Arc::clone(&self.seats);
        if let Ok(seat) = Arc::clone(&seats).try_acquire_owned() {
            return Ok(seat);
        }
        let seat = tokio::time::timeout(self.patience, seats.acquire_owned()).await;
        seat.map_err(|_| StoreError::Away("all connections are busy".to_owned()))?
            .map_err(|_| StoreError::Gone)
    }

    fn take(&self) -> Result<Connection> {
        loop {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match kept {
                Some(connection) if connection.is_lost() => {}
                Some(connection) => return Ok(connection),
                None => return (self.open)(),
            }
        }
    }

    fn give_back(&self, connection: Connection) {
        if connection.is_idle() && !connection.is_lost() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
