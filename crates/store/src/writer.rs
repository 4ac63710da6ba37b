//! The writer of SQLite: one thread that owns the connection that writes, and commits many jobs at once.
//!
//! Invariant: a job is answered only after the commit that holds it returned; if the commit fails, each job
//! of the group gets the error. If the disk would not say that it holds the commit, nothing more is written.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use domain::ids::WorkspaceId;
use tokio::sync::{mpsc, oneshot};

use crate::{
    Appended, EnvelopeState, NewEnvelope, Pause, Result, StoreError,
    bell::Bell,
    database::{Access, Connection},
    inbox,
    queue::Queue,
};

/// What the writer is asked to do.
pub(crate) enum Job {
    Append(Append),
    Write(Box<dyn Write>),
    /// The same, of many rows, for a workspace.
    Long(WorkspaceId, Box<dyn Write>),
    /// Do what is queued, then stop and say so.
    Stop(oneshot::Sender<()>),
}

/// The most frequent job, without an allocation of its own.
pub(crate) struct Append {
    pub(crate) envelope: NewEnvelope,
    pub(crate) weight: Weight,
    pub(crate) tell: oneshot::Sender<Result<Appended>>,
    pub(crate) answer: Option<Result<Appended>>,
}

/// The bytes that an envelope takes in the queue, given back when dropped.
pub(crate) struct Weight {
    queued: Arc<AtomicUsize>,
    bytes: usize,
}

impl Weight {
    /// Puts the bytes on the scale; `None` if the queue would weigh more than `bytes_max`.
    pub(crate) fn put(queued: &Arc<AtomicUsize>, bytes: usize, bytes_max: usize) -> Option<Self> {
        let weight = Self { queued: Arc::clone(queued), bytes };
        let before = queued.fetch_add(bytes, Ordering::Relaxed);
        (before.saturating_add(bytes) <= bytes_max).then_some(weight)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.queued.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Any other job.
pub(crate) trait Write: Send {
    /// Does the work; says whether its changes are to be kept.
    fn work(&mut self, connection: &Connection) -> bool;
    /// Answers, once it is known what became of the transaction.
    fn tell(self: Box<Self>, committed: Result<()>);
}

/// A closure as a job; `after` runs between the commit and the answer.
pub(crate) struct Closure<T, F, A> {
    pub(crate) work: Option<F>,
    pub(crate) after: A,
    pub(crate) tell: oneshot::Sender<Result<T>>,
    pub(crate) answer: Option<Result<T>>,
}

impl<T, F, A> Write for Closure<T, F, A>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T> + Send,
    A: FnOnce(&T) + Send,
{
    fn work(&mut self, connection: &Connection) -> bool {
        self.answer = self.work.take().map(|work| work(connection));
        matches!(self.answer, Some(Ok(_)))
    }

    fn tell(self: Box<Self>, committed: Result<()>) {
        let answer = settled(self.answer, committed);
        if let Ok(value) = &answer {
            (self.after)(value);
        }
        // Nobody may be waiting any more: the work is done all the same.
        let _ = self.tell.send(answer);
    }
}

impl Append {
    pub(crate) fn tell(self, committed: Result<()>, bell: &Bell) {
        let answer = settled(self.answer, committed);
        if matches!(answer, Ok(Appended::New { .. })) && self.envelope.state == EnvelopeState::Unread {
            bell.ring(self.envelope.workspace);
        }
        drop(self.weight);
        let _ = self.tell.send(answer);
    }
}

/// The job's own error, else that of the transaction, else the value.
fn settled<T>(answer: Option<Result<T>>, committed: Result<()>) -> Result<T> {
    let value = answer.unwrap_or_else(|| Err(committed.clone().err().unwrap_or(StoreError::RolledBack)))?;
    committed.map(|()| value)
}

impl Job {
    fn work(&mut self, connection: &Connection) {
        match self {
            // A single statement undoes itself if it fails: no savepoint is needed.
            Self::Append(append) => append.answer = Some(inbox::insert(connection, &append.envelope)),
            Self::Write(write) | Self::Long(_, write) => {
                let is_open = connection.batch("SAVEPOINT job").is_ok();
                if is_open && !write.work(connection) {
                    let _ = connection.batch("ROLLBACK TO job");
                }
                let _ = connection.batch("RELEASE job");
            }
            Self::Stop(_) => {}
        }
    }

    fn tell(self, committed: Result<()>, bell: &Bell) {
        match self {
            Self::Append(append) => append.tell(committed, bell),
            Self::Write(write) | Self::Long(_, write) => write.tell(committed),
            Self::Stop(_) => {}
        }
    }
}

pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) bell: Arc<Bell>,
}

impl Writer {
    /// Works until the queue is closed and empty.
    pub(crate) fn run(self, jobs: mpsc::Receiver<Job>) {
        let mut queue = Queue::new(jobs);
        while let Some(mut group) = queue.next_blocking() {
            if !self.carry_out(&mut group) {
                // The files are not touched again; what waits is told that the store is gone.
                tracing::error!(
                    "the disk does not say that it holds what was written: nothing more is written"
                );
                return;
            }
        }
        self.end(queue);
    }

    /// The same as a task, which pauses before each commit and before the answers that follow it.
    pub(crate) async fn run_in_steps(self, jobs: mpsc::Receiver<Job>, pause: Pause) {
        let mut queue = Queue::new(jobs);
        while let Some(mut group) = queue.next().await {
            if self.work(&mut group) {
                pause().await;
                let committed = self.commit();
                pause().await;
                self.answer(&mut group, &committed);
                let _ = self.connection.shorten_log();
            }
        }
        self.end(queue);
    }

    fn end(self, queue: Queue) {
        // A tidy end only: what the log holds is read on the next start too.
        let _ = self.connection.batch("PRAGMA wal_checkpoint(TRUNCATE)");
        drop(self.connection);
        for tell in queue.closing {
            let _ = tell.send(());
        }
    }

    /// Carries out a group in one transaction and answers each; leaves the group empty. Returns whether there may be another.
    fn carry_out(&self, group: &mut Vec<Job>) -> bool {
        if !self.work(group) {
            return true;
        }
        let committed = self.commit();
        self.answer(group, &committed);
        let kept = committed.and_then(|()| self.connection.shorten_log());
        !kept.is_err_and(|error| error.is_unsynced())
    }

    /// Does the jobs of a group in one transaction; returns whether it is to be committed. What failed has its answer.
    fn work(&self, group: &mut Vec<Job>) -> bool {
        if group.is_empty() {
            return false;
        }
        let mut waiting = std::mem::take(group).into_iter();
        let mut opened = self.open();
        for mut job in waiting.by_ref() {
            if let Err(error) = &opened {
                job.tell(Err(error.clone()), &self.bell);
                continue;
            }
            job.work(&self.connection);
            group.push(job);
            if self.connection.is_idle() {
                // SQLite gave up the whole transaction: the disk is full or failed.
                self.answer(group, &Err(StoreError::RolledBack));
                opened = self.open();
            }
        }
        opened.is_ok()
    }

    fn answer(&self, group: &mut Vec<Job>, committed: &Result<()>) {
        for job in group.drain(..) {
            job.tell(committed.clone(), &self.bell);
        }
    }

    fn open(&self) -> Result<()> {
        self.connection.begin(Access::Write)
    }

    fn commit(&self) -> Result<()> {
        self.connection.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{database::params, plans::sample};
    use domain::source::Source;
    use jiff::Timestamp;

    fn writer() -> Writer {
        let connection = sample();
        connection
            .batch("INSERT INTO workspaces (id, slug, name, created_at) VALUES (1, 'a', 'a', 0)")
            .unwrap();
        Writer { connection, bell: Arc::default() }
    }

    fn append(workspace: i64) -> (Job, oneshot::Receiver<Result<Appended>>) {
        let (tell, told) = oneshot::channel();
        let envelope = NewEnvelope {
            workspace: WorkspaceId(workspace),
            source: Source::Aircall,
            subject: "1".to_owned(),
            event: "call.ended".to_owned(),
            dedup: None,
            received_at: Timestamp::UNIX_EPOCH,
            body: Vec::new(),
            state: EnvelopeState::Unread,
        };
        let weight = Weight::put(&Arc::default(), 0, 1).unwrap();
        (Job::Append(Append { envelope, weight, tell, answer: None }), told)
    }

    fn write(
        work: impl FnOnce(&Connection) -> Result<()> + Send + 'static,
    ) -> (Job, oneshot::Receiver<Result<()>>) {
        let (tell, told) = oneshot::channel();
        let after = |(): &()| {};
        (Job::Write(Box::new(Closure { work: Some(work), after, tell, answer: None })), told)
    }

    fn beat(connection: &Connection, id: i64) -> Result<()> {
        connection.run("INSERT INTO pulse (id, beats) VALUES ($1, 1)", params![id]).map(|_| ())
    }

    fn count(writer: &Writer, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        writer.connection.first(&sql, &[], |row| row.get(0)).unwrap().unwrap()
    }

    #[test]
    fn a_failing_job_undoes_itself_and_not_its_neighbours() {
        let writer = writer();
        let (before, mut before_told) = append(1);
        let (failing, mut failing_told) = write(|connection| {
            beat(connection, 1)?;
            Err(StoreError::Taken)
        });
        let (refused, mut refused_told) = append(99);
        let (after, mut after_told) = write(|connection| beat(connection, 2));
        writer.carry_out(&mut vec![before, failing, refused, after]);
        assert!(matches!(before_told.try_recv(), Ok(Ok(Appended::New { .. }))));
        assert!(matches!(failing_told.try_recv(), Ok(Err(StoreError::Taken))));
        assert!(matches!(refused_told.try_recv(), Ok(Err(StoreError::Sqlite(_)))));
        assert!(matches!(after_told.try_recv(), Ok(Ok(()))));
        assert_eq!((count(&writer, "envelopes"), count(&writer, "pulse")), (1, 1));
    }

    #[test]
    fn a_commit_that_fails_acknowledges_nobody_in_the_group() {
        let writer = writer();
        let (innocent, mut innocent_told) = append(1);
        // A reference that is checked only by the commit.
        let (guilty, mut guilty_told) = write(|connection| {
            connection.batch(
                "PRAGMA defer_foreign_keys = ON;
                 INSERT INTO lanes (workspace, why, failures) VALUES (99, '', 0)",
            )?;
            Ok(())
        });
        writer.carry_out(&mut vec![innocent, guilty]);
        assert!(matches!(innocent_told.try_recv(), Ok(Err(StoreError::Sqlite(_)))));
        assert!(matches!(guilty_told.try_recv(), Ok(Err(StoreError::Sqlite(_)))));
        assert_eq!((count(&writer, "envelopes"), count(&writer, "lanes")), (0, 0));
        assert!(writer.connection.is_idle());
    }

    #[test]
    fn a_transaction_that_is_given_up_half_way_acknowledges_only_what_came_after() {
        let writer = writer();
        let (lost, mut lost_told) = append(1);
        let (breaking, mut breaking_told) = write(|connection| {
            connection.batch("ROLLBACK")?;
            Err(StoreError::Taken)
        });
        let (after, mut after_told) = append(1);
        writer.carry_out(&mut vec![lost, breaking, after]);
        assert!(matches!(lost_told.try_recv(), Ok(Err(StoreError::RolledBack))));
        assert!(matches!(breaking_told.try_recv(), Ok(Err(StoreError::Taken))));
        assert!(matches!(after_told.try_recv(), Ok(Ok(Appended::New { .. }))));
        assert_eq!(count(&writer, "envelopes"), 1);
    }

    #[test]
    fn the_queue_is_weighed() {
        let queued = Arc::default();
        let first = Weight::put(&queued, 6, 10);
        assert!(first.is_some());
        assert!(Weight::put(&queued, 6, 10).is_none());
        drop(first);
        assert!(Weight::put(&queued, 6, 10).is_some());
        assert_eq!(queued.load(Ordering::Relaxed), 0);
    }
}
