//! What must be asked of HubSpot before a record can be planned.

use jiff::Timestamp;

use crate::{
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
    /// Who the guests are, where they become contacts.
    pub guests: Vec<ContactQuery>,
}

/// The answers of one record.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Who the other party is.
    pub contact: Option<ContactAnswer>,
    /// Who the guests are, in the order of the questions.
    pub guests: Vec<ContactAnswer>,
    /// HubSpot's owners.
    pub owners: Owners,
}

/// Asks what a plan for the record needs to know. A record that HubSpot holds already asks for nobody, unless it was moved
/// and its new activity has guests.
pub fn questions(record: &Record, wishes: &Wishes<'_>, now: Timestamp) -> Questions {
    if !plan::makes_activity(record, wishes, now) {
        return Questions::default();
    }
    let mut questions = asked(record, wishes);
    questions.contact = questions.contact.filter(|_| record.contact.is_none());
    questions
}

fn asked(record: &Record, wishes: &Wishes<'_>) -> Questions {
    match &record.facts {
        Facts::Call(call) => {
            let country = call.line().and_then(|line| line.country.clone());
            let digits = match call.party() {
                Some(crate::call::Party::Digits(digits)) => Some(digits.as_str()),
                _ => None,
            };
            let query = ContactQuery {
                emails: call.person().map(|person| person.emails.clone()).unwrap_or_default(),
                phone: digits.and_then(|digits| Phone::read(digits, country.as_deref())),
                country,
            };
            Questions { contact: (!query.is_empty()).then_some(query), guests: Vec::new() }
        }
        Facts::Booking(booking) => {
            let Some(standing) = booking.standing() else { return Questions::default() };
            let guests = plan::guests(&standing, wishes.meetings);
            let invitee = standing.facts.invitee;
            let email = invitee.as_ref().and_then(|invitee| invitee.email.clone());
            let phone = invitee.and_then(|invitee| invitee.phone).filter(|_| email.is_none());
            let query = ContactQuery {
                emails: email.into_iter().collect(),
                phone: phone.and_then(|phone| Phone::read(&phone, None)),
                country: None,
            };
            let guests = guests
                .into_iter()
                .map(|guest| ContactQuery { emails: vec![guest.email], ..ContactQuery::default() })
                .collect();
            Questions { contact: (!query.is_empty()).then_some(query), guests }
        }
    }
}
