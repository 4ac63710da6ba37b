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
    /// What must be seen of each call in the end, by its start.
    pub calls: BTreeMap<Timestamp, CallSeen>,
    /// What must be seen of each booking in the end, by its event's name.
    pub bookings: BTreeMap<String, BookingSeen>,
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
