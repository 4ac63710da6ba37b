//! HubSpot's limits: burst per key, day per account, search per second. Off unless ordered.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Answer;
use crate::clock;

/// Professional and Enterprise: 190 requests in 10 s per app, 625,000 a day (Professional).
const BURST_MAX: u64 = 190;
/// An app from the marketplace: 110 per installing account.
const OAUTH_BURST_MAX: u64 = 110;
const BURST_INTERVAL_MS: i64 = 10_000;
const DAILY_MAX: u64 = 625_000;

#[derive(Clone, Debug)]
pub struct Budget {
    burst_max: Option<u64>,
    burst_interval_ms: i64,
    daily_max: Option<u64>,
    search_per_second: Option<u64>,
    daily_used: u64,
    /// When the day's allowance is whole again: by order, else at the account's midnight.
    daily_resets_ms: Option<i64>,
    recent: HashMap<String, VecDeque<i64>>,
    searches: VecDeque<i64>,
    /// Requests answered 429, by policy.
    refused: HashMap<&'static str, u64>,
    /// The most searches seen within any second, and requests within any burst interval.
    search_peak: u64,
    burst_peak: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            burst_max: None,
            burst_interval_ms: BURST_INTERVAL_MS,
            daily_max: None,
            search_per_second: None,
            daily_used: 0,
            daily_resets_ms: None,
            recent: HashMap::new(),
            searches: VecDeque::new(),
            refused: HashMap::new(),
            search_peak: 0,
            burst_peak: 0,
        }
    }
}

impl Budget {
    /// `burst: {max, interval_ms}`, `daily`, `search_per_second`: null lifts a limit. `daily_used` sets the counter,
    /// `daily_resets_in_ms` ends the day then.
    pub fn set(&mut self, order: &Value) {
        if let Some(burst) = order.get("burst") {
            self.burst_max = burst["max"].as_u64();
            self.burst_interval_ms = burst["interval_ms"].as_i64().unwrap_or(BURST_INTERVAL_MS);
        }
        if let Some(daily) = order.get("daily") {
            self.daily_max = daily.as_u64();
        }
        if let Some(search) = order.get("search_per_second") {
            self.search_per_second = search.as_u64();
        }
        if let Some(used) = order["daily_used"].as_u64() {
            self.daily_used = used;
        }
        if let Some(ms) = order["daily_resets_in_ms"].as_i64() {
            self.daily_resets_ms = Some(clock::now_ms() + ms);
        }
    }

    pub fn json(&self) -> Value {
        json!({
            "burst": {"max": self.burst_max, "interval_ms": self.burst_interval_ms}, "daily": self.daily_max,
            "search_per_second": self.search_per_second, "daily_used": self.daily_used,
            "daily_resets_at": self.daily_resets_ms.map(clock::iso),
            "refused": self.refused, "refused_total": self.refused.values().sum::<u64>(),
            "burst_peak": self.burst_peak, "search_peak": self.search_peak,
        })
    }

    /// Counts a request, or refuses it. A refused request does not count. `midnight_ms` is when the account's day ends.
    pub fn admit(
        &mut self,
        token: &str,
        is_search: bool,
        is_oauth: bool,
        midnight_ms: i64,
    ) -> Result<(), Answer> {
        let now_ms = clock::now_ms();
        match self.daily_resets_ms {
            Some(resets_ms) if now_ms < resets_ms => {}
            known => {
                self.daily_used = if known.is_some() { 0 } else { self.daily_used };
                self.daily_resets_ms = Some(midnight_ms);
            }
        }
        if !is_oauth && self.daily_max.is_some_and(|max| self.daily_used >= max) {
            return Err(self.refuse("DAILY", "You have reached your daily limit."));
        }
        if is_search {
            forget(&mut self.searches, now_ms - 1000);
            if self.search_per_second.is_some_and(|max| len(&self.searches) >= max) {
                return Err(self.refuse("SECONDLY", "You have reached your secondly limit."));
            }
            self.searches.push_back(now_ms);
            self.search_peak = self.search_peak.max(len(&self.searches));
        } else {
            let interval_ms = self.burst_interval_ms;
            let recent = self.recent.entry(token.to_owned()).or_default();
            forget(recent, now_ms - interval_ms);
            if self.burst_max.is_some_and(|max| len(recent) >= max) {
                return Err(
                    self.refuse("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.")
                );
            }
            recent.push_back(now_ms);
            self.burst_peak = self.burst_peak.max(len(recent));
        }
        self.daily_used += u64::from(!is_oauth);
        Ok(())
    }

    fn refuse(&mut self, policy: &'static str, message: &str) -> Answer {
        *self.refused.entry(policy).or_default() += 1;
        Answer::json(
            429,
            json!({
                "status": "error", "message": message, "errorType": "RATE_LIMIT", "policyName": policy,
                "correlationId": Uuid::new_v4().to_string(), "requestId": Uuid::new_v4().to_string(),
            }),
        )
    }

    /// Search answers carry none of these, OAuth tokens no daily ones.
    pub fn headers(&self, token: &str, is_oauth: bool) -> Vec<(String, String)> {
        let max = self.burst_max.unwrap_or(if is_oauth { OAUTH_BURST_MAX } else { BURST_MAX });
        let left = max.saturating_sub(self.recent.get(token).map_or(0, len));
        let secondly = max / 10;
        let mut headers = vec![
            ("x-hubspot-ratelimit-max", max.to_string()),
            ("x-hubspot-ratelimit-remaining", left.to_string()),
            ("x-hubspot-ratelimit-interval-milliseconds", self.burst_interval_ms.to_string()),
            ("x-hubspot-ratelimit-secondly", secondly.to_string()),
            ("x-hubspot-ratelimit-secondly-remaining", secondly.saturating_sub(1).to_string()),
        ];
        if !is_oauth {
            let daily = self.daily_max.unwrap_or(DAILY_MAX);
            headers.push(("x-hubspot-ratelimit-daily", daily.to_string()));
            headers.push((
                "x-hubspot-ratelimit-daily-remaining",
                daily.saturating_sub(self.daily_used).to_string(),
            ));
        }
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn forget(times: &mut VecDeque<i64>, until_ms: i64) {
    while times.front().is_some_and(|time| *time <= until_ms) {
        times.pop_front();
    }
}

fn len(times: &VecDeque<i64>) -> u64 {
    u64::try_from(times.len()).unwrap_or(u64::MAX)
}
