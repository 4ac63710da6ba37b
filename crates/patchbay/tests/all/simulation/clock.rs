//! The time of a simulation: goes on from one life of the process to the next, and may be told wrongly to the process.

use std::sync::{
    Mutex,
    atomic::{AtomicI64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

pub struct Clock {
    /// What time it was, and the runtime's moment then; none while no process runs.
    began: Mutex<(Timestamp, Option<Instant>)>,
    skew_ms: AtomicI64,
}

impl Clock {
    pub fn at(began: Timestamp) -> Self {
        Self { began: Mutex::new((began, None)), skew_ms: AtomicI64::new(0) }
    }

    /// The true time.
    pub fn now(&self) -> Timestamp {
        let (began, moment) = *self.began.lock().unwrap();
        began + moment.map_or(SignedDuration::ZERO, |moment| moment.elapsed().try_into().unwrap())
    }

    /// The time that the process is told.
    pub fn told(&self) -> Timestamp {
        self.now() + SignedDuration::from_millis(self.skew_ms.load(Ordering::Relaxed))
    }

    /// From now on the process is told another time.
    pub fn jump(&self, skew_ms: i64) {
        self.skew_ms.store(skew_ms, Ordering::Relaxed);
    }

    /// Whether a process runs.
    pub fn goes(&self) -> bool {
        self.began.lock().unwrap().1.is_some()
    }

    /// A runtime begins: its clock moves this one.
    pub fn start(&self) {
        let mut began = self.began.lock().unwrap();
        *began = (began.0, Some(Instant::now()));
    }

    /// The runtime is about to end.
    pub fn stop(&self) {
        let now = self.now();
        *self.began.lock().unwrap() = (now, None);
    }

    /// Time passes with no process there.
    pub fn pass(&self, time: SignedDuration) {
        let mut began = self.began.lock().unwrap();
        *began = (began.0 + time, None);
    }
}
