//! Moments as pages show them: in the reader's zone, with the whole of it for machines.

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::{Timestamp, Zoned, tz::TimeZone};

/// A moment, shown as `<time>`.
pub struct Time {
    at: Timestamp,
    local: Zoned,
    today: Zoned,
}

impl Time {
    /// A moment as seen from `now` in a zone.
    pub fn new(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Self {
        Self { at, local: at.to_zoned(zone.clone()), today: now.to_zoned(zone.clone()) }
    }

    /// In words: today "14:05", this year "3 Nov, 14:05", else "3 Nov 2025, 14:05".
    fn words(&self) -> String {
        let form = if self.local.date() == self.today.date() {
            "%H:%M"
        } else if self.local.year() == self.today.year() {
            "%-d %b, %H:%M"
        } else {
            "%-d %b %Y, %H:%M"
        };
        self.local.strftime(form).to_string()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.local.strftime("%Y-%m-%d %H:%M:%S %Z");
        write!(f, "<time datetime=\"{}\" title=\"{whole}\">{}</time>", self.at, self.words())
    }
}

/// Digits, month names and zone names only.
impl HtmlSafe for Time {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_the_readers_zone_and_no_longer_than_needed() {
        let vienna = TimeZone::get("Europe/Vienna").unwrap();
        let now = "2026-11-20T13:00:00Z".parse().unwrap();
        let words = |at: &str| Time::new(at.parse().unwrap(), now, &vienna).words();
        assert_eq!(words("2026-11-20T13:05:00Z"), "14:05");
        assert_eq!(words("2026-11-19T23:05:00Z"), "00:05", "today there, yesterday in Greenwich");
        assert_eq!(words("2026-07-01T10:00:00Z"), "1 Jul, 12:00");
        assert_eq!(words("2025-07-01T10:00:00Z"), "1 Jul 2025, 12:00");
    }

    #[test]
    fn machines_read_the_whole_moment() {
        let at = "2026-11-20T13:05:00Z".parse().unwrap();
        let html = Time::new(at, at, &TimeZone::UTC).to_string();
        assert!(
            html.contains("datetime=\"2026-11-20T13:05:00Z\"") && html.contains(">13:05</time>"),
            "{html}"
        );
    }
}
