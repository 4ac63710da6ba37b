//! Which outcome a call has, and when that is decided (C3–C9, C16).

use domain::{
    call::CallEvent,
    decision::{Because, Rulebook, lost_tags},
    ids::{OutcomeId, TagId},
    kind::Kind,
    record::Record,
    rule::{Rule, RuleState},
    settings::{OnConflict, Slot},
    why,
};
use jiff::SignedDuration;
use rstest::rstest;

use crate::build::{
    Said, at, book, call, facts_of_call, listed, minute, missed, outcome, over, rule, said, tags_listed,
    type_rule,
};

/// Decided at its end, by these rules.
fn decided(all: impl IntoIterator<Item = Said>, book: &Rulebook) -> Record {
    let mut record = call(all);
    assert!(record.decide(book, at(200)), "nothing was decided");
    record
}

fn with(rules: impl IntoIterator<Item = Rule>) -> Rulebook {
    Rulebook { rules: rules.into_iter().collect(), ..book() }
}

fn hear(record: &mut Record, said: Said, book: &Rulebook, second: i64) -> bool {
    record.take(said.event());
    record.decide(book, at(second))
}

#[rstest]
#[case::inbound_answered(over(), "Connected")]
#[case::inbound_missed(missed(), "No answer")]
#[case::inbound_voicemail(missed().voicemail(), "Left voicemail")]
#[case::outbound_answered(over().outbound(), "Connected")]
#[case::outbound_unanswered(missed().outbound(), "No answer")]
#[case::outbound_busy(missed().outbound().cause("busy"), "Busy")]
#[case::outbound_wrong_number(missed().outbound().cause("wrong_number"), "Wrong number")]
fn c3_each_kind_has_a_default(#[case] one: Said, #[case] expected: &str) {
    let record = decided([one], &book());
    assert_eq!(outcome(&record), expected);
    assert_eq!(record.decision().unwrap().outcome.because, Because::Default { lag: None });
}

#[test]
fn c3_a_kind_can_be_given_none() {
    let mut book = book();
    book.settings.outcomes.insert(Kind::InboundMissed, Slot::standing(None));
    assert_eq!(outcome(&decided([missed()], &book)), "None");
    assert_eq!(outcome(&decided([over()], &book)), "Connected");
}

#[rstest]
#[case::no_tag(&[], OnConflict::CallOutcome, "Connected")]
#[case::unmapped_tag(&["x"], OnConflict::CallOutcome, "Connected")]
#[case::one_mapped_tag(&["b1"], OnConflict::CallOutcome, "Bad")]
#[case::a_mapped_tag_beside_an_unmapped_one(&["b1", "x"], OnConflict::CallOutcome, "Bad")]
#[case::two_that_agree(&["b1", "b2"], OnConflict::CallOutcome, "Bad")]
#[case::two_that_differ(&["b1", "g"], OnConflict::CallOutcome, "Connected")]
#[case::two_that_agree_and_one_that_differs(&["b1", "b2", "g"], OnConflict::CallOutcome, "Connected")]
#[case::the_first_in_order_wins(&["b1", "g"], OnConflict::FirstRule, "Bad")]
#[case::the_first_in_order_wins_whatever_the_ids(&["a", "g"], OnConflict::FirstRule, "Good")]
#[case::no_tag_with_first_rule(&["x"], OnConflict::FirstRule, "Connected")]
fn c4_c5_tags_lead_to_outcomes(
    #[case] tags: &[&str],
    #[case] on_conflict: OnConflict,
    #[case] expected: &str,
) {
    let mut book = with([
        rule("b1", "bad"),
        rule("b2", "bad"),
        rule("g", "good"),
        Rule { position: 1_000, ..rule("a", "ugly") },
    ]);
    book.settings.on_conflict = on_conflict;
    assert_eq!(outcome(&decided([over().tags(tags)], &book)), expected);
}

#[test]
fn c4_the_example_an_answered_outbound_call_tagged_bad_call() {
    let book = with([rule("bad call", domain::settings::default_outcomes::NO_ANSWER)]);
    let record = decided([over().outbound().tags(&["bad call"])], &book);
    assert_eq!(outcome(&record), "No answer");
    assert_eq!(
        why::outcome(record.decision().unwrap()),
        "Outcome \"No answer\": rule for the tag \"bad call\"."
    );
}

#[test]
fn c5_a_conflict_names_the_rules_that_differ() {
    let record = decided([missed().tags(&["b", "g"])], &with([rule("b", "bad"), rule("g", "good")]));
    assert_eq!(
        why::outcome(record.decision().unwrap()),
        "Outcome \"No answer\": default for a missed inbound call; its tags are mapped to different values \
         (\"b\" gives \"Bad\", \"g\" gives \"Good\")."
    );
}

#[test]
fn c6_a_mapped_tag_taken_off_brings_the_default_back() {
    let book = with([rule("b", "bad"), rule("g", "good")]);
    let mut record = decided([over().tags(&["b", "x"])], &book);
    assert_eq!(outcome(&record), "Bad");
    assert!(hear(
        &mut record,
        said(CallEvent::Untagged, 300).answered(10).ended(70).tags(&["x"]),
        &book,
        301
    ));
    assert_eq!(outcome(&record), "Connected");
    assert!(hear(
        &mut record,
        said(CallEvent::Tagged, 400).answered(10).ended(70).tags(&["g", "x"]),
        &book,
        401
    ));
    assert_eq!(outcome(&record), "Good");
}

#[test]
fn c6_a_mapped_tag_taken_off_solves_a_conflict() {
    let book = with([rule("b", "bad"), rule("g", "good")]);
    let mut record = decided([over().tags(&["b", "g"])], &book);
    assert!(hear(
        &mut record,
        said(CallEvent::Untagged, 300).answered(10).ended(70).tags(&["g"]),
        &book,
        301
    ));
    assert_eq!(outcome(&record), "Good");
}

#[test]
fn c7_nothing_is_decided_while_the_call_lasts() {
    let book = with([rule("b", "bad")]);
    let mut record = call([said(CallEvent::Answered, 10).answered(10)]);
    assert!(!hear(&mut record, said(CallEvent::Tagged, 20).answered(10).tags(&["b"]), &book, 21));
    assert!(!hear(&mut record, said(CallEvent::Hungup, 70).answered(10).ended(70).tags(&["b"]), &book, 71));
    assert!(hear(&mut record, over().tags(&["b"]), &book, 101));
    assert_eq!(outcome(&record), "Bad");
}

#[test]
fn a_tag_put_on_between_hang_up_and_call_ended_counts_though_call_ended_comes_first() {
    let book = with([rule("b", "bad")]);
    let mut record = decided([over().tags(&["b"])], &book);
    let late = said(CallEvent::Tagged, 72).answered(10).ended(70).tags(&["b"]);
    assert!(!hear(&mut record, late, &book, 201));
    assert_eq!(outcome(&record), "Bad");
}

/// What an admin does after a call was logged.
#[rstest]
#[case::the_rule_deleted(with([]))]
#[case::the_rule_changed(with([rule("b", "good")]))]
#[case::a_rule_added(with([rule("b", "bad"), rule("x", "good")]))]
#[case::first_rule_set(Rulebook { settings: domain::settings::CallSettings { on_conflict: OnConflict::FirstRule, ..book().settings }, ..with([rule("b", "bad"), rule("x", "ugly")]) })]
#[case::the_default_changed({
    let mut book = with([]);
    book.settings.outcomes.insert(Kind::InboundAnswered, Slot::standing(Some(OutcomeId::from("ugly"))));
    book
})]
fn c8_what_an_admin_changes_later_changes_no_logged_call(#[case] later: Rulebook) {
    let mut record = decided([over().tags(&["b", "x"])], &with([rule("b", "bad")]));
    let comment = said(CallEvent::Commented, 300).answered(10).ended(70).tags(&["b", "x"]).comment("1", "hi");
    assert!(!hear(&mut record, comment, &later, 301));
    let recording = said(CallEvent::Assets, 400).answered(10).ended(70).tags(&["b", "x"]);
    assert!(!hear(
        &mut record,
        recording.with(|it| it.recording = Some("https://x.y/r".to_owned())),
        &later,
        401
    ));
    assert_eq!(outcome(&record), "Bad");
}

#[test]
fn c8_a_tag_that_changes_later_is_decided_by_the_rules_of_then() {
    let mut record = decided([over().tags(&["b"])], &with([rule("b", "bad")]));
    let later = with([rule("b", "good")]);
    assert!(hear(
        &mut record,
        said(CallEvent::Tagged, 300).answered(10).ended(70).tags(&["b", "x"]),
        &later,
        301
    ));
    assert_eq!(outcome(&record), "Good");
}

#[test]
fn c8_a_rule_changed_during_the_call_counts_at_its_end() {
    let mut record = call([said(CallEvent::Tagged, 20).answered(10).tags(&["b"])]);
    assert!(!record.decide(&with([rule("b", "bad")]), at(21)));
    assert!(hear(&mut record, over().tags(&["b"]), &with([rule("b", "good")]), 101));
    assert_eq!(outcome(&record), "Good");
}

#[test]
fn c8_a_changed_map_of_causes_is_no_change_of_the_call() {
    let mut record = decided([missed().outbound().cause("engaged")], &book());
    let mut later = book();
    later.settings.outcome_causes.insert("engaged".to_owned(), Kind::OutboundBusy);
    let comment = said(CallEvent::Commented, 300).outbound().ended(20).cause("engaged").comment("1", "hi");
    assert!(!hear(&mut record, comment, &later, 301));
    assert_eq!(outcome(&record), "No answer");
    let tagged = said(CallEvent::Tagged, 400).outbound().ended(20).cause("engaged").tags(&["x"]);
    assert!(hear(&mut record, tagged, &later, 401));
    assert_eq!(outcome(&record), "Busy");
}

#[test]
fn a_late_cause_changes_the_kind_and_decides_again() {
    let mut record = decided([missed().outbound()], &book());
    assert!(hear(
        &mut record,
        said(CallEvent::Archived, 300).outbound().ended(20).cause("busy"),
        &book(),
        301
    ));
    assert_eq!(outcome(&record), "Busy");
}

#[test]
fn a_late_voicemail_changes_the_kind_and_decides_again_by_the_rules_of_then() {
    let mut record = decided([missed()], &book());
    assert_eq!(outcome(&record), "No answer");
    let mut later = book();
    later.settings.outcomes.insert(Kind::InboundVoicemail, Slot::standing(Some(OutcomeId::from("ugly"))));
    assert!(hear(&mut record, said(CallEvent::VoicemailLeft, 53).ended(20).voicemail(), &later, 54));
    assert_eq!(outcome(&record), "Ugly");
    assert!(!hear(&mut record, said(CallEvent::Archived, 90).ended(20), &book(), 91));
    assert_eq!(outcome(&record), "Ugly");
}

#[test]
fn c9_a_call_keeps_its_outcome_when_its_tag_is_deleted_and_the_next_snapshot_lacks_it() {
    let mut book = with([rule("b", "bad")]);
    book.tags = book.tags.observed(&tags_listed(&["b", "x"]), at(-10));
    let mut record = decided([over().tags(&["b"])], &book);
    book.tags = book.tags.observed(&tags_listed(&["x"]), at(250));
    assert_eq!(book.rules[0].state(&book.outcomes, &book.tags, book.delay, at(250)), RuleState::TagDeleted);
    let lacking = said(CallEvent::Commented, 300).answered(10).ended(70).comment("1", "hi");
    assert!(!hear(&mut record, lacking, &book, 301));
    assert_eq!(outcome(&record), "Bad");
}

#[test]
fn c9_a_rule_of_a_deleted_tag_counts_for_no_further_decision() {
    let mut book = with([rule("b", "bad"), rule("g", "good")]);
    book.tags = book.tags.observed(&tags_listed(&["b", "g"]), at(-10)).observed(&tags_listed(&["g"]), at(-5));
    assert_eq!(outcome(&decided([over().tags(&["b"])], &book)), "Connected");
    let record = decided([over().tags(&["b", "g"])], &book);
    assert_eq!(outcome(&record), "Good");
    assert_eq!(record.decision().unwrap().outcome.passed_over[0].state, RuleState::TagDeleted);
}

#[test]
fn c9_a_tag_that_is_listed_again_counts_again() {
    let mut book = with([rule("b", "bad")]);
    book.tags = book.tags.observed(&tags_listed(&["b"]), at(-10)).observed(&[], at(-5));
    book.tags = book.tags.observed(&tags_listed(&["b"]), at(-4));
    assert_eq!(outcome(&decided([over().tags(&["b"])], &book)), "Bad");
}

#[test]
fn a_tag_list_that_was_never_read_deletes_nothing() {
    let book = with([rule("b", "bad")]);
    assert_eq!(book.tags.read_at, None);
    assert_eq!(outcome(&decided([over().tags(&["b"])], &book)), "Bad");
}

#[test]
fn an_outcome_list_that_was_never_read_deletes_nothing() {
    let book = Rulebook { outcomes: domain::catalog::OutcomeCatalog::default(), ..with([rule("b", "bad")]) };
    let record = decided([over().tags(&["b"])], &book);
    assert_eq!(record.decision().unwrap().outcome.value.as_deref(), Some("bad"));
    let record = decided([over()], &book);
    let connected = domain::settings::default_outcomes::CONNECTED;
    assert_eq!(record.decision().unwrap().outcome.value.as_deref(), Some(connected));
}

/// Whether it is worth asking Aircall for its tags before deciding again.
#[test]
fn c9_each_lost_tag_is_asked_about_whether_a_rule_has_it_or_not() {
    let mut record = decided([over().tags(&["b", "x", "g"])], &with([rule("b", "bad")]));
    record.take(said(CallEvent::Untagged, 300).answered(10).ended(70).tags(&["g"]).event());
    assert_eq!(
        lost_tags(facts_of_call(&record), record.decision().unwrap()),
        [&TagId::from("b"), &TagId::from("x")]
    );
}

#[test]
fn c16_call_types_follow_the_same_laws_on_their_own() {
    let mut book = with([rule("b", "bad"), type_rule("b", "Demo"), type_rule("g", "Support")]);
    book.settings.call_types.insert(Kind::InboundAnswered, Some("Inbound".to_owned()));
    let call_type = |record: &Record| record.decision().unwrap().call_type.value.clone();
    assert_eq!(call_type(&decided([over()], &book)).as_deref(), Some("Inbound"));
    assert_eq!(call_type(&decided([missed()], &book)), None);
    assert_eq!(call_type(&decided([over().tags(&["b"])], &book)).as_deref(), Some("Demo"));
    let mut record = decided([over().tags(&["b", "g"])], &book);
    assert_eq!(call_type(&record).as_deref(), Some("Inbound"), "two that differ");
    assert_eq!(outcome(&record), "Bad", "the outcome rule stands alone");
    assert!(hear(
        &mut record,
        said(CallEvent::Untagged, 300).answered(10).ended(70).tags(&["g"]),
        &book,
        301
    ));
    assert_eq!(call_type(&record).as_deref(), Some("Support"));
    assert_eq!(outcome(&record), "Connected");
}

#[test]
fn a_call_is_decided_once_however_often_it_is_looked_at() {
    let mut record = decided([over()], &book());
    assert!(!record.decide(&book(), at(500)));
    assert!(!record.decide(&book(), minute(100_000)));
    assert_eq!(record.decisions.len(), 1);
}

#[test]
fn a_pending_rule_makes_no_conflict() {
    let mut book = with([rule("b", "bad"), Rule { set_at: at(150), ..rule("n", "new") }]);
    book.outcomes = book.outcomes.observed(&listed(&[("new", "New")]), at(140));
    let record = decided([over().tags(&["b", "n"])], &book);
    assert_eq!(outcome(&record), "Bad");
    let passed = &record.decision().unwrap().outcome.passed_over;
    assert_eq!(passed[0].state, RuleState::Pending { effective_at: at(140) + SignedDuration::from_hours(1) });
    let alone = decided([over().tags(&["n"])], &book);
    assert_eq!(
        why::outcome(alone.decision().unwrap()),
        "Outcome \"Connected\": default for an answered inbound call; no rule counts for its tags. \
         The rule for the tag \"n\" did not count: it takes effect at 11:02 UTC on 20 November 2026."
    );
}
