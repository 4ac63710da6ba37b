//! A fact with the moment it was said, so that facts fold the same in any order.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When something was said: the provider's time, and a rank for what it says within the same second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The provider's clock.
    pub at: Timestamp,
    /// Later kinds of events outrank earlier ones of the same second.
    pub rank: u8,
}

/// The newest value said of one fact.
///
/// Invariant: merging is commutative, associative and idempotent; two values of one stamp are settled by
/// their own order, so that the result does not depend on which arrived first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest<T>(Option<(Stamp, T)>);

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Ord> Latest<T> {
    /// A fact said at `stamp`; a missing value says nothing.
    pub fn said(stamp: Stamp, value: Option<T>) -> Self {
        Self(value.map(|value| (stamp, value)))
    }

    /// Takes in what another said.
    pub fn merge(&mut self, other: Self) {
        if other.0 > self.0 {
            *self = other;
        }
    }

    /// The newest value, if anything was said.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }
}
