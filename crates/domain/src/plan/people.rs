//! The others of a booking who become contacts: guests where the admin wants that, and all who have a seat (M11).

use std::collections::BTreeSet;

use super::{Wishes, link, make, meeting};
use crate::{
    booking::{Answer, Booking, Guest, Invitee, Standing},
    contact::{ContactAnswer, ContactKey},
    phone::Phone,
    question::Answers,
    record::{Facts, Held, Record},
    settings::{Guests, MeetingSettings},
    step::{ContactRef, Plan, Step},
};

/// Somebody of a booking besides its one invitee.
pub(crate) struct Companion {
    /// Who it is.
    pub who: Invitee,
    /// Their own answers.
    pub answers: Vec<Answer>,
    key: ContactKey,
}

/// Those whose contact is to be asked for.
pub(crate) fn unsettled(record: &Record, wishes: &Wishes<'_>) -> Vec<Companion> {
    let mut all = all(record, wishes.meetings);
    all.retain(|one| !record.companions.contains_key(&one.key.text()));
    all
}

/// The contacts of them all, with the steps that make those that are missing. Whoever was not asked for is left out.
pub(super) fn companions(
    record: &Record,
    wishes: &Wishes<'_>,
    answers: &Answers,
    plan: &mut Plan,
) -> Vec<ContactRef> {
    let mut answered = answers.companions.iter();
    let mut contacts = Vec::new();
    for one in all(record, wishes.meetings) {
        let known = record.companions.get(&one.key.text()).map(|link| ContactRef::Known(link.id.clone()));
        let contact = match known {
            Some(known) => known,
            None => match answered.next() {
                Some(ContactAnswer::Found(found)) => {
                    plan.companions.push((one.key.clone(), link(found)));
                    ContactRef::Known(found.id.clone())
                }
                Some(ContactAnswer::Unknown) => {
                    let Facts::Booking(booking) = &record.facts else { continue };
                    let new = meeting::contact_of(booking, &one.who, &one.answers, wishes.meetings, answers);
                    let Some(new) = new else { continue };
                    make(new, plan)
                }
                None => continue,
            },
        };
        contacts.push(contact);
    }
    contacts
}

/// What differs between the contacts that an activity has by our receipts and those of the booking as it stands. Only who
/// has left the booking itself is taken off: what people associate by hand is theirs.
pub(super) fn reassociated(record: &Record, held: &Held, companions: &[ContactRef]) -> Vec<Step> {
    let (object, id) = (held.object, held.id.clone());
    let mut steps: Vec<Step> = companions
        .iter()
        .filter(|contact| !matches!(contact, ContactRef::Known(id) if held.contacts.contains(id)))
        .map(|contact| Step::Associate { object, id: id.clone(), contact: contact.clone() })
        .collect();
    let Facts::Booking(booking) = &record.facts else { return steps };
    let present = present(booking);
    let linked = record.companions.iter().map(|(key, link)| (present.contains(key), &link.id));
    let own = record.contact.iter().map(|link| (!is_shared(record), &link.id));
    let (here, gone): (Vec<_>, Vec<_>) = linked.chain(own).partition(|(is_here, _)| *is_here);
    let [mut here, gone] = [here, gone].map(|all| all.into_iter().map(|(_, id)| id).collect::<BTreeSet<_>>());
    here.extend(companions.iter().filter_map(|contact| match contact {
        ContactRef::Known(id) => Some(id),
        ContactRef::Made(_) => None,
    }));
    let left = gone.difference(&here).filter(|id| held.contacts.contains(id)).map(|id| (*id).clone());
    steps.extend(left.map(|contact| Step::Dissociate { object, id: id.clone(), contact }));
    steps
}

/// Whether a booking is nobody's alone: its people have seats.
pub(super) fn is_shared(record: &Record) -> bool {
    let Facts::Booking(booking) = &record.facts else { return false };
    booking.standing().is_some_and(|standing| !standing.seats.is_empty())
}

/// Everybody of the booking as it stands, whether or not they become contacts.
fn present(booking: &Booking) -> BTreeSet<String> {
    let Some(standing) = booking.standing() else { return BTreeSet::new() };
    let seated = standing.seats.iter().map(|seat| &seat.who);
    let keys = seated.chain(&standing.facts.invitee).filter_map(key);
    let guests = standing.facts.guests.iter().map(|guest| ContactKey::Email(guest.email.clone()));
    keys.chain(guests).map(|key| key.text()).collect()
}

fn all(record: &Record, settings: &MeetingSettings) -> Vec<Companion> {
    let Facts::Booking(booking) = &record.facts else { return Vec::new() };
    let Some(standing) = booking.standing() else { return Vec::new() };
    let people: Vec<(Invitee, Vec<Answer>)> = if standing.seats.is_empty() {
        guests(&standing, settings).into_iter().map(|guest| (as_invitee(guest), Vec::new())).collect()
    } else {
        standing.seats.into_iter().map(|seat| (seat.who, seat.answers)).collect()
    };
    let mut all: Vec<Companion> = Vec::new();
    for (who, answers) in people {
        let Some(key) = key(&who) else { continue };
        if all.iter().all(|known| known.key != key) {
            all.push(Companion { who, answers, key });
        }
    }
    all
}

/// The guests who become contacts, where the admin wants that: not the invitee again.
fn guests(standing: &Standing, settings: &MeetingSettings) -> Vec<Guest> {
    let invitee = standing.facts.invitee.as_ref().and_then(|invitee| invitee.email.as_ref());
    let guests = standing.facts.guests.iter().filter(|guest| invitee != Some(&guest.email));
    match settings.guests {
        Guests::Ignore => Vec::new(),
        Guests::Contacts => guests.cloned().collect(),
    }
}

fn as_invitee(guest: Guest) -> Invitee {
    Invitee { name: guest.name, email: Some(guest.email), ..Invitee::default() }
}

/// What a person is known by: the address, else the number; nobody can be found by less.
pub(super) fn key(who: &Invitee) -> Option<ContactKey> {
    let phone = || who.phone.as_deref().and_then(|phone| Phone::read(phone, None));
    who.email.clone().map(ContactKey::Email).or_else(|| phone().map(ContactKey::Phone))
}
