//! Watching a drain: how many requests HubSpot's stand-in had by when.

use std::time::{Duration, Instant};

use crate::world::World;

/// How often is looked.
const LOOK: Duration = Duration::from_millis(100);

/// What a drain came to.
pub struct Drained {
    /// From the first request to the last.
    pub took: Duration,
    /// All requests ever.
    pub requests: u64,
    /// Of them, refused for rate.
    pub refused: u64,
    /// The most in any window.
    pub burst_peak: u64,
    /// What counted against the burst limit by when, in ms from the first request.
    seen: Vec<(u64, u64)>,
}

impl Drained {
    /// Whole windows in the time that the drain took.
    pub fn windows(&self, window_ms: u64) -> u64 {
        u64::try_from(self.took.as_millis()).unwrap_or(0) / window_ms
    }

    /// What was used of the allowance over the whole windows, of which there is at least one.
    pub fn share(&self, max: u64, window_ms: u64) -> f64 {
        let windows = self.windows(window_ms).max(1);
        let used =
            self.seen.iter().take_while(|(ms, _)| *ms <= windows * window_ms).last().map_or(0, |seen| seen.1);
        used as f64 / (windows * max) as f64
    }
}

/// Looks until nothing waits any more.
pub async fn until_written(world: &World) -> Drained {
    let before = world.counted().await;
    let (mut begun, mut seen): (Option<Instant>, Vec<(u64, u64)>) = (None, Vec::new());
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut looks = 0_u64;
    let mut last = Instant::now();
    loop {
        look.tick().await;
        let counted = world.counted().await - before;
        let now = Instant::now();
        if counted > seen.last().map_or(0, |seen| seen.1) {
            last = now;
            let begun = begun.get_or_insert(now);
            seen.push((u64::try_from((now - *begun).as_millis()).unwrap_or(0), counted));
        }
        looks += 1;
        // Counting what waits costs Patchbay something.
        if looks.is_multiple_of(10) && begun.is_some() && world.waiting().await == 0 {
            let limits = world.limits().await;
            return Drained {
                took: last - begun.unwrap_or(last),
                requests: world.requests().await,
                refused: limits["refused_total"].as_u64().unwrap_or(0),
                burst_peak: limits["burst_peak"].as_u64().unwrap_or(0),
                seen,
            };
        }
    }
}
