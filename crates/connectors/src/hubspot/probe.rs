//! Probes of an account for what nobody has told for certain (reference/hubspot.md §11): what is asked, what was seen, and
//! what Patchbay does either way.

mod reads;
mod writes;

use domain::fault::Fault;
use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::DATE;
use serde::Serialize;
use serde_json::Value;

use super::{Settings, refusal::Trouble};
use crate::http::{Client, Unanswered};

/// One probe of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// What was to be found out.
    pub question: &'static str,
    /// What was asked for that.
    pub asked: String,
    /// What was seen.
    pub seen: String,
    /// What Patchbay does, whatever is seen.
    pub either_way: &'static str,
}

/// An answer to a probe, or why there is none.
type Seen = Result<Value, Trouble>;

/// In plain words why there is no answer.
fn refused(trouble: &Trouble) -> String {
    match trouble {
        Trouble::NotSent(fault) | Trouble::InDoubt(fault) => format!("No: {fault}"),
        Trouble::Refused(refusal) => format!("Refused with {}: {}", refusal.status, refusal.fault()),
    }
}

/// What was seen, in the words for an answer or in those of the refusal.
fn seen(seen: &Seen, words: impl FnOnce(&Value) -> String) -> String {
    match seen {
        Ok(answer) => words(answer),
        Err(trouble) => refused(trouble),
    }
}

/// Reads HubSpot's clock off an answer; nobody need be signed in.
pub async fn clock(client: &Client, settings: &Settings) -> Result<Timestamp, Fault> {
    let mut url = settings.origin.clone();
    url.set_path(&settings.version.account());
    let answer = client.send(client.get(url)).await.map_err(|unanswered| {
        let (Unanswered::NotSent(why) | Unanswered::InDoubt(why)) = unanswered;
        Fault::later(format!("HubSpot did not answer: {why}."))
    })?;
    let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp());
    date.ok_or_else(|| Fault::never("HubSpot's answer has no date."))
}
