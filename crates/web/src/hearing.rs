//! A change of a connection or a hook holds on all nodes once it is answered.

use std::time::Duration;

use crate::{api::problem::Problem, app::App};

/// Longer than a node that says nothing counts as alive: after that it sends nothing either.
const PATIENCE: Duration = Duration::from_secs(8);

/// When it is looked again whether all have heard: twice as late each time, so that many who wait do not keep the nodes that
/// they wait for from hearing.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
const LOOK_AGAIN_MAX: Duration = Duration::from_millis(160);

/// Waits until each node goes by all that was changed up to now.
pub async fn everywhere(app: &App) -> Result<(), Problem> {
    let version = app.web.store.version();
    let heard = async {
        let mut pause = LOOK_AGAIN;
        while !app.web.store.is_heard(version, app.now()).await? {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LOOK_AGAIN_MAX);
        }
        Ok(())
    };
    let in_time = tokio::time::timeout(PATIENCE, heard).await;
    in_time.unwrap_or_else(|_| {
        Err(Problem::unavailable("It is changed, but not all nodes go by it yet. Try again."))
    })
}
