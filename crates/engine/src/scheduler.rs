//! Which lanes run here: woken by the bell, by due times, by nodes that come and go, and at start.

mod desk;

use std::time::Duration;

use tokio::sync::watch;

use self::desk::Desk;
use crate::{Engine, lane::AFTER_BREAKDOWN};

/// How long rings are gathered.
const GATHER: Duration = Duration::from_millis(5);

/// How often what is left of the budgets is shown while nothing is sent.
const SHOW_EVERY: Duration = Duration::from_secs(5);

/// How long lanes may go on after a stop was asked for. What is cut off is begun in the ledger.
const STOP_PATIENCE: Duration = Duration::from_secs(7);

impl Engine {
    /// Runs until stopped: lanes, notices, the keeper of lists and the sweeper.
    ///
    /// When stopped, each lane finishes the batch it has, for some seconds at most, and is another node's to take at once.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let (stop_beating, beating) = watch::channel(false);
        let beat = tokio::spawn({
            let node = self.node.clone();
            async move { node.keep_alive(beating).await }
        });
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
        let sweeper = tokio::spawn({
            let (engine, stop) = (self.clone(), stop.clone());
            async move { engine.keep_swept(stop).await }
        });
        self.schedule(stop).await;
        // One that broke down has left its notices begun: they are due again.
        let _ = notices.await;
        // Reading lists writes nothing to HubSpot; it needs no orderly end.
        lists.abort();
        // What is cut off here was not begun, or is carried out whole: the next sweeping goes on from there.
        sweeper.abort();
        shown.abort();
        stop_beating.send_replace(true);
        // The last beat comes before the farewell.
        let _ = beat.await;
        self.node.leave().await;
    }

    async fn schedule(&self, mut stop: watch::Receiver<bool>) {
        let mut roster = self.node.roster();
        let mut desk = Desk::new(self.clone());
        loop {
            desk.look_if_due().await;
            let look_at = desk.look_at();
            tokio::select! {
                // In order, so that a simulation replays; a bell that goes on ringing keeps no lane's end waiting.
                biased;
                () = told(&mut stop) => break,
                ended = desk.next_ended() => desk.put_down(ended).await,
                Ok(()) = roster.changed() => desk.let_go().await,
                rung = self.store.rung() => {
                    tokio::time::sleep(GATHER).await;
                    desk.start_own(rung);
                }
                () = tokio::time::sleep_until(look_at) => {}
            }
            if desk.has_breakdown() {
                tracing::error!("a lane broke down; it starts again");
                tokio::time::sleep(AFTER_BREAKDOWN).await;
            }
        }
        self.node.depart().await;
        desk.let_go().await;
        if tokio::time::timeout(STOP_PATIENCE, desk.finish()).await.is_err() {
            tracing::warn!("a lane was cut off; it starts from the ledger next time");
        }
    }
}

/// Waits until a stop is asked for; also when nobody is left who could ask.
pub async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
