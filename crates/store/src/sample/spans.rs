//! How long things took: counts by size, so that many are kept as few numbers and added up.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The first size; each further one is twice the one before.
const FIRST: SignedDuration = SignedDuration::from_millis(125);

/// The last size ends at an hour and a quarter; what took longer is counted there.
const SIZES: usize = 16;

/// How many things took how long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spans(Vec<u64>);

impl Spans {
    /// Counts one.
    pub fn count(&mut self, span: SignedDuration) {
        let size = (0..SIZES - 1).find(|size| span <= bound(*size)).unwrap_or(SIZES - 1);
        if self.0.len() <= size {
            self.0.resize(size + 1, 0);
        }
        self.0[size] += 1;
    }

    /// Takes in others.
    pub fn add(&mut self, others: &Self) {
        if self.0.len() < others.0.len() {
            self.0.resize(others.0.len(), 0);
        }
        for (own, other) in self.0.iter_mut().zip(&others.0) {
            *own += other;
        }
    }

    /// How long so many percent of them took at most; right to a factor of two. `None` if there are none.
    pub fn within(&self, percent: u64) -> Option<SignedDuration> {
        let all: u64 = self.0.iter().sum();
        let wanted = (all * percent).div_ceil(100).max(1);
        let mut counted = 0;
        let size = self.0.iter().position(|count| {
            counted += count;
            counted >= wanted
        })?;
        Some(bound(size))
    }
}

fn bound(size: usize) -> SignedDuration {
    FIRST * 2_i32.saturating_pow(u32::try_from(size).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: i64) -> SignedDuration {
        SignedDuration::from_millis(ms)
    }

    #[test]
    fn the_typical_and_the_slow_are_told_to_a_factor_of_two() {
        let mut spans = Spans::default();
        assert_eq!(spans.within(50), None);
        for span in [-3, 90, 125, 126, 240, 300, 350, 380, 400, 9_000] {
            spans.count(ms(span));
        }
        assert_eq!(spans.within(50), Some(ms(250)));
        assert_eq!(spans.within(90), Some(ms(500)));
        assert_eq!(spans.within(95), Some(ms(16_000)));
    }

    #[test]
    fn added_up_they_are_as_if_counted_together() {
        let (mut one, mut other, mut both) = (Spans::default(), Spans::default(), Spans::default());
        for span in [100, 70_000, 100_000_000] {
            one.count(ms(span));
            both.count(ms(span));
        }
        other.count(ms(1_000));
        both.count(ms(1_000));
        one.add(&other);
        assert_eq!(one, both);
        assert_eq!(one.within(100), Some(ms(125 << 15)), "what took longer than an hour counts as an hour");
    }
}
