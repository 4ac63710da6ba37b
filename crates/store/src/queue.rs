//! What waits for SQLite's one writer: short jobs are done together, a long one alone, and none of them waits for more than
//! one long job of others.

use std::collections::VecDeque;

use domain::ids::WorkspaceId;
use tokio::sync::{mpsc, oneshot};

use crate::writer::{Job, Write};

/// Jobs in one transaction at most. More would make the first wait longer and gain little (HOUSE, choices made).
const GROUP_MAX: usize = 512;

/// Jobs by whose turn it is. After the short ones comes one long job, of each workspace in turn; then the short ones that
/// came meanwhile. A batch of a hundred records takes the writer about twenty milliseconds, and a workspace that floods has
/// eight of them waiting: in the order of their coming, each write of a quiet workspace would wait for them all.
pub(crate) struct Queue {
    jobs: mpsc::Receiver<Job>,
    short: Vec<Job>,
    long: VecDeque<(WorkspaceId, VecDeque<Box<dyn Write>>)>,
    /// Whether the group before was one of short jobs.
    was_short: bool,
    /// Who asked for the end.
    pub(crate) closing: Vec<oneshot::Sender<()>>,
}

impl Queue {
    pub(crate) fn new(jobs: mpsc::Receiver<Job>) -> Self {
        Self { jobs, short: Vec::new(), long: VecDeque::new(), was_short: false, closing: Vec::new() }
    }

    /// The jobs of the next transaction, once there are any; `None` when the queue is closed and empty.
    pub(crate) fn next_blocking(&mut self) -> Option<Vec<Job>> {
        if self.is_empty() {
            let first = self.jobs.blocking_recv()?;
            self.put(first);
        }
        Some(self.group())
    }

    /// The same without blocking the thread.
    pub(crate) async fn next(&mut self) -> Option<Vec<Job>> {
        if self.is_empty() {
            let first = self.jobs.recv().await?;
            self.put(first);
        }
        Some(self.group())
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.short.len() + self.long.iter().map(|(_, jobs)| jobs.len()).sum::<usize>()
    }

    /// Looks at all that has come, as far as a group goes, and takes those whose turn it is.
    fn group(&mut self) -> Vec<Job> {
        for _ in self.len()..GROUP_MAX {
            let Ok(job) = self.jobs.try_recv() else { break };
            self.put(job);
        }
        self.was_short = !self.short.is_empty() && (!self.was_short || self.long.is_empty());
        if self.was_short { std::mem::take(&mut self.short) } else { self.next_long().into_iter().collect() }
    }

    fn next_long(&mut self) -> Option<Job> {
        let (workspace, mut jobs) = self.long.pop_front()?;
        let job = jobs.pop_front();
        if !jobs.is_empty() {
            self.long.push_back((workspace, jobs));
        }
        job.map(|job| Job::Long(workspace, job))
    }

    fn put(&mut self, job: Job) {
        match job {
            Job::Stop(tell) => {
                self.jobs.close();
                self.closing.push(tell);
            }
            Job::Long(workspace, job) => match self.long.iter_mut().find(|(whose, _)| *whose == workspace) {
                Some((_, jobs)) => jobs.push_back(job),
                None => self.long.push_back((workspace, VecDeque::from([job]))),
            },
            short => self.short.push(short),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc::channel};

    use futures_util::future::join_all;

    use super::*;
    use crate::{Location, MasterKey, Store, database::Connection};

    #[tokio::test]
    async fn a_short_job_waits_for_one_long_job_and_a_workspace_for_one_of_each_other() {
        let store = Store::open(Location::Memory, MasterKey::from_bytes([7; 32])).unwrap();
        // What waits behind this one is queued before any of it is done.
        let (started, has_started) = oneshot::channel();
        let (release, released) = channel::<()>();
        let hold = move |_: &Connection| {
            let _ = started.send(());
            let _ = released.recv();
            Ok(())
        };
        let busy = tokio::spawn({
            let store = store.clone();
            async move { store.write(hold).await }
        });
        has_started.await.unwrap();
        let done = Arc::<Mutex<Vec<&str>>>::default();
        let note = |name: &'static str| {
            let done = Arc::clone(&done);
            move |_: &Connection| {
                done.lock().unwrap().push(name);
                Ok(())
            }
        };
        let (loud, other) = (WorkspaceId(1), WorkspaceId(2));
        let long = [("loud 1", loud), ("loud 2", loud), ("loud 3", loud), ("other 1", other)];
        let long = long.map(|(name, workspace)| store.write_long(workspace, note(name), |()| {}));
        let (long, short, ()) = tokio::join!(join_all(long), store.write(note("short")), async {
            release.send(()).unwrap();
        });
        busy.await.unwrap().unwrap();
        assert!(long.into_iter().all(|answer| answer.is_ok()) && short.is_ok());
        assert_eq!(*done.lock().unwrap(), ["loud 1", "short", "other 1", "loud 2", "loud 3"]);
    }
}
