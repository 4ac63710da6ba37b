//! What people call records, and the words by which they find them.

use domain::{
    booking::{BookingEvent, BookingFacts, Invitee},
    call::{CallEvent, Person},
    email::Email,
    name::{sought, title, words},
    source::Source,
};
use rstest::rstest;

use crate::build::{booked, booking, call, email, meeting_at, said};

/// Whether a query finds a record.
fn finds(query: &str, words: &std::collections::BTreeSet<String>) -> bool {
    let has = |choice: &String| words.iter().any(|word| word.starts_with(choice.as_str()));
    sought(query).iter().all(|choices| choices.iter().any(has))
}

fn person() -> Person {
    Person {
        first_name: Some("Lin".to_owned()),
        last_name: Some("O'Neil-Wu".to_owned()),
        emails: vec![Email::read("lin@example.net").unwrap()],
    }
}

#[test]
fn a_call_is_called_by_its_other_party_as_far_as_it_is_known() {
    let unnamed = call([said(CallEvent::Created, 0)]);
    assert_eq!(title(&unnamed), "Inbound call from +1 415-555-0132");
    let named = call([said(CallEvent::Created, 0).with(|it| it.person = Some(person()))]);
    assert_eq!(title(&named), "Inbound call from Lin O'Neil-Wu");
}

#[test]
fn a_call_is_found_by_beginnings_of_names_and_addresses_and_by_either_end_of_its_number() {
    let words = words(&call([said(CallEvent::Created, 0).with(|it| it.person = Some(person()))]));
    for query in [
        "lin",
        "LIN wu",
        "o'neil",
        "neil-w",
        "lin@ex",
        "+1 415-555-0132",
        "(415) 555-0132",
        "0132",
        "1415",
        "0415 5550132",
    ] {
        assert!(finds(query, &words), "{query}: {words:?}");
    }
    for query in ["in", "lin kim", "example.net", "4155550133", "5550"] {
        assert!(!finds(query, &words), "{query}: {words:?}");
    }
}

#[test]
fn a_name_of_thousands_of_words_is_kept_to_some() {
    let name = (0..5_000).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    let person = Person { first_name: Some(name), last_name: Some("x".repeat(10_000)), emails: Vec::new() };
    let words = words(&call([said(CallEvent::Created, 0).with(|it| it.person = Some(person))]));
    assert!(words.len() <= 64 && words.iter().all(|word| word.len() <= 80), "{}", words.len());
}

#[rstest]
#[case::a_name(Some("Lin Wu"), Some("lin@example.net"), "Intro call with Lin Wu")]
#[case::no_name(None, Some("lin@example.net"), "Intro call with lin@example.net")]
#[case::a_blank_one(Some("  "), Some("lin@example.net"), "Intro call with lin@example.net")]
#[case::a_number_alone(None, None, "Intro call with +14155550132")]
fn a_meeting_is_called_by_its_invitee_as_far_as_that_is_known(
    #[case] name: Option<&str>,
    #[case] address: Option<&str>,
    #[case] expected: &str,
) {
    let facts = meeting_at(60);
    let invitee = Invitee {
        name: name.map(str::to_owned),
        email: address.map(email),
        ..facts.invitee.clone().unwrap()
    };
    let facts = BookingFacts { invitee: Some(invitee), ..facts };
    assert_eq!(title(&booking(Source::Calendar, [BookingEvent { facts, ..booked(0, 60) }])), expected);
}

#[test]
fn a_meeting_of_nobody_is_called_by_its_event() {
    let facts = BookingFacts { invitee: None, ..meeting_at(60) };
    assert_eq!(title(&booking(Source::Calendar, [BookingEvent { facts, ..booked(0, 60) }])), "Intro call");
}

#[test]
fn digits_are_a_number_where_there_are_some_and_nothing_else() {
    assert_eq!(sought("12"), [["12"]]);
    assert_eq!(sought("w4 12345"), [["w4"], ["12345"]]);
    assert_eq!(sought("0132"), [["<231", "0132", "132"]]);
}
