//! This node among those that work on the database: its heartbeat, who else is alive, and how long its leases are good.
//!
//! A lease is good as long as its node is alive, and a node is alive for some seconds after each of its beats. The others
//! count these by the database's clock, from when the beat was taken; the node itself by its own, from when it was sent,
//! and less a margin: whatever the clocks say, it stops before another one may begin.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use connectors::gate::Gates;
use domain::ids::WorkspaceId;
use jiff::SignedDuration;
use store::{Lease, Peer, Pulse, Roll, Store, StoreError};
use tokio::{sync::watch, time::Instant};
use uuid::Uuid;

use crate::{Clock, roster::Roster};

/// How often a node says that it is alive.
const BEAT_EVERY: Duration = Duration::from_secs(1);

/// How long each beat is good: two may be late before lanes move.
const BEAT_LASTS: SignedDuration = SignedDuration::from_secs(3);

/// So long before others may take its lanes a node lets go of them: what is under way is dropped in this time.
const MARGIN: Duration = Duration::from_millis(500);

/// A peer's end is looked at when it has surely come.
const AFTER_END: Duration = Duration::from_millis(20);

/// How long nothing is said after the store failed.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

/// This node. Cheap to clone.
#[derive(Clone)]
pub struct Node(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    gates: Arc<Gates>,
    id: Uuid,
    name: String,
    is_leaving: AtomicBool,
    /// The newest change of connections that the gates go by.
    heard: AtomicI64,
    tenure: watch::Sender<Tenure>,
    roster: watch::Sender<Roster>,
}

/// How long the leases of this node are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tenure {
    /// Up to when; `None` where nobody else can work on the database.
    until: Option<Instant>,
    /// Goes up when it has run out: the leases of before stay void, though the node is alive again.
    spell: u64,
}

impl Tenure {
    fn is_good(self, spell: u64, now: Instant) -> bool {
        self.spell == spell && self.until.is_none_or(|until| now < until)
    }

    /// Goes on from a beat that was sent then.
    fn renew(&mut self, sent: Instant, is_late: bool) {
        let Some(until) = &mut self.until else { return };
        if is_late || sent >= *until {
            self.spell += 1;
        }
        *until = sent + BEAT_LASTS.unsigned_abs() - MARGIN;
    }
}

/// A lane that this node holds.
#[derive(Clone)]
pub struct Held {
    lease: Lease,
    spell: u64,
    tenure: watch::Receiver<Tenure>,
}

impl Held {
    /// What the store is shown with each write.
    pub fn lease(&self) -> Lease {
        self.lease
    }

    /// Whether it is good at this moment, by this machine's own clock.
    pub fn is_good(&self) -> bool {
        self.tenure.borrow().is_good(self.spell, Instant::now())
    }

    /// Waits until it is not good any more.
    pub async fn lapsed(mut self) {
        loop {
            let tenure = *self.tenure.borrow_and_update();
            if !tenure.is_good(self.spell, Instant::now()) {
                return;
            }
            let over = async {
                match tenure.until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = over => {}
                // The sender lives as long as the node.
                _ = self.tenure.changed() => {}
            }
        }
    }
}

impl Node {
    /// Joins those that work on the database. `name` is for people.
    ///
    /// # Errors
    /// The store's; `Occupied` where the database is a file that another process works on.
    pub async fn join(
        store: Store,
        clock: Clock,
        gates: Arc<Gates>,
        id: Uuid,
        name: String,
    ) -> Result<Self, StoreError> {
        let until = store.is_shared().then(Instant::now);
        let node = Self(Arc::new(Inner {
            store,
            clock,
            gates,
            id,
            name,
            is_leaving: AtomicBool::new(false),
            heard: AtomicI64::new(0),
            tenure: watch::Sender::new(Tenure { until, spell: 0 }),
            roster: watch::Sender::new(Roster::new(id, Vec::new())),
        }));
        let sent = Instant::now();
        let roll = node.0.store.join(node.pulse(), (node.0.clock)()).await?;
        // Nothing was read before, so there is nothing to hear of.
        node.0.heard.store(roll.version, Ordering::Release);
        node.answered(sent, &roll);
        Ok(node)
    }

    /// Its id, another one for each process.
    pub fn id(&self) -> Uuid {
        self.0.id
    }

    /// What it works with, which is its engine's too.
    pub(crate) fn parts(&self) -> (Store, Clock, Arc<Gates>) {
        (self.0.store.clone(), Arc::clone(&self.0.clock), Arc::clone(&self.0.gates))
    }

    /// Who works, now and as it changes.
    pub(crate) fn roster(&self) -> watch::Receiver<Roster> {
        self.0.roster.subscribe()
    }

    /// Whether a lane belongs to this node.
    pub(crate) fn is_mine(&self, workspace: WorkspaceId) -> bool {
        self.0.roster.borrow().is_mine(workspace)
    }

    /// Takes a lane; `None` if another node holds it, or this one does not count as alive.
    pub(crate) async fn take(&self, workspace: WorkspaceId) -> Result<Option<Held>, StoreError> {
        let tenure = self.0.tenure.subscribe();
        let spell = tenure.borrow().spell;
        let lease = self.0.store.take(workspace, self.0.id, (self.0.clock)()).await?;
        Ok(lease.map(|lease| Held { lease, spell, tenure }).filter(Held::is_good))
    }

    /// Says again and again that it is alive, and hears of what others do, until told to stop.
    pub(crate) async fn keep_alive(&self, mut stop: watch::Receiver<bool>) {
        let mut next = self.beat().await;
        loop {
            tokio::select! {
                biased;
                () = crate::scheduler::told(&mut stop) => return,
                () = self.0.store.stirred() => {}
                () = wait(next) => {}
            }
            next = self.beat().await;
        }
    }

    /// Takes no more lanes, and says so.
    pub(crate) async fn depart(&self) {
        self.0.is_leaving.store(true, Ordering::Release);
        self.beat().await;
        self.0.store.stir();
    }

    /// Takes itself off the list.
    pub(crate) async fn leave(&self) {
        if let Err(error) = self.0.store.leave(self.0.id).await {
            // Without it the others wait some seconds.
            tracing::error!("the store does not answer: {error}");
        }
    }

    /// Beats, and goes by what it hears; returns when the next one is to be.
    async fn beat(&self) -> Option<Duration> {
        loop {
            let sent = Instant::now();
            let heard = self.0.heard.load(Ordering::Acquire);
            let roll = match self.0.store.beat(self.pulse(), (self.0.clock)()).await {
                Ok(roll) => roll,
                Err(error) => {
                    tracing::error!("the store does not answer: {error}");
                    return Some(AFTER_FAILURE);
                }
            };
            self.answered(sent, &roll);
            if roll.version <= heard {
                return self.0.store.is_shared().then(|| self.next(&roll.alive));
            }
            if let Err(error) = self.hear(heard, roll.version).await {
                tracing::error!("the store does not answer: {error}");
                return Some(AFTER_FAILURE);
            }
        }
    }

    fn pulse(&self) -> Pulse {
        Pulse {
            node: self.0.id,
            name: self.0.name.clone(),
            lasts: self.0.store.is_shared().then_some(BEAT_LASTS),
            is_leaving: self.0.is_leaving.load(Ordering::Acquire),
            heard: self.0.heard.load(Ordering::Acquire),
        }
    }

    fn answered(&self, sent: Instant, roll: &Roll) {
        self.0.tenure.send_modify(|tenure| tenure.renew(sent, roll.is_late));
        let at_work = roll.alive.iter().filter(|peer| !peer.is_leaving);
        let roster = Roster::new(self.0.id, at_work.map(|peer| peer.id).collect());
        self.0.roster.send_if_modified(|before| {
            let is_change = *before != roster;
            if is_change {
                let names: Vec<&str> = roll.alive.iter().map(|peer| peer.name.as_str()).collect();
                tracing::info!("nodes at work: {}", names.join(", "));
                *before = roster;
            }
            is_change
        });
    }

    /// Opens and closes the gates as the connections stand.
    async fn hear(&self, after: i64, version: i64) -> Result<(), StoreError> {
        for (workspace, is_open) in self.0.store.hubspots_changed(after).await? {
            if is_open {
                self.0.gates.open(workspace);
            } else {
                self.0.gates.close(workspace);
            }
        }
        self.0.heard.store(version, Ordering::Release);
        Ok(())
    }

    /// When it beats next: in time, and at once when another one's time is over, whose lanes are free then.
    fn next(&self, alive: &[Peer]) -> Duration {
        let others = alive.iter().filter(|peer| peer.id != self.0.id);
        let ends = others.map(|peer| peer.left.unsigned_abs() + AFTER_END);
        ends.chain([BEAT_EVERY]).min().unwrap_or(BEAT_EVERY)
    }
}

async fn wait(next: Option<Duration>) {
    match next {
        Some(next) => tokio::time::sleep(next).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_good_up_to_its_time_and_stays_void_after_though_the_node_is_alive_again() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut tenure = Tenure { until: Some(start), spell: 0 };
        tenure.renew(start, true);
        assert!(!tenure.is_good(0, start) && tenure.is_good(1, start));
        tenure.renew(after(1_000), false);
        tenure.renew(after(2_000), false);
        assert!(tenure.is_good(1, after(4_499)) && !tenure.is_good(1, after(4_500)));
        tenure.renew(after(4_500), false);
        assert!(!tenure.is_good(1, after(4_500)), "another node may have had the lane meanwhile");
        assert!(tenure.is_good(2, after(4_500)));
    }

    #[test]
    fn a_beat_that_came_late_by_the_databases_clock_voids_all_leases() {
        let now = Instant::now();
        let mut tenure = Tenure { until: Some(now + MARGIN), spell: 0 };
        tenure.renew(now, true);
        assert!(!tenure.is_good(0, now) && tenure.is_good(1, now));
    }

    #[test]
    fn where_nobody_else_can_work_on_the_database_a_lease_is_good_for_good() {
        let now = Instant::now();
        let mut tenure = Tenure { until: None, spell: 0 };
        tenure.renew(now, true);
        assert!(tenure.is_good(0, now + Duration::from_secs(100_000)));
    }

    #[tokio::test]
    async fn who_waits_for_a_lapse_hears_of_a_new_spell_though_its_time_has_not_come() {
        let until = Some(Instant::now() + Duration::from_secs(100_000));
        let (tenure, told) = watch::channel(Tenure { until, spell: 0 });
        let lease = Lease { workspace: WorkspaceId(1), node: Uuid::nil(), epoch: 1 };
        let held = Held { lease, spell: 0, tenure: told };
        let (mut lapsed, mut is_early) = (Box::pin(held.clone().lapsed()), false);
        tokio::select! {
            biased;
            () = &mut lapsed => {}
            () = std::future::ready(()) => is_early = true,
        }
        assert!(is_early && held.is_good());
        tenure.send_modify(|tenure| tenure.renew(Instant::now(), true));
        lapsed.await;
        assert!(!held.is_good());
    }
}
