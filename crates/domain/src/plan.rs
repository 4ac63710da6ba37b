//! The plan: what HubSpot should hold, less what our receipts say it holds.

mod call;
mod call_text;
mod meeting;
mod meeting_text;
mod own;
mod people;
mod template;

use std::collections::BTreeMap;

use jiff::Timestamp;

use call::{IN_PROGRESS, STATUS};
pub use own::{WITHHELD, takes_answers};
pub(crate) use people::unsettled;
pub use template::{Template, UnknownPlace};

use crate::{
    contact::{ContactAnswer, ContactKey, ContactLink, FoundBy, FoundContact, NewContact},
    ids::{ContactId, OwnerId, StepKey},
    question::Answers,
    record::{Facts, Held, Record},
    settings::{CallSettings, MeetingSettings},
    step::{ContactRef, Object, Plan, Step},
};

/// What the admin wants.
#[derive(Debug, Clone, Copy)]
pub struct Wishes<'a> {
    /// For calls.
    pub calls: &'a CallSettings,
    /// For meetings.
    pub meetings: &'a MeetingSettings,
}

/// One activity as it should be. An empty value is one that HubSpot should hold empty.
struct Wanted {
    key: StepKey,
    object: Object,
    properties: BTreeMap<String, String>,
}

/// Whether HubSpot should hold an activity for the record at `now`.
pub fn wants_activity(record: &Record, wishes: &Wishes<'_>, now: Timestamp) -> bool {
    match &record.facts {
        Facts::Call(call) => call::wants_activity(call, wishes.calls, now),
        Facts::Booking(booking) => booking.standing().is_some(),
    }
}

/// Plans a record. Pure: the same record, settings and answers give the same steps.
pub fn plan(record: &Record, wishes: &Wishes<'_>, answers: &Answers, now: Timestamp) -> Plan {
    let wanted = match &record.facts {
        Facts::Call(call) => call::wanted(record, call, wishes.calls, answers, now),
        Facts::Booking(booking) => meeting::wanted(record, booking, wishes.meetings, answers),
    };
    let mut plan = Plan::default();
    if wanted.is_empty() {
        // A cancel was written before it was known that nothing but a request was canceled.
        plan.steps.extend(surplus(record, &wanted, wishes));
        return plan;
    }
    let own =
        if makes_activity(record, wishes, now) { contact(record, wishes, answers, &mut plan) } else { None };
    let companions = people::companions(record, wishes, answers, &mut plan);
    for wanted in &wanted {
        match standing_for(record, wanted, wishes) {
            Some(held) => {
                plan.steps.extend(update(record, held, wanted));
                plan.steps.extend(people::reassociated(record, held, &companions));
            }
            // A task is for the owner of the contact (C17): nobody known, nobody to call back.
            None if wanted.object == Object::Tasks && own.is_none() => {}
            None => plan.steps.push(create(wanted, own.iter().chain(&companions))),
        }
    }
    plan.steps.extend(meeting::unwritten(record, wishes.meetings));
    plan.steps.extend(surplus(record, &wanted, wishes));
    plan
}

/// Whether a plan at `now` would make an activity of the record: it is wanted, and HubSpot does not hold it.
pub fn makes_activity(record: &Record, wishes: &Wishes<'_>, now: Timestamp) -> bool {
    let is_held = match &record.facts {
        Facts::Call(_) if record.owes_task && wishes.calls.missed_call_task => false,
        Facts::Call(_) => record.held.iter().any(|held| held.object == Object::Calls),
        Facts::Booking(booking) => booking
            .standing()
            .is_some_and(|standing| meeting::held(record, booking, &standing, wishes.meetings).is_some()),
    };
    !is_held && wants_activity(record, wishes, now)
}

/// The object in HubSpot that the wanted activity is, if it is there.
fn standing_for<'a>(record: &'a Record, wanted: &Wanted, wishes: &Wishes<'_>) -> Option<&'a Held> {
    match &record.facts {
        Facts::Booking(booking) => meeting::held(record, booking, &booking.standing()?, wishes.meetings),
        Facts::Call(_) => {
            record.held.iter().find(|held| held.object == wanted.object && held.key == wanted.key)
        }
    }
}

/// What HubSpot holds of the record beyond what is wanted: an edition of a meeting that was replaced.
fn surplus(record: &Record, wanted: &[Wanted], wishes: &Wishes<'_>) -> Vec<Step> {
    let standing: Vec<&Held> =
        wanted.iter().filter_map(|wanted| standing_for(record, wanted, wishes)).collect();
    record
        .held
        .iter()
        .filter(|held| held.object == Object::Meetings)
        .filter(|held| !standing.iter().any(|one| one.id == held.id && one.object == held.object))
        .map(|held| Step::Archive { object: held.object, id: held.id.clone() })
        .collect()
}

fn create<'a>(wanted: &Wanted, all: impl Iterator<Item = &'a ContactRef>) -> Step {
    let mut contacts: Vec<ContactRef> = Vec::new();
    for contact in all {
        if !contacts.contains(contact) {
            contacts.push(contact.clone());
        }
    }
    let filled = wanted.properties.iter().filter(|(_, value)| !value.is_empty());
    Step::Create {
        key: wanted.key.clone(),
        object: wanted.object,
        properties: filled.map(|(name, value)| (name.clone(), value.clone())).collect(),
        contacts,
    }
}

/// The properties that a call decided again is given whatever it was given before: people may have changed them since (N6).
const RESTATED: [&str; 2] = ["hs_call_title", "hs_call_disposition"];

/// Whether these properties say again what was decided.
pub fn is_restated(properties: &BTreeMap<String, String>) -> bool {
    RESTATED.iter().all(|name| properties.contains_key(*name))
}

/// Whether these properties say of a call that it is over.
pub fn tells_end(properties: &BTreeMap<String, String>) -> bool {
    properties.get(STATUS).is_some_and(|status| status != IN_PROGRESS)
}

fn update(record: &Record, held: &Held, wanted: &Wanted) -> Option<Step> {
    if held.object == Object::Tasks {
        return None; // A task belongs to its owner once it is made.
    }
    let is_restated = |name: &String| record.is_redecided && RESTATED.contains(&name.as_str());
    let is_due = |name: &String| is_restated(name) || record.unanswered(held, name).is_some();
    let holds = |name: &String| held.properties.get(name).map_or("", String::as_str);
    let properties: BTreeMap<String, String> = wanted
        .properties
        .iter()
        .filter(|(name, value)| is_due(name) || holds(name) != value.as_str())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!properties.is_empty()).then(|| Step::Update { object: held.object, id: held.id.clone(), properties })
}

/// The contact of the record, with the step that makes it if it is missing. Where all have seats, it is nobody's alone.
fn contact(record: &Record, wishes: &Wishes<'_>, answers: &Answers, plan: &mut Plan) -> Option<ContactRef> {
    match (&record.contact, &answers.contact) {
        _ if people::is_shared(record) => None,
        (Some(link), _) => Some(ContactRef::Known(link.id.clone())),
        (None, Some(ContactAnswer::Found(found))) => {
            plan.link = Some(link(found));
            Some(ContactRef::Known(found.id.clone()))
        }
        (None, Some(ContactAnswer::Unknown)) => {
            let new = match &record.facts {
                Facts::Call(call) => call::new_contact(call, wishes.calls),
                Facts::Booking(booking) => meeting::new_contact(booking, wishes.meetings, answers),
            };
            new.map(|new| make(new, plan))
        }
        (None, None) => None,
    }
}

/// The link to a contact that was found.
fn link(found: &FoundContact) -> ContactLink {
    ContactLink { id: found.id.clone(), by: found.by, matches: found.matches, owner: found.owner.clone() }
}

fn make(new: NewContact, plan: &mut Plan) -> ContactRef {
    let made = ContactRef::Made(new.key.clone());
    plan.steps.push(Step::CreateContact(new));
    made
}

/// The owner of the activity: the one found; while the list of owners was not read, or no longer has the owner of the same
/// person, the one that HubSpot holds; else none. A task's owner is the contact's.
fn owner(record: &Record, found: Option<OwnerId>, answers: &Answers) -> String {
    if let Some(owner) = found {
        return owner.0;
    }
    let activities = record.held.iter().filter(|held| held.object != Object::Tasks);
    let held = activities.filter_map(|held| held.properties.get("hubspot_owner_id")).next_back();
    let stays = answers.owners.is_empty() || record.owner_of == record.responsible();
    held.filter(|_| stays).cloned().unwrap_or_default()
}

/// The link to a contact that was made for the record.
pub fn made_link(id: ContactId) -> ContactLink {
    ContactLink { id, by: FoundBy::Made, matches: 0, owner: None }
}

/// The contact that HubSpot says has this already, when it was to be made.
pub fn existing_link(id: ContactId, key: &ContactKey) -> ContactLink {
    let by = match key {
        ContactKey::Email(_) => FoundBy::Email,
        ContactKey::Phone(_) => FoundBy::Phone,
    };
    ContactLink { id, by, matches: 1, owner: None }
}
