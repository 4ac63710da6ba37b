//! The timeline of a record: received, decided, written, waiting, problem. Pure.

use domain::why;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use store::{Envelope, EnvelopeState, LedgerEntry, Phase, RecordState, StoredRecord};
use utoipa::ToSchema;

use super::portal::Portal;

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Moment {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `received`, `decided`, `written`, `waiting` or `problem`.
    pub what: What,
    /// What happened, in plain words.
    pub text: String,
    /// The object in HubSpot that it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hubspot: Option<Touched>,
    /// Where people see that object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What was sent.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub request: Value,
    /// What was answered.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub answer: Value,
    /// The number of the envelope that was received.
    #[serde(skip)]
    pub envelope: Option<i64>,
}

/// An object in HubSpot.
#[derive(Debug, Serialize, ToSchema)]
pub struct Touched {
    /// HubSpot's word for its kind.
    pub object: String,
    /// HubSpot's id.
    pub id: String,
}

/// The kinds of things that happen, in their order within one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Received,
    Decided,
    Written,
    Waiting,
    Problem,
}

/// Tells all that happened to a record, oldest first. `why` is why it is as it is now.
pub fn of(
    stored: &StoredRecord,
    why: &str,
    envelopes: &[Envelope],
    mut ledger: Vec<LedgerEntry>,
    portal: &Portal,
) -> Vec<Moment> {
    let mut moments: Vec<Moment> = envelopes.iter().map(received).collect();
    moments.extend(decided(stored, &ledger));
    moments.extend(now(stored, why));
    tell_requests(&mut ledger);
    let unfinished: Vec<bool> = (0..ledger.len()).map(|n| is_unfinished(n, &ledger)).collect();
    let entries = ledger.into_iter().zip(unfinished);
    moments.extend(entries.filter_map(|(entry, is_unfinished)| attempted(entry, is_unfinished, portal)));
    moments.sort_by_key(|moment| (moment.at, moment.what));
    moments
}

fn moment(at: Timestamp, what: What, text: impl Into<String>) -> Moment {
    Moment {
        at,
        what,
        text: text.into(),
        hubspot: None,
        url: None,
        request: Value::Null,
        answer: Value::Null,
        envelope: None,
    }
}

fn received(envelope: &Envelope) -> Moment {
    let note = match envelope.state {
        EnvelopeState::Kept => " (kept while paused)",
        EnvelopeState::Ignored => " (left alone)",
        EnvelopeState::Unreadable => " (could not be read)",
        EnvelopeState::Unread | EnvelopeState::Read => "",
    };
    let text = format!("{} sent {}{note}.", envelope.source.name(), envelope.event);
    Moment { envelope: Some(envelope.seq), ..moment(envelope.received_at, What::Received, text) }
}

/// The decisions of a call; for a booking, which is decided by the booking itself, why it stands; and how the contact was
/// found, or why there is none.
fn decided(stored: &StoredRecord, ledger: &[LedgerEntry]) -> Vec<Moment> {
    let record = &stored.record;
    let mut moments = Vec::new();
    for decision in &record.decisions {
        moments.push(moment(decision.at, What::Decided, why::outcome(decision)));
        if decision.call_type.value.is_some() || !decision.call_type.passed_over.is_empty() {
            moments.push(moment(decision.at, What::Decided, why::call_type(decision)));
        }
    }
    if record.decisions.is_empty() && stored.state == RecordState::Logged && !stored.why.is_empty() {
        moments.push(moment(stored.changed_at, What::Decided, &stored.why));
    }
    let whose = record.contact.as_ref().map(why::contact);
    if let Some(whose) = whose.or_else(|| why::nobody(record).map(str::to_owned)) {
        // The contact is settled just before the first write that needs it.
        let first = ledger.iter().find(|entry| !is_notice(entry));
        let at = first.map_or(stored.changed_at, |entry| entry.at);
        moments.push(moment(at, What::Decided, whose));
    }
    moments
}

fn now(stored: &StoredRecord, why: &str) -> Option<Moment> {
    match (stored.state, &stored.problem) {
        (RecordState::Problem, Some(problem)) => Some(moment(problem.since, What::Problem, &problem.reason)),
        (RecordState::Waiting, _) => Some(moment(stored.changed_at, What::Waiting, why)),
        _ => None,
    }
}

/// What was sent in a create stands in the ledger once, where it was begun: whatever became of it tells it, too.
fn tell_requests(ledger: &mut [LedgerEntry]) {
    for n in 0..ledger.len() {
        let (before, rest) = ledger.split_at_mut(n);
        let entry = &mut rest[0];
        if entry.request.is_null() {
            let begun = before.iter().rfind(|one| one.phase == Phase::Begun && one.step == entry.step);
            entry.request = begun.map(|begun| begun.request.clone()).unwrap_or_default();
        }
    }
}

/// Whether an attempt was begun and nothing was heard of it since.
fn is_unfinished(n: usize, ledger: &[LedgerEntry]) -> bool {
    let entry = &ledger[n];
    entry.phase == Phase::Begun && !ledger[n + 1..].iter().any(|later| later.step == entry.step)
}

/// Whether an entry is about a mail to a party of a booking.
fn is_notice(entry: &LedgerEntry) -> bool {
    entry.step.starts_with("notice:")
}

fn why_of(entry: &LedgerEntry) -> &str {
    entry.answer.get("why").and_then(Value::as_str).unwrap_or_default()
}

fn attempted(entry: LedgerEntry, is_unfinished: bool, portal: &Portal) -> Option<Moment> {
    let words = &entry.what;
    let (what, text) = match entry.phase {
        Phase::Begun if is_unfinished => (What::Waiting, format!("{words}: sent, no answer yet.")),
        Phase::Begun => return None,
        Phase::Queued => (What::Decided, format!("{words}: to be sent.")),
        Phase::Dropped => (What::Decided, format!("{words}: not sent. {}", why_of(&entry))),
        Phase::Done if is_notice(&entry) => (What::Written, format!("{words}: sent.")),
        Phase::Waited if is_notice(&entry) => {
            (What::Waiting, format!("{words}: to be sent again. {}", why_of(&entry)))
        }
        Phase::Done => (What::Written, format!("{words}: done.")),
        Phase::Found => (What::Written, format!("{words}: it was there already.")),
        Phase::Waited => (What::Waiting, words.clone()),
        Phase::InDoubt => {
            (What::Waiting, format!("{words}: no answer came; HubSpot is looked at before it is sent again."))
        }
        Phase::Refused => {
            let why = entry.answer.get("why").and_then(Value::as_str);
            (
                What::Problem,
                why.map_or_else(|| format!("{words}: refused."), |why| format!("{words}: refused. {why}")),
            )
        }
    };
    Some(Moment {
        url: url(&entry, portal),
        hubspot: entry.object.map(|(object, id)| Touched { object, id }),
        request: entry.request,
        answer: entry.answer,
        ..moment(entry.at, what, text)
    })
}

/// Where people see the object: as HubSpot answered, else by the account that is connected.
fn url(entry: &LedgerEntry, portal: &Portal) -> Option<String> {
    let answered = entry.answer.get("url").and_then(Value::as_str).filter(|url| url.starts_with("https://"));
    let (object, id) = entry.object.as_ref()?;
    answered.map(str::to_owned).or_else(|| portal.url(object, id))
}
