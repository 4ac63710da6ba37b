//! Retention: how long a workspace keeps what came in and what became of it (N7).

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a workspace keeps what it has. Until an admin says otherwise, all of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    /// For how many days webhooks are kept as they came; `None`: as long as records.
    pub webhooks_days: Option<u16>,
    /// For how many days records are kept after they last changed, with all that hangs on them; `None`: for good.
    pub records_days: Option<u16>,
}

/// The days that webhooks may be kept for. At least one: a source may repeat what it could not deliver for half a day.
pub const WEBHOOK_DAYS: RangeInclusive<u16> = 1..=3650;

/// The days that records may be kept for. At least thirty: what comes later for a record that is gone changes nothing in
/// HubSpot any more, and recordings, comments and tags come late.
pub const RECORD_DAYS: RangeInclusive<u16> = 30..=3650;

impl Retention {
    /// Since when webhooks are kept: those that came before go. No longer than records: what became of them is gone then.
    pub fn webhooks_since(&self, now: Timestamp) -> Option<Timestamp> {
        [self.webhooks_days, self.records_days].into_iter().flatten().min().map(|days| ago(now, days))
    }

    /// Since when records are kept: those that last changed before go, once they are settled.
    pub fn records_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.records_days.map(|days| ago(now, days))
    }
}

fn ago(now: Timestamp, days: u16) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn since(webhooks_days: Option<u16>, records_days: Option<u16>) -> (Option<i64>, Option<i64>) {
        let now = Timestamp::from_second(400 * DAY).unwrap();
        let retention = Retention { webhooks_days, records_days };
        let day = |at: Timestamp| at.as_second() / DAY;
        (retention.webhooks_since(now).map(day), retention.records_since(now).map(day))
    }

    #[test]
    fn nothing_goes_until_somebody_says_so_and_webhooks_no_later_than_records() {
        assert_eq!(since(None, None), (None, None));
        assert_eq!(since(Some(90), None), (Some(310), None));
        assert_eq!(since(None, Some(365)), (Some(35), Some(35)));
        assert_eq!(since(Some(90), Some(365)), (Some(310), Some(35)));
        assert_eq!(since(Some(365), Some(90)), (Some(310), Some(310)));
    }
}
