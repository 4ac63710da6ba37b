//! What a seed decides.

use rand_xoshiro::{
    SplitMix64,
    rand_core::{RngCore, SeedableRng},
};

/// Draws from a generator that is named, and no crate's default: a seed means the same run with every version of it.
pub struct Chance(SplitMix64);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    /// A number from `low` on and below `high`. The bias of the remainder is of no matter here.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.next_u64() % (high - low)
    }

    pub fn happens(&mut self, percent: u64) -> bool {
        self.between(0, 100) < percent
    }

    pub fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[usize::try_from(self.between(0, among.len() as u64)).unwrap()]
    }
}
