//! The lanes on a node's desk: those that run, and those that it holds though nothing is to be done.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use domain::ids::WorkspaceId;
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use crate::{Engine, node::Held};

/// The bell may be missed; the database is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// The same where other nodes ring too: their bell crosses a network.
const LOOK_AGAIN_SHARED: Duration = Duration::from_secs(5);

/// After a look of so long nothing is looked at for so many times as long: looking takes a tenth of the time at most.
const REST_AFTER_LOOK: u32 = 9;

/// But no longer than this: what took so long was a database that stood still, and lanes wait for it to be looked at.
const REST_MAX: Duration = Duration::from_secs(5);

/// A lane that has ended.
pub struct Ended {
    workspace: WorkspaceId,
    /// It is still this node's.
    held: Option<Held>,
}

/// Tells that a lane has ended, however it ended: one that broke down must not count as running for ever.
struct Ending {
    workspace: WorkspaceId,
    held: Option<Held>,
    tell: mpsc::UnboundedSender<Ended>,
}

impl Ending {
    /// It has ended in order.
    fn with(mut self, held: Option<Held>) {
        self.held = held;
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.tell.send(Ended { workspace: self.workspace, held: self.held.take() });
    }
}

/// The lanes on a node's desk.
pub struct Desk {
    engine: Engine,
    idle: BTreeMap<WorkspaceId, Held>,
    /// Each with what asks it to stop.
    running: BTreeMap<WorkspaceId, watch::Sender<bool>>,
    lanes: JoinSet<()>,
    tell: mpsc::UnboundedSender<Ended>,
    ends: mpsc::UnboundedReceiver<Ended>,
    look_at: Instant,
    /// Nothing is looked at before.
    rests_until: Instant,
}

impl Desk {
    pub fn new(engine: Engine) -> Self {
        let (tell, ends) = mpsc::unbounded_channel();
        let now = Instant::now();
        Self {
            engine,
            idle: BTreeMap::new(),
            running: BTreeMap::new(),
            lanes: JoinSet::new(),
            tell,
            ends,
            look_at: now,
            rests_until: now,
        }
    }

    /// When the database is to be looked at.
    pub const fn look_at(&self) -> Instant {
        self.look_at
    }

    /// Looks at the database if it is time, and starts the lanes that have work.
    pub async fn look_if_due(&mut self) {
        let began = Instant::now();
        if began < self.look_at {
            return;
        }
        // One moment for what is due and for what will be: what falls due between two would be seen by neither.
        let now = self.engine.now();
        let next = self.look(now).await;
        let ended = Instant::now();
        let again = if self.engine.store.is_shared() { LOOK_AGAIN_SHARED } else { LOOK_AGAIN };
        let next = next.map_or(again, |next| {
            Duration::try_from(next.duration_since(self.engine.now())).unwrap_or_default().min(again)
        });
        self.rests_until = ended + ((ended - began) * REST_AFTER_LOOK).min(REST_MAX);
        self.look_at = (ended + next).max(self.rests_until);
    }

    /// Starts what has work now; returns when more will have some.
    async fn look(&mut self, now: Timestamp) -> Option<Timestamp> {
        let outlooks = match self.engine.store.outlook(now).await {
            Ok(outlooks) => outlooks,
            Err(error) => {
                tracing::error!("the store does not answer: {error}");
                return None;
            }
        };
        let me = self.engine.node.id();
        let mut next: Option<Timestamp> = None;
        let mut strays = Vec::new();
        for outlook in outlooks {
            if outlook.holder == Some(me) && self.is_stray(outlook.workspace) {
                strays.push(outlook.workspace);
                continue;
            }
            // Another one that has it gives it back by itself if it is to, and rings.
            let is_free = outlook.holder.is_none_or(|holder| holder == me);
            if !is_free || !self.engine.node.is_mine(outlook.workspace) {
                continue;
            }
            if outlook.has_work(now) {
                self.start(outlook.workspace);
            }
            next = [next, outlook.next(now)].into_iter().flatten().min();
        }
        if !strays.is_empty()
            && let Err(error) = self.engine.store.disown(me, strays).await
        {
            // They are looked at again.
            tracing::error!("lanes are not given back: {error}");
        }
        next
    }

    /// Whether a lane in this node's name is another's to have and not on this desk: it was given up when this node was cut
    /// off. Nobody else would take it while this node is alive.
    fn is_stray(&self, workspace: WorkspaceId) -> bool {
        !self.engine.node.is_mine(workspace)
            && !self.idle.contains_key(&workspace)
            && !self.running.contains_key(&workspace)
    }

    /// Has the database looked at soon.
    fn look_soon(&mut self) {
        self.look_at = self.look_at.min(Instant::now().max(self.rests_until));
    }

    /// Starts those of the lanes that belong to this node.
    pub fn start_own(&mut self, workspaces: Vec<WorkspaceId>) {
        for workspace in workspaces {
            if self.engine.node.is_mine(workspace) {
                self.start(workspace);
            }
        }
    }

    /// Starts a lane. One that runs takes what is new with its next batch, and is looked at when it ends.
    fn start(&mut self, workspace: WorkspaceId) {
        let Entry::Vacant(place) = self.running.entry(workspace) else { return };
        let (stop, stopped) = watch::channel(false);
        place.insert(stop);
        let held = self.idle.remove(&workspace);
        let engine = self.engine.clone();
        let ending = Ending { workspace, held: None, tell: self.tell.clone() };
        self.lanes.spawn(async move {
            let held = engine.work_lane(workspace, held, &stopped).await;
            ending.with(held);
        });
    }

    /// Waits for a lane to end.
    pub async fn next_ended(&mut self) -> Ended {
        match self.ends.recv().await {
            Some(ended) => ended,
            // The desk itself could tell: this does not come.
            None => std::future::pending().await,
        }
    }

    /// Puts a lane down that has ended: back on the desk, or back for others where it is not this node's to have.
    pub async fn put_down(&mut self, ended: Ended) {
        self.running.remove(&ended.workspace);
        match ended.held {
            Some(held) if self.engine.node.is_mine(ended.workspace) => {
                self.idle.insert(ended.workspace, held);
            }
            Some(held) => self.release(vec![held]).await,
            None => self.engine.end_sessions([ended.workspace].into_iter()),
        }
        self.look_soon();
    }

    /// Whether a lane has broken down since this was asked last.
    pub fn has_breakdown(&mut self) -> bool {
        let mut is_broken = false;
        while let Some(lane) = self.lanes.try_join_next() {
            is_broken |= lane.is_err();
        }
        is_broken
    }

    /// Lets go of the lanes that belong to other nodes: at once, or when the batch in hand is written.
    pub async fn let_go(&mut self) {
        let node = &self.engine.node;
        let others = self.idle.extract_if(.., |workspace, _| !node.is_mine(*workspace));
        let others: Vec<Held> = others.map(|(_, held)| held).collect();
        for (workspace, stop) in &self.running {
            stop.send_if_modified(|stop| {
                !*stop && !node.is_mine(*workspace) && {
                    *stop = true;
                    true
                }
            });
        }
        self.release(others).await;
        self.look_soon();
    }

    /// Waits for the lanes that run, and gives each back as it ends.
    pub async fn finish(&mut self) {
        while !self.running.is_empty() {
            let ended = self.next_ended().await;
            self.put_down(ended).await;
        }
    }

    async fn release(&self, lanes: Vec<Held>) {
        if lanes.is_empty() {
            return;
        }
        let leases: Vec<_> = lanes.iter().map(Held::lease).collect();
        self.engine.end_sessions(leases.iter().map(|lease| lease.workspace));
        if let Err(error) = self.engine.store.release(leases).await {
            // They are free when this node has left, or says nothing any more.
            tracing::error!("lanes are not given back: {error}");
        }
    }
}
