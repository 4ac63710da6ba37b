//! What must be asked of HubSpot before a record can be planned.

use jiff::Timestamp;

use crate::{
    booking::Invitee,
    contact::{ContactAnswer, ContactQuery, Owners},
    phone::Phone,
    plan::{self, Wishes},
    record::{Facts, Record},
};

/// The questions of one record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// Who the other party is; `None` once that is settled, and while nothing is to be written.
    pub contact: Option<ContactQuery>,
    /// Who the others of a booking are that become contacts: guests, people with seats. Only those not settled yet.
    pub companions: Vec<ContactQuery>,
}

/// The answers of one record.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Who the other party is.
    pub contact: Option<ContactAnswer>,
    /// Who the others of a booking are, in the order of the questions.
    pub companions: Vec<ContactAnswer>,
    /// HubSpot's owners.
    pub owners: Owners,
}

/// Asks what a plan for the record needs to know. A record that HubSpot holds already asks for nobody but those who have
/// joined a booking since.
pub fn questions(record: &Record, wishes: &Wishes<'_>, now: Timestamp) -> Questions {
    if !plan::wants_activity(record, wishes, now) {
        return Questions::default();
    }
    let is_made = plan::makes_activity(record, wishes, now);
    let contact = if is_made && record.contact.is_none() { contact(record) } else { ContactQuery::default() };
    Questions {
        contact: (!contact.is_empty()).then_some(contact),
        companions: plan::unsettled(record, wishes).iter().map(|one| query(&one.who)).collect(),
    }
}

/// Whether there is anybody to look for: an address or a number that can be one.
pub(crate) fn names_somebody(record: &Record) -> bool {
    let has_seat = || match &record.facts {
        Facts::Booking(booking) => booking
            .standing()
            .is_some_and(|standing| standing.seats.iter().any(|seat| !query(&seat.who).is_empty())),
        Facts::Call(_) => false,
    };
    !contact(record).is_empty() || has_seat()
}

/// Who the other party is. Of a booking with seats there is no one party: all are companions.
fn contact(record: &Record) -> ContactQuery {
    match &record.facts {
        Facts::Call(call) => {
            let country = call.line().and_then(|line| line.country.clone());
            let digits = match call.party() {
                Some(crate::call::Party::Digits(digits)) => Some(digits.as_str()),
                _ => None,
            };
            ContactQuery {
                emails: call.person().map(|person| person.emails.clone()).unwrap_or_default(),
                phone: digits.and_then(|digits| Phone::read(digits, country.as_deref())),
                country,
            }
        }
        Facts::Booking(booking) => {
            let standing = booking.standing().filter(|standing| standing.seats.is_empty());
            let invitee = standing.and_then(|standing| standing.facts.invitee);
            invitee.as_ref().map(query).unwrap_or_default()
        }
    }
}

/// A person of a booking: by address, or by number where there is none.
fn query(who: &Invitee) -> ContactQuery {
    let phone = who.phone.as_deref().filter(|_| who.email.is_none());
    ContactQuery {
        emails: who.email.clone().into_iter().collect(),
        phone: phone.and_then(|phone| Phone::read(phone, None)),
        country: None,
    }
}
