//! Whose call or booking it was: who is asked for, and who is made (C12, M1, M2, M8).

use std::collections::BTreeSet;

use domain::{
    booking::{Answer, AnswerValue, BookingFacts, Guest, Invitee},
    call::CallEvent,
    contact::{ContactKey, ContactLink, FoundBy, NewContact, PropertyHolds},
    ids::ContactId,
    kind::Kind,
    phone::Phone,
    plan::Wishes,
    question::questions,
    settings::{AnswerProperties, Guests, MeetingSettings},
    source::Source,
    step::Step,
};
use rstest::rstest;

use crate::{
    build::{
        Said, answer, at, book, booked, booking, call, email, guest, meeting_at, minute, missed, moved, over,
        record, said,
    },
    crm::Crm,
};

fn crm() -> Crm {
    Crm { book: book(), ..Crm::default() }
}

fn lin() -> ContactKey {
    ContactKey::Email(email("lin@example.net"))
}

fn number() -> ContactKey {
    ContactKey::Phone(Phone::read("+14155550132", None).unwrap())
}

/// What is asked: addresses and number.
#[rstest]
#[case::a_number(over(), Some((&[][..], Some("+14155550132"))))]
#[case::an_address_and_a_number(over().person("Lin", "Wu", "LIN@example.net"), Some((&["lin@example.net"][..], Some("+14155550132"))))]
#[case::an_anonymous_caller(over().anonymous(), None)]
#[case::a_call_that_rings(said(CallEvent::Ringing, 0), None)]
#[case::a_call_without_direction(over().with(|it| it.direction = None), None)]
#[case::a_call_without_start(over().with(|it| it.started_at = None), None)]
fn a_call_asks_for_its_contact(#[case] one: Said, #[case] expected: Option<(&[&str], Option<&str>)>) {
    let book = book();
    let meetings = MeetingSettings::default();
    let wishes = Wishes { calls: &book.settings, meetings: &meetings };
    let asked = questions(&call([one]), &wishes, at(101)).contact;
    let expected = expected.map(|(emails, phone)| {
        (emails.iter().map(|one| email(one)).collect(), phone.map(|one| Phone::read(one, None).unwrap()))
    });
    assert_eq!(asked.map(|query| (query.emails, query.phone)), expected);
}

#[test]
fn a_number_without_a_country_code_is_one_of_the_lines_country() {
    let one = over().with(|it| it.party = Some(domain::call::Party::Digits("0720 880079".to_owned())));
    let (mut crm, mut record) = (crm(), record(Source::Aircall, "1"));
    crm.hear(&mut record, one.event(), at(101));
    assert_eq!(crm.created[0].key.text(), "phone:+43720880079");
}

#[test]
fn a_record_with_a_settled_contact_asks_for_nobody() {
    let book = book();
    let meetings = MeetingSettings::default();
    let wishes = Wishes { calls: &book.settings, meetings: &meetings };
    let mut record = call([over()]);
    record.contact = Some(domain::plan::made_link("1".into()));
    assert_eq!(questions(&record, &wishes, at(101)).contact, None);
}

#[test]
fn a_caller_known_by_an_address_alone_is_given_no_name() {
    let (mut crm, mut one) = (crm(), record(Source::Aircall, "1"));
    crm.hear(&mut one, over().person("", "", "lin@example.net").event(), at(101));
    let names: Vec<&String> = crm.created[0].properties.keys().collect();
    assert_eq!(names, ["email", "phone"]);
}

#[test]
fn an_unknown_caller_becomes_a_contact_once() {
    let (mut crm, mut one) = (crm(), record(Source::Aircall, "1"));
    crm.hear(&mut one, said(CallEvent::Answered, 10).answered(10).event(), at(10));
    crm.hear(&mut one, over().event(), at(101));
    let mut other = record(Source::Aircall, "2");
    crm.hear(&mut other, missed().event(), at(101));
    let [NewContact { key, properties, .. }] = crm.created.as_slice() else { panic!("{:#?}", crm.created) };
    assert_eq!(*key, number());
    assert_eq!(
        properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(),
        [("firstname", "+14155550132"), ("lastname", "Aircall new contact"), ("phone", "+14155550132")]
    );
    assert_eq!(one.contact.unwrap().id, other.contact.unwrap().id);
}

#[test]
fn a_caller_whom_aircall_knows_becomes_a_contact_by_name_and_address() {
    let (mut crm, mut record) = (crm(), record(Source::Aircall, "1"));
    crm.hear(&mut record, over().person("Lin", "Wu", "lin@example.net").event(), at(101));
    let new = &crm.created[0];
    assert_eq!(new.key, lin());
    assert_eq!((new.properties["firstname"].as_str(), new.properties["lastname"].as_str()), ("Lin", "Wu"));
    assert_eq!(new.properties["phone"], "+14155550132");
}

#[rstest]
#[case::of_this_kind(Kind::InboundMissed, 0)]
#[case::of_another_kind(Kind::InboundAnswered, 1)]
fn making_contacts_can_be_switched_off_by_kind(#[case] off: Kind, #[case] made: usize) {
    let (mut crm, mut record) = (crm(), record(Source::Aircall, "1"));
    crm.book.settings.create_contacts.insert(off, false);
    crm.hear(&mut record, missed().event(), at(101));
    assert_eq!(crm.created.len(), made);
    assert_eq!(crm.only().1.len(), made, "the call is logged all the same");
}

#[test]
fn an_anonymous_call_has_no_contact() {
    let (mut crm, mut record) = (crm(), record(Source::Aircall, "1"));
    crm.hear(&mut record, missed().anonymous().event(), at(101));
    assert_eq!((crm.created.len(), crm.only().1.len()), (0, 0));
}

fn book_meeting(crm: &mut Crm, facts: BookingFacts) {
    let mut record = booking(Source::Calendar, [domain::booking::BookingEvent { facts, ..booked(0, 60) }]);
    crm.work(&mut record, minute(0));
}

#[test]
fn m1_m2_m8_an_unknown_invitee_becomes_a_contact_with_answers_and_the_hosts_owner() {
    let mut crm = crm().with_owner("ada@example.com", "7");
    book_meeting(&mut crm, meeting_at(60));
    let new = &crm.created[0];
    assert_eq!(new.key, lin());
    assert_eq!(new.properties["hubspot_owner_id"], "7");
    assert_eq!((new.properties["firstname"].as_str(), new.properties["lastname"].as_str()), ("Lin", "Wu"));
    let answers: Vec<_> = new
        .answers
        .iter()
        .map(|one| (one.name.as_str(), one.value.as_str(), one.definition.as_ref().map(|one| one.holds)))
        .collect();
    assert_eq!(
        answers,
        [
            ("patchbay_company_size", "50", Some(PropertyHolds::Number)),
            ("patchbay_existing_customer_e89ed5f2b2336be1", "false", Some(PropertyHolds::Truth)),
            ("patchbay_topics", "Price; Terms", Some(PropertyHolds::Text)),
        ]
    );
}

#[test]
fn m2_without_an_owner_of_the_hosts_address_the_contact_has_none() {
    let mut crm = crm().with_owner("bo@example.com", "7");
    book_meeting(&mut crm, meeting_at(60));
    assert_eq!(crm.created[0].properties.get("hubspot_owner_id"), None);
}

#[test]
fn m1_m8_a_known_invitee_is_left_as_it_is() {
    let mut crm = crm().with_contact(lin(), "101", Some("3")).with_owner("ada@example.com", "7");
    book_meeting(&mut crm, meeting_at(60));
    assert_eq!(crm.created, []);
    assert_eq!((crm.steps, crm.only().1), (1, &["101".into()][..]));
    assert!(crm.property("hs_meeting_body").contains("<b>Company size:</b> 50"));
    assert_eq!(crm.property("hubspot_owner_id"), "7", "the owner of the meeting is the host");
}

#[test]
fn m8_the_next_booking_of_a_contact_that_was_made_writes_no_answers() {
    let mut crm = crm();
    book_meeting(&mut crm, meeting_at(60));
    let mut next = booking(
        Source::Calendar,
        [domain::booking::BookingEvent { link: "bk_82".to_owned(), ..booked(0, 600) }],
    );
    crm.work(&mut next, minute(1));
    assert_eq!(crm.created.len(), 1);
}

#[rstest]
#[case::by_question("Company size")]
#[case::by_id("q1")]
fn m8_answers_go_to_mapped_properties(#[case] key: &str) {
    let mut crm = crm();
    crm.meetings.answer_map.insert(key.to_owned(), "numemployees".to_owned());
    book_meeting(&mut crm, meeting_at(60));
    let first = &crm.created[0].answers[0];
    assert_eq!((first.name.as_str(), first.value.as_str(), &first.definition), ("numemployees", "50", &None));
}

#[rstest]
#[case::address("email", true)]
#[case::further_addresses("hs_additional_emails", true)]
#[case::owner("hubspot_owner_id", true)]
#[case::name("firstname", true)]
#[case::our_key("patchbay_key", true)]
#[case::number_that_we_do_not_write("phone", false)]
#[case::anything_else("numemployees", false)]
fn m8_no_answer_replaces_what_says_who_a_contact_is(#[case] property: &str, #[case] is_withheld: bool) {
    let mut crm = crm();
    crm.meetings.answer_map.insert("q1".to_owned(), property.to_owned());
    book_meeting(&mut crm, meeting_at(60));
    let first = &crm.created[0].answers[0];
    assert_eq!((first.name.as_str(), first.is_withheld), (property, is_withheld));
}

#[test]
fn m8_no_answer_replaces_the_number_that_a_contact_is_known_by() {
    let mut crm = crm();
    crm.meetings.answer_map.insert("q1".to_owned(), "phone".to_owned());
    let invitee = Invitee { phone: Some("+14155550132".to_owned()), ..Invitee::default() };
    book_meeting(&mut crm, BookingFacts { invitee: Some(invitee), ..meeting_at(60) });
    assert!(crm.created[0].answers[0].is_withheld, "{:?}", crm.created);
}

#[test]
fn m8_answers_can_stay_out_of_contacts() {
    let mut crm = crm();
    crm.meetings.answer_properties = AnswerProperties::Never;
    book_meeting(&mut crm, meeting_at(60));
    assert_eq!(crm.created[0].answers, []);
    assert!(crm.property("hs_meeting_body").contains("Company size"));
}

#[test]
fn m8_questions_cannot_name_our_key_and_each_has_a_property_of_its_own() {
    let text = |text: &str| AnswerValue::Text(text.to_owned());
    let written = |answers: Vec<Answer>| {
        let mut crm = crm();
        book_meeting(&mut crm, BookingFacts { answers, ..meeting_at(60) });
        let written = crm.created[0].answers.iter().map(|one| (one.name.clone(), one.value.clone()));
        written.collect::<Vec<_>>()
    };
    let all = written(vec![
        answer("1", "Key", text("aircall:1")),
        answer("2", "Size?", text("5")),
        answer("3", "Size!", text("6")),
        answer("4", "Empty", text(" ")),
        answer("5", "Size!", text("7")),
        answer("6", "SIZE?", text("8")),
    ]);
    let names: BTreeSet<&String> = all.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 5, "{all:?}");
    assert!(!names.contains(&"patchbay_key".to_owned()));
    let values: Vec<&str> = all.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["aircall:1", "5", "6", "7", "8"]);
    let other_booking = written(vec![answer("3", "Size!", text("6")), answer("2", "Size?", text("5"))]);
    assert_eq!(other_booking, [all[2].clone(), all[1].clone()]);
}

#[test]
fn an_invitee_known_by_phone_alone_is_found_and_made_by_it() {
    let mut crm = crm();
    let mut facts = meeting_at(60);
    let invitee = facts.invitee.as_mut().unwrap();
    (invitee.email, invitee.name) = (None, None);
    book_meeting(&mut crm, facts);
    assert_eq!(crm.created[0].key, number());
    assert_eq!(crm.created[0].properties["firstname"], "+14155550132");
}

#[test]
fn an_invitee_known_by_phone_alone_is_named_by_it_though_the_hosts_owner_be_known() {
    let mut crm = crm().with_owner("ada@example.com", "7");
    let mut facts = meeting_at(60);
    let invitee = facts.invitee.as_mut().unwrap();
    (invitee.email, invitee.name) = (None, None);
    book_meeting(&mut crm, facts);
    let properties = [("firstname", "+14155550132"), ("hubspot_owner_id", "7"), ("phone", "+14155550132")];
    let made = crm.created[0].properties.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    assert_eq!(made.collect::<Vec<_>>(), properties);
}

/// HubSpot did not take them when the contact was made.
#[rstest]
#[case::of_one_known_by_address("101", true, false)]
#[case::of_one_known_by_number("101", false, true)]
#[case::of_another_known_by_number("102", true, true)]
#[case::of_another_known_by_address("103", false, false)]
fn answers_that_are_written_again_replace_no_number_that_a_contact_is_known_by(
    #[case] contact: &str,
    #[case] has_address: bool,
    #[case] is_withheld: bool,
) {
    let mut facts = meeting_at(60);
    if !has_address {
        facts.invitee.as_mut().unwrap().email = None;
    }
    let answers = facts.answers.clone();
    let mut record = booking(Source::Calendar, [domain::booking::BookingEvent { facts, ..booked(0, 60) }]);
    let link =
        |id: &str| ContactLink { id: ContactId::from(id), by: FoundBy::Email, matches: 1, owner: None };
    record.contact = Some(link("101"));
    record.companions.insert("phone:+14155550199".to_owned(), link("102"));
    record.companions.insert("email:kim@example.net".to_owned(), link("103"));
    record.unwritten.insert(contact.to_owned(), answers);
    let mut crm = crm();
    crm.meetings.answer_map.insert("q1".to_owned(), "phone".to_owned());
    let again = |crm: &Crm| {
        let steps = crm.plan(&record, minute(1)).steps.into_iter();
        let answers = |step| match step {
            Step::WriteAnswers { contact, answers } => Some((contact.0, answers[0].is_withheld)),
            _ => None,
        };
        steps.filter_map(answers).collect::<Vec<_>>()
    };
    assert_eq!(again(&crm), [(contact.to_owned(), is_withheld)]);
    crm.meetings.answer_properties = AnswerProperties::Never;
    assert_eq!(again(&crm), []);
}

#[test]
fn guests_are_left_alone_unless_the_admin_wants_them() {
    let mut crm = crm();
    book_meeting(&mut crm, BookingFacts { guests: vec![guest("kim@example.net")], ..meeting_at(60) });
    assert_eq!((crm.created.len(), crm.only().1.len()), (1, 1));
    assert!(crm.property("hs_meeting_body").contains("kim@example.net"));
}

fn with_guests(start: i64) -> BookingFacts {
    let kim = Guest { name: Some("Kim Lee".to_owned()), ..guest("kim@example.net") };
    let guests = vec![kim.clone(), guest("LIN@example.net"), guest("bo@example.net"), kim];
    BookingFacts { guests, ..meeting_at(start) }
}

#[test]
fn guests_become_contacts_each_once_and_not_the_invitee_again() {
    let bo = ContactKey::Email(email("bo@example.net"));
    let mut crm = crm().with_contact(bo, "101", None);
    crm.meetings.guests = Guests::Contacts;
    book_meeting(&mut crm, with_guests(60));
    let made: Vec<String> = crm.created.iter().map(|one| one.key.text()).collect();
    assert_eq!(made, ["email:lin@example.net", "email:kim@example.net"]);
    assert_eq!(crm.created[1].answers, [], "answers are the invitee's");
    let kim = ["firstname", "lastname"].map(|name| crm.created[1].properties[name].as_str());
    assert_eq!(kim, ["Kim", "Lee"]);
    assert_eq!(crm.only().1.len(), 3);
}

#[test]
fn a_moved_meeting_keeps_its_guests() {
    let mut crm = crm();
    crm.meetings.guests = Guests::Contacts;
    let facts = with_guests(60);
    let mut record = booking(Source::Calendar, [domain::booking::BookingEvent { facts, ..booked(0, 60) }]);
    crm.work(&mut record, minute(0));
    let before = crm.only().1.to_vec();
    let moved = domain::booking::BookingEvent { facts: with_guests(120), ..moved(5, 60, 120) };
    crm.hear(&mut record, domain::event::Event::Booking(Box::new(moved)), minute(5));
    assert_eq!(crm.archived, 1);
    assert_eq!(crm.only().1, before);
    assert_eq!(crm.created.len(), 3, "nobody is made twice");
}
