//! The store: opening, closing, and how jobs reach the connections.

use std::{
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use domain::ids::WorkspaceId;
use tokio::sync::{mpsc, oneshot};

use crate::{
    Appended, Location, Locks, MasterKey, NewEnvelope, Result, StoreError,
    bell::Bell,
    database::{Access, Connection},
    intake::Intake,
    key, migrate,
    news::Newsroom,
    node::Door,
    peal::Outbox,
    pool::Pool,
    postgres::Server,
    sqlite, transfer,
    turnstile::Turnstile,
    version::Newest,
    wire::Wire,
    writer::{Append, Closure, Job, Weight, Write, Writer},
};

/// Jobs that may wait. With a commit of 512 each this is well under a second of work.
const QUEUE_MAX: usize = 8192;

/// Bytes of bodies that may wait: bodies are up to 1 MiB each, and the memory is not ours alone.
const QUEUE_BYTES_MAX: usize = 128 << 20;

/// Readings at once. More would only wait for the processor: a reading does not wait for a writer.
const READERS: u32 = 4;

/// Transactions that write at once, on PostgreSQL: some wait for its disk while others are carried out.
const WRITERS: u32 = 6;

/// How long a connection is waited for. A lane can wait; whoever looks at a page cannot.
const WRITER_PATIENCE: Duration = Duration::from_secs(30);
const READER_PATIENCE: Duration = Duration::from_secs(10);

/// Awaited between the steps of a commit.
pub type Pause = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The rows of Patchbay. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// How long an answer is waited for; the lanes wait as long as it takes.
    patience: Option<Duration>,
}

struct Inner {
    /// To the thread that keeps envelopes; on SQLite it writes all.
    jobs: mpsc::Sender<Job>,
    turnstile: Turnstile,
    way: Way,
    key: Arc<MasterKey>,
    bell: Arc<Bell>,
    news: Arc<Newsroom>,
    newest: Newest,
    door: Door,
    /// The database, where it is a file.
    file: Option<PathBuf>,
    queued_bytes: Arc<AtomicUsize>,
}

/// The ways to the rows.
enum Way {
    /// One writer, a few readers; in memory the writer reads too.
    Sqlite { readers: Option<Pool> },
    /// Writers and readers side by side.
    Postgres {
        writers: Pool,
        /// Whose write is next, by workspace: a flood's batches wait for each other here, not with a connection in hand.
        turns: Locks,
        readers: Pool,
        /// For the node's heartbeat, which waits for nobody's work.
        beats: Pool,
    },
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database and brings its schema up to date. Blocks for a moment.
    ///
    /// Refuses a schema newer than known (`Newer`), another master key than before (`Sealed`), and an old SQLite or
    /// PostgreSQL.
    pub fn open(location: Location, key: MasterKey) -> Result<Self> {
        Self::open_with_queue(location, key, QUEUE_MAX)
    }

    /// Opens a database of SQLite whose work is done on the threads of the current runtime, one step at a time: before a
    /// commit and before the answers that follow it, `pause` is awaited. For simulations: what happens in which order is
    /// then the runtime's to decide, and a runtime that is dropped leaves what a crash would leave.
    pub fn open_in_steps(location: &Location, key: MasterKey, pause: Pause) -> Result<Self> {
        let (jobs, waiting) = mpsc::channel(QUEUE_MAX);
        let (bell, news) = rooms(&Arc::default());
        let connection = sqlite_writer(location, &key)?;
        tokio::spawn(Writer { connection, bell: Arc::clone(&bell) }.run_in_steps(waiting, pause));
        let file = file(location).map(Path::to_owned);
        let way = Way::Sqlite { readers: file.clone().map(sqlite_readers).map(Pool::inline) };
        Ok(Self::with(jobs, way, file, key, (bell, news)))
    }

    /// Opens with a queue of another length.
    pub(crate) fn open_with_queue(location: Location, key: MasterKey, queue_max: usize) -> Result<Self> {
        let (jobs, waiting) = mpsc::channel(queue_max);
        let is_shared = matches!(location, Location::Postgres(_));
        let outbox = Arc::new(if is_shared { Outbox::open() } else { Outbox::default() });
        let (bell, news) = rooms(&outbox);
        let file = file(&location).map(Path::to_owned);
        let way = match location {
            // On a thread of its own: the caller's may be one that must not wait.
            Location::Postgres(address) => std::thread::scope(|scope| {
                scope
                    .spawn(|| {
                        let server = Arc::new(Server::new(address)?);
                        let way = on_postgres(&server, &key, waiting, &bell)?;
                        let (bell, news) = (Arc::clone(&bell), Arc::clone(&news));
                        let wire = Wire { server: Arc::downgrade(&server), outbox, bell, news };
                        server.spawn(wire.run());
                        Ok::<_, StoreError>(way)
                    })
                    .join()
                    .map_err(|_| StoreError::Gone)?
            })?,
            Location::File(_) | Location::Memory => {
                let writer = Writer { connection: sqlite_writer(&location, &key)?, bell: Arc::clone(&bell) };
                on_thread(move || writer.run(waiting))?;
                Way::Sqlite { readers: file.clone().map(sqlite_readers) }
            }
        };
        Ok(Self::with(jobs, way, file, key, (bell, news)))
    }

    fn with(
        jobs: mpsc::Sender<Job>,
        way: Way,
        file: Option<PathBuf>,
        key: MasterKey,
        (bell, news): (Arc<Bell>, Arc<Newsroom>),
    ) -> Self {
        let inner = Inner {
            jobs,
            turnstile: Turnstile::default(),
            way,
            key: Arc::new(key),
            bell,
            news,
            newest: Newest::default(),
            door: Door::default(),
            file,
            queued_bytes: Arc::default(),
        };
        Self { inner: Arc::new(inner), patience: None }
    }

    /// The same store for somebody who waits for each answer no longer than that: then it is `Late`. What was begun goes on
    /// to its end.
    #[must_use]
    pub fn within(&self, patience: Duration) -> Self {
        Self { inner: Arc::clone(&self.inner), patience: Some(patience) }
    }

    /// Finishes what is queued and closes; later writes get `Gone`.
    pub async fn close(&self) {
        let (tell, told) = oneshot::channel();
        if self.inner.jobs.send(Job::Stop(tell)).await.is_ok() {
            // An error means that the thread has stopped all the same.
            let _ = told.await;
        }
        if let Way::Postgres { writers, readers, beats, .. } = &self.inner.way {
            tokio::join!(writers.close(WRITERS), readers.close(READERS), beats.close(1));
        }
        self.inner.door.open();
    }

    /// Waits until nothing more can be written: the store was closed, or its writer gave up.
    pub async fn gone(&self) {
        self.inner.jobs.closed().await;
    }

    /// Reads at one moment; several statements see the same.
    pub(crate) async fn read<T, F>(&self, reading: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        match &self.inner.way {
            Way::Sqlite { readers: Some(readers) } | Way::Postgres { readers, .. } => {
                self.in_time(readers.carry_out(Access::Read, reading, |_| {})).await
            }
            Way::Sqlite { readers: None } => self.write(reading).await,
        }
    }

    /// Writes, all of it or nothing; waits for its turn.
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
        self.write_as(Job::Write, None, work, after).await
    }

    /// Writes a few rows of a workspace which it holds (`Connection::hold`).
    pub(crate) async fn write_held<T, F, A>(&self, workspace: WorkspaceId, work: F, after: A) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        self.write_as(Job::Write, Some(workspace), work, after).await
    }

    /// Writes many rows of a workspace which it holds, all of them or nothing: on SQLite in turn with those of others, and
    /// alone.
    pub(crate) async fn write_long<T, F, A>(&self, workspace: WorkspaceId, work: F, after: A) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        self.write_as(move |write| Job::Long(workspace, write), Some(workspace), work, after).await
    }

    async fn write_as<T, F, A>(
        &self,
        job: impl FnOnce(Box<dyn Write>) -> Job,
        held: Option<WorkspaceId>,
        work: F,
        after: A,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        if let Way::Postgres { writers, turns, .. } = &self.inner.way {
            let in_turn = async {
                let _turn = match held {
                    Some(workspace) => Some(turns.hold(workspace).await),
                    None => None,
                };
                writers.carry_out(Access::Write, work, after).await
            };
            return self.in_time(in_turn).await;
        }
        let (tell, told) = oneshot::channel();
        let job = job(Box::new(Closure { work: Some(work), after, tell, answer: None }));
        self.in_time(async {
            self.inner.jobs.send(job).await.map_err(|_| StoreError::Gone)?;
            told.await.map_err(|_| StoreError::Gone)?
        })
        .await
    }

    /// Writes what must not wait for the work of others.
    pub(crate) async fn write_apart<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        match &self.inner.way {
            Way::Postgres { beats, .. } => self.in_time(beats.carry_out(Access::Write, work, |_| {})).await,
            Way::Sqlite { .. } => self.write(work).await,
        }
    }

    /// Queues an envelope and waits until it is kept, or says at once that the queue is full or stands still.
    pub(crate) async fn queue(&self, envelope: NewEnvelope) -> Result<Appended> {
        let weight = Weight::put(&self.inner.queued_bytes, envelope.body.len(), QUEUE_BYTES_MAX)
            .ok_or(StoreError::Full)?;
        self.inner.turnstile.enter()?;
        let (tell, told) = oneshot::channel();
        let job = Job::Append(Append { envelope, weight, tell, answer: None });
        let answer = match self.inner.jobs.try_send(job) {
            Ok(()) => self.in_time(async { told.await.map_err(|_| StoreError::Gone)? }).await,
            Err(mpsc::error::TrySendError::Full(_)) => Err(StoreError::Full),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(StoreError::Gone),
        };
        self.inner.turnstile.leave(&answer);
        answer
    }

    /// Waits for an answer as long as whoever asks may wait.
    async fn in_time<T>(&self, answer: impl Future<Output = Result<T>>) -> Result<T> {
        match self.patience {
            Some(patience) => tokio::time::timeout(patience, answer).await.unwrap_or(Err(StoreError::Late)),
            None => answer.await,
        }
    }

    pub(crate) fn key(&self) -> Arc<MasterKey> {
        Arc::clone(&self.inner.key)
    }

    pub(crate) fn news(&self) -> &Arc<Newsroom> {
        &self.inner.news
    }

    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.inner.bell
    }

    pub(crate) fn newest(&self) -> &Newest {
        &self.inner.newest
    }

    pub(crate) fn door(&self) -> &Door {
        &self.inner.door
    }

    /// The database, where it is a file.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.inner.file.as_deref()
    }

    /// Whether other processes may work on the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.inner.way, Way::Postgres { .. })
    }
}

fn file(location: &Location) -> Option<&Path> {
    match location {
        Location::File(path) => Some(path),
        Location::Memory | Location::Postgres(_) => None,
    }
}

fn sqlite_writer(location: &Location, key: &MasterKey) -> Result<Connection> {
    let connection = sqlite::writer(file(location))?;
    prepare(&connection, key)?;
    Ok(connection)
}

fn sqlite_readers(file: PathBuf) -> Pool {
    Pool::new(READERS as usize, READER_PATIENCE, move || sqlite::reader(&file))
}

/// Where work is rung for and changes are told, here and by the outbox elsewhere.
fn rooms(outbox: &Arc<Outbox>) -> (Arc<Bell>, Arc<Newsroom>) {
    (Arc::new(Bell::with(Arc::clone(outbox))), Arc::new(Newsroom::with(Arc::clone(outbox))))
}

fn on_postgres(
    server: &Arc<Server>,
    key: &MasterKey,
    jobs: mpsc::Receiver<Job>,
    bell: &Arc<Bell>,
) -> Result<Way> {
    let connection = server.connect()?;
    prepare(&connection, key)?;
    let intake = Intake::new(Arc::clone(server), connection, Arc::clone(bell));
    on_thread(move || intake.run(jobs))?;
    let pool = |seats: u32, patience| {
        let server = Arc::clone(server);
        Pool::new(seats as usize, patience, move || server.connect())
    };
    Ok(Way::Postgres {
        writers: pool(WRITERS, WRITER_PATIENCE),
        turns: Locks::default(),
        readers: pool(READERS, READER_PATIENCE),
        beats: pool(1, READER_PATIENCE),
    })
}

/// Sees to it that the database is one that this binary can work with.
fn prepare(connection: &Connection, key: &MasterKey) -> Result<()> {
    connection.check_server()?;
    migrate::migrate(connection)?;
    transfer::check(connection)?;
    key::check(connection, key)
}

fn on_thread(work: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = std::thread::Builder::new().name("store-writer".to_owned());
    thread.spawn(work).map(drop).map_err(|_| StoreError::Gone)
}
