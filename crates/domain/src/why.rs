//! Why a record says what it says, in plain words.

use jiff::Timestamp;

use crate::{
    booking::Pending,
    call::Party,
    contact::{ContactLink, FoundBy},
    decision::{Because, Decision, Matched, PassedOver, Ruling},
    kind::Kind,
    plan::{Wishes, wants_activity},
    question,
    record::{Facts, Record},
    rule::RuleState,
    settings::MeetingSettings,
};

/// Says in one sentence why HubSpot holds what it holds of the record.
pub fn record(record: &Record, wishes: &Wishes<'_>, now: Timestamp) -> String {
    match &record.facts {
        Facts::Call(_) => match record.decision() {
            _ if record.held.is_empty() && is_left_out(record, wishes) => {
                "Left out: calls of this number are not logged.".to_owned()
            }
            Some(decision) => outcome(decision),
            None if wants_activity(record, wishes, now) || !record.held.is_empty() => {
                "The call has not ended: its outcome is decided then.".to_owned()
            }
            None => "The call has not ended: it is logged then.".to_owned(),
        },
        Facts::Booking(booking) if !wants_activity(record, wishes, now) => match booking.pending() {
            Pending::Booking => {
                "Nothing is known yet of when the meeting is: waiting for the booking itself.".to_owned()
            }
            Pending::Yes => "Asked for: it is written once the host says yes.".to_owned(),
            Pending::Nothing => "The request came to nothing: there is no meeting to write.".to_owned(),
        },
        Facts::Booking(booking) => {
            booking.standing().map_or_else(String::new, |standing| meeting(&standing, wishes.meetings))
        }
    }
}

/// Whether the record is of a number that is left out (C1).
pub fn is_left_out(record: &Record, wishes: &Wishes<'_>) -> bool {
    match &record.facts {
        Facts::Call(call) => call.line().is_some_and(|line| wishes.calls.exclude_numbers.contains(&line.id)),
        Facts::Booking(_) => false,
    }
}

/// Whether nothing will ever be written of the record, as far as is known: a request that the host refused.
pub fn is_over(record: &Record) -> bool {
    match &record.facts {
        Facts::Call(_) => false,
        Facts::Booking(booking) => booking.standing().is_none() && booking.pending() == Pending::Nothing,
    }
}

fn meeting(standing: &crate::booking::Standing, settings: &MeetingSettings) -> String {
    let in_place = settings.on_reschedule == crate::settings::OnReschedule::Update;
    match (&standing.canceled, standing.is_no_show, standing.is_moved) {
        (Some(canceled), ..) => {
            let by = canceled.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
            format!("Canceled{by}: the activity stays, marked as canceled.")
        }
        (None, true, _) => "The invitee did not come: outcome NO_SHOW.".to_owned(),
        (None, false, true) if in_place => "Rescheduled: the activity was changed in place.".to_owned(),
        (None, false, true) => {
            "Rescheduled: the activity has the new times; none stays with the times before.".to_owned()
        }
        (None, false, false) => "Booked as the scheduler says.".to_owned(),
    }
}

/// Says in one sentence why a call has its outcome.
pub fn outcome(decision: &Decision) -> String {
    let mut sentence = ruling(&decision.outcome, decision.kind, "Outcome");
    for passed in &decision.outcome.passed_over {
        sentence.push(' ');
        sentence.push_str(&passed_over(passed));
    }
    sentence
}

/// Says in one sentence why a call has its call type.
pub fn call_type(decision: &Decision) -> String {
    ruling(&decision.call_type, decision.kind, "Call type")
}

fn ruling(ruling: &Ruling, kind: Kind, what: &str) -> String {
    let value = match (&ruling.label, &ruling.value) {
        (Some(label), _) => format!("{what} \"{label}\""),
        (None, Some(value)) => format!("{what} {value}"),
        (None, None) => format!("{what} None"),
    };
    match &ruling.because {
        Because::Rules(rules) => match rules.as_slice() {
            [one] => format!("{value}: rule for the tag \"{}\".", one.tag),
            many => format!("{value}: the rules for the tags {} agree.", tags(many)),
        },
        Because::FirstRule(rules) => {
            let first = rules.first().map_or("", |rule| rule.tag.as_str());
            format!(
                "{value}: the rules for the tags {} differ, and the one for \"{first}\" comes first.",
                tags(rules)
            )
        }
        Because::Default { lag } => {
            let why = if ruling.passed_over.is_empty() { "matches" } else { "counts for" };
            format!("{value}: default for {}; no rule {why} its tags.{}", a(kind), lag_words(*lag))
        }
        Because::Conflict { rules, lag } => {
            let targets: Vec<String> =
                rules.iter().map(|rule| format!("\"{}\" gives \"{}\"", rule.tag, rule.target)).collect();
            format!(
                "{value}: default for {}; its tags are mapped to different values ({}).{}",
                a(kind),
                targets.join(", "),
                lag_words(*lag)
            )
        }
    }
}

fn a(kind: Kind) -> String {
    let article = if kind.words().starts_with(['a', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {}", kind.words())
}

fn tags(rules: &[Matched]) -> String {
    let tags: Vec<String> = rules.iter().map(|rule| format!("\"{}\"", rule.tag)).collect();
    tags.join(" and ")
}

fn lag_words(lag: Option<RuleState>) -> String {
    match lag {
        Some(RuleState::Pending { effective_at }) => {
            format!(
                " The new default takes effect at {}; until then the one before it counts.",
                time(effective_at)
            )
        }
        Some(RuleState::OutcomeLeaving { until }) => {
            format!(" The outcome was deleted in HubSpot and is still used until {}.", time(until))
        }
        Some(RuleState::OutcomeDeleted) => " The default outcome was deleted in HubSpot.".to_owned(),
        Some(RuleState::Active | RuleState::TagDeleted) | None => String::new(),
    }
}

/// Says why a rule did not count.
pub fn passed_over(passed: &PassedOver) -> String {
    let rule = format!("The rule for the tag \"{}\" did not count:", passed.rule.tag);
    match passed.state {
        RuleState::Pending { effective_at } => format!("{rule} it takes effect at {}.", time(effective_at)),
        RuleState::TagDeleted => format!("{rule} the tag was deleted in Aircall."),
        RuleState::OutcomeDeleted => format!("{rule} its outcome was deleted in HubSpot."),
        RuleState::Active | RuleState::OutcomeLeaving { .. } => format!("{rule} it stood aside."),
    }
}

/// Says why what HubSpot holds of the record is nobody's, where nothing was told that anybody could be found by.
pub fn nobody(record: &Record) -> Option<&'static str> {
    let is_somebodys = record.contact.is_some() || !record.companions.is_empty();
    if record.held.is_empty() || is_somebodys || question::names_somebody(record) {
        return None;
    }
    let is_withheld = match &record.facts {
        Facts::Call(call) => call.party() == Some(&Party::Anonymous),
        Facts::Booking(_) => false,
    };
    Some(if is_withheld {
        "No contact: the number is withheld."
    } else {
        "No contact: nothing was told that is an e-mail address or a phone number."
    })
}

/// Says how the contact was found.
pub fn contact(link: &ContactLink) -> String {
    match link.by {
        FoundBy::Made => "Nobody in HubSpot had this address or number: a contact was made.".to_owned(),
        FoundBy::Email if link.matches <= 1 => "Contact found by e-mail.".to_owned(),
        FoundBy::Phone if link.matches <= 1 => "Contact found by phone number.".to_owned(),
        FoundBy::Email | FoundBy::Phone => {
            format!("{} contacts matched: the most recently active one was taken.", link.matches)
        }
    }
}

fn time(at: Timestamp) -> String {
    at.strftime("%H:%M UTC on %-d %B %Y").to_string()
}
