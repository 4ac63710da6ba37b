//! A lane: one workspace's work, done by one node at a time.
//!
//! Batches are taken up one after the other, since they may ask for the same people, and written side by side: while one
//! waits for HubSpot's answer, the next is on its way. A record is in one batch at a time.

use std::time::Duration;

use domain::ids::WorkspaceId;
use store::{StoreError, Taken};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    Engine,
    asking::Young,
    node::Held,
    pass::{Passed, Prepared, Taking},
};

/// How long a lane gathers before it takes a batch that is not full: webhooks of one call, and calls of one moment, then
/// share requests. Adds this to the time from webhook to HubSpot.
pub const LINGER: Duration = Duration::from_millis(100);

/// How many batches are written side by side at most. HubSpot's 19 requests a second, each answered within 0.4 s, take
/// eight at a time.
const WIDTH_MAX: usize = 8;

/// How long a lane rests after it broke down, so that one that does so again and again does not spin.
pub const AFTER_BREAKDOWN: Duration = Duration::from_secs(1);

/// The batches that a lane has in hand.
struct Hand {
    writing: JoinSet<(usize, Result<Passed, StoreError>)>,
    taken: Vec<(usize, Taken)>,
    count: usize,
    /// How many may be written side by side: one until HubSpot has answered, then twice as many each time.
    width: usize,
}

impl Hand {
    fn new() -> Self {
        Self { writing: JoinSet::new(), taken: Vec::new(), count: 0, width: 1 }
    }

    fn is_empty(&self) -> bool {
        self.writing.is_empty()
    }

    fn is_full(&self) -> bool {
        self.writing.len() >= self.width
    }

    fn taken(&self) -> Taken {
        let mut all = Taken::default();
        for (_, taken) in &self.taken {
            all.records.extend(&taken.records);
            all.names.extend(taken.names.iter().cloned());
        }
        all
    }

    fn write(&mut self, engine: &Engine, batch: Prepared) {
        let (engine, number) = (engine.clone(), self.count);
        self.count += 1;
        self.taken.push((number, batch.taken()));
        self.writing.spawn(async move { (number, Box::pin(engine.finish(batch)).await) });
    }

    /// Waits until one batch is written.
    async fn next(&mut self) -> Result<Passed, StoreError> {
        let Some(written) = self.writing.join_next().await else { return Ok(Passed::Done) };
        let (number, passed) = written.unwrap_or_else(|broken| match broken.try_into_panic() {
            // The scheduler starts a lane that broke down again.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => (usize::MAX, Ok(Passed::Parked)),
        });
        self.taken.retain(|(other, _)| *other != number);
        let passed = passed?;
        self.width = match passed {
            Passed::Done => (self.width * 2).min(WIDTH_MAX),
            Passed::Parked => 1,
        };
        Ok(passed)
    }

    /// Waits until all batches are written; tells the worst.
    async fn all(&mut self) -> Result<Passed, StoreError> {
        let mut worst = Ok(Passed::Done);
        while !self.is_empty() {
            match self.next().await {
                Ok(Passed::Done) => {}
                other => worst = other,
            }
        }
        worst
    }
}

impl Engine {
    /// Takes a lane, unless this node holds it already, and works it; returns it if it is still this node's.
    pub(crate) async fn work_lane(
        &self,
        workspace: WorkspaceId,
        held: Option<Held>,
        stop: &watch::Receiver<bool>,
    ) -> Option<Held> {
        let held = match held.filter(Held::is_good) {
            Some(held) => held,
            None => match self.node.take(workspace).await {
                Ok(taken) => taken?,
                Err(error) => {
                    tracing::error!(workspace = workspace.0, "the lane could not be taken: {error}");
                    tokio::time::sleep(AFTER_BREAKDOWN).await;
                    return None;
                }
            },
        };
        let lapsed = held.clone().lapsed();
        let ran = tokio::select! {
            biased;
            // What is under way is dropped with it, and stays begun.
            () = lapsed => {
                tracing::warn!(workspace = workspace.0, "this node is cut off from the others: a lane is given up");
                return None;
            }
            ran = Box::pin(self.run_lane(&held, stop)) => ran,
        };
        match ran {
            Ok(()) => Some(held),
            Err(StoreError::Moved) => {
                tracing::warn!(
                    workspace = workspace.0,
                    "another node has taken a lane; what was still written for it is refused"
                );
                None
            }
            Err(error) => {
                tracing::error!(workspace = workspace.0, "a pass failed: {error}");
                tokio::time::sleep(AFTER_BREAKDOWN).await;
                Some(held)
            }
        }
    }

    /// Works a lane until there is nothing to do, it is parked, or a stop is asked for.
    ///
    /// # Errors
    /// The store's. What was begun is in the ledger.
    async fn run_lane(&self, held: &Held, stop: &watch::Receiver<bool>) -> Result<(), StoreError> {
        tokio::time::sleep(LINGER).await;
        let mut hand = Hand::new();
        let mut young = Young::default();
        while !*stop.borrow() {
            let (passed, lingers) = match Box::pin(self.prepare(held, &hand.taken(), &mut young)).await {
                Ok(Taking::Idle) if hand.is_empty() => return Ok(()),
                // What came meanwhile for records in hand is looked at once they are written.
                Ok(Taking::Idle) => {
                    young = Young::default();
                    (hand.all().await, true)
                }
                Ok(Taking::Batch(batch)) => {
                    let has_more = batch.has_more();
                    if !has_more {
                        young = Young::default();
                    }
                    hand.write(self, *batch);
                    match has_more {
                        true if hand.is_full() => (hand.next().await, false),
                        true => (Ok(Passed::Done), false),
                        false => (hand.all().await, true),
                    }
                }
                Err(error) => (Err(error), false),
            };
            match passed {
                Ok(Passed::Done) if lingers => tokio::time::sleep(LINGER).await,
                Ok(Passed::Done) => {}
                Ok(Passed::Parked) => break,
                Err(error) => {
                    let _ = hand.all().await;
                    return Err(error);
                }
            }
        }
        hand.all().await.map(|_| ())
    }
}
