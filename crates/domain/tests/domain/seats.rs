//! Bookings that several people share: who has a seat, and whose the activity is then (M11).

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    booking::{AnswerValue, BookingEvent, BookingFacts, BookingWhat, Invitee, Seat},
    contact::ContactKey,
    event::Event,
    record::Record,
    settings::Guests,
    source::Source,
    step::Step,
};
use proptest::prelude::*;
use rstest::rstest;

use crate::{
    build::{answer, book, booking, canceled, email, guest, meeting_at, minute, told},
    crm::Crm,
};

const CANCELED: &str = "[Canceled] Intro call";

fn seat(name: &str) -> Seat {
    let who = Invitee {
        name: Some(name.to_owned()),
        email: Some(email(&format!("{name}@example.net"))),
        ..Invitee::default()
    };
    Seat { who, answers: vec![answer("q1", "Team", AnswerValue::Text(format!("{name}'s")))] }
}

fn seats(names: &[&str]) -> BookingFacts {
    let all: Vec<Seat> = names.iter().map(|name| seat(name)).collect();
    let invitee = all.first().map(|seat| seat.who.clone());
    BookingFacts { seats: all, invitee, ..meeting_at(60) }
}

fn joins(told_at: i64, names: &[&str]) -> BookingEvent {
    told("bk_81", told_at, BookingWhat::Booked, seats(names))
}

fn leaves(told_at: i64, names: &[&str]) -> BookingEvent {
    let facts = BookingFacts { reason: Some("Ill".to_owned()), ..seats(names) };
    told("bk_81", told_at, BookingWhat::SeatsGivenUp, facts)
}

fn no_show(told_at: i64, names: &[(&str, bool)]) -> BookingEvent {
    let people: BTreeMap<String, bool> =
        names.iter().map(|(name, came)| (format!("{name}@example.net"), *came)).collect();
    let came = people.values().all(|came| *came);
    told("bk_81", told_at, BookingWhat::NoShow { came, people }, BookingFacts::default())
}

fn crm() -> Crm {
    Crm { book: book(), ..Crm::default() }.with_owner("ada@example.com", "7")
}

fn hear(crm: &mut Crm, record: &mut Record, said: BookingEvent) -> Vec<Step> {
    crm.hear(record, Event::Booking(Box::new(said)), minute(1_000)).steps
}

/// Hears all, each followed by its writes; says who is associated in the end, in order of their names.
fn after(all: impl IntoIterator<Item = BookingEvent>) -> (Crm, Vec<String>) {
    let (mut crm, mut record) = (crm(), booking(Source::Calcom, []));
    for said in all {
        hear(&mut crm, &mut record, said);
        assert_eq!(crm.plan(&record, minute(1_000)).steps, []);
    }
    let names = associated(&crm);
    (crm, names)
}

fn associated(crm: &Crm) -> Vec<String> {
    let contacts: BTreeSet<_> = crm.only().1.iter().collect();
    assert_eq!(contacts.len(), crm.only().1.len(), "nobody twice");
    let known = crm.known.iter().filter(|(_, (id, _))| contacts.contains(id));
    known.map(|(key, _)| key.text().replace("email:", "").replace("@example.net", "")).collect()
}

/// Whatever the order, the same people in the end.
#[rstest]
#[case::one(vec![joins(0, &["lin"])], &["lin"])]
#[case::another_by_name_alone(vec![joins(0, &["lin"]), joins(1, &["kim"])], &["kim", "lin"])]
#[case::another_with_all_before(vec![joins(0, &["lin"]), joins(1, &["lin", "kim"])], &["kim", "lin"])]
#[case::one_leaves(vec![joins(0, &["lin"]), joins(1, &["kim"]), leaves(2, &["lin"])], &["kim"])]
#[case::leaving_is_heard_first(vec![leaves(2, &["lin"]), joins(1, &["lin", "kim"]), joins(0, &["lin"])], &["kim"])]
#[case::one_leaves_and_comes_back(vec![joins(0, &["lin"]), joins(1, &["kim"]), leaves(2, &["lin"]), joins(3, &["lin"])], &["kim", "lin"])]
#[case::coming_back_is_heard_first(vec![joins(3, &["lin"]), joins(1, &["kim"]), leaves(2, &["lin"]), joins(0, &["lin"])], &["kim", "lin"])]
#[case::one_leaves_one_joins(vec![joins(0, &["lin"]), joins(1, &["kim"]), leaves(2, &["lin"]), joins(3, &["bo"])], &["bo", "kim"])]
#[case::two_leave_at_once(vec![joins(0, &["lin"]), joins(1, &["kim"]), joins(2, &["bo"]), leaves(3, &["lin", "bo"])], &["kim"])]
fn the_activity_is_theirs_who_have_a_seat(#[case] all: Vec<BookingEvent>, #[case] names: &[&str]) {
    let (crm, associated) = after(all);
    assert_eq!(associated, names);
    assert_eq!(crm.property("hs_meeting_title"), "Meeting - Cal.com: Intro call");
    assert_eq!(crm.property("hs_meeting_outcome"), "SCHEDULED");
    let body = crm.property("hs_meeting_body");
    for name in ["lin", "kim", "bo"] {
        assert_eq!(body.contains(&format!("{name}&#x27;s")), names.contains(&name), "{body}");
    }
}

#[test]
fn who_joins_later_becomes_a_contact_with_the_hosts_owner_and_their_own_answers() {
    let (mut crm, mut record) = (crm(), booking(Source::Calcom, []));
    hear(&mut crm, &mut record, joins(0, &["lin"]));
    let steps = hear(&mut crm, &mut record, joins(1, &["kim"]));
    assert!(
        matches!(steps.as_slice(), [Step::CreateContact(_), Step::Update { .. }, Step::Associate { .. }]),
        "{steps:#?}"
    );
    let kim = &crm.created[1];
    assert_eq!(kim.key, ContactKey::Email(email("kim@example.net")));
    assert_eq!(kim.properties["hubspot_owner_id"], "7");
    assert_eq!(kim.answers.iter().map(|one| one.value.as_str()).collect::<Vec<_>>(), ["kim's"]);
    let steps = hear(&mut crm, &mut record, leaves(2, &["lin"]));
    assert!(matches!(steps.as_slice(), [Step::Update { .. }, Step::Dissociate { .. }]), "{steps:#?}");
    assert_eq!(crm.created.len(), 2);
}

#[rstest]
#[case::one_after_the_other(vec![joins(0, &["lin"]), joins(1, &["kim"]), leaves(2, &["lin"]), leaves(3, &["kim"])], &["kim"])]
#[case::the_only_one(vec![joins(0, &["lin"]), leaves(3, &["lin"])], &["lin"])]
#[case::the_only_one_heard_first(vec![leaves(3, &["lin"]), joins(0, &["lin"])], &["lin"])]
fn a_meeting_that_everybody_left_is_canceled(#[case] all: Vec<BookingEvent>, #[case] names: &[&str]) {
    let (crm, associated) = after(all);
    assert_eq!(crm.property("hs_meeting_title"), CANCELED);
    assert_eq!(crm.property("hs_meeting_outcome"), "CANCELED");
    assert!(crm.property("hs_meeting_body").contains("Ill"));
    assert_eq!(associated, names, "it stays with who left last");
}

#[test]
fn a_cancel_of_the_whole_booking_leaves_everybody_associated() {
    let (crm, associated) = after([joins(0, &["lin"]), joins(1, &["kim"]), canceled(2)]);
    assert_eq!(crm.property("hs_meeting_title"), CANCELED);
    assert_eq!(associated, ["kim", "lin"]);
}

#[test]
fn whoever_a_cancel_named_before_the_seats_were_heard_of_is_not_taken_off() {
    let (mut crm, mut record) = (crm(), booking(Source::Calcom, []));
    let facts = BookingFacts { seats: Vec::new(), ..seats(&["lin"]) };
    hear(&mut crm, &mut record, told("bk_81", 5, BookingWhat::Canceled { reason: None }, facts));
    let steps = hear(&mut crm, &mut record, joins(1, &["lin", "kim"]));
    assert!(!steps.iter().any(|step| matches!(step, Step::Dissociate { .. })), "{steps:#?}");
    assert_eq!(associated(&crm), ["kim", "lin"]);
}

#[rstest]
#[case::nobody_said(vec![], "SCHEDULED")]
#[case::one_of_two(vec![no_show(70, &[("lin", false)])], "SCHEDULED")]
#[case::both(vec![no_show(70, &[("lin", false)]), no_show(71, &[("kim", false)])], "NO_SHOW")]
#[case::both_at_once(vec![no_show(70, &[("lin", false), ("kim", false)])], "NO_SHOW")]
#[case::one_did_after_all(vec![no_show(72, &[("kim", true)]), no_show(70, &[("lin", false), ("kim", false)])], "SCHEDULED")]
fn a_shared_meeting_is_a_no_show_when_nobody_came(#[case] said: Vec<BookingEvent>, #[case] outcome: &str) {
    let (crm, _) = after([joins(0, &["lin"]), joins(1, &["kim"])].into_iter().chain(said));
    assert_eq!(crm.property("hs_meeting_outcome"), outcome);
}

#[rstest]
#[case::the_guest(&[("kim", false)], "SCHEDULED")]
#[case::the_invitee(&[("lin", false)], "NO_SHOW")]
#[case::the_invitee_and_the_guest_came(&[("lin", false), ("kim", true)], "NO_SHOW")]
fn a_guest_who_stays_away_makes_no_no_show(#[case] came: &[(&str, bool)], #[case] outcome: &str) {
    let facts = BookingFacts { guests: vec![guest("kim@example.net")], ..meeting_at(60) };
    let booked = told("bk_81", 0, BookingWhat::Booked, facts);
    let (crm, _) = after([booked, no_show(70, came)]);
    assert_eq!(crm.property("hs_meeting_outcome"), outcome);
}

#[test]
fn a_guest_who_is_added_to_a_meeting_changed_in_place_is_associated_and_one_taken_off_is_not() {
    let mut crm = crm();
    crm.meetings.guests = Guests::Contacts;
    crm.meetings.on_reschedule = domain::settings::OnReschedule::Update;
    let mut record = booking(Source::Calendar, []);
    let with = |who: &str, start| BookingFacts {
        guests: vec![guest(&format!("{who}@example.net"))],
        ..meeting_at(start)
    };
    hear(&mut crm, &mut record, told("bk_81", 0, BookingWhat::Booked, with("kim", 60)));
    assert_eq!(associated(&crm), ["kim", "lin"]);
    let what = BookingWhat::Moved { from_link: None, from_start: Some(minute(60)) };
    hear(&mut crm, &mut record, told("bk_81", 5, what, with("bo", 120)));
    assert_eq!(associated(&crm), ["bo", "lin"]);
    assert_eq!((crm.archived, crm.live.len()), (0, 1));
}

#[test]
fn turning_guests_off_takes_nobody_off_what_is_written() {
    let mut crm = crm();
    crm.meetings.guests = Guests::Contacts;
    let mut record = booking(Source::Calendar, []);
    let facts = BookingFacts { guests: vec![guest("kim@example.net")], ..meeting_at(60) };
    hear(&mut crm, &mut record, told("bk_81", 0, BookingWhat::Booked, facts));
    crm.meetings.guests = Guests::Ignore;
    hear(&mut crm, &mut record, canceled(5));
    assert_eq!(associated(&crm), ["kim", "lin"]);
}

const PEOPLE: [&str; 4] = ["ann", "bo", "kim", "lin"];

/// People who take and give up seats, one act a minute, as Cal.com tells it.
fn course() -> impl Strategy<Value = (Vec<BookingEvent>, BTreeSet<&'static str>)> {
    prop::collection::vec((0_usize..PEOPLE.len(), any::<bool>()), 1..12).prop_map(|acts| {
        let mut present: Vec<&str> = Vec::new();
        let mut told = Vec::new();
        for (n, (who, names_all)) in acts.into_iter().enumerate() {
            let (who, at) = (PEOPLE[who], i64::try_from(n).unwrap());
            if present.contains(&who) {
                present.retain(|one| *one != who);
                told.push(leaves(at, &[who]));
            } else {
                present.push(who);
                told.push(joins(at, if names_all { &present } else { &present[present.len() - 1..] }));
            }
        }
        (told, present.into_iter().collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn m12_seats_end_the_same_in_any_order_and_number((told, present) in course(), by in prop::collection::vec(any::<prop::sample::Index>(), 24)) {
        let mut disordered: Vec<BookingEvent> = by.iter().map(|one| told[one.index(told.len())].clone()).collect();
        disordered.extend(told.iter().rev().cloned());
        let (mut crm, mut record) = (crm(), booking(Source::Calcom, []));
        for said in disordered {
            hear(&mut crm, &mut record, said);
            prop_assert_eq!(crm.plan(&record, minute(1_000)).steps, []);
            prop_assert!(crm.live.len() <= 1);
        }
        let in_order = booking(Source::Calcom, told.clone());
        prop_assert_eq!(&in_order.facts, &record.facts);
        if present.is_empty() {
            prop_assert_eq!(crm.property("hs_meeting_title"), CANCELED);
            prop_assert_eq!(associated(&crm).len(), 1);
        } else {
            prop_assert_eq!(associated(&crm), present.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(crm.property("hs_meeting_outcome"), "SCHEDULED");
        }
    }
}

#[test]
fn what_one_with_a_seat_answered_stays_where_it_is_not_told_again() {
    let without = Seat { answers: Vec::new(), ..seat("lin") };
    let again = BookingFacts { seats: vec![without, seat("kim")], ..seats(&["lin"]) };
    let (crm, _) = after([joins(0, &["lin"]), told("bk_81", 1, BookingWhat::Booked, again)]);
    let body = crm.property("hs_meeting_body");
    assert!(body.contains("lin&#x27;s") && body.contains("kim&#x27;s"), "{body}");
}

#[test]
fn where_nobody_is_left_the_last_to_leave_says_why() {
    let mut left = leaves(2, &["kim"]);
    left.facts.reason = Some("Late".to_owned());
    let whatever_later = told("bk_81", 4, BookingWhat::Told, BookingFacts::default());
    let mut elsewhere = BookingEvent { link: "bk_80".to_owned(), ..leaves(5, &["kim"]) };
    elsewhere.facts.reason = Some("Elsewhere".to_owned());
    let (crm, _) =
        after([joins(0, &["lin"]), joins(1, &["kim"]), leaves(3, &["lin"]), left, whatever_later, elsewhere]);
    assert!(
        crm.property("hs_meeting_body").contains("<b>Reason:</b> Ill"),
        "{}",
        crm.property("hs_meeting_body")
    );
}

#[test]
fn whose_a_meeting_was_before_its_seats_were_told_keeps_it_only_with_a_seat() {
    let alone = told("bk_81", 0, BookingWhat::Booked, meeting_at(60));
    assert_eq!(after([alone.clone()]).1, ["lin"]);
    assert_eq!(after([alone.clone(), joins(1, &["lin", "kim"])]).1, ["kim", "lin"]);
    assert_eq!(after([alone, joins(1, &["kim"])]).1, ["kim"]);
}
