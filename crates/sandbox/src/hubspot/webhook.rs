//! HubSpot's own webhooks: deletions, merges and privacy deletions, under signature v3.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::refusal::PORTAL_ID;
use crate::clock;
use crate::courier::{Courier, Letter, Rules};

/// 5 s and 10 retries are HubSpot's; it spreads them over 24 h.
pub const RULES: Rules = Rules { timeout_ms: 5000, retry_ms: 200, attempts_max: 11, disable_after: u64::MAX };

/// Fewer than 100 events stand in one delivery.
const EVENTS_MAX: usize = 99;

#[derive(Clone, Debug)]
pub struct Hook {
    pub url: String,
    pub client_secret: String,
}

/// An event with the members that every event has.
pub fn event(subscription: &str, object_id: u64, source: &str, more: &Value) -> Value {
    let mut event = json!({
        "subscriptionType": subscription, "objectId": object_id, "changeSource": source, "eventId": object_id % 97,
        "subscriptionId": 12_345, "portalId": PORTAL_ID, "appId": 4_242, "occurredAt": clock::now_ms(),
        "attemptNumber": 0,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        event[name] = value.clone();
    }
    event
}

/// Sends events in the background; order and number of deliveries are not promised.
pub fn send(courier: &Arc<Courier>, hook: &Hook, events: &[Value]) {
    for events in events.chunks(EVENTS_MAX) {
        let (body, timestamp) = (json!(events).to_string(), clock::now_ms().to_string());
        let signature = sign(&hook.client_secret, "POST", &hook.url, &body, &timestamp);
        let headers = vec![
            ("x-hubspot-signature-v3".to_owned(), signature),
            ("x-hubspot-request-timestamp".to_owned(), timestamp),
        ];
        let event = events[0]["subscriptionType"].as_str().unwrap_or_default().to_owned();
        let letter = Letter { hook: "hook".to_owned(), event, url: hook.url.clone(), headers, body };
        let courier = Arc::clone(courier);
        tokio::spawn(async move { courier.deliver(letter).await });
    }
}

fn sign(secret: &str, method: &str, url: &str, body: &str, timestamp: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{method}{url}{body}{timestamp}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::sign;

    /// The vector of HubSpot's Python client; its body is not JSON on purpose.
    #[test]
    fn the_published_vector_holds() {
        let (secret, url) = ("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", "https://www.example.com/webhook_uri");
        let signed = sign(secret, "POST", url, "{'example_field':'example_value'}", "1693657560000");
        assert_eq!(signed, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=");
    }
}
