//! A store that works in steps: what a crash between two of them leaves behind.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use store::{Location, MasterKey, Pause, Store};
use tempfile::TempDir;
use tokio::{runtime::Builder, sync::Notify};

use crate::{at, envelope};

fn open(path: PathBuf, pause: Pause) -> Store {
    Store::open_in_steps(&Location::File(path), MasterKey::from_bytes([7; 32]), pause).unwrap()
}

/// Appends one envelope in a runtime that is dropped in the given pause after the append began; returns whether it was
/// acknowledged, and how many envelopes the next start finds.
fn crashed_in(pause: usize) -> (bool, u64) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("patchbay.db");
    let until = Arc::new(AtomicUsize::new(usize::MAX));
    let reached = Arc::new(Notify::new());
    let crashing: Pause = Arc::new({
        let (until, reached) = (Arc::clone(&until), Arc::clone(&reached));
        move || {
            let is_the_end = until.fetch_sub(1, Ordering::Relaxed) == 1;
            let reached = Arc::clone(&reached);
            Box::pin(async move {
                if is_the_end {
                    reached.notify_one();
                    std::future::pending::<()>().await;
                }
            })
        }
    });
    let runtime = Builder::new_current_thread().build().unwrap();
    let is_acknowledged = runtime.block_on(async {
        let store = open(path.clone(), crashing);
        let workspace = store.ensure_workspace("default", at(0)).await.unwrap().id;
        until.store(pause, Ordering::Relaxed);
        tokio::select! {
            biased;
            () = reached.notified() => false,
            appended = store.append(envelope(workspace, "bk_1", 1)) => appended.is_ok(),
        }
    });
    drop(runtime);
    let found = Builder::new_current_thread().build().unwrap().block_on(async {
        let store = open(path, Arc::new(|| Box::pin(std::future::ready(()))));
        store.stats().await.unwrap().unread
    });
    (is_acknowledged, found)
}

#[test]
fn a_crash_before_the_commit_leaves_nothing_and_nothing_was_acknowledged() {
    assert_eq!(crashed_in(1), (false, 0));
}

#[test]
fn a_crash_after_the_commit_leaves_what_was_not_acknowledged_yet() {
    assert_eq!(crashed_in(2), (false, 1));
}

#[test]
fn without_a_crash_what_was_acknowledged_is_there() {
    assert_eq!(crashed_in(3), (true, 1));
}
