//! News: which records have changed, for pages that are open. They may be missed, and tell of this node's changes alone.

use domain::ids::{RecordId, WorkspaceId};
use tokio::sync::broadcast;

use crate::Store;

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
pub(crate) struct Newsroom(broadcast::Sender<(WorkspaceId, Changed)>);

/// A reader of one workspace's news.
pub struct News {
    workspace: WorkspaceId,
    told: broadcast::Receiver<(WorkspaceId, Changed)>,
}

impl Default for Newsroom {
    fn default() -> Self {
        Self(broadcast::channel(WAITING_MAX).0)
    }
}

impl Newsroom {
    /// Tells who listens; costs nothing while nobody does.
    pub(crate) fn tell(&self, workspace: WorkspaceId, changed: Changed) {
        // An error means that nobody listens.
        let _ = self.0.send((workspace, changed));
    }
}

impl News {
    /// Waits for what changes next; `None` when the store is gone.
    pub async fn next(&mut self) -> Option<Changed> {
        loop {
            match self.told.recv().await {
                Ok((workspace, changed)) if workspace == self.workspace => return Some(changed),
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
        News { workspace, told: self.news().0.subscribe() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_hears_of_its_workspace_alone_and_one_that_is_too_slow_is_told_to_look_at_all() {
        let room = Newsroom::default();
        let mut news = News { workspace: WorkspaceId(1), told: room.0.subscribe() };
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
