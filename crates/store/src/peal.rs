//! What one node rings to the others: gathered for a moment, told in a few texts, taken apart there. It may be missed.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::{Mutex, PoisonError},
};

use domain::ids::{RecordId, WorkspaceId};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::Changed;

/// So much goes into one text: PostgreSQL takes 7,999 bytes (its documentation, "NOTIFY"), a lane takes up to 21 and a
/// record that changed up to 39, besides 30 for its workspace.
const IN_A_TEXT: usize = 100;

/// What is rung.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Peal {
    /// There may be work in these workspaces.
    pub(crate) lanes: BTreeSet<i64>,
    /// A notice may be due.
    pub(crate) has_notices: bool,
    /// Nodes or connections have changed.
    pub(crate) has_changes: bool,
    /// More was rung than is told: all may have changed.
    pub(crate) has_gap: bool,
    /// Records that have changed, by workspace; more than can be told where none is named.
    pub(crate) news: BTreeMap<i64, BTreeSet<RecordId>>,
}

/// What is to be rung to other nodes, where there may be others.
#[derive(Default)]
pub(crate) struct Outbox {
    is_open: bool,
    peal: Mutex<Peal>,
    notify: Notify,
}

impl Outbox {
    /// One that somebody empties.
    pub(crate) fn open() -> Self {
        Self { is_open: true, ..Self::default() }
    }

    pub(crate) fn ring(&self, workspace: WorkspaceId) {
        self.put(|peal| {
            peal.lanes.insert(workspace.0);
        });
    }

    pub(crate) fn ring_for_notices(&self) {
        self.put(|peal| peal.has_notices = true);
    }

    pub(crate) fn stir(&self) {
        self.put(|peal| peal.has_changes = true);
    }

    /// Says that what was rung before may not have got through.
    pub(crate) fn own_up(&self) {
        self.put(|peal| peal.has_gap = true);
    }

    pub(crate) fn tell(&self, workspace: WorkspaceId, changed: &Changed) {
        self.put(|peal| peal.tell(workspace.0, changed));
    }

    fn put(&self, put: impl FnOnce(&mut Peal)) {
        if self.is_open {
            put(&mut self.peal.lock().unwrap_or_else(PoisonError::into_inner));
            self.notify.notify_one();
        }
    }

    /// Waits until there is something to be rung.
    pub(crate) async fn filled(&self) {
        while *self.peal.lock().unwrap_or_else(PoisonError::into_inner) == Peal::default() {
            self.notify.notified().await;
        }
    }

    /// Takes out what is to be rung, as texts.
    pub(crate) fn take(&self) -> Vec<String> {
        let peal = mem::take(&mut *self.peal.lock().unwrap_or_else(PoisonError::into_inner));
        peal.parts().iter().filter_map(|part| serde_json::to_string(part).ok()).collect()
    }
}

impl Peal {
    /// What is to be heard where it is not known what was rung.
    pub(crate) fn of_gap() -> Self {
        Self { has_gap: true, ..Self::default() }
    }

    /// Reads what another node rang; one of another version may say more.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn tell(&mut self, workspace: i64, changed: &Changed) {
        let is_known = self.news.contains_key(&workspace);
        let known = self.news.entry(workspace).or_default();
        match changed {
            Changed::These(records) if !is_known || !known.is_empty() => {
                known.extend(records);
                if known.is_empty() || known.len() > IN_A_TEXT {
                    known.clear();
                }
            }
            Changed::These(_) => {}
            Changed::Many => known.clear(),
        }
    }

    /// The same in parts that each fit into a text.
    fn parts(self) -> Vec<Self> {
        let mut parts = Vec::new();
        let Self { has_notices, has_changes, has_gap, .. } = self;
        let mut part = Self { has_notices, has_changes, has_gap, ..Self::default() };
        let mut weight = 0;
        let mut close = |part: &mut Self, weight: &mut usize, more: usize| {
            if *weight + more > IN_A_TEXT {
                parts.push(mem::take(part));
                *weight = 0;
            }
            *weight += more;
        };
        for lane in self.lanes {
            close(&mut part, &mut weight, 1);
            part.lanes.insert(lane);
        }
        for (workspace, records) in self.news {
            close(&mut part, &mut weight, records.len().max(1));
            part.news.insert(workspace, records);
        }
        parts.push(part);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(count: u128) -> Vec<RecordId> {
        (1..=count).map(|n| RecordId(uuid::Uuid::from_u128(u128::MAX - n))).collect()
    }

    fn rung(outbox: &Outbox) -> Vec<Peal> {
        outbox.take().iter().map(|text| Peal::read(text).unwrap()).collect()
    }

    #[tokio::test]
    async fn what_is_rung_in_a_moment_is_told_together_and_once() {
        let outbox = Outbox::open();
        for workspace in [2, 1, 2] {
            outbox.ring(WorkspaceId(workspace));
        }
        outbox.ring_for_notices();
        outbox.tell(WorkspaceId(1), &Changed::These(records(2)));
        outbox.filled().await;
        let [peal] = &rung(&outbox)[..] else { panic!("one text") };
        assert_eq!(peal.lanes, BTreeSet::from([1, 2]));
        assert!(peal.has_notices && !peal.has_changes);
        assert_eq!(peal.news, BTreeMap::from([(1, records(2).into_iter().collect())]));
        assert_eq!(rung(&outbox), [Peal::default()]);
    }

    #[test]
    fn each_text_is_one_that_postgresql_takes() {
        let outbox = Outbox::open();
        for n in 0..1_000 {
            outbox.ring(WorkspaceId(i64::MAX - n));
            outbox.tell(WorkspaceId(i64::MAX - n), &Changed::These(records(n.try_into().unwrap())));
        }
        let texts = outbox.take();
        assert!(texts.iter().all(|text| text.len() < 8_000), "{:?}", texts.iter().map(String::len).max());
        let peals: Vec<Peal> = texts.iter().map(|text| Peal::read(text).unwrap()).collect();
        assert_eq!(peals.iter().map(|peal| peal.lanes.len()).sum::<usize>(), 1_000);
        assert_eq!(peals.iter().map(|peal| peal.news.len()).sum::<usize>(), 1_000);
    }

    #[test]
    fn where_more_has_changed_than_can_be_told_no_record_is_named_whatever_comes_after() {
        let outbox = Outbox::open();
        for changed in [Changed::These(records(3)), Changed::Many, Changed::These(records(1))] {
            outbox.tell(WorkspaceId(1), &changed);
        }
        assert_eq!(rung(&outbox)[0].news, BTreeMap::from([(1, BTreeSet::new())]));
    }

    #[test]
    fn a_gap_is_told_and_a_node_that_knows_no_gaps_hears_the_rest() {
        let outbox = Outbox::open();
        outbox.ring(WorkspaceId(1));
        outbox.own_up();
        let [peal] = &rung(&outbox)[..] else { panic!("one text") };
        assert!(peal.has_gap && peal.lanes == BTreeSet::from([1]));
        assert!(Peal::read(r#"{"lanes":[1],"has_more_than_is_known":true}"#).is_some());
    }

    #[test]
    fn where_there_are_no_others_nothing_is_gathered() {
        let outbox = Outbox::default();
        outbox.ring(WorkspaceId(1));
        assert_eq!(rung(&outbox), [Peal::default()]);
    }
}
