//! The store: opening, closing, and how jobs reach the writer and the readers.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use rusqlite::OpenFlags;
use tokio::sync::{mpsc, oneshot};

use crate::{
    Appended, MasterKey, NewEnvelope, Result, StoreError,
    bell::Bell,
    database::Connection,
    key, migrate,
    news::Newsroom,
    read::{BUSY_TIMEOUT, Readers, STATEMENTS_KEPT},
    writer::{Append, Closure, Job, Weight, Writer},
};

/// The oldest SQLite trusted: before it a WAL reset could corrupt the database (sqlite.org/wal.html, 2026).
const SQLITE_MIN: i32 = 3_051_003;

/// Jobs that may wait. With a commit of 512 each this is well under a second of work.
const QUEUE_MAX: usize = 8192;

/// Bytes of bodies that may wait: bodies are up to 1 MiB each, and the memory is not ours alone.
const QUEUE_BYTES_MAX: usize = 128 << 20;

/// The write-ahead log is cut back to this after a checkpoint, so that one burst does not keep the disk.
const LOG_BYTES_KEPT: i64 = 64 << 20;

/// Pages of 4 KiB after which the writer moves the log into the database: 16 MiB, so that a page of an index that many
/// envelopes touch is moved once for all of them (a quarter more envelopes a second than with SQLite's 1,000).
const CHECKPOINT_PAGES: i64 = 4_000;

/// Where the rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a file; made if it is missing.
    File(PathBuf),
    /// In memory, for tests and trials: gone with the store.
    Memory,
}

/// Awaited between the steps of a commit.
pub type Pause = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The rows of Patchbay. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    jobs: mpsc::Sender<Job>,
    /// None in memory: there the writer reads too.
    readers: Option<Readers>,
    key: Arc<MasterKey>,
    bell: Arc<Bell>,
    news: Arc<Newsroom>,
    hooks_version: Arc<AtomicU64>,
    queued_bytes: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database and brings its schema up to date. Blocks for a moment.
    ///
    /// Refuses a schema newer than known (`Newer`), another master key than before (`Sealed`), and an old SQLite.
    pub fn open(location: Location, key: MasterKey) -> Result<Self> {
        Self::open_with_queue(location, key, QUEUE_MAX)
    }

    /// Opens a database whose work is done on the threads of the current runtime, one step at a time: before a commit and
    /// before the answers that follow it, `pause` is awaited. For simulations: what happens in which order is then the
    /// runtime's to decide, and a runtime that is dropped leaves what a crash would leave.
    pub fn open_in_steps(location: Location, key: MasterKey, pause: Pause) -> Result<Self> {
        Self::start(location, key, QUEUE_MAX, Readers::inline, |writer, jobs| {
            tokio::spawn(writer.run_in_steps(jobs, pause));
            Ok(())
        })
    }

    /// Opens with a queue of another length.
    pub(crate) fn open_with_queue(location: Location, key: MasterKey, queue_max: usize) -> Result<Self> {
        Self::start(location, key, queue_max, Readers::new, |writer, jobs| {
            let thread = std::thread::Builder::new().name("store-writer".to_owned());
            thread.spawn(move || writer.run(jobs)).map(drop).map_err(|_| StoreError::Gone)
        })
    }

    fn start(
        location: Location,
        key: MasterKey,
        queue_max: usize,
        readers: impl FnOnce(PathBuf) -> Readers,
        run: impl FnOnce(Writer, mpsc::Receiver<Job>) -> Result<()>,
    ) -> Result<Self> {
        if rusqlite::version_number() < SQLITE_MIN {
            return Err(StoreError::OldSqlite {
                found: rusqlite::version().to_owned(),
                needed: "3.51.3".to_owned(),
            });
        }
        let connection = open_to_write(&location)?;
        migrate::migrate(&connection)?;
        key::check(&connection, &key)?;
        let bell = Arc::new(Bell::default());
        let (jobs, waiting) = mpsc::channel(queue_max);
        run(Writer { connection, bell: Arc::clone(&bell) }, waiting)?;
        let readers = match location {
            Location::File(path) => Some(readers(path)),
            Location::Memory => None,
        };
        Ok(Self(Arc::new(Inner {
            jobs,
            readers,
            key: Arc::new(key),
            bell,
            news: Arc::default(),
            hooks_version: Arc::default(),
            queued_bytes: Arc::default(),
        })))
    }

    /// Finishes what is queued and closes; later writes get `Gone`.
    pub async fn close(&self) {
        let (tell, told) = oneshot::channel();
        if self.0.jobs.send(Job::Stop(tell)).await.is_ok() {
            // An error means that the writer has stopped all the same.
            let _ = told.await;
        }
    }

    /// Reads at one moment; several statements see the same.
    pub(crate) async fn read<T, F>(&self, reading: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        match &self.0.readers {
            Some(readers) => readers.read(reading).await,
            None => self.write(reading).await,
        }
    }

    /// Writes, all of it or nothing; waits for a place in the queue.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.write_then(work, |_| {}).await
    }

    /// Writes; `after` runs once it is committed, even if the caller has gone away.
    pub(crate) async fn write_then<T, F, A>(&self, work: F, after: A) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let job = Job::Write(Box::new(Closure { work: Some(work), after, tell, answer: None }));
        self.0.jobs.send(job).await.map_err(|_| StoreError::Gone)?;
        told.await.map_err(|_| StoreError::Gone)?
    }

    /// Queues an envelope, or says at once that the queue is full.
    pub(crate) async fn queue(&self, envelope: NewEnvelope) -> Result<Appended> {
        let weight = Weight::put(&self.0.queued_bytes, envelope.body.len(), QUEUE_BYTES_MAX)
            .ok_or(StoreError::Full)?;
        let (tell, told) = oneshot::channel();
        let job = Job::Append(Append { envelope, weight, tell, answer: None });
        self.0.jobs.try_send(job).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Full,
            mpsc::error::TrySendError::Closed(_) => StoreError::Gone,
        })?;
        told.await.map_err(|_| StoreError::Gone)?
    }

    pub(crate) fn key(&self) -> Arc<MasterKey> {
        Arc::clone(&self.0.key)
    }

    pub(crate) fn news(&self) -> &Arc<Newsroom> {
        &self.0.news
    }

    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.0.bell
    }

    /// Says that caches of hooks and of sources' connections are out of date.
    pub(crate) fn hooks_changed(&self) -> impl FnOnce() + Send + 'static {
        let version = Arc::clone(&self.0.hooks_version);
        move || {
            version.fetch_add(1, Ordering::Release);
        }
    }

    /// A number that grows with each change of hooks or of a source's connection, for caches; zero at opening.
    pub fn hooks_version(&self) -> u64 {
        self.0.hooks_version.load(Ordering::Acquire)
    }
}

fn open_to_write(location: &Location) -> Result<Connection> {
    let connection = match location {
        Location::File(path) => {
            make_private(path);
            // No URI: the readers are given the same path.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            rusqlite::Connection::open_with_flags(path, flags)?
        }
        Location::Memory => rusqlite::Connection::open_in_memory()?,
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Full: a commit that returned is on the disk, the log included.
    for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("foreign_keys", "ON")] {
        connection.pragma_update(None, name, value)?;
    }
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    // 32 MiB of pages (a negative number counts KiB): the indexes that each envelope touches stay in memory.
    connection.pragma_update(None, "cache_size", -32_768)?;
    Ok(Connection::sqlite(connection))
}

/// Makes the file, if it is missing, so that only its owner can read it; SQLite gives its companions the same mode.
fn make_private(path: &Path) {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // There already, or not to be made: then opening it says why.
    let _ = options.open(path);
}
