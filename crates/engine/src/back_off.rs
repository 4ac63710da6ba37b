//! How long to wait before the next attempt. The result is a due time in the database, not a sleeping task.

use jiff::{SignedDuration, Timestamp};

/// The first wait.
const FIRST: SignedDuration = SignedDuration::from_secs(1);
/// The longest wait: long enough not to hammer, short enough that work resumes soon after an outage.
const LONGEST: SignedDuration = SignedDuration::from_secs(5 * 60);

/// The time of the next attempt after `failures` in a row: doubling, within bounds, or later if the far side said so.
pub fn next_attempt(now: Timestamp, failures: u32, asked: Option<SignedDuration>) -> Timestamp {
    let doubled = FIRST.saturating_mul(1_i32 << failures.min(16)).min(LONGEST);
    now.saturating_add(asked.map_or(doubled, |asked| asked.max(FIRST))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_stay_within_five_minutes() {
        let waits: Vec<i64> =
            (0..12).map(|failures| next_attempt(Timestamp::UNIX_EPOCH, failures, None).as_second()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    }

    #[test]
    fn what_the_far_side_asks_for_is_kept() {
        let asked = Some(SignedDuration::from_secs(7_200));
        assert_eq!(next_attempt(Timestamp::UNIX_EPOCH, 0, asked).as_second(), 7_200);
    }
}
