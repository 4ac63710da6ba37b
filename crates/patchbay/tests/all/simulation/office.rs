//! A workspace as the outside sees it: its HubSpot, its hooks, what happened there, and what must be seen of it in the end.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    http::{Request, Response},
};
use jiff::Timestamp;
use sandbox::Enclosed;
use serde_json::{Value, json};

use super::chance::Chance;

/// A workspace of the simulation.
pub struct Office {
    pub name: &'static str,
    pub service_key: &'static str,
    pub aircall_token: &'static str,
    pub hubspot: Enclosed,
    pub rush: Option<Rush>,
    /// What must be seen of each call in the end, by its start.
    pub calls: BTreeMap<Timestamp, CallSeen>,
    /// What must be seen of each booking in the end, by its event's name.
    pub bookings: BTreeMap<String, BookingSeen>,
}

/// Where the day ends a quarter of an hour after the simulation begins.
const NEAR_MIDNIGHT: &str = "Pacific/Chatham";

/// More work at once than an account lets through: its windows are full, and its day may end before the work does.
#[derive(Clone, Copy)]
pub struct Rush {
    /// Calls that begin one after the other, some of them with somebody unknown.
    pub calls: u64,
    /// Requests in any span of a length: no fewer than the product sends before it has read an answer, and in a span so long
    /// that they do not do for a batch after the other.
    burst_max: u64,
    burst_ms: u64,
    /// Requests until midnight.
    pub daily_max: Option<u64>,
}

impl Rush {
    /// In three seeds of ten; drawn apart from all else that a seed decides.
    pub fn of(seed: u64) -> Option<Self> {
        let mut chance = Chance::of(!seed);
        chance.happens(30).then(|| Self {
            calls: chance.between(15, 40),
            burst_max: chance.pick(&[15, 17, 20]),
            burst_ms: chance.pick(&[20_000, 30_000, 60_000]),
            daily_max: chance.happens(30).then(|| chance.between(40, 120)),
        })
    }
}

/// What HubSpot must show of a call.
pub struct CallSeen {
    pub id: String,
    pub outcome: &'static str,
    pub duration_ms: i64,
    pub number: String,
}

/// What HubSpot must show of a booking.
pub struct BookingSeen {
    /// When it started, before and after each move.
    pub starts: Vec<Timestamp>,
    pub is_canceled: bool,
    pub email: String,
}

impl Office {
    pub fn new(name: &'static str, service_key: &'static str, aircall_token: &'static str) -> Self {
        Self {
            name,
            service_key,
            aircall_token,
            hubspot: Enclosed::hubspot(),
            rush: None,
            calls: BTreeMap::new(),
            bookings: BTreeMap::new(),
        }
    }

    /// Opens its HubSpot: an account of its own, with limits and habits as the seed says.
    pub fn open(&self, now: Timestamp, which: usize, chance: &mut Chance) {
        self.order(now, "keys", &json!({"key": self.service_key}));
        self.order(now, "account", &json!({"portal_id": 1_000 + which, "time_zone": "UTC"}));
        let burst = json!({"max": chance.pick(&[20, 100, 190]), "interval_ms": 10_000});
        self.order(now, "limits", &json!({"burst": burst, "search_per_second": 5}));
        self.order(now, "switches", &json!({"search_lag_ms": chance.pick(&[0, 5_000, 10_000])}));
        if chance.happens(30) {
            self.order(now, "switches", &json!({"refuse_unique_activity_properties": true}));
        }
        if let Some(rush) = self.rush {
            let burst = json!({"max": rush.burst_max, "interval_ms": rush.burst_ms});
            self.order(now, "limits", &json!({"burst": burst, "daily": rush.daily_max}));
            self.order(now, "account", &json!({"time_zone": NEAR_MIDNIGHT}));
        }
    }

    /// The live objects of a kind.
    pub fn objects(&self, now: Timestamp, kind: &str) -> Vec<Value> {
        let all = order(&self.hubspot, now, "GET", &format!("objects/{kind}"), &Value::Null);
        all["items"].as_array().cloned().unwrap()
    }

    pub fn order(&self, now: Timestamp, path: &str, body: &Value) -> Value {
        order(&self.hubspot, now, "POST", path, body)
    }

    /// All that stands in HubSpot, with how often each object was written.
    pub fn stand(&self, now: Timestamp) -> Value {
        json!({
            "calls": self.objects(now, "calls"), "meetings": self.objects(now, "meetings"),
            "contacts": self.objects(now, "contacts"),
        })
    }
}

/// Gives an order to a provider.
pub fn order(provider: &Enclosed, now: Timestamp, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = Request::builder().method(method).uri(format!("/_sandbox/{path}")).body(body).unwrap();
    let answer: Response<Bytes> = provider.ask(now, request);
    assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
    serde_json::from_slice(answer.body()).unwrap_or_default()
}
