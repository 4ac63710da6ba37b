//! A booking as it stands, and the body that tells of it.

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct Booking {
    pub id: String,
    /// The `data` of the contract: names, times, people, answers.
    pub data: Value,
    pub state: &'static str,
}

impl Booking {
    /// Takes the members that an order gives and fills in the rest.
    pub fn made(number: u64, order: &Value) -> Result<Self, &'static str> {
        let id = order["booking_id"].as_str().map_or_else(|| format!("bk_{number}"), str::to_owned);
        for needed in ["event_name", "start", "end"] {
            if order[needed].as_str().is_none() {
                return Err(needed);
            }
        }
        let or = |name: &str, default: Value| order.get(name).cloned().unwrap_or(default);
        let host = json!({"name": "Ada Park", "email": "ada@example.com", "timezone": "America/New_York"});
        let invitee =
            json!({"name": "Lin Wu", "email": "lin@example.net", "phone": null, "timezone": "Asia/Tokyo"});
        let data = json!({
            "booking_id": id, "event_name": order["event_name"], "event_type": or("event_type", json!("30min")),
            "start": order["start"], "end": order["end"], "host": or("host", host),
            "invitee": or("invitee", invitee), "guests": or("guests", json!([])),
            "location": or("location", Value::Null), "description": or("description", json!("")),
            "answers": or("answers", json!([])), "previous_start": null, "changed_by": "invitee", "reason": null,
        });
        Ok(Self { id, data, state: "scheduled" })
    }

    pub fn moved(&mut self, order: &Value) -> Result<(), &'static str> {
        for needed in ["start", "end"] {
            if order[needed].as_str().is_none() {
                return Err(needed);
            }
        }
        self.data["previous_start"] = self.data["start"].clone();
        self.data["start"] = order["start"].clone();
        self.data["end"] = order["end"].clone();
        self.changed(order);
        Ok(())
    }

    pub fn canceled(&mut self, order: &Value) {
        self.state = "canceled";
        self.changed(order);
    }

    fn changed(&mut self, order: &Value) {
        self.data["changed_by"] = json!(order["changed_by"].as_str().unwrap_or("invitee"));
        self.data["reason"] = order["reason"].clone();
    }

    pub fn json(&self) -> Value {
        let mut json = self.data.clone();
        json["id"] = json!(self.id);
        json["state"] = json!(self.state);
        json
    }
}
