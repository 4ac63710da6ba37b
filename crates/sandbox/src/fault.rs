//! Faults put upon an address: an error, a delay, a lost answer, for the next requests that match.

use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::asked::Asked;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers with a given status and does nothing.
    Status,
    /// Hangs, does nothing, and closes without a byte.
    TimeoutBefore,
    /// Does what was asked, and closes without a byte.
    AnswerLostAfter,
    /// Closes at once; nothing is done.
    Reset,
    /// Answers as usual, later.
    Latency,
    /// Refuses the first input of a batch, carries out the others, and tells of both with 207.
    OneRefused,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::TimeoutBefore => "timeout_before",
            Self::AnswerLostAfter => "answer_lost_after",
            Self::Reset => "reset",
            Self::Latency => "latency",
            Self::OneRefused => "one_refused",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let kinds = [
            Self::Status,
            Self::TimeoutBefore,
            Self::AnswerLostAfter,
            Self::Reset,
            Self::Latency,
            Self::OneRefused,
        ];
        kinds.into_iter().find(|kind| kind.name() == name)
    }
}

#[derive(Clone, Debug)]
pub struct Fault {
    id: u64,
    method: Option<String>,
    path_contains: Option<String>,
    body_contains: Option<String>,
    /// How many more requests it strikes; none: all.
    times: Option<u64>,
    struck: u64,
    pub kind: Kind,
    status: u16,
    body: Option<Value>,
    headers: Vec<(String, String)>,
    delay_ms: Option<u64>,
}

impl Fault {
    fn read(id: u64, order: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let headers = order["headers"].as_object().map(|map| {
            map.iter()
                .map(|(name, value)| (name.clone(), value.as_str().map_or(value.to_string(), str::to_owned)))
        });
        Some(Self {
            id,
            method: text(&order["match"]["method"]),
            path_contains: text(&order["match"]["path_contains"]),
            body_contains: text(&order["match"]["body_contains"]),
            times: order["times"].as_u64(),
            struck: 0,
            kind: Kind::named(order["kind"].as_str()?)?,
            status: order["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(503),
            body: order.get("body").filter(|body| !body.is_null()).cloned(),
            headers: headers.map(Iterator::collect).unwrap_or_default(),
            delay_ms: order["delay_ms"].as_u64(),
        })
    }

    fn strikes(&self, asked: &Asked) -> bool {
        self.times != Some(0)
            && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&asked.method))
            && self.path_contains.as_ref().is_none_or(|part| asked.path.contains(part.as_str()))
            && self.body_contains.as_ref().is_none_or(|part| asked.body_text().contains(part.as_str()))
    }

    /// How long it holds a request; a hang without a given length outlasts every client.
    pub fn delay(&self) -> Duration {
        let default_ms = if self.kind == Kind::TimeoutBefore { 300_000 } else { 0 };
        Duration::from_millis(self.delay_ms.unwrap_or(default_ms))
    }

    pub fn answer(&self) -> Answer {
        let mut answer = match &self.body {
            Some(body) => Answer::json(self.status, body.clone()),
            None => Answer::json(self.status, json!({"status": "error", "message": "sandbox fault"})),
        };
        answer.headers.clone_from(&self.headers);
        answer
    }

    /// A batch without its first input, if others are left, and the entry of the answer that refuses that one.
    pub fn without_first(&self, asked: &Asked) -> (Option<Asked>, Value) {
        let mut inputs = asked.field("inputs").as_array().cloned().unwrap_or_default();
        let first = if inputs.is_empty() { Value::Null } else { inputs.remove(0) };
        let about: serde_json::Map<String, Value> =
            [("objectWriteTraceId", &first["objectWriteTraceId"]), ("ids", &first["id"])]
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.to_owned(), json!([value])))
                .collect();
        let mut entry = self.body.clone().unwrap_or_else(
            || json!({"status": "error", "category": "VALIDATION_ERROR", "message": "sandbox fault"}),
        );
        entry["context"] = Value::Object(about);
        let others = (!inputs.is_empty()).then(|| {
            let json = json!({"inputs": inputs});
            Asked { body: json.to_string().into(), json: Some(json), ..asked.clone() }
        });
        (others, entry)
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id, "match": {"method": self.method, "path_contains": self.path_contains, "body_contains": self.body_contains},
            "times": self.times, "struck": self.struck, "kind": self.kind.name(), "status": self.status,
            "body": self.body, "delay_ms": self.delay_ms,
        })
    }
}

#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
    last: u64,
    /// Held before every answer.
    pub latency_ms: u64,
}

impl Faults {
    pub fn add(&mut self, order: &Value) -> Option<Value> {
        let fault = Fault::read(self.last + 1, order)?;
        self.last += 1;
        let json = fault.json();
        self.list.push(fault);
        Some(json)
    }

    /// The first fault that strikes this request; it is then spent by one.
    pub fn take(&mut self, asked: &Asked) -> Option<Fault> {
        let fault = self.list.iter_mut().find(|fault| fault.strikes(asked))?;
        fault.times = fault.times.map(|times| times - 1);
        fault.struck += 1;
        Some(fault.clone())
    }

    pub fn clear(&mut self) {
        self.list.clear();
    }

    pub fn json(&self) -> Value {
        json!({"items": self.list.iter().map(Fault::json).collect::<Vec<_>>(), "latency_ms": self.latency_ms})
    }
}
