//! Which lanes run: woken by the bell, by due times, and at start.

use std::{collections::HashSet, time::Duration};

use domain::ids::WorkspaceId;
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{Engine, lane::LINGER};

/// How long rings are gathered before the database is looked at: it is looked at at most this often under load.
const GATHER: Duration = Duration::from_millis(5);

/// The bell may be missed; the database is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How often what is left of the budgets is shown while nothing is sent.
const SHOW_EVERY: Duration = Duration::from_secs(5);

/// How long lanes may go on after a stop was asked for. What is cut off is begun in the ledger.
const STOP_PATIENCE: Duration = Duration::from_secs(7);

/// How long nothing new is begun after a lane broke down, so that one that does so again and again does not spin.
const AFTER_BREAKDOWN: Duration = Duration::from_secs(1);

/// Tells that a lane has ended, however it ended: one that broke down must not count as running for ever.
struct Ended {
    workspace: WorkspaceId,
    tell: mpsc::UnboundedSender<WorkspaceId>,
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.tell.send(self.workspace);
    }
}

impl Engine {
    /// Runs until stopped: lanes, and the keeper of lists.
    ///
    /// When stopped, each lane finishes the batch it has, for some seconds at most.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let lists = tokio::spawn({
            let (engine, stop) = (self.clone(), stop.clone());
            async move { engine.keep_lists(stop).await }
        });
        let shown = tokio::spawn({
            let engine = self.clone();
            async move {
                loop {
                    engine.show_budgets();
                    tokio::time::sleep(SHOW_EVERY).await;
                }
            }
        });
        let notices = tokio::spawn({
            let (engine, stop) = (self.clone(), stop.clone());
            async move { engine.send_notices(stop).await }
        });
        self.schedule(stop).await;
        // One that broke down has left its notices begun: they are due again.
        let _ = notices.await;
        // Reading lists writes nothing to HubSpot; it needs no orderly end.
        lists.abort();
        shown.abort();
    }

    async fn schedule(&self, mut stop: watch::Receiver<bool>) {
        let (ended, mut ends) = mpsc::unbounded_channel();
        let mut lanes = JoinSet::new();
        let mut running: HashSet<WorkspaceId> = HashSet::new();
        loop {
            // One moment for both looks: what falls due between two would be seen by neither.
            let now = self.now();
            for workspace in self.with_work(now).await {
                if !running.insert(workspace) {
                    continue;
                }
                let (engine, stop) = (self.clone(), stop.clone());
                let ended = Ended { workspace, tell: ended.clone() };
                lanes.spawn(async move {
                    if let Err(error) = Box::pin(engine.run_lane(workspace, &stop)).await {
                        tracing::error!(workspace = workspace.0, "a pass failed: {error}");
                        tokio::time::sleep(AFTER_BREAKDOWN).await;
                    }
                    drop(ended);
                });
            }
            let wait = self.until_due(now, &running).await;
            tokio::select! {
                // In order, so that a simulation replays; a bell that goes on ringing keeps no lane's end waiting.
                biased;
                () = told(&mut stop) => break,
                Some(workspace) = ends.recv() => {
                    running.remove(&workspace);
                }
                // Which ones were rung is in the database; a lane that runs takes what is new with its next batch.
                _ = self.store.rung() => {
                    tokio::time::sleep(GATHER).await;
                }
                () = tokio::time::sleep(wait) => {}
            }
            while let Some(lane) = lanes.try_join_next() {
                if lane.is_err() {
                    tracing::error!("a lane broke down; it starts again");
                    tokio::time::sleep(AFTER_BREAKDOWN).await;
                }
            }
        }
        let all = async { while lanes.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_PATIENCE, all).await.is_err() {
            tracing::warn!("a lane was cut off; it starts from the ledger next time");
        }
    }

    async fn with_work(&self, now: Timestamp) -> Vec<WorkspaceId> {
        self.store.work(now).await.unwrap_or_else(|error| {
            tracing::error!("the store does not answer: {error}");
            Vec::new()
        })
    }

    async fn until_due(&self, now: Timestamp, running: &HashSet<WorkspaceId>) -> Duration {
        match self.store.next_due(now).await {
            Ok(Some(at)) if at > now => {
                Duration::try_from(at.duration_since(self.now())).unwrap_or_default().min(LOOK_AGAIN)
            }
            Ok(Some(_)) if running.is_empty() => LINGER,
            _ => LOOK_AGAIN,
        }
    }
}

/// Waits until a stop is asked for; also when nobody is left who could ask.
pub async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
