//! What HubSpot holds of a call, and when (C1, C2, C7, C12–C15, C17).

use std::collections::BTreeMap;

use domain::{
    call::CallEvent,
    contact::{ContactAnswer, ContactKey, ContactLink, FoundBy, FoundContact},
    ids::{ContactId, OwnerId},
    kind::Kind,
    phone::Phone,
    plan::{Wishes, plan},
    question::Answers,
    record::Record,
    settings::LogWhen,
    step::{Object, Receipt, Step},
};
use rstest::rstest;

use crate::{
    build::{Said, at, book, call, missed, outcome, over, record, rule, said},
    crm::Crm,
};

fn crm() -> Crm {
    Crm { book: book(), ..Crm::default() }
}

fn empty() -> Record {
    record(domain::source::Source::Aircall, "780883160")
}

fn answered() -> Said {
    said(CallEvent::Answered, 10).answered(10)
}

fn phone(text: &str) -> ContactKey {
    ContactKey::Phone(Phone::read(text, None).unwrap())
}

fn changed(plan: &domain::step::Plan) -> BTreeMap<String, String> {
    match plan.steps.as_slice() {
        [Step::Update { properties, .. }] => properties.clone(),
        other => panic!("not one update: {other:#?}"),
    }
}

#[test]
fn an_answered_call_is_logged_at_its_answer_and_completed_at_its_end() {
    let (mut crm, mut record) = (crm(), empty());
    assert!(crm.hear(&mut record, said(CallEvent::Created, 0).event(), at(0)).steps.is_empty());
    crm.hear(&mut record, answered().event(), at(10));
    assert_eq!(crm.property("hs_call_status"), "IN_PROGRESS");
    for name in ["hs_call_disposition", "hs_call_duration", "hs_activity_type"] {
        assert_eq!(crm.property(name), "", "{name}");
    }
    assert_eq!(crm.property("hs_timestamp"), "2026-11-20T10:00:00Z");
    assert!(
        crm.hear(&mut record, said(CallEvent::Hungup, 70).answered(10).ended(70).event(), at(70))
            .steps
            .is_empty()
    );
    crm.hear(&mut record, over().event(), at(101));
    assert_eq!(crm.property("hs_call_status"), "COMPLETED");
    assert_eq!(crm.property("hs_call_duration"), "70000");
    assert_eq!(crm.property("hs_call_disposition"), domain::settings::default_outcomes::CONNECTED);
}

#[rstest]
#[case::missed(missed(), "NO_ANSWER", "false")]
#[case::voicemail(missed().voicemail(), "NO_ANSWER", "true")]
#[case::unanswered(missed().outbound(), "NO_ANSWER", "")]
#[case::busy(missed().outbound().cause("busy"), "BUSY", "")]
#[case::wrong_number(missed().outbound().cause("wrong_number"), "NO_ANSWER", "")]
#[case::answered(over(), "COMPLETED", "")]
fn a_call_has_a_status(#[case] one: Said, #[case] status: &str, #[case] has_voicemail: &str) {
    let (mut crm, mut record) = (crm(), empty());
    crm.hear(&mut record, one.event(), at(200));
    assert_eq!(crm.property("hs_call_status"), status);
    assert_eq!(crm.property("hs_call_has_voicemail"), has_voicemail);
}

#[test]
fn any_other_call_is_logged_only_when_it_ends() {
    let (mut crm, mut record) = (crm(), empty());
    for said in
        [said(CallEvent::Created, 0), said(CallEvent::Ringing, 0), said(CallEvent::Hungup, 20).ended(20)]
    {
        assert!(crm.hear(&mut record, said.event(), at(21)).steps.is_empty());
    }
    assert!(crm.work(&mut record, at(79)).steps.is_empty());
    crm.work(&mut record, at(80));
    assert_eq!(crm.property("hs_call_duration"), "20000");
}

#[test]
fn a_setting_logs_every_call_only_at_its_end() {
    let (mut crm, mut record) = (crm(), empty());
    crm.book.settings.log_when = LogWhen::Ended;
    assert!(crm.hear(&mut record, answered().event(), at(10)).steps.is_empty());
    crm.hear(&mut record, over().event(), at(101));
    assert_eq!(crm.property("hs_call_status"), "COMPLETED");
    assert_eq!(crm.steps, 2, "a contact and a call");
}

#[test]
fn a_call_known_only_from_its_voicemail_is_logged_whole() {
    let (mut crm, mut record) = (crm(), empty());
    crm.hear(&mut record, said(CallEvent::VoicemailLeft, 54).ended(20).voicemail().event(), at(54));
    assert_eq!(crm.property("hs_call_has_voicemail"), "true");
    assert_eq!(crm.property("hs_call_disposition"), domain::settings::default_outcomes::LEFT_VOICEMAIL);
    assert!(crm.property("hs_call_body").contains("/calls/780883160/voicemail\""));
}

#[test]
fn call_ended_before_call_answered_arrives_is_complete() {
    let (mut crm, mut record) = (crm(), empty());
    crm.hear(&mut record, over().event(), at(101));
    assert!(crm.hear(&mut record, answered().event(), at(102)).steps.is_empty());
    assert_eq!(crm.property("hs_call_status"), "COMPLETED");
}

#[test]
fn calls_of_a_number_that_is_left_out_are_not_logged() {
    let (mut crm, mut record) = (crm(), empty());
    crm.book.settings.exclude_numbers.insert("397375".to_owned());
    assert!(crm.hear(&mut record, answered().event(), at(10)).steps.is_empty());
    assert!(crm.hear(&mut record, over().event(), at(101)).steps.is_empty());
    crm.book.settings.exclude_numbers = ["1".to_owned()].into();
    assert!(!crm.work(&mut record, at(102)).steps.is_empty());
}

#[test]
fn a_call_logged_before_its_number_was_left_out_is_completed() {
    let (mut crm, mut record) = (crm(), empty());
    crm.hear(&mut record, answered().event(), at(10));
    crm.book.settings.exclude_numbers.insert("397375".to_owned());
    crm.hear(&mut record, over().event(), at(101));
    assert_eq!(crm.property("hs_call_status"), "COMPLETED");
}

#[test]
fn c7_a_tag_put_on_during_the_call_shows_only_after_its_end() {
    let (mut crm, mut record) = (crm(), empty());
    crm.book.rules = vec![rule("bad call", "bad")];
    crm.hear(&mut record, answered().event(), at(10));
    let tagged = said(CallEvent::Tagged, 20).answered(10).tags(&["bad call"]);
    assert!(crm.hear(&mut record, tagged.event(), at(20)).steps.is_empty(), "nothing in HubSpot changes");
    crm.hear(&mut record, over().tags(&["bad call"]).event(), at(101));
    assert_eq!(crm.property("hs_call_disposition"), "bad");
    assert!(crm.property("hs_call_body").contains("<b>Tags:</b> bad call"));
}

#[test]
fn c6_the_activity_follows_a_tag_taken_off() {
    let (mut crm, mut record) = (crm(), empty());
    crm.book.rules = vec![rule("b", "bad")];
    crm.hear(&mut record, over().tags(&["b"]).event(), at(101));
    let plan = crm.hear(&mut record, said(CallEvent::Untagged, 300).answered(10).ended(70).event(), at(300));
    let changed = changed(&plan);
    assert_eq!(changed["hs_call_disposition"], domain::settings::default_outcomes::CONNECTED);
    assert_eq!(changed.keys().collect::<Vec<_>>(), ["hs_call_body", "hs_call_disposition", "hs_call_title"]);
}

#[test]
fn what_was_edited_by_hand_is_written_again_when_the_tags_change_and_not_before() {
    let (mut crm, mut record) = (crm(), empty());
    crm.hear(&mut record, over().tags(&["b"]).event(), at(101));
    let commented = said(CallEvent::Commented, 200).answered(10).ended(70).tags(&["b"]).comment("1", "late");
    let plan = crm.hear(&mut record, commented.event(), at(200));
    assert_eq!(changed(&plan).keys().collect::<Vec<_>>(), ["hs_call_body"]);
    let tagged = |at| said(CallEvent::Tagged, at).answered(10).ended(70).tags(&["b", "c"]);
    let plan = crm.hear(&mut record, tagged(300).event(), at(300));
    assert_eq!(changed(&plan)["hs_call_disposition"], domain::settings::default_outcomes::CONNECTED);
    assert!(crm.hear(&mut record, tagged(400).event(), at(400)).steps.is_empty(), "once");
}

#[test]
fn an_outcome_of_none_is_written_empty_over_another() {
    let (mut crm, mut record) = (crm(), empty());
    crm.book.rules = vec![rule("b", "bad")];
    let none = domain::settings::Slot::standing(None);
    crm.book.settings.outcomes.insert(Kind::InboundAnswered, none);
    crm.hear(&mut record, over().tags(&["b"]).event(), at(101));
    let plan = crm.hear(&mut record, said(CallEvent::Untagged, 300).answered(10).ended(70).event(), at(300));
    assert_eq!(changed(&plan)["hs_call_disposition"], "");
}

#[test]
fn a_late_comment_changes_the_body_alone() {
    let (mut crm, mut record) = (crm(), empty());
    crm.hear(&mut record, over().event(), at(101));
    let comment = said(CallEvent::Commented, 300).answered(10).ended(70).comment("1", "call back");
    let changed = changed(&crm.hear(&mut record, comment.clone().event(), at(300)));
    assert_eq!(changed.keys().collect::<Vec<_>>(), ["hs_call_body"]);
    assert!(changed["hs_call_body"].ends_with("<b>Comment (Ada):</b> call back"));
    assert!(crm.hear(&mut record, comment.event(), at(301)).steps.is_empty(), "a repetition writes nothing");
}

#[test]
fn a_call_that_ended_before_it_began_took_no_time() {
    let record = call([missed().with(|it| it.ended_at = Some(at(-5)))]);
    let domain::record::Facts::Call(call) = &record.facts else { panic!("a call") };
    assert_eq!(call.duration(), jiff::SignedDuration::ZERO);
}

#[test]
fn two_versions_of_one_comment_leave_the_same_one_in_any_order() {
    let one = said(CallEvent::Commented, 300).comment("1", "first");
    let other = said(CallEvent::Commented, 310).comment("1", "second");
    let record = call([one.clone(), other.clone()]);
    assert_eq!(record.facts, call([other, one]).facts);
    let domain::record::Facts::Call(call) = &record.facts else { panic!("a call") };
    assert!(call.comments().iter().map(|comment| &comment.content).eq(["second"]));
}

#[test]
fn a_late_voicemail_turns_a_missed_call_into_one_with_a_voicemail() {
    let (mut crm, mut record) = (crm(), empty());
    crm.hear(&mut record, missed().event(), at(51));
    let plan =
        crm.hear(&mut record, said(CallEvent::VoicemailLeft, 53).ended(20).voicemail().event(), at(53));
    let changed = changed(&plan);
    assert_eq!(changed["hs_call_disposition"], domain::settings::default_outcomes::LEFT_VOICEMAIL);
    assert_eq!(changed["hs_call_has_voicemail"], "true");
    assert!(changed["hs_call_title"].starts_with("Voicemail from"));
    assert!(!changed.contains_key("hs_call_status"));
}

#[test]
fn a_transfer_moves_the_owner() {
    let (crm, mut record) = (crm(), empty());
    let mut crm = crm.with_owner("ada@example.com", "1").with_owner("bo@example.com", "2");
    crm.hear(&mut record, answered().agent("Ada", "ADA@example.com").event(), at(10));
    assert_eq!(crm.property("hubspot_owner_id"), "1");
    crm.hear(&mut record, over().agent("Bo", "bo@example.com").event(), at(101));
    assert_eq!(crm.property("hubspot_owner_id"), "2");
}

#[test]
fn a_transfer_to_somebody_without_an_owner_leaves_none() {
    let mut crm = crm().with_owner("ada@example.com", "1");
    let mut record = empty();
    crm.hear(&mut record, answered().agent("Ada", "ada@example.com").event(), at(10));
    crm.hear(&mut record, over().agent("Eve", "eve@example.com").event(), at(101));
    assert_eq!(crm.property("hubspot_owner_id"), "");
}

#[rstest]
#[case::the_list_was_not_read(&[])]
#[case::the_list_no_longer_has_the_owner(&[("bo@example.com", "2")])]
fn a_logged_call_keeps_the_owner_of_its_agent(#[case] owners: &[(&str, &str)]) {
    let mut crm = crm().with_owner("ada@example.com", "1");
    let mut record = empty();
    crm.hear(&mut record, over().agent("Ada", "ada@example.com").event(), at(101));
    crm.owners.people.clear();
    for (agent, owner) in owners {
        crm = crm.with_owner(agent, owner);
    }
    let comment = said(CallEvent::Commented, 300).answered(10).ended(70).comment("1", "x");
    crm.hear(&mut record, comment.event(), at(300));
    assert_eq!(crm.property("hubspot_owner_id"), "1");
}

#[rstest]
#[case::by_address_in_any_case("Ada@Example.COM", &[], "1")]
#[case::the_map_overrules(
    "ada@example.com", &[("ada@example.com", "77")], "77")]
#[case::the_map_in_any_case("ada@example.com", &[("Ada@Example.com", "77")], "77")]
#[case::the_map_for_somebody_else("ada@example.com", &[("bo@example.com", "77")], "1")]
#[case::nobody("eve@example.com", &[], "")]
fn c13_an_owner_is_found(#[case] agent: &str, #[case] map: &[(&str, &str)], #[case] expected: &str) {
    let (crm, mut record) = (crm(), empty());
    let mut crm = crm.with_owner("ada@example.com", "1");
    crm.book.settings.owner_map =
        map.iter().map(|(agent, owner)| ((*agent).to_owned(), OwnerId::from(*owner))).collect();
    crm.hear(&mut record, over().agent("Ada", agent).event(), at(101));
    assert_eq!(crm.property("hubspot_owner_id"), expected);
}

#[test]
fn a_changed_setting_renames_no_call_when_a_comment_comes() {
    let (mut crm, mut record) = (crm(), empty());
    crm.hear(&mut record, missed().outbound().cause("engaged").event(), at(51));
    crm.book.settings.outcome_causes.insert("engaged".to_owned(), Kind::OutboundBusy);
    let comment = said(CallEvent::Commented, 300).outbound().ended(20).cause("engaged").comment("1", "x");
    let changed = changed(&crm.hear(&mut record, comment.event(), at(300)));
    assert_eq!(changed.keys().collect::<Vec<_>>(), ["hs_call_body"]);
}

#[rstest]
#[case::a_named_caller(over().person("Lin", "Wu", ""), "Inbound call from Lin Wu on Sales")]
#[case::a_number(missed(), "Missed call from +1 415-555-0132 on Sales")]
#[case::nobody(missed().anonymous(), "Missed call from an unknown number on Sales")]
#[case::outbound(over().outbound(), "Outbound call to +1 415-555-0132 on Sales")]
#[case::no_html_and_no_line_end(over().person("<b>\r\n&", "x\u{202E}", ""), "Inbound call from <b> & x on Sales")]
fn a_title_is_plain(#[case] one: Said, #[case] expected: &str) {
    let (mut crm, mut record) = (crm(), empty());
    crm.hear(&mut record, one.event(), at(200));
    assert_eq!(crm.property("hs_call_title"), expected);
}

#[rstest]
#[case::inbound(missed().agent("Ada", ""), "missed inbound call|Inbound|+1 415-555-0132|Ada")]
#[case::outbound(over().outbound(), "answered outbound call|Outbound|+1 415-555-0132|")]
fn a_title_by_a_template_of_the_admin(#[case] one: Said, #[case] expected: &str) {
    let (mut crm, mut record) = (crm(), empty());
    crm.book.settings.title_template = "{kind}|{direction}|{number}|{agent}".to_owned();
    crm.hear(&mut record, one.event(), at(200));
    assert_eq!(crm.property("hs_call_title"), expected);
}

#[rstest]
#[case::direction(over().with(|it| it.direction = None))]
#[case::start(over().with(|it| it.started_at = None))]
fn a_call_is_not_logged_without_what_hubspot_needs(#[case] one: Said) {
    let (mut crm, mut record) = (crm(), empty());
    assert!(crm.hear(&mut record, one.event(), at(200)).steps.is_empty());
}

#[test]
fn numbers_are_written_in_e164_by_direction() {
    for (one, from, to) in
        [(over(), "+14155550132", "+43720880079"), (over().outbound(), "+43720880079", "+14155550132")]
    {
        let (mut crm, mut record) = (crm(), empty());
        crm.hear(&mut record, one.event(), at(101));
        assert_eq!(
            (crm.property("hs_call_from_number"), crm.property("hs_call_to_number")),
            (from.into(), to.into())
        );
    }
}

mod task {
    use super::*;

    fn tasks(crm: &Crm) -> Vec<BTreeMap<String, String>> {
        crm.live.values().filter(|one| one.0 == Object::Tasks).map(|one| one.1.clone()).collect()
    }

    fn with_task() -> Crm {
        let mut crm = crm().with_contact(phone("+14155550132"), "101", Some("9"));
        crm.book.settings.missed_call_task = true;
        crm
    }

    #[test]
    fn a_missed_call_opens_one_task_for_the_owner_of_the_contact() {
        let (mut crm, mut record) = (with_task(), empty());
        crm.hear(&mut record, missed().event(), at(51));
        crm.hear(&mut record, said(CallEvent::VoicemailLeft, 53).ended(20).voicemail().event(), at(53));
        let [task] = tasks(&crm).try_into().unwrap();
        assert_eq!(task["hubspot_owner_id"], "9");
        assert_eq!(task["hs_task_type"], "CALL");
    }

    #[test]
    fn the_owner_of_the_task_does_not_become_the_owner_of_the_call() {
        let (mut crm, mut record) = (with_task(), empty());
        crm.hear(&mut record, missed().event(), at(51));
        record.held.reverse();
        let plan =
            crm.hear(&mut record, said(CallEvent::Commented, 99).ended(20).comment("1", "x").event(), at(99));
        assert_eq!(changed(&plan).keys().collect::<Vec<_>>(), ["hs_call_body"]);
    }

    #[rstest]
    #[case::answered(over(), true)]
    #[case::unanswered_outbound(missed().outbound(), true)]
    #[case::switched_off(missed(), false)]
    fn other_calls_open_none(#[case] one: Said, #[case] is_on: bool) {
        let (mut crm, mut record) = (with_task(), empty());
        crm.book.settings.missed_call_task = is_on;
        crm.hear(&mut record, one.event(), at(200));
        assert_eq!(tasks(&crm).len(), 0);
    }

    #[test]
    fn nobody_known_opens_none() {
        let (mut crm, mut record) = (with_task(), empty());
        crm.hear(&mut record, missed().anonymous().event(), at(51));
        assert_eq!((crm.live.len(), tasks(&crm).len()), (1, 0), "the call is logged");
    }

    #[test]
    fn one_that_was_refused_is_opened_though_the_call_is_logged() {
        let (mut crm, mut record) = (with_task(), empty());
        crm.book.settings.missed_call_task = false;
        crm.hear(&mut record, missed().event(), at(51));
        crm.book.settings.missed_call_task = true;
        record.owes_task = true;
        for _ in 0..2 {
            crm.work(&mut record, at(60));
            assert_eq!((crm.live.len(), tasks(&crm).len()), (2, 1));
        }
        let task = tasks(&crm);
        crm.hear(&mut record, said(CallEvent::Commented, 99).ended(20).comment("1", "x").event(), at(99));
        assert_eq!(tasks(&crm), task, "what was opened is the owner's");
    }

    #[test]
    fn switched_on_later_it_opens_none_for_a_logged_call() {
        let (mut crm, mut record) = (with_task(), empty());
        crm.book.settings.missed_call_task = false;
        crm.hear(&mut record, missed().event(), at(51));
        crm.book.settings.missed_call_task = true;
        crm.hear(&mut record, said(CallEvent::Commented, 99).ended(20).comment("1", "x").event(), at(99));
        assert_eq!(tasks(&crm).len(), 0);
    }
}

#[test]
fn a_call_says_that_several_contacts_matched() {
    let (mut crm, mut record) = (crm(), call([over()]));
    let link = ContactLink { id: ContactId::from("1"), by: FoundBy::Phone, matches: 3, owner: None };
    record.settle(Receipt::Linked(link));
    crm.work(&mut record, at(101));
    assert!(crm.property("hs_call_body").contains("3 matched; the one most recently active was taken"));
    assert!(crm.work(&mut record, at(102)).steps.is_empty());
}

#[rstest]
#[case::one(1, false)]
#[case::several(3, true)]
fn a_call_says_so_from_its_first_writing_on(#[case] matches: usize, #[case] says_so: bool) {
    let (crm, mut record) = (crm(), call([over()]));
    record.decide(&crm.book, at(101));
    let found = FoundContact { id: ContactId::from("1"), by: FoundBy::Phone, matches, owner: None };
    let answers = Answers { contact: Some(ContactAnswer::Found(found)), ..Answers::default() };
    let wishes = Wishes { calls: &crm.book.settings, meetings: &crm.meetings };
    let plan = plan(&record, &wishes, &answers, at(101));
    let [Step::Create { properties, .. }] = plan.steps.as_slice() else { panic!("{plan:#?}") };
    assert_eq!(properties["hs_call_body"].contains("matched"), says_so, "{properties:#?}");
}

#[test]
fn what_people_changed_in_hubspot_is_not_overwritten_by_a_late_fact() {
    let (mut crm, mut record) = (crm(), empty());
    crm.hear(&mut record, over().event(), at(101));
    let id = crm.live.keys().next().unwrap().clone();
    crm.live.get_mut(&id).unwrap().1.insert("hs_call_disposition".into(), "by-hand".into());
    crm.hear(
        &mut record,
        said(CallEvent::Commented, 300).answered(10).ended(70).comment("1", "x").event(),
        at(300),
    );
    assert_eq!(crm.property("hs_call_disposition"), "by-hand");
    assert_eq!(outcome(&record), "Connected");
}
