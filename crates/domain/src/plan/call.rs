//! What HubSpot should hold of a call (C1, C2, C12–C17).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Template, Wanted, call_text};
use crate::{
    call::{Call, Direction, Party, Person},
    contact::{ContactAnswer, ContactKey, NewContact},
    decision::Decision,
    email::Email,
    ids::{OwnerId, StepKey},
    kind::{Kind, kind},
    phone::Phone,
    question::Answers,
    record::Record,
    settings::{CALL_TITLE, CallSettings, LogWhen},
    step::Object,
    text,
};

/// The last name of a contact made from a number alone: the one that Aircall's own integration gives, which admins' lists
/// and workflows know.
const UNKNOWN_CALLER: &str = "Aircall new contact";

/// How the call went, in HubSpot's words.
pub(super) const STATUS: &str = "hs_call_status";
/// The status of a call that lasts.
pub(super) const IN_PROGRESS: &str = "IN_PROGRESS";

pub(super) fn wants_activity(call: &Call, settings: &CallSettings, now: Timestamp) -> bool {
    let is_left_out = call.line().is_some_and(|line| settings.exclude_numbers.contains(&line.id));
    let is_known = call.direction().is_some() && call.started_at().is_some();
    let logs_now =
        call.has_ended(now) || (settings.log_when == LogWhen::Answered && call.answered_at().is_some());
    is_known && !is_left_out && logs_now
}

pub(super) fn wanted(
    record: &Record,
    call: &Call,
    settings: &CallSettings,
    answers: &Answers,
    now: Timestamp,
) -> Vec<Wanted> {
    let activity = StepKey(format!("aircall:{}", record.external_id));
    let is_logged = record.held.iter().any(|held| held.key == activity);
    if !is_logged && !wants_activity(call, settings, now) {
        return Vec::new();
    }
    // A decided call keeps the kind it was decided for: a change of the settings is no change of the call (C8).
    let decided = record.decision().filter(|_| call.has_ended(now));
    let kind = decided.map(|decision| decision.kind).or_else(|| kind(call, &settings.outcome_causes));
    let (Some(kind), Some(started_at)) = (kind, call.started_at()) else {
        return Vec::new();
    };
    let mut properties = BTreeMap::from([
        ("hs_timestamp", started_at.to_string()),
        ("hs_call_title", title(call, kind, settings)),
        ("hs_call_body", call_text::body(call, contact_matches(record, answers), now)),
    ]);
    properties.extend(ends_of_the_line(call));
    properties.extend(result(call, decided));
    let owner = super::owner(record, owner(call, settings, answers), answers);
    properties.insert("hubspot_owner_id", owner);
    let properties = properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let call_wanted = Wanted { key: activity, object: Object::Calls, properties };
    let task = missed_call_task(record, call, kind, settings, answers, now);
    std::iter::once(call_wanted).chain(task).collect()
}

/// How the call went, as far as it is over: status, duration, outcome, call type.
fn result(call: &Call, decided: Option<&Decision>) -> Vec<(&'static str, String)> {
    let Some(decision) = decided else {
        return vec![(STATUS, IN_PROGRESS.to_owned())];
    };
    let status = match decision.kind {
        Kind::InboundAnswered | Kind::OutboundAnswered => "COMPLETED",
        Kind::OutboundBusy => "BUSY",
        Kind::InboundMissed
        | Kind::InboundVoicemail
        | Kind::OutboundUnanswered
        | Kind::OutboundWrongNumber => "NO_ANSWER",
    };
    let has_voicemail = match decision.kind {
        Kind::InboundVoicemail => "true",
        Kind::InboundMissed => "false",
        _ => "",
    };
    vec![
        (STATUS, status.to_owned()),
        ("hs_call_duration", call.duration().as_millis().to_string()),
        ("hs_call_disposition", decision.outcome.value.clone().unwrap_or_default()),
        ("hs_activity_type", decision.call_type.value.clone().unwrap_or_default()),
        ("hs_call_has_voicemail", has_voicemail.to_owned()),
    ]
}

/// How many contacts matched, of which one was taken (C12).
fn contact_matches(record: &Record, answers: &Answers) -> usize {
    match (&record.contact, &answers.contact) {
        (Some(link), _) => link.matches,
        (None, Some(ContactAnswer::Found(found))) => found.matches,
        _ => 0,
    }
}

fn ends_of_the_line(call: &Call) -> Vec<(&'static str, String)> {
    let ours = call.line().and_then(|line| line.digits.as_deref()).map(|digits| e164_or_plain(call, digits));
    let theirs = match call.party() {
        Some(Party::Digits(digits)) => Some(e164_or_plain(call, digits)),
        Some(Party::Anonymous) | None => None,
    };
    let (direction, from, to) = match call.direction() {
        Some(Direction::Outbound) => ("OUTBOUND", ours, theirs),
        Some(Direction::Inbound) | None => ("INBOUND", theirs, ours),
    };
    let ends = [("hs_call_from_number", from), ("hs_call_to_number", to)];
    let known = ends.into_iter().filter_map(|(name, number)| number.map(|number| (name, number)));
    std::iter::once(("hs_call_direction", direction.to_owned())).chain(known).collect()
}

fn e164_or_plain(call: &Call, digits: &str) -> String {
    number(call, digits).map_or_else(|| text::title(digits), |phone| phone.as_str().to_owned())
}

fn number(call: &Call, digits: &str) -> Option<Phone> {
    Phone::read(digits, call.line().and_then(|line| line.country.as_deref()))
}

fn title(call: &Call, kind: Kind, settings: &CallSettings) -> String {
    let party_number = match call.party() {
        Some(Party::Digits(digits)) => {
            number(call, digits).map_or_else(|| digits.clone(), |phone| phone.for_people())
        }
        Some(Party::Anonymous) | None => "an unknown number".to_owned(),
    };
    let line = call.line().and_then(|line| line.name.clone().or_else(|| line.digits.clone()));
    let value = |place: &str| match place {
        "what" => kind.title_words().to_owned(),
        "kind" => kind.words().to_owned(),
        "direction" => match call.direction() {
            Some(Direction::Outbound) => "Outbound".to_owned(),
            Some(Direction::Inbound) | None => "Inbound".to_owned(),
        },
        "party" => call.person().and_then(Person::name).unwrap_or_else(|| party_number.clone()),
        "number" => party_number.clone(),
        "line" => line.clone().unwrap_or_else(|| "an unknown line".to_owned()),
        "agent" => call.agent().and_then(|agent| agent.name.clone()).unwrap_or_default(),
        _ => String::new(),
    };
    let title = Template::stored(&settings.title_template).fill(value);
    // A template of one place, and nothing known to fill it with.
    if title.is_empty() { Template::stored(CALL_TITLE).fill(value) } else { title }
}

/// The manual map first, then the owner with the agent's address (C13).
fn owner(call: &Call, settings: &CallSettings, answers: &Answers) -> Option<OwnerId> {
    let email = call.agent()?.email.as_ref()?;
    let mapped = settings.owner_map.iter().find(|(agent, _)| Email::read(agent).as_ref() == Some(email));
    match mapped {
        Some((_, owner)) => Some(owner).filter(|owner| answers.owners.takes(owner)).cloned(),
        None => answers.owners.find_any(email).cloned(),
    }
}

pub(super) fn new_contact(call: &Call, settings: &CallSettings) -> Option<NewContact> {
    let kind = kind(call, &settings.outcome_causes)?;
    if !settings.creates_contact(kind) {
        return None;
    }
    let phone = match call.party() {
        Some(Party::Digits(digits)) => number(call, digits),
        Some(Party::Anonymous) | None => None,
    };
    let email = call.person().and_then(|person| person.emails.first().cloned());
    let key = email.clone().map(ContactKey::Email).or_else(|| phone.clone().map(ContactKey::Phone))?;
    let person = call.person();
    let part = |part: Option<&Option<String>>| part.cloned().flatten().map(|part| text::title(&part));
    let first = part(person.map(|person| &person.first_name)).filter(|name| !name.is_empty());
    let last = part(person.map(|person| &person.last_name)).filter(|name| !name.is_empty());
    let (first, last) = match (first, last) {
        (None, None) if email.is_none() => {
            (phone.as_ref().map(|phone| phone.as_str().to_owned()), Some(UNKNOWN_CALLER.to_owned()))
        }
        names => names,
    };
    let properties = [
        ("email", email.map(|email| email.as_str().to_owned())),
        ("phone", phone.map(|phone| phone.as_str().to_owned())),
        ("firstname", first),
        ("lastname", last),
    ];
    let properties = properties
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)))
        .collect();
    Some(NewContact { key, properties, answers: Vec::new() })
}

/// A task to call back, for the owner of the contact (C17). It is made once, when the call is first logged, or later if it
/// was refused then.
fn missed_call_task(
    record: &Record,
    call: &Call,
    kind: Kind,
    settings: &CallSettings,
    answers: &Answers,
    now: Timestamp,
) -> Option<Wanted> {
    let key = StepKey(format!("aircall:{}:task", record.external_id));
    let is_made = record.held.iter().any(|held| held.key == key);
    let is_missed = matches!(kind, Kind::InboundMissed | Kind::InboundVoicemail) && call.has_ended(now);
    let is_too_late = !record.held.is_empty() && !record.owes_task;
    if is_made || is_too_late || !settings.missed_call_task || !is_missed {
        return None;
    }
    let link_owner = record.contact.as_ref().and_then(|link| link.owner.clone());
    let found_owner = match &answers.contact {
        Some(ContactAnswer::Found(found)) => found.owner.clone(),
        _ => None,
    };
    let mut properties = BTreeMap::from([
        ("hs_timestamp".to_owned(), call.ended_at().or(call.started_at())?.to_string()),
        ("hs_task_subject".to_owned(), title(call, kind, settings)),
        ("hs_task_body".to_owned(), call_text::body(call, contact_matches(record, answers), now)),
        ("hs_task_status".to_owned(), "NOT_STARTED".to_owned()),
        ("hs_task_type".to_owned(), "CALL".to_owned()),
    ]);
    if let Some(owner) = link_owner.or(found_owner).filter(|owner| answers.owners.takes(owner)) {
        properties.insert("hubspot_owner_id".to_owned(), owner.0);
    }
    Some(Wanted { key, object: Object::Tasks, properties })
}
