//! Readers: a few read-only connections, each used by one reading at a time.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::OpenFlags;
use tokio::sync::Semaphore;

use crate::{Result, StoreError, database::Connection};

/// Readings at once. More would only wait for the processor: a reading does not wait for the writer.
const READERS: usize = 4;

/// How long a statement waits for a lock of another process.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// More than there are different statements, so that each is prepared once.
pub(crate) const STATEMENTS_KEPT: usize = 256;

pub(crate) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    seats: Arc<Semaphore>,
    /// Where a reading is done: on a thread that may wait, or on the caller's.
    is_inline: bool,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        let (idle, seats) = (Arc::default(), Arc::new(Semaphore::new(READERS)));
        Self { path, idle, seats, is_inline: false }
    }

    /// Readers that read on the thread of who asks.
    pub(crate) fn inline(path: PathBuf) -> Self {
        Self { is_inline: true, ..Self::new(path) }
    }

    /// Reads within one transaction, so that several statements see one moment.
    pub(crate) async fn read<T, F>(&self, reading: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let seat = Arc::clone(&self.seats).acquire_owned().await.map_err(|_| StoreError::Gone)?;
        let idle = Arc::clone(&self.idle);
        let path = self.path.clone();
        let reading = move || {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match kept {
                Some(connection) => connection,
                None => open(&path)?,
            };
            let answer = within_transaction(&connection, reading);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(seat);
            answer
        };
        if self.is_inline {
            return reading();
        }
        tokio::task::spawn_blocking(reading).await.map_err(|_| StoreError::Gone)?
    }
}

fn within_transaction<T>(
    connection: &Connection,
    reading: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    connection.batch("BEGIN")?;
    let answer = reading(connection);
    // It has changed nothing: how it ends is the same.
    connection.batch("ROLLBACK")?;
    answer
}

fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(Connection::sqlite(connection))
}
