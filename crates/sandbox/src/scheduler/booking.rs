//! A booking as it stands, and the body that tells of it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How long a booking takes if nobody says.
const MINUTES: i64 = 30;

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
        if order["event_name"].as_str().is_none() {
            return Err("event_name");
        }
        let (start, end) = times(order, MINUTES)?;
        let or = |name: &str, default: Value| order.get(name).cloned().unwrap_or(default);
        let host = json!({"name": "Ada Park", "email": "ada@example.com", "timezone": "America/New_York"});
        let invitee =
            json!({"name": "Lin Wu", "email": "lin@example.net", "phone": null, "timezone": "Asia/Tokyo"});
        let data = json!({
            "booking_id": id, "event_name": order["event_name"], "event_type": or("event_type", json!("30min")),
            "start": start, "end": end, "host": or("host", host),
            "invitee": or("invitee", invitee), "guests": or("guests", json!([])),
            "location": or("location", Value::Null), "description": or("description", json!("")),
            "answers": or("answers", json!([])), "previous_start": null, "changed_by": "invitee", "reason": null,
        });
        Ok(Self { id, data, state: "scheduled" })
    }

    pub fn moved(&mut self, order: &Value) -> Result<(), &'static str> {
        let (start, end) = times(order, self.minutes().unwrap_or(MINUTES))?;
        self.data["previous_start"] = self.data["start"].clone();
        self.data["start"] = json!(start);
        self.data["end"] = json!(end);
        self.changed(order);
        Ok(())
    }

    pub fn canceled(&mut self, order: &Value) {
        self.state = "canceled";
        self.changed(order);
    }

    /// How long it takes.
    fn minutes(&self) -> Option<i64> {
        let time = |name: &str| self.data[name].as_str()?.parse::<Timestamp>().ok();
        Some(time("end")?.duration_since(time("start")?).as_mins())
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

/// Start and end as an order gives them. A start without a zone, as a form gives it, is UTC; without an end, it ends
/// after `minutes`.
fn times(order: &Value, minutes: i64) -> Result<(String, String), &'static str> {
    let start = order["start"].as_str().ok_or("start")?;
    if let Some(end) = order["end"].as_str() {
        return Ok((start.to_owned(), end.to_owned()));
    }
    let start: Timestamp = start.parse().or_else(|_| format!("{start}Z").parse()).map_err(|_| "start")?;
    let minutes = order["minutes"].as_i64().unwrap_or(minutes);
    let end = start.checked_add(SignedDuration::from_mins(minutes)).map_err(|_| "minutes")?;
    Ok((start.to_string(), end.to_string()))
}
