//! A company with rules for its calls, and the webhooks of one call.

use std::{collections::BTreeMap, path::Path};

use domain::{
    contact::{ContactAnswer, Owners},
    decision::Rulebook,
    email::Email,
    ids::{OutcomeId, OwnerId, RecordId, RuleId, TagId, WorkspaceId},
    question::Answers,
    record::Record,
    rule::{Rule, Target},
    settings::{
        MeetingSettings,
        default_outcomes::{BUSY, CONNECTED, LEFT_VOICEMAIL, NO_ANSWER, WRONG_NUMBER},
    },
    source::Source,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

/// The call of the corpus; its one tag has a rule.
const CALL: &str = "780883160";
const TAG: &str = "1022984";

/// Rules and outcomes of its own beside those that the call meets.
const RULES: usize = 25;
const OUTCOMES: usize = 30;

/// What Aircall tells of one call, as its documents show it, in order.
const TOLD: [&str; 4] = ["answered", "hungup", "ended", "tagged"];

/// The bodies of the webhooks, from the corpus of the tests.
pub fn webhooks() -> Vec<Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/tests/corpus/aircall");
    TOLD.iter().map(|name| std::fs::read(corpus.join(format!("{name}.json"))).expect("a webhook")).collect()
}

/// A day after the call.
pub fn later() -> Timestamp {
    moment(1_646_391_384 + 86_400)
}

/// The call before anything is known of it.
pub fn record() -> Record {
    Record::new(RecordId::of(WorkspaceId(1), Source::Aircall, CALL), Source::Aircall, CALL)
}

/// The call after all webhooks.
pub fn folded(webhooks: &[Value]) -> Record {
    let mut record = record();
    for body in webhooks {
        record.take(connectors::read(Source::Aircall, body).expect("a webhook of a call"));
    }
    record
}

/// What was set a year before.
pub fn book() -> Rulebook {
    let since = moment(1_646_391_384 - 365 * 86_400);
    let defaults = [CONNECTED, NO_ANSWER, LEFT_VOICEMAIL, BUSY, WRONG_NUMBER].map(str::to_owned);
    let outcomes: Vec<(OutcomeId, String)> = defaults
        .into_iter()
        .chain((0..OUTCOMES).map(|n| format!("outcome-{n}")))
        .map(|id| (OutcomeId::from(id.as_str()), format!("Outcome {id}")))
        .collect();
    let tags: Vec<(TagId, String)> = (0..RULES).map(|n| (tag(n), format!("Tag {n}"))).collect();
    let rules = (0..RULES).map(|n| Rule {
        id: RuleId(Uuid::from_u128(n as u128)),
        tag: tag(n),
        target: match n % 5 {
            4 => Target::CallType(format!("Type {n}")),
            _ => Target::Outcome(OutcomeId::from(format!("outcome-{}", n % OUTCOMES).as_str())),
        },
        set_at: since,
        position: i64::try_from(n).expect("a place"),
    });
    let mut book =
        Rulebook { delay: SignedDuration::from_hours(1), rules: rules.collect(), ..Rulebook::default() };
    book.outcomes = book.outcomes.observed(&outcomes, since);
    book.tags = book.tags.observed(&tags, since);
    book
}

pub fn meetings() -> MeetingSettings {
    MeetingSettings::default()
}

/// HubSpot does not know the caller, and has a hundred owners.
pub fn answers() -> Answers {
    let owner = |n: usize| Some((Email::read(&format!("agent-{n}@example.com"))?, OwnerId(n.to_string())));
    let people: BTreeMap<Email, OwnerId> = (0..100).filter_map(owner).collect();
    let owners = Owners { people, ..Owners::default() };
    Answers { contact: Some(ContactAnswer::Unknown), companions: Vec::new(), owners }
}

/// The tags with rules; the first is the call's.
fn tag(n: usize) -> TagId {
    if n == 0 { TagId::from(TAG) } else { TagId(n.to_string()) }
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}
