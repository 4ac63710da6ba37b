//! What people call a record, and the words by which they look for one.

use std::collections::BTreeSet;

use crate::{
    booking::BookingFacts,
    call::{Call, Party},
    phone::Phone,
    record::{Facts, Record},
    text,
};

/// More words than these are not kept of one record: a name has some, hostile text has thousands.
const WORDS_MAX: usize = 64;

/// A word longer than this is kept to its beginning.
const WORD_CHARS_MAX: usize = 80;

/// Fewer digits than these may be part of anything.
const DIGITS_MIN: usize = 4;

/// The mark before a number that is kept from its end on, so that its last digits find it.
const FROM_END: char = '<';

/// What a record is called in a list, e.g. "Outbound call to Lin Wu" or "Intro call with Lin Wu".
pub fn title(record: &Record) -> String {
    let title = match &record.facts {
        Facts::Call(call) => {
            let begins = match (record.decision(), call.direction()) {
                (Some(decision), _) => decision.kind.title_words(),
                (None, Some(crate::call::Direction::Inbound)) => "Inbound call from",
                (None, _) => "Call to",
            };
            format!("{begins} {}", caller(call).unwrap_or_else(|| "an unknown number".to_owned()))
        }
        Facts::Booking(booking) => {
            let facts = booking.standing().map(|standing| standing.facts).unwrap_or_default();
            let name = facts.event_name.clone().unwrap_or_else(|| "Meeting".to_owned());
            match invitee(&facts) {
                Some(who) => format!("{name} with {who}"),
                None => name,
            }
        }
    };
    text::title(&title)
}

/// The words that a record is found by: names, addresses and numbers of the other party, in lower case.
pub fn words(record: &Record) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    match &record.facts {
        Facts::Call(call) => {
            if let Some(person) = call.person() {
                words.extend(person.name().iter().flat_map(|name| split(name)));
                words.extend(person.emails.iter().map(|email| email.as_str().to_owned()));
            }
            if let Some(Party::Digits(digits)) = call.party() {
                let country = call.line().and_then(|line| line.country.as_deref());
                let phone = Phone::read(digits, country);
                number(phone.as_ref().map_or(digits, Phone::as_str), &mut words);
            }
        }
        Facts::Booking(booking) => {
            let standing = booking.standing();
            let seats = standing.as_ref().map(|standing| standing.seats.clone()).unwrap_or_default();
            let facts = standing.map(|standing| standing.facts).unwrap_or_default();
            let guests = facts.guests.iter().map(|guest| (guest.name.as_deref(), Some(&guest.email), None));
            let invitees = facts.invitee.iter().chain(seats.iter().map(|seat| &seat.who));
            let invitees =
                invitees.map(|one| (one.name.as_deref(), one.email.as_ref(), one.phone.as_deref()));
            for (name, email, phone) in invitees.chain(guests) {
                words.extend(name.into_iter().flat_map(split));
                words.extend(email.map(|email| email.as_str().to_owned()));
                if let Some(phone) = phone {
                    number(phone, &mut words);
                }
            }
            words.extend(facts.event_name.as_deref().into_iter().flat_map(split));
        }
    }
    words.into_iter().take(WORDS_MAX).map(|word| word.chars().take(WORD_CHARS_MAX).collect()).collect()
}

/// What is looked for by a query: a record must have, for each of these, a word that begins with one of the choices.
pub fn sought(query: &str) -> Vec<Vec<String>> {
    let query = text::plain(query);
    let is_number = query.chars().all(|c| c.is_ascii_digit() || "+-()./ ".contains(c));
    let digits: String = query.chars().filter(char::is_ascii_digit).collect();
    if is_number && digits.len() >= DIGITS_MIN {
        let national = digits.trim_start_matches('0').to_owned();
        return vec![vec![from_end(&national), digits, national]];
    }
    let is_address = |word: &&str| word.contains('@');
    let (addresses, names): (Vec<&str>, Vec<&str>) = query.split_whitespace().partition(is_address);
    let addresses = addresses.into_iter().map(str::to_lowercase);
    addresses.chain(names.into_iter().flat_map(split)).map(|word| vec![word]).collect()
}

fn caller(call: &Call) -> Option<String> {
    let number = || match call.party()? {
        Party::Anonymous => Some("a withheld number".to_owned()),
        Party::Digits(digits) => {
            let country = call.line().and_then(|line| line.country.as_deref());
            Some(Phone::read(digits, country).map_or_else(|| digits.clone(), |phone| phone.for_people()))
        }
    };
    call.person().and_then(crate::call::Person::name).or_else(number)
}

fn invitee(facts: &BookingFacts) -> Option<String> {
    let invitee = facts.invitee.as_ref()?;
    let email = || invitee.email.as_ref().map(|email| email.as_str().to_owned());
    invitee
        .name
        .clone()
        .filter(|name| !name.trim().is_empty())
        .or_else(email)
        .or_else(|| invitee.phone.clone())
}

fn split(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Keeps a number from its beginning and from its end on.
fn number(text: &str, words: &mut BTreeSet<String>) {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= DIGITS_MIN {
        words.insert(from_end(&digits));
        words.insert(digits);
    }
}

fn from_end(digits: &str) -> String {
    std::iter::once(FROM_END).chain(digits.chars().rev()).collect()
}
