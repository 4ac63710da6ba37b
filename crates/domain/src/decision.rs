//! The outcome decision with its reason. This file decides outcomes and call types; nothing else does.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    call::Call,
    catalog::{OutcomeCatalog, TagCatalog},
    ids::{RuleId, TagId},
    kind::{Kind, kind},
    rule::{Rule, RuleState, Target},
    settings::{CallSettings, OnConflict},
};

/// All that a decision goes by, as it stands at one moment.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    /// The admin's settings.
    pub settings: CallSettings,
    /// Outcome rules and call type rules.
    pub rules: Vec<Rule>,
    /// HubSpot's outcomes as we saw them.
    pub outcomes: OutcomeCatalog,
    /// Aircall's tags as we saw them.
    pub tags: TagCatalog,
    /// How long what is applied lags what the dashboard shows (C11).
    pub delay: SignedDuration,
}

/// What was decided for a call, by what, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The moment by whose rules it was decided.
    pub at: Timestamp,
    /// The kind of call it was decided for.
    pub kind: Kind,
    /// The hang-up cause it was decided for: it makes the kind only by a map of the settings.
    #[serde(default)]
    pub hangup_cause: Option<String>,
    /// The tags it was decided for.
    pub tags: BTreeMap<TagId, String>,
    /// The outcome.
    pub outcome: Ruling,
    /// The call type.
    pub call_type: Ruling,
}

/// One of the two things decided, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// The value for HubSpot; `None` is a choice too.
    pub value: Option<String>,
    /// Its label then.
    pub label: Option<String>,
    /// What decided.
    pub because: Because,
    /// Rules that a tag of the call has, but that did not count, and why not.
    pub passed_over: Vec<PassedOver>,
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// One rule, or several that agree.
    Rules(Vec<Matched>),
    /// Rules that disagree, where the admin's order decides: the first won.
    FirstRule(Vec<Matched>),
    /// No rule of the call's tags counts: the kind's own choice.
    Default {
        /// The admin's choice, where it does not count yet or no more.
        lag: Option<RuleState>,
    },
    /// Rules that disagree: the kind's own choice.
    Conflict {
        /// The rules.
        rules: Vec<Matched>,
        /// As for `Default`.
        lag: Option<RuleState>,
    },
}

/// A rule that matched, in the words of then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// The rule.
    pub rule: RuleId,
    /// The tag's name.
    pub tag: String,
    /// The target's label.
    pub target: String,
}

/// A rule that did not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The rule.
    pub rule: Matched,
    /// How it stood.
    pub state: RuleState,
}

/// Decides a call that has ended, if it is to be decided now: at its end, and again only when its own tags or its kind
/// changed since (C8).
///
/// A tag that Aircall deleted makes no difference between then and now (C9).
pub fn decide(call: &Call, last: Option<&Decision>, book: &Rulebook, now: Timestamp) -> Option<Decision> {
    if !call.has_ended(now) {
        return None;
    }
    let kind = kind(call, &book.settings.outcome_causes)?;
    let tags = call.tags();
    if last
        .is_some_and(|last| is_same_kind(last, kind, call) && same_but_deleted(&last.tags, &tags, &book.tags))
    {
        return None;
    }
    Some(Decision {
        at: now,
        kind,
        hangup_cause: call.hangup_cause().map(str::to_owned),
        outcome: rule_on(book, kind, &tags, now, Matter::Outcome),
        call_type: rule_on(book, kind, &tags, now, Matter::CallType),
        tags,
    })
}

/// The tags that a decided call has lost: if Aircall deleted them, nothing changed (C9), so it is worth asking before
/// deciding again, whether a rule has them or not: by the rules of now even an unmapped tag's loss may decide otherwise.
pub fn lost_tags<'a>(call: &Call, last: &'a Decision) -> Vec<&'a TagId> {
    let tags = call.tags();
    last.tags.keys().filter(|tag| !tags.contains_key(*tag)).collect()
}

/// Whether the call is of the kind it was decided for. The map from hang-up causes to kinds is a setting: its change is no
/// change of the call (C8).
fn is_same_kind(last: &Decision, kind: Kind, call: &Call) -> bool {
    let is_by_cause =
        |kind| matches!(kind, Kind::OutboundUnanswered | Kind::OutboundBusy | Kind::OutboundWrongNumber);
    let is_by_map_alone =
        is_by_cause(last.kind) && is_by_cause(kind) && last.hangup_cause.as_deref() == call.hangup_cause();
    last.kind == kind || is_by_map_alone
}

fn same_but_deleted(
    then: &BTreeMap<TagId, String>,
    now: &BTreeMap<TagId, String>,
    catalog: &TagCatalog,
) -> bool {
    let standing = |tag: &&TagId| !catalog.is_deleted(tag);
    then.keys().filter(standing).eq(now.keys().filter(standing))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Matter {
    Outcome,
    CallType,
}

fn rule_on(
    book: &Rulebook,
    kind: Kind,
    tags: &BTreeMap<TagId, String>,
    now: Timestamp,
    matter: Matter,
) -> Ruling {
    let mut matching: Vec<&Rule> = book
        .rules
        .iter()
        .filter(|rule| matches!(rule.target, Target::Outcome(_)) == (matter == Matter::Outcome))
        .filter(|rule| tags.contains_key(&rule.tag))
        .collect();
    matching.sort_by_key(|rule| (rule.position, rule.id));
    let state = |rule: &Rule| rule.state(&book.outcomes, &book.tags, book.delay, now);
    let (counting, others): (Vec<&Rule>, Vec<&Rule>) =
        matching.into_iter().partition(|rule| state(rule).counts());
    let matched = |rule: &&Rule| matched(rule, tags, &book.outcomes);
    let passed_over =
        others.iter().map(|rule| PassedOver { rule: matched(rule), state: state(rule) }).collect();
    let rules: Vec<Matched> = counting.iter().map(matched).collect();
    let Some(first) = counting.first() else {
        return default_ruling(book, kind, now, matter, None, passed_over);
    };
    let agree = counting.iter().all(|rule| rule.target == first.target);
    let because = match book.settings.on_conflict {
        _ if agree => Because::Rules(rules),
        OnConflict::FirstRule => Because::FirstRule(rules),
        OnConflict::CallOutcome => {
            return default_ruling(book, kind, now, matter, Some(rules), passed_over);
        }
    };
    let (value, label) = match &first.target {
        Target::Outcome(outcome) => (outcome.0.clone(), book.outcomes.label(outcome).map(str::to_owned)),
        Target::CallType(call_type) => (call_type.clone(), Some(call_type.clone())),
    };
    Ruling { value: Some(value), label, because, passed_over }
}

fn default_ruling(
    book: &Rulebook,
    kind: Kind,
    now: Timestamp,
    matter: Matter,
    conflict: Option<Vec<Matched>>,
    passed_over: Vec<PassedOver>,
) -> Ruling {
    let (value, label, lag) = match matter {
        Matter::Outcome => {
            let slot = book.settings.outcomes.get(&kind);
            let (outcome, own) =
                slot.map_or((None, None), |slot| slot.outcome(&book.outcomes, book.delay, now));
            let label = outcome.and_then(|outcome| book.outcomes.label(outcome)).map(str::to_owned);
            (outcome.map(|outcome| outcome.0.clone()), label, own.filter(|own| *own != RuleState::Active))
        }
        Matter::CallType => {
            let value = book.settings.call_types.get(&kind).cloned().flatten();
            (value.clone(), value, None)
        }
    };
    let because = match conflict {
        Some(rules) => Because::Conflict { rules, lag },
        None => Because::Default { lag },
    };
    Ruling { value, label, because, passed_over }
}

fn matched(rule: &Rule, tags: &BTreeMap<TagId, String>, outcomes: &OutcomeCatalog) -> Matched {
    let target = match &rule.target {
        Target::Outcome(outcome) => outcomes.label(outcome).unwrap_or(outcome.as_str()).to_owned(),
        Target::CallType(call_type) => call_type.clone(),
    };
    let tag = tags.get(&rule.tag).cloned().unwrap_or_else(|| rule.tag.0.clone());
    Matched { rule: rule.id, tag, target }
}
