//! Why HubSpot holds what it holds, in a sentence.

use std::collections::BTreeMap;

use domain::{
    booking::{BookingEvent, BookingFacts, Invitee, Seat},
    call::{CallEvent, Party},
    contact::{ContactLink, FoundBy},
    decision::{Because, Decision, Matched, PassedOver, Ruling},
    ids::{ContactId, ObjectId, RuleId, StepKey},
    kind::Kind,
    plan::Wishes,
    record::{Held, Record},
    rule::RuleState,
    settings::{CallSettings, LogWhen, MeetingSettings, OnReschedule},
    source::Source,
    step::Object,
    why,
};
use rstest::rstest;
use uuid::Uuid;

use crate::build::{
    at, book, booked, booking, call, canceled, meeting_at, minute, moved, no_show, over, rejected, requested,
    said,
};

const RESCHEDULED: &str = "Rescheduled: the activity has the new times; none stays with the times before.";
const REPLACE: OnReschedule = OnReschedule::Replace;

fn of(record: &Record, calls: &CallSettings, on_reschedule: OnReschedule) -> String {
    let meetings = MeetingSettings { on_reschedule, ..MeetingSettings::default() };
    why::record(record, &Wishes { calls, meetings: &meetings }, minute(1_000))
}

#[rstest]
#[case::booked(vec![booked(0, 60)], "Booked as the scheduler says.")]
#[case::moved(vec![booked(0, 60), moved(5, 60, 120)], RESCHEDULED)]
#[case::canceled(vec![booked(0, 60), canceled(5)], "Canceled by invitee: the activity stays, marked as canceled.")]
#[case::nobody_came(vec![booked(0, 60), no_show(90, false)], "The invitee did not come: outcome NO_SHOW.")]
#[case::nothing_but_a_cancel(vec![canceled(5)], "Nothing is known yet of when the meeting is: waiting for the booking itself.")]
#[case::asked_for(vec![requested("bk_81", 0, None, 60)], "Asked for: it is written once the host says yes.")]
#[case::refused(vec![requested("bk_81", 0, None, 60), rejected("bk_81", 5)], "The request came to nothing: there is no meeting to write.")]
#[case::refused_alone(vec![rejected("bk_81", 5)], "The request came to nothing: there is no meeting to write.")]
#[case::one_of_two_requests_refused(vec![requested("bk_81", 0, None, 60), rejected("bk_81", 5), requested("b", 6, Some("bk_81"), 90)], "Asked for: it is written once the host says yes.")]
fn a_meeting_says_why(#[case] all: Vec<domain::booking::BookingEvent>, #[case] expected: &str) {
    assert_eq!(of(&booking(Source::Calendar, all), &CallSettings::default(), REPLACE), expected);
}

#[test]
fn a_meeting_that_was_changed_in_place_says_so() {
    let record = booking(Source::Calendar, [booked(0, 60), moved(5, 60, 120)]);
    let why = of(&record, &CallSettings::default(), OnReschedule::Update);
    assert_eq!(why, "Rescheduled: the activity was changed in place.");
}

#[test]
fn a_cancel_by_nobody_in_particular_names_nobody() {
    let mut nobodys = canceled(5);
    nobodys.facts.changed_by = None;
    let record = booking(Source::Calendar, [booked(0, 60), nobodys]);
    let why = of(&record, &CallSettings::default(), REPLACE);
    assert_eq!(why, "Canceled: the activity stays, marked as canceled.");
}

#[rstest]
#[case::refused(vec![rejected("bk_81", 5)], true)]
#[case::asked_for(vec![requested("bk_81", 0, None, 60)], false)]
#[case::nothing_but_a_cancel(vec![canceled(5)], false)]
#[case::booked(vec![booked(0, 60)], false)]
#[case::booked_and_canceled(vec![booked(0, 60), canceled(5)], false)]
fn a_request_that_was_refused_is_over(
    #[case] all: Vec<domain::booking::BookingEvent>,
    #[case] is_over: bool,
) {
    assert_eq!(why::is_over(&booking(Source::Calendar, all)), is_over);
}

#[test]
fn a_call_says_that_it_has_not_ended_and_what_happens_then() {
    let answered = call([said(CallEvent::Answered, 10).answered(10)]);
    let at_answer = CallSettings { log_when: LogWhen::Answered, ..CallSettings::default() };
    let at_end = CallSettings { log_when: LogWhen::Ended, ..CallSettings::default() };
    let of = |calls: &CallSettings| {
        why::record(&answered, &Wishes { calls, meetings: &MeetingSettings::default() }, at(20))
    };
    assert_eq!(of(&at_answer), "The call has not ended: its outcome is decided then.");
    assert_eq!(of(&at_end), "The call has not ended: it is logged then.");
    assert!(!why::is_over(&answered));
}

#[test]
fn a_call_that_was_decided_says_by_what() {
    let mut record = call([over()]);
    record.decide(&book(), at(200));
    let why = of(&record, &CallSettings::default(), REPLACE);
    assert_eq!(why, "Outcome \"Connected\": default for an answered inbound call; no rule matches its tags.");
}

#[test]
fn a_call_of_a_number_that_is_left_out_says_so() {
    let mut record = call([over()]);
    record.decide(&book(), at(200));
    let left_out =
        |line: &str| CallSettings { exclude_numbers: [line.to_owned()].into(), ..CallSettings::default() };
    let (ours, others) = (left_out("397375"), left_out("397376"));
    assert_eq!(of(&record, &ours, REPLACE), "Left out: calls of this number are not logged.");
    assert!(of(&record, &others, REPLACE).starts_with("Outcome "));
    let meetings = MeetingSettings::default();
    assert!(why::is_left_out(&record, &Wishes { calls: &ours, meetings: &meetings }));
    assert!(!why::is_left_out(&record, &Wishes { calls: &others, meetings: &meetings }));
}

fn matched(tag: &str, target: &str) -> Matched {
    Matched { rule: RuleId(Uuid::nil()), tag: tag.to_owned(), target: target.to_owned() }
}

fn ruled(label: Option<&str>, because: Because) -> Ruling {
    let value = label.map(str::to_lowercase);
    Ruling { value, label: label.map(ToOwned::to_owned), because, passed_over: Vec::new() }
}

fn decision(kind: Kind, outcome: Ruling) -> Decision {
    let call_type = ruled(None, Because::Default { lag: None });
    Decision { at: at(200), kind, hangup_cause: None, tags: [].into(), outcome, call_type }
}

#[rstest]
#[case::several_agree(
    Because::Rules(vec![matched("a", "Good"), matched("b", "Good")]),
    "Outcome \"Good\": the rules for the tags \"a\" and \"b\" agree."
)]
#[case::the_first_of_several(
    Because::FirstRule(vec![matched("a", "Good"), matched("b", "Bad")]),
    "Outcome \"Good\": the rules for the tags \"a\" and \"b\" differ, and the one for \"a\" comes first."
)]
#[case::a_default_that_is_new(
    Because::Default { lag: Some(RuleState::Pending { effective_at: at(0) }) },
    "Outcome \"Good\": default for an unanswered outbound call; no rule matches its tags. The new default takes effect \
     at 10:00 UTC on 20 November 2026; until then the one before it counts."
)]
#[case::a_default_that_leaves(
    Because::Default { lag: Some(RuleState::OutcomeLeaving { until: at(0) }) },
    "Outcome \"Good\": default for an unanswered outbound call; no rule matches its tags. The outcome was deleted in \
     HubSpot and is still used until 10:00 UTC on 20 November 2026."
)]
#[case::a_default_that_is_gone(
    Because::Default { lag: Some(RuleState::OutcomeDeleted) },
    "Outcome \"Good\": default for an unanswered outbound call; no rule matches its tags. The default outcome was \
     deleted in HubSpot."
)]
#[case::a_conflict_with_a_default_that_is_gone(
    Because::Conflict { rules: vec![matched("a", "Good"), matched("b", "Bad")], lag: Some(RuleState::OutcomeDeleted) },
    "Outcome \"Good\": default for an unanswered outbound call; its tags are mapped to different values (\"a\" gives \
     \"Good\", \"b\" gives \"Bad\"). The default outcome was deleted in HubSpot."
)]
fn an_outcome_says_what_decided(#[case] because: Because, #[case] expected: &str) {
    let decision = decision(Kind::OutboundUnanswered, ruled(Some("Good"), because));
    assert_eq!(why::outcome(&decision), expected);
}

#[test]
fn none_is_an_outcome_too_and_a_call_type_without_a_label_goes_by_its_value() {
    let mut decision = decision(Kind::InboundMissed, ruled(None, Because::Default { lag: None }));
    assert_eq!(
        why::outcome(&decision),
        "Outcome None: default for a missed inbound call; no rule matches its tags."
    );
    decision.call_type.value = Some("demo".to_owned());
    assert_eq!(
        why::call_type(&decision),
        "Call type demo: default for a missed inbound call; no rule matches its tags."
    );
}

#[rstest]
#[case(RuleState::Pending { effective_at: at(0) }, "it takes effect at 10:00 UTC on 20 November 2026.")]
#[case(RuleState::TagDeleted, "the tag was deleted in Aircall.")]
#[case(RuleState::OutcomeDeleted, "its outcome was deleted in HubSpot.")]
#[case(RuleState::Active, "it stood aside.")]
fn a_rule_that_did_not_count_says_why(#[case] state: RuleState, #[case] expected: &str) {
    let passed = PassedOver { rule: matched("a", "Good"), state };
    let sentence = format!("The rule for the tag \"a\" did not count: {expected}");
    assert_eq!(why::passed_over(&passed), sentence);
    let outcome =
        Ruling { passed_over: vec![passed], ..ruled(Some("Bad"), Because::Rules(vec![matched("b", "Bad")])) };
    let why = why::outcome(&decision(Kind::InboundMissed, outcome));
    assert_eq!(why, format!("Outcome \"Bad\": rule for the tag \"b\". {sentence}"));
}

#[rstest]
#[case(FoundBy::Made, 0, "Nobody in HubSpot had this address or number: a contact was made.")]
#[case(FoundBy::Email, 1, "Contact found by e-mail.")]
#[case(FoundBy::Phone, 1, "Contact found by phone number.")]
#[case(FoundBy::Email, 2, "2 contacts matched: the most recently active one was taken.")]
#[case(FoundBy::Phone, 3, "3 contacts matched: the most recently active one was taken.")]
fn a_contact_says_how_it_was_found(#[case] by: FoundBy, #[case] matches: usize, #[case] expected: &str) {
    let link = ContactLink { id: ContactId::from("1"), by, matches, owner: None };
    assert_eq!(why::contact(&link), expected);
}

#[rstest]
#[case::withheld(call([over().anonymous()]), Some("No contact: the number is withheld."))]
#[case::no_number(call([over().with(|it| it.party = Some(Party::Digits("sip:ada".to_owned())))]), Some(NOBODY))]
#[case::a_number(call([over()]), None)]
#[case::an_address(call([over().anonymous().person("", "", "lin@example.net")]), None)]
#[case::an_invitee(booking(Source::Calendar, [booked(0, 60)]), None)]
#[case::an_invitee_without_either(booking(Source::Calendar, [invited(None)]), Some(NOBODY))]
#[case::a_seat(booking(Source::Calcom, [seated(meeting_at(60).invitee)]), None)]
#[case::a_seat_without_either(booking(Source::Calcom, [seated(Some(Invitee::default()))]), Some(NOBODY))]
fn what_is_nobodys_says_why(#[case] mut record: Record, #[case] expected: Option<&str>) {
    assert_eq!(why::nobody(&record), None, "nothing is held");
    let (object, id, key) = (Object::Calls, ObjectId::from("1"), StepKey("aircall:1".to_owned()));
    record.held.push(Held { object, id, key, properties: BTreeMap::new(), contacts: Vec::new() });
    assert_eq!(why::nobody(&record), expected);
    record.contact =
        Some(ContactLink { id: ContactId::from("1"), by: FoundBy::Made, matches: 0, owner: None });
    assert_eq!(why::nobody(&record), None, "it is somebody's");
}

const NOBODY: &str = "No contact: nothing was told that is an e-mail address or a phone number.";

fn invited(invitee: Option<Invitee>) -> BookingEvent {
    BookingEvent { facts: BookingFacts { invitee, ..meeting_at(60) }, ..booked(0, 60) }
}

fn seated(who: Option<Invitee>) -> BookingEvent {
    let seats = who.into_iter().map(|who| Seat { who, answers: Vec::new() }).collect();
    BookingEvent { facts: BookingFacts { seats, invitee: None, ..meeting_at(60) }, ..booked(0, 60) }
}
