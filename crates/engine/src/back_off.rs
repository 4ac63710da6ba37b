//! How long to wait before the next attempt. The result is a due time in the database, not a sleeping task.

use jiff::{SignedDuration, Timestamp};

/// The first wait.
const FIRST: SignedDuration = SignedDuration::from_secs(1);
/// The longest wait of a record that fails alone.
const LONGEST: SignedDuration = SignedDuration::from_secs(5 * 60);
/// The longest wait of a lane whose HubSpot fails as a whole: one request each ten seconds hammers nobody, and work
/// resumes soon after an outage.
const LONGEST_OF_LANE: SignedDuration = SignedDuration::from_secs(10);

/// The time of a record's next attempt after `failures` in a row: doubling, within bounds, or later if the far side said so.
pub fn next_attempt(now: Timestamp, failures: u32, asked: Option<SignedDuration>) -> Timestamp {
    after(now, failures, asked, LONGEST)
}

/// The time of a lane's next attempt, likewise.
pub fn lane_resumes(now: Timestamp, failures: u32, asked: Option<SignedDuration>) -> Timestamp {
    after(now, failures, asked, LONGEST_OF_LANE)
}

fn after(now: Timestamp, failures: u32, asked: Option<SignedDuration>, longest: SignedDuration) -> Timestamp {
    let doubled = FIRST.saturating_mul(1_i32 << failures.min(16)).min(longest);
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
    fn a_lane_looks_again_each_ten_seconds_at_least() {
        assert_eq!(lane_resumes(Timestamp::UNIX_EPOCH, 40, None).as_second(), 10);
    }

    #[test]
    fn what_the_far_side_asks_for_is_kept() {
        let asked = Some(SignedDuration::from_secs(7_200));
        assert_eq!(next_attempt(Timestamp::UNIX_EPOCH, 0, asked).as_second(), 7_200);
    }
}
