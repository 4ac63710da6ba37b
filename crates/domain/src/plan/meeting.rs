//! What HubSpot should hold of a booking (M1–M5, M7, M8, M11).

use std::collections::BTreeMap;

use super::{Template, Wanted, meeting_text, people::key as key_of, takes_answers};
use crate::{
    booking::{Answer, AnswerValue, Booking, BookingFacts, Invitee, Standing},
    contact::{AnswerProperty, ContactKey, NewContact, PropertyDefinition, PropertyHolds, split_name},
    ids::{ContactId, OwnerId, StepKey},
    question::Answers,
    record::{Facts, Held, Record},
    settings::{AnswerProperties, MeetingSettings, OnReschedule, meeting_title},
    source::Source,
    step::{Object, Step},
    text,
};

/// What the names of contact properties of ours begin with.
const PROPERTY_PREFIX: &str = "patchbay_";

/// `patchbay_key` holds what makes a create happen once; a question named "Key" must not write there.
const KEY_SLUG: &str = "key";

fn moves_in_place(settings: &MeetingSettings) -> bool {
    settings.on_reschedule == OnReschedule::Update
}

/// The activity in HubSpot that the meeting as it stands is, if it is there.
///
/// One with the same times is it under whatever key: the key tells which move made it, and an older move that arrives late
/// must not replace what is right already. One that was sent these times and did not answer may have them by now: another
/// made beside it would be there twice until it is archived.
pub(super) fn held<'a>(
    record: &'a Record,
    booking: &Booking,
    standing: &Standing,
    settings: &MeetingSettings,
) -> Option<&'a Held> {
    let key = key(record, booking, standing, settings);
    let meetings = || record.held.iter().filter(|held| held.object == Object::Meetings);
    let times = times(&standing.facts);
    let has = |held: &Held, name: &str, at: &String| {
        held.properties.get(name) == Some(at) || record.unanswered(held, name) == Some(at)
    };
    let has_times = |held: &&Held| times.iter().all(|(name, at)| has(held, name, at));
    meetings()
        .find(|held| held.key == key)
        .or_else(|| meetings().rfind(has_times))
        .or_else(|| meetings().next_back().filter(|_| moves_in_place(settings)))
}

pub(super) fn wanted(
    record: &Record,
    booking: &Booking,
    settings: &MeetingSettings,
    answers: &Answers,
) -> Vec<Wanted> {
    let Some(standing) = booking.standing() else { return Vec::new() };
    let facts = &standing.facts;
    let mut properties = BTreeMap::from([
        ("hs_meeting_title", title(record.source, &standing, settings)),
        ("hs_meeting_body", meeting_text::body(&standing)),
        ("hs_meeting_outcome", outcome(&standing, settings).to_owned()),
        ("hs_meeting_location", facts.location.as_deref().map(text::title).unwrap_or_default()),
    ]);
    properties.extend(times(facts));
    properties.insert("hubspot_owner_id", super::owner(record, host_owner(&standing, answers), answers));
    let properties = properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    vec![Wanted { key: key(record, booking, &standing, settings), object: Object::Meetings, properties }]
}

/// When the meeting is, in HubSpot's properties. An end that is missing or before the start is the start.
fn times(facts: &BookingFacts) -> Vec<(&'static str, String)> {
    let Some(start) = facts.start else { return Vec::new() };
    let end = facts.end.unwrap_or(start).max(start);
    vec![
        ("hs_timestamp", start.to_string()),
        ("hs_meeting_start_time", start.to_string()),
        ("hs_meeting_end_time", end.to_string()),
    ]
}

/// The key of the edition that stands: named by the id that the last move gave, or by the move where the id stays. Changed
/// in place there is but one, named by the booking's first id.
fn key(record: &Record, booking: &Booking, standing: &Standing, settings: &MeetingSettings) -> StepKey {
    let source = record.source.word();
    let link = standing.link.as_str();
    StepKey(match &standing.edition {
        _ if moves_in_place(settings) => format!("{source}:{}", booking.first_link().unwrap_or(link)),
        Some(edition) => format!("{source}:{link}:{edition}"),
        None => format!("{source}:{link}"),
    })
}

fn outcome(standing: &Standing, settings: &MeetingSettings) -> &'static str {
    if standing.canceled.is_some() {
        "CANCELED"
    } else if standing.is_no_show {
        "NO_SHOW"
    } else if standing.is_moved && moves_in_place(settings) {
        "RESCHEDULED"
    } else {
        "SCHEDULED"
    }
}

fn title(source: Source, standing: &Standing, settings: &MeetingSettings) -> String {
    let event_name = standing.facts.event_name.clone().unwrap_or_else(|| "Meeting".to_owned());
    if standing.canceled.is_some() {
        return text::title(&format!("[Canceled] {event_name}"));
    }
    let default = meeting_title(source);
    let template = settings.title_template.get(&source).unwrap_or(&default);
    let facts = &standing.facts;
    Template::stored(template).fill(|place| match place {
        "event_name" => event_name.clone(),
        "invitee" => facts.invitee.as_ref().and_then(|one| one.name.clone()).unwrap_or_default(),
        "host" => facts.host.as_ref().and_then(|one| one.name.clone()).unwrap_or_default(),
        _ => String::new(),
    })
}

/// The HubSpot owner with the host's address, though the host may have left (M3).
fn host_owner(standing: &Standing, answers: &Answers) -> Option<OwnerId> {
    let email = standing.facts.host.as_ref()?.email.as_ref()?;
    answers.owners.find_any(email).cloned()
}

/// The contact of the invitee whom HubSpot does not know (M1, M2, M8).
pub(super) fn new_contact(
    booking: &Booking,
    settings: &MeetingSettings,
    answers: &Answers,
) -> Option<NewContact> {
    let facts = booking.standing()?.facts;
    contact_of(booking, facts.invitee.as_ref()?, &facts.answers, settings, answers)
}

/// The contact of somebody of a booking: name and e-mail, the host's owner, and their answers.
pub(super) fn contact_of(
    booking: &Booking,
    who: &Invitee,
    answered: &[Answer],
    settings: &MeetingSettings,
    answers: &Answers,
) -> Option<NewContact> {
    let key = key_of(who)?;
    let (first, last) =
        who.name_parts.clone().unwrap_or_else(|| split_name(who.name.as_deref().unwrap_or_default()));
    let mut properties = BTreeMap::from([
        ("firstname".to_owned(), text::title(&first)),
        ("lastname".to_owned(), text::title(&last)),
    ]);
    match &key {
        ContactKey::Email(email) => properties.insert("email".to_owned(), email.as_str().to_owned()),
        ContactKey::Phone(phone) => properties.insert("phone".to_owned(), phone.as_str().to_owned()),
    };
    let host = booking.standing().and_then(|standing| standing.facts.host).and_then(|host| host.email);
    if let Some(owner) = host.and_then(|host| answers.owners.find(&host)) {
        properties.insert("hubspot_owner_id".to_owned(), owner.0.clone());
    }
    properties.retain(|_, value| !value.is_empty());
    if properties.keys().all(|name| name == "phone" || name == "hubspot_owner_id") {
        properties.insert("firstname".to_owned(), key.text().replace("phone:", ""));
    }
    let answers = answer_properties(answered, settings, matches!(key, ContactKey::Phone(_)));
    Some(NewContact { key, properties, answers })
}

/// Answers that HubSpot did not take when their contact was made: tried again with each pass, under the settings of now.
pub(super) fn unwritten(record: &Record, settings: &MeetingSettings) -> Vec<Step> {
    let steps = record.unwritten.iter().map(|(contact, answers)| Step::WriteAnswers {
        contact: ContactId(contact.clone()),
        answers: answer_properties(answers, settings, is_known_by_phone(record, contact)),
    });
    steps.filter(|step| !matches!(step, Step::WriteAnswers { answers, .. } if answers.is_empty())).collect()
}

/// Whether a contact that was made for a booking has the number that its person is known by.
fn is_known_by_phone(record: &Record, contact: &str) -> bool {
    let companion = record.companions.iter().find(|(_, link)| link.id.as_str() == contact);
    let invitee = || match &record.facts {
        Facts::Booking(booking) => key_of(&booking.standing()?.facts.invitee?),
        Facts::Call(_) => None,
    };
    companion
        .map(|(key, _)| key.clone())
        .or_else(|| Some(invitee()?.text()))
        .is_some_and(|key| key.starts_with("phone:"))
}

/// The properties that answers go into; `has_phone` if their contact has its number from us.
fn answer_properties(answers: &[Answer], settings: &MeetingSettings, has_phone: bool) -> Vec<AnswerProperty> {
    if settings.answer_properties == AnswerProperties::Never {
        return Vec::new();
    }
    let mut properties: Vec<AnswerProperty> = Vec::new();
    for (answer, name) in answers.iter().zip(property_names(answers)) {
        let Some(value) = answer.value.for_property() else { continue };
        let value = text::cut(&value, text::BODY_CHARS_MAX);
        let mapped = answer
            .question_id
            .as_ref()
            .and_then(|id| settings.answer_map.get(id))
            .or_else(|| settings.answer_map.get(&answer.question));
        let definition = mapped.is_none().then(|| definition(answer, &name));
        let name = mapped.cloned().unwrap_or(name);
        // Two questions that the admin mapped to one property: the first one's answer, as HubSpot takes one value of each.
        if properties.iter().all(|known| known.name != name) {
            let is_withheld = !takes_answers(&name) || (has_phone && name == "phone");
            properties.push(AnswerProperty { answer: answer.clone(), name, value, definition, is_withheld });
        }
    }
    properties
}

/// The property of each answer, by its question alone, so that it is the same in each booking. Where a booking asks the same
/// in the same words again, by the question's id or its place too.
fn property_names(answers: &[Answer]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (place, answer) in answers.iter().enumerate() {
        let mut name = property_name(&answer.question);
        if names.contains(&name) {
            let which = answer.question_id.clone().unwrap_or_else(|| place.to_string());
            name = checked_name(&answer.question, &format!("{}\n{which}", answer.question));
        }
        names.push(name);
    }
    names
}

fn definition(answer: &Answer, name: &str) -> PropertyDefinition {
    let holds = match answer.value {
        AnswerValue::Number(_) => PropertyHolds::Number,
        AnswerValue::Truth(_) => PropertyHolds::Truth,
        AnswerValue::Text(_) | AnswerValue::Many(_) => PropertyHolds::Text,
    };
    let label = text::cut(&text::plain(&answer.question), 100);
    PropertyDefinition { name: name.to_owned(), label, holds }
}

/// HubSpot's names hold lower-case letters, digits and underscores. A question with more than that in it is named by a
/// checksum too, so that “Size?” and “Size!” are two.
fn property_name(question: &str) -> String {
    let slug = slug(question);
    let is_whole = question.trim().to_lowercase() == slug.replace('_', " ");
    if is_whole && (1..=60).contains(&slug.len()) && slug != KEY_SLUG {
        format!("{PROPERTY_PREFIX}{slug}")
    } else {
        checked_name(question, question.trim())
    }
}

fn checked_name(question: &str, told_apart_by: &str) -> String {
    let short: String = slug(question).chars().take(40).collect();
    format!("{PROPERTY_PREFIX}{short}_{:016x}", checksum(told_apart_by))
}

fn slug(question: &str) -> String {
    let mut slug = String::new();
    for c in question.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.trim_matches('_').to_owned()
}

/// FNV-1a: a name must be the same on each machine and in each version; nothing secret hangs on it.
fn checksum(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_its_property() {
        assert_eq!(property_name("Company size"), "patchbay_company_size");
    }

    #[test]
    fn questions_that_differ_in_their_signs_have_names_of_their_own() {
        let names = ["Company size", "Company size?", "Company size!", "Company-size"].map(property_name);
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
    }

    #[test]
    fn a_question_named_key_does_not_write_our_key() {
        assert_ne!(property_name("Key?"), "patchbay_key");
    }

    #[test]
    fn questions_in_other_letters_have_names_of_their_own() {
        let (one, two) = (property_name("会社の規模"), property_name("予算"));
        assert_ne!(one, two);
        assert!(one.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{one}");
    }
}
