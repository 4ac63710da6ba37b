//! What people call records, and the words by which they find them.

use domain::{
    call::{CallEvent, Person},
    email::Email,
    name::{sought, title, words},
};

use crate::build::{call, said};

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
