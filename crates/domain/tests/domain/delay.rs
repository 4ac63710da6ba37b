//! C11: what is applied lags what the dashboard shows, as a function of time.

use domain::{
    catalog::OutcomeCatalog,
    ids::OutcomeId,
    rule::{Rule, RuleState},
    settings::Slot,
};
use jiff::SignedDuration;
use rstest::rstest;

use crate::build::{listed, minute, rule};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Read before minute 0, then once more at each given minute, with these outcomes beside the standing ones.
fn seen(readings: &[(i64, &[(&str, &str)])]) -> OutcomeCatalog {
    readings
        .iter()
        .fold(OutcomeCatalog::default(), |seen, (at, more)| seen.observed(&listed(more), minute(*at)))
}

fn state(rule: &Rule, outcomes: &OutcomeCatalog, at: i64) -> RuleState {
    rule.state(outcomes, &domain::catalog::TagCatalog::default(), HOUR, minute(at))
}

const NONE: &[(&str, &str)] = &[];
const OLD: &[(&str, &str)] = &[("n", "New")];
const RENAMED: &[(&str, &str)] = &[("n", "Newer")];
const AGAIN: &[(&str, &str)] = &[("n", "Newest")];

/// How a rule to `n`, set at `set`, stands at `now`; `counts` says whether it counts.
#[rstest]
#[case::standing_at_the_first_reading(&[(-9, OLD)], 0, 0, "active", true)]
#[case::new_and_picked_at_once(&[(-9, NONE), (0, OLD)], 5, 5, "pending", false)]
#[case::new_a_minute_before_the_hour(&[(-9, NONE), (0, OLD)], 5, 59, "pending", false)]
#[case::new_after_the_hour(&[(-9, NONE), (0, OLD)], 5, 60, "active", true)]
#[case::new_and_picked_after_the_hour(&[(-9, NONE), (0, OLD)], 90, 90, "active", true)]
#[case::deleted_just_now(&[(-9, OLD), (10, NONE)], 0, 10, "outcome_leaving", true)]
#[case::deleted_within_the_hour(&[(-9, OLD), (10, NONE)], 0, 69, "outcome_leaving", true)]
#[case::deleted_an_hour_ago(&[(-9, OLD), (10, NONE)], 0, 70, "outcome_deleted", false)]
#[case::deleted_and_read_again_since(&[(-9, OLD), (10, NONE), (40, NONE)], 0, 70, "outcome_deleted", false)]
#[case::renamed_after_the_rule(&[(-9, OLD), (10, RENAMED)], 0, 11, "active", true)]
#[case::renamed_before_the_rule(&[(-9, OLD), (10, RENAMED)], 20, 69, "pending", false)]
#[case::renamed_an_hour_before(&[(-9, OLD), (10, RENAMED)], 20, 70, "active", true)]
#[case::renamed_before_and_after_the_rule(&[(-9, OLD), (10, RENAMED), (30, AGAIN)], 20, 40, "pending", false)]
#[case::the_second_rename_does_not_prolong(&[(-9, OLD), (10, RENAMED), (30, AGAIN)], 20, 70, "active", true)]
#[case::new_and_deleted_within_the_hour_begins_late(&[(-9, NONE), (0, OLD), (10, NONE)], 5, 59, "pending", false)]
#[case::new_and_deleted_within_the_hour_ends_late(&[(-9, NONE), (0, OLD), (10, NONE)], 5, 65, "outcome_leaving", true)]
#[case::new_and_deleted_is_gone(&[(-9, NONE), (0, OLD), (10, NONE)], 5, 70, "outcome_deleted", false)]
#[case::never_seen(&[(-9, NONE)], 0, 0, "outcome_deleted", false)]
#[case::a_list_that_was_not_read(&[], 0, 0, "active", true)]
fn a_rule_to_an_outcome_stands(
    #[case] readings: &[(i64, &[(&str, &str)])],
    #[case] set: i64,
    #[case] now: i64,
    #[case] word: &str,
    #[case] counts: bool,
) {
    let rule = Rule { set_at: minute(set), ..rule("t", "n") };
    let state = state(&rule, &seen(readings), now);
    assert_eq!((state.word(), state.counts()), (word, counts));
}

#[test]
fn the_state_tells_the_minute() {
    let rule = Rule { set_at: minute(5), ..rule("t", "n") };
    let new = seen(&[(-9, NONE), (0, OLD)]);
    assert_eq!(state(&rule, &new, 5), RuleState::Pending { effective_at: minute(60) });
    let leaving = seen(&[(-9, OLD), (10, NONE)]);
    assert_eq!(state(&rule, &leaving, 20), RuleState::OutcomeLeaving { until: minute(70) });
}

#[test]
fn without_a_delay_all_counts_at_once() {
    let new = seen(&[(-9, NONE), (0, OLD)]);
    let rule = Rule { set_at: minute(0), ..rule("t", "n") };
    let tags = domain::catalog::TagCatalog::default();
    assert_eq!(rule.state(&new, &tags, SignedDuration::ZERO, minute(0)), RuleState::Active);
    let gone = seen(&[(-9, OLD), (0, NONE)]);
    assert_eq!(rule.state(&gone, &tags, SignedDuration::ZERO, minute(0)), RuleState::OutcomeDeleted);
}

#[test]
fn an_outcome_made_again_under_an_old_label_is_another() {
    let outcomes = seen(&[(-900, OLD), (-500, NONE), (0, &[("m", "New")])]);
    assert_eq!(state(&rule("t", "n"), &outcomes, 300).word(), "outcome_deleted");
    let to_new = Rule { set_at: minute(1), ..rule("t", "m") };
    assert_eq!(state(&to_new, &outcomes, 30), RuleState::Pending { effective_at: minute(60) });
}

#[test]
fn the_dashboard_shows_at_once_what_the_engine_applies_later() {
    let outcomes = seen(&[(-9, &[("o", "Old")]), (0, OLD)]);
    assert!(outcomes.has(&OutcomeId::from("n")) && !outcomes.has(&OutcomeId::from("o")));
    assert!(outcomes.choices().all(|(id, _)| id.as_str() != "o"));
}

fn standing(slot: &Slot, outcomes: &OutcomeCatalog, at: i64) -> Option<String> {
    slot.outcome(outcomes, HOUR, minute(at)).0.map(ToString::to_string)
}

#[rstest]
#[case::at_once_the_one_before(5, "good")]
#[case::a_minute_before_the_hour(59, "good")]
#[case::after_the_hour(60, "n")]
fn a_default_that_is_new_lags(#[case] now: i64, #[case] expected: &str) {
    let outcomes = seen(&[(-9, NONE), (0, OLD)]);
    let slot = Slot::standing(Some("good".into())).choose(Some("n".into()), &outcomes, HOUR, minute(5));
    assert_eq!(standing(&slot, &outcomes, now).as_deref(), Some(expected));
    assert_eq!(slot.chosen(), Some(&"n".into()));
}

#[rstest]
#[case::while_it_stands(9, Some("n"))]
#[case::within_the_hour(69, Some("n"))]
#[case::then_it_is_none(70, None)]
fn a_default_that_is_deleted_lags(#[case] now: i64, #[case] expected: Option<&str>) {
    let outcomes = seen(&[(-9, OLD), (10, NONE)]);
    let slot = Slot::standing(Some("n".into()));
    assert_eq!(standing(&slot, &outcomes, now).as_deref(), expected);
}

#[test]
fn a_default_that_stood_is_chosen_at_once_and_none_too() {
    let outcomes = seen(&[(-9, OLD)]);
    let slot = Slot::standing(Some("good".into()));
    let bad = slot.choose(Some("bad".into()), &outcomes, HOUR, minute(0));
    assert_eq!(standing(&bad, &outcomes, 0).as_deref(), Some("bad"));
    let none = bad.choose(None, &outcomes, HOUR, minute(1));
    assert_eq!(standing(&none, &outcomes, 1), None);
}

#[test]
fn two_new_defaults_one_after_the_other_leave_the_first_standing() {
    let outcomes = seen(&[(-9, NONE), (0, OLD), (30, &[("n", "New"), ("m", "More")])]);
    let slot = Slot::standing(Some("good".into()))
        .choose(Some("n".into()), &outcomes, HOUR, minute(5))
        .choose(Some("m".into()), &outcomes, HOUR, minute(40));
    for (now, expected) in [(41, "good"), (60, "n"), (89, "n"), (90, "m")] {
        assert_eq!(standing(&slot, &outcomes, now).as_deref(), Some(expected), "at minute {now}");
    }
}

#[test]
fn a_default_chosen_away_and_back_within_the_delay_stands_throughout() {
    let outcomes = seen(&[(-9, NONE), (0, OLD)]);
    let slot = Slot::standing(Some("good".into()))
        .choose(Some("n".into()), &outcomes, HOUR, minute(5))
        .choose(Some("good".into()), &outcomes, HOUR, minute(10));
    for now in [10, 59, 60, 1_000] {
        assert_eq!(standing(&slot, &outcomes, now).as_deref(), Some("good"), "at minute {now}");
    }
}

#[test]
fn a_default_chosen_again_after_a_rename_stands_on() {
    let outcomes = seen(&[(-9, OLD), (10, RENAMED)]);
    let slot = Slot::standing(Some("n".into()));
    let again = slot.choose(Some("n".into()), &outcomes, HOUR, minute(20));
    assert_eq!(again, slot);
    assert_eq!(again.outcome(&outcomes, HOUR, minute(21)).1, Some(RuleState::Active));
}

mod stability {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn reading_the_same_list_again_changes_nothing(
            first in prop::collection::vec((0_u8..6, 0_u8..3), 0..6),
            second in prop::collection::vec((0_u8..6, 0_u8..3), 0..6),
        ) {
            let list = |of: &[(u8, u8)]| -> Vec<(OutcomeId, String)> {
                of.iter().map(|(id, label)| (id.to_string().into(), label.to_string())).collect()
            };
            let once = OutcomeCatalog::default()
                .observed(&list(&first), minute(0))
                .observed(&list(&second), minute(5));
            let twice = once.observed(&list(&second), minute(10));
            prop_assert_eq!(&once.outcomes, &twice.outcomes);
            prop_assert_eq!(twice.read_at, Some(minute(10)));
        }
    }
}
