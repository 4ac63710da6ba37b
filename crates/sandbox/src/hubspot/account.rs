//! What the account tells of itself.

use serde_json::{Value, json};

use super::portal::Portal;
use super::refusal::PORTAL_ID;

/// The time zone is a legacy IANA name, as live accounts have it.
pub fn details(version: &str) -> Value {
    let mut details = json!({
        "portalId": PORTAL_ID, "accountType": "STANDARD", "timeZone": "US/Eastern", "companyCurrency": "USD",
        "additionalCurrencies": [], "utcOffset": "-05:00", "utcOffsetMilliseconds": -18_000_000,
        "uiDomain": "app.hubspot.com", "dataHostingLocation": "na1",
    });
    if version == "2026-09" {
        details["portalName"] = json!("Sandbox portal");
        details["createdAt"] = json!("2026-01-12T09:00:00Z");
    }
    details
}

pub fn daily_usage(portal: &Portal) -> Value {
    let budget = portal.budget.json();
    let now = crate::clock::now().to_string();
    json!({"results": [{
        "name": "private-apps-api-calls-daily", "usageLimit": budget["daily"].as_u64().unwrap_or(625_000),
        "currentUsage": budget["daily_used"], "collectedAt": now, "fetchStatus": "SUCCESS", "resetsAt": now,
    }]})
}
