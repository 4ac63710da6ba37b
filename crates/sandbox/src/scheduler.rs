//! A scheduler in a box: people book, move and cancel, and one hook is told.

mod booking;
mod page;
mod signature;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use uuid::Uuid;

use self::booking::Booking;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::{self, hold};
use crate::control::{refused, unknown};
use crate::courier::{Courier, Letter, Rules};
use crate::origin::Provider;
use crate::page::Page;

/// The spacing Standard Webhooks suggests begins at 5 s; here it begins at a fraction of it.
const RULES: Rules = Rules { timeout_ms: 15_000, retry_ms: 200, attempts_max: 10, disable_after: u64::MAX };

#[derive(Default)]
struct Desk {
    hook: Option<(String, String)>,
    bookings: Vec<Booking>,
    made: u64,
    /// The last message of each booking, for a redelivery with the same id.
    sent: BTreeMap<String, Message>,
}

#[derive(Clone)]
struct Message {
    id: String,
    event: &'static str,
    body: String,
}

pub struct Scheduler {
    desk: Mutex<Desk>,
    courier: Arc<Courier>,
}

impl Default for Scheduler {
    fn default() -> Self {
        Self { desk: Mutex::default(), courier: Courier::new(RULES) }
    }
}

impl Provider for Scheduler {
    fn name(&self) -> &'static str {
        "Scheduler"
    }

    async fn answer(&self, _asked: &Asked) -> Answer {
        // It publishes no API of its own.
        Answer::json(404, json!({"error": "not found"}))
    }

    async fn control(&self, asked: &Asked) -> Answer {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
        let none = Value::Null;
        let order = asked.json.as_ref().unwrap_or(&none);
        match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["hook"]) => {
                let (Some(url), Some(secret)) = (asked.text("url"), asked.text("signing_secret")) else {
                    return refused("url, signing_secret");
                };
                hold(&self.desk).hook = Some((url.to_owned(), secret.to_owned()));
                Answer::json(200, json!({"url": url}))
            }
            ("DELETE", ["hook"]) => {
                hold(&self.desk).hook = None;
                Answer::empty(204)
            }
            ("GET", ["bookings"]) => {
                let items: Vec<Value> = hold(&self.desk).bookings.iter().map(Booking::json).collect();
                Answer::json(200, json!({"items": items}))
            }
            ("POST", ["bookings"]) => self.book(order).await,
            ("POST", ["bookings", id, what]) => self.change(id, what, order).await,
            ("GET", ["deliveries"]) => Answer::json(200, self.courier.json()),
            ("POST", ["delivery"]) => Answer::json(200, self.courier.set(order)),
            _ => unknown(),
        }
    }

    fn state(&self) -> Value {
        let desk = hold(&self.desk);
        json!({
            "hook": desk.hook.as_ref().map(|(url, _)| url),
            "bookings": desk.bookings.iter().map(Booking::json).collect::<Vec<_>>(),
        })
    }

    fn reset(&self) {
        *hold(&self.desk) = Desk::default();
        self.courier.reset();
    }

    fn page(&self, asked: &Asked) -> Option<Page> {
        (asked.path == "/").then(|| page::of(&hold(&self.desk), self.courier.section()))
    }
}

impl Scheduler {
    async fn book(&self, order: &Value) -> Answer {
        let made = {
            let mut desk = hold(&self.desk);
            desk.made += 1;
            let made = Booking::made(desk.made, order);
            if let Ok(booking) = &made {
                desk.bookings.push(booking.clone());
            }
            made
        };
        match made {
            Ok(booking) => self.tell(201, &booking, "booking.scheduled", order).await,
            Err(what) => refused(what),
        }
    }

    async fn change(&self, id: &str, what: &str, order: &Value) -> Answer {
        let changed = {
            let mut desk = hold(&self.desk);
            let Some(booking) = desk.bookings.iter_mut().find(|booking| booking.id == id) else {
                return unknown();
            };
            let event = match what {
                "move" => booking.moved(order).map(|()| "booking.rescheduled"),
                "cancel" => {
                    booking.canceled(order);
                    Ok("booking.canceled")
                }
                "redeliver" => Ok(""),
                _ => return unknown(),
            };
            event.map(|event| (booking.clone(), event))
        };
        match changed {
            Ok((booking, "")) => {
                let Some(message) = hold(&self.desk).sent.get(id).cloned() else { return unknown() };
                let status = self.send(&message).await;
                Answer::json(200, told(&booking, &message, status))
            }
            Ok((booking, event)) => self.tell(200, &booking, event, order).await,
            Err(what) => refused(what),
        }
    }

    /// Makes the message and sends it, unless the order says to hold it back.
    async fn tell(&self, answer: u16, booking: &Booking, event: &'static str, order: &Value) -> Answer {
        let body =
            json!({"type": event, "timestamp": clock::now().to_string(), "data": booking.data}).to_string();
        let message = Message { id: format!("msg_{}", Uuid::new_v4().simple()), event, body };
        hold(&self.desk).sent.insert(booking.id.clone(), message.clone());
        let status = if order["deliver"].as_bool() == Some(false) { None } else { self.send(&message).await };
        Answer::json(answer, told(booking, &message, status))
    }

    /// A redelivery keeps the message id and is signed anew.
    async fn send(&self, message: &Message) -> Option<u16> {
        let (url, secret) = hold(&self.desk).hook.clone()?;
        let timestamp = clock::now_s();
        let signature = signature::sign(&secret, &message.id, timestamp, &message.body).unwrap_or_default();
        let headers = [
            ("webhook-id", message.id.clone()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let (event, body) = (message.event.to_owned(), message.body.clone());
        self.courier.deliver(Letter { hook: "hook".to_owned(), event, url, headers, body }).await
    }
}

fn told(booking: &Booking, message: &Message, status: Option<u16>) -> Value {
    let mut json = booking.json();
    json["webhook"] = json!({
        "id": message.id, "status": status,
        "body": serde_json::from_str::<Value>(&message.body).unwrap_or_default(),
    });
    json
}
