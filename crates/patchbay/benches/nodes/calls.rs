//! Webhooks of calls: answered ones that have ended.

use jiff::Timestamp;
use serde_json::{Value, json};
use store::{EnvelopeState, NewEnvelope};

use crate::customers::{Customer, TOKEN};

/// People that the calls of a workspace are with, in turn.
const PEOPLE: usize = 20;

/// The second in which a call began: no two of a workspace have the same.
pub fn started(n: usize) -> usize {
    1_700_000_000 + n
}

pub fn webhook(n: usize) -> Value {
    let (id, started) = (100_000_000 + n, started(n));
    json!({
        "resource": "call", "event": "call.ended", "timestamp": started + 90, "token": TOKEN,
        "data": {
            "id": id, "direct_link": format!("https://api.aircall.io/v1/calls/{id}"), "direction": "outbound",
            "status": "done", "missed_call_reason": null, "started_at": started, "answered_at": started + 10,
            "ended_at": started + 60, "duration": 60, "cost": "0.0", "hangup_cause": null, "voicemail": null,
            "recording": null, "asset": null, "raw_digits": format!("+1415556{:04}", n % PEOPLE),
            "user": { "id": 1, "name": "Ada Park", "email": "ada@example.com" },
            "number": { "id": 7, "name": "Sales", "digits": "+1 415-555-0000", "country": "US" },
            "archived": false, "teams": [], "comments": [], "tags": [],
        }
    })
}

/// The same as intake keeps it.
pub fn envelope(customer: &Customer, n: usize, received_at: Timestamp) -> NewEnvelope {
    NewEnvelope {
        workspace: customer.workspace,
        source: domain::source::Source::Aircall,
        subject: (100_000_000 + n).to_string(),
        event: "call.ended".to_owned(),
        dedup: None,
        received_at,
        body: webhook(n).to_string().into_bytes(),
        state: EnvelopeState::Unread,
    }
}
