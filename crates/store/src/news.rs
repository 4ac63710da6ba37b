//! News: which records have changed, on whichever node, for pages that are open. They may be missed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::ids::{RecordId, WorkspaceId};
use tokio::sync::broadcast;

use crate::{Store, peal::Outbox};

/// News that wait for a slow reader; who is further behind is told to look again at all.
const WAITING_MAX: usize = 256;

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// These records.
    These(Vec<RecordId>),
    /// More than can be told.
    Many,
}

/// Where news come from.
pub(crate) struct Newsroom {
    /// Of a workspace, or of all.
    here: broadcast::Sender<(Option<WorkspaceId>, Changed)>,
    others: Arc<Outbox>,
}

/// A reader of one workspace's news.
pub struct News {
    workspace: WorkspaceId,
    told: broadcast::Receiver<(Option<WorkspaceId>, Changed)>,
}

impl Newsroom {
    /// News that are told on other nodes too.
    pub(crate) fn with(others: Arc<Outbox>) -> Self {
        Self { here: broadcast::channel(WAITING_MAX).0, others }
    }

    /// Tells who listens; costs next to nothing while nobody does.
    pub(crate) fn tell(&self, workspace: WorkspaceId, changed: Changed) {
        self.others.tell(workspace, &changed);
        // An error means that nobody listens.
        let _ = self.here.send((Some(workspace), changed));
    }

    /// Takes in what has changed on another node: these records, or more than can be told where none is named.
    pub(crate) fn hear(&self, news: BTreeMap<i64, BTreeSet<RecordId>>) {
        for (workspace, records) in news {
            let is_many = records.is_empty();
            let changed = if is_many { Changed::Many } else { Changed::These(records.into_iter().collect()) };
            let _ = self.here.send((Some(WorkspaceId(workspace)), changed));
        }
    }

    /// Takes in that it is not known what has changed elsewhere.
    pub(crate) fn hear_of_gap(&self) {
        let _ = self.here.send((None, Changed::Many));
    }
}

impl News {
    /// Waits for what changes next; `None` when the store is gone.
    pub async fn next(&mut self) -> Option<Changed> {
        loop {
            match self.told.recv().await {
                Ok((of, changed)) if of.is_none_or(|of| of == self.workspace) => return Some(changed),
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return Some(Changed::Many),
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Store {
    /// The news of a workspace from now on.
    pub fn listen(&self, workspace: WorkspaceId) -> News {
        News { workspace, told: self.news().here.subscribe() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_hears_of_its_workspace_alone_and_one_that_is_too_slow_is_told_to_look_at_all() {
        let room = Newsroom::with(Arc::default());
        let mut news = News { workspace: WorkspaceId(1), told: room.here.subscribe() };
        let of = |n: u128| Changed::These(vec![RecordId(uuid::Uuid::from_u128(n))]);
        room.tell(WorkspaceId(2), of(2));
        room.tell(WorkspaceId(1), of(1));
        assert_eq!(news.next().await, Some(of(1)));
        for _ in 0..=WAITING_MAX {
            room.tell(WorkspaceId(2), of(2));
        }
        assert_eq!(news.next().await, Some(Changed::Many));
        drop(room);
        assert_eq!(news.next().await, None);
    }
}
