//! The orders every address takes: requests, state, reset, faults, latency.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::hold;
use crate::diary::Diary;
use crate::fault::Faults;
use crate::origin::{Origin, Provider};

pub async fn carry_out<P: Provider>(origin: &Origin<P>, asked: &Asked) -> Answer {
    let segments = asked.segments();
    let parts: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", ["requests"]) => {
            let since = asked.param("since").and_then(|n| n.parse().ok()).unwrap_or(0);
            Answer::json(200, hold(&origin.diary).since(since))
        }
        ("DELETE", ["requests"]) => {
            hold(&origin.diary).clear();
            Answer::empty(204)
        }
        ("GET", ["requests", "count"]) => Answer::json(200, hold(&origin.diary).count()),
        ("GET", ["state"]) => Answer::json(200, origin.provider.state()),
        ("POST", ["reset"]) => {
            origin.provider.reset();
            *hold(&origin.diary) = Diary::default();
            *hold(&origin.faults) = Faults::default();
            Answer::empty(204)
        }
        ("GET", ["faults"]) => Answer::json(200, hold(&origin.faults).json()),
        ("POST", ["faults"]) => {
            let added = hold(&origin.faults).add(asked.json.as_ref().unwrap_or(&Value::Null));
            added.map_or_else(|| refused("kind"), |fault| Answer::json(201, fault))
        }
        ("DELETE", ["faults"]) => {
            hold(&origin.faults).clear();
            Answer::empty(204)
        }
        ("POST", ["mend"]) => {
            *hold(&origin.faults) = Faults::default();
            Answer::empty(204)
        }
        ("POST", ["latency"]) => {
            let Some(ms) = asked.field("ms").as_u64() else { return refused("ms") };
            hold(&origin.faults).latency_ms = ms;
            Answer::json(200, json!({"ms": ms}))
        }
        _ => origin.provider.control(asked).await,
    }
}

/// An order that lacks something or names something wrong.
pub fn refused(what: &str) -> Answer {
    Answer::json(422, json!({"error": format!("missing or wrong: {what}")}))
}

pub fn unknown() -> Answer {
    Answer::json(404, json!({"error": "no such order"}))
}
