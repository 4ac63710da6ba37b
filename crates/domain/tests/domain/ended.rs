//! When a call has ended, and of what kind it was (PRODUCT §8).

use std::collections::BTreeMap;

use domain::{
    call::CallEvent,
    ids::ObjectId,
    kind::{Kind, default_causes, kind},
    record::Record,
    step::{Object, Receipt, Unanswered},
};
use rstest::rstest;

use crate::build::{Said, at, book, call, facts_of_call, said};

fn has_ended(record: &Record, second: i64) -> bool {
    facts_of_call(record).has_ended(at(second))
}

/// The hang-up is at second 0; the webhook is told at `heard`; the question is put at `now`.
#[rstest]
#[case::call_ended_tells(CallEvent::Ended, 30, 30, true)]
#[case::call_ended_tells_however_early(CallEvent::Ended, 1, 1, true)]
#[case::a_voicemail_after_the_wrap_up_tells(CallEvent::VoicemailLeft, 33, 33, true)]
#[case::archived_after_the_wrap_up_tells(CallEvent::Archived, 31, 31, true)]
#[case::a_comment_after_the_wrap_up_tells(CallEvent::Commented, 87, 87, true)]
#[case::a_tag_days_later_tells(CallEvent::Tagged, 200_000, 200_000, true)]
#[case::within_the_wrap_up_nothing_tells(CallEvent::Commented, 30, 30, false)]
#[case::a_tag_within_the_wrap_up_does_not_tell(CallEvent::Tagged, 2, 59, false)]
#[case::after_a_tag_the_clock_tells(CallEvent::Tagged, 2, 60, true)]
#[case::a_hang_up_alone_does_not_tell(CallEvent::Hungup, 0, 59, false)]
#[case::after_a_hang_up_the_clock_tells(CallEvent::Hungup, 0, 60, true)]
fn a_call_has_ended(#[case] event: CallEvent, #[case] heard: i64, #[case] now: i64, #[case] expected: bool) {
    let record = call([said(event, heard).ended(0)]);
    assert_eq!(has_ended(&record, now), expected);
}

#[rstest]
#[case::ringing(said(CallEvent::Ringing, 0))]
#[case::answered(said(CallEvent::Answered, 10).answered(10))]
#[case::tagged_while_it_lasts(said(CallEvent::Tagged, 5_000).answered(10).tags(&["a"]))]
fn a_call_without_a_hang_up_lasts_however_long(#[case] one: Said) {
    assert!(!has_ended(&call([one]), 1_000_000));
}

#[test]
fn call_ended_tells_even_without_the_time_of_the_hang_up() {
    assert!(has_ended(&call([said(CallEvent::Ended, 30)]), 30));
}

#[test]
fn a_call_that_was_decided_has_ended_though_the_clock_be_set_back() {
    let mut record = call([said(CallEvent::Hungup, 0).ended(0)]);
    assert!(record.decide(&book(), at(60)));
    assert!(has_ended(&record, 59));
    assert_eq!(record.due_at(at(59)), None);
}

/// What was decided is lost where the process dies before HubSpot's answer is kept.
#[rstest]
#[case::by_a_create(Object::Calls, "COMPLETED", true)]
#[case::as_one_that_lasts(Object::Calls, "IN_PROGRESS", false)]
#[case::by_what_is_no_call(Object::Tasks, "COMPLETED", false)]
fn a_call_that_hubspot_may_have_been_told_is_over_has_ended_though_the_clock_be_set_back(
    #[case] object: Object,
    #[case] status: &str,
    #[case] expected: bool,
) {
    let properties: BTreeMap<String, String> = [("hs_call_status".to_owned(), status.to_owned())].into();
    let mut made = call([said(CallEvent::Hungup, 0).ended(0)]);
    made.was_sent(object, &properties);
    let mut changed = call([said(CallEvent::Hungup, 0).ended(0)]);
    changed.settle(Receipt::Unanswered(Unanswered { object, id: ObjectId::from("1"), properties }));
    for mut record in [made, changed] {
        assert_eq!(has_ended(&record, 1), expected);
        assert_eq!(record.decide(&book(), at(1)), expected);
    }
}

#[test]
fn a_call_that_waits_for_the_clock_is_due_then() {
    let record = call([said(CallEvent::Hungup, 20).ended(20)]);
    assert_eq!(record.due_at(at(21)), Some(at(80)));
    assert_eq!(record.due_at(at(80)), None);
    assert_eq!(call([said(CallEvent::Answered, 5).answered(5)]).due_at(at(21)), None);
}

#[rstest]
#[case::inbound_answered(said(CallEvent::Ended, 9).answered(2), Kind::InboundAnswered)]
#[case::inbound_answered_with_a_voicemail(said(CallEvent::Ended, 9).answered(2).voicemail(), Kind::InboundAnswered)]
#[case::inbound_missed(said(CallEvent::Ended, 9), Kind::InboundMissed)]
#[case::inbound_missed_has_no_cause(said(CallEvent::Ended, 9).cause("busy"), Kind::InboundMissed)]
#[case::inbound_voicemail(said(CallEvent::Ended, 9).voicemail(), Kind::InboundVoicemail)]
#[case::outbound_answered(said(CallEvent::Ended, 9).outbound().answered(2).cause("busy"), Kind::OutboundAnswered)]
#[case::outbound_unanswered(said(CallEvent::Ended, 9).outbound(), Kind::OutboundUnanswered)]
#[case::busy(said(CallEvent::Ended, 9).outbound().cause("busy"), Kind::OutboundBusy)]
#[case::user_busy(said(CallEvent::Ended, 9).outbound().cause("USER_BUSY"), Kind::OutboundBusy)]
#[case::wrong_number(said(CallEvent::Ended, 9).outbound().cause("wrong_number"), Kind::OutboundWrongNumber)]
#[case::invalid_number(said(CallEvent::Ended, 9).outbound().cause("invalid_number"), Kind::OutboundWrongNumber)]
#[case::unallocated(said(CallEvent::Ended, 9).outbound().cause("unallocated_number"), Kind::OutboundWrongNumber)]
#[case::unknown_cause(said(CallEvent::Ended, 9).outbound().cause("originator_cancel"), Kind::OutboundUnanswered)]
fn a_call_is_of_a_kind(#[case] one: Said, #[case] expected: Kind) {
    let record = call([one]);
    assert_eq!(kind(facts_of_call(&record), &default_causes()), Some(expected));
}

#[test]
fn a_call_whose_direction_is_unknown_has_no_kind_yet() {
    let record = call([said(CallEvent::Ended, 9).with(|it| it.direction = None)]);
    assert_eq!(kind(facts_of_call(&record), &default_causes()), None);
}

#[test]
fn an_admins_map_of_causes_counts_in_any_case() {
    let record = call([said(CallEvent::Ended, 9).outbound().cause("Line_Engaged")]);
    let causes = [("LINE_ENGAGED".to_owned(), Kind::OutboundBusy)].into();
    assert_eq!(kind(facts_of_call(&record), &causes), Some(Kind::OutboundBusy));
}
