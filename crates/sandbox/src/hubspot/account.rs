//! The account: its number, its time zone, and what it tells of itself.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use super::portal::Portal;
use super::refusal::PORTAL_ID;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::control::refused;

#[derive(Clone, Debug)]
pub struct Account {
    pub portal_id: u64,
    /// A legacy IANA name, as live accounts have it.
    pub time_zone: String,
}

impl Default for Account {
    fn default() -> Self {
        Self { portal_id: PORTAL_ID, time_zone: "US/Eastern".to_owned() }
    }
}

impl Account {
    /// The end of the account's day that a moment is in, in milliseconds since the epoch.
    pub fn midnight_after(&self, now: Timestamp) -> i64 {
        let zone = TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC);
        let tomorrow = now.to_zoned(zone).checked_add(1.day()).and_then(|day| day.start_of_day());
        tomorrow.map_or(i64::MAX, |midnight| midnight.timestamp().as_millisecond())
    }

    pub fn details(&self, version: &str) -> Value {
        let mut details = json!({
            "portalId": self.portal_id, "accountType": "STANDARD", "timeZone": self.time_zone,
            "companyCurrency": "USD", "additionalCurrencies": [], "utcOffset": "-05:00",
            "utcOffsetMilliseconds": -18_000_000, "uiDomain": "app.hubspot.com", "dataHostingLocation": "na1",
        });
        if version == "2026-09" {
            details["portalName"] = json!("Sandbox portal");
            details["createdAt"] = json!("2026-01-12T09:00:00Z");
        }
        details
    }
}

/// `portal_id`, `time_zone`: another account, or one elsewhere.
pub fn ordered(portal: &mut Portal, asked: &Asked) -> Answer {
    if let Some(portal_id) = asked.field("portal_id").as_u64() {
        portal.account.portal_id = portal_id;
    }
    if let Some(zone) = asked.text("time_zone") {
        if TimeZone::get(zone).is_err() {
            return refused("time_zone");
        }
        zone.clone_into(&mut portal.account.time_zone);
    }
    Answer::json(200, portal.account.details("2026-09"))
}

pub fn daily_usage(portal: &Portal) -> Value {
    let budget = portal.budget.json();
    let now = crate::clock::now();
    let resets_at = crate::clock::iso(portal.account.midnight_after(now));
    json!({"results": [{
        "name": "private-apps-api-calls-daily", "usageLimit": budget["daily"].as_u64().unwrap_or(625_000),
        "currentUsage": budget["daily_used"], "collectedAt": now.to_string(), "fetchStatus": "SUCCESS",
        "resetsAt": resets_at,
    }]})
}
