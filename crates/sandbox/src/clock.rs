//! The sandbox's own clock, and the lock that all of its state sits behind.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

thread_local! {
    /// The moment that is given instead of the machine's.
    static GIVEN: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

#[expect(clippy::disallowed_methods, reason = "the sandbox is the outside world and has its own clock")]
pub fn now() -> Timestamp {
    GIVEN.get().unwrap_or_else(Timestamp::now)
}

/// Does something at a moment other than the machine's.
pub fn at<T>(moment: Timestamp, work: impl FnOnce() -> T) -> T {
    let before = GIVEN.replace(Some(moment));
    let done = work();
    GIVEN.set(before);
    done
}

pub fn now_ms() -> i64 {
    now().as_millisecond()
}

pub fn now_s() -> i64 {
    now().as_second()
}

/// Milliseconds since the epoch as ISO 8601 UTC.
pub fn iso(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}

/// Takes a lock; a panic in another request does not spoil the state for the next one.
pub fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
