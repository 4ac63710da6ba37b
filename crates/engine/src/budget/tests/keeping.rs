//! What a keeping takes in and gives, told by hand.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    super::{Budget, Kept, Learned, Limit, Report, Rest, day::Told, stock::Stocktaking},
    at,
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn report() -> Report {
    Report {
        zone: TimeZone::UTC,
        holder: None,
        burst: Stocktaking::default(),
        search: Stocktaking::default(),
        wants_search: false,
        spell: SECOND,
        learned: Learned::default(),
        changed_at: None,
    }
}

fn learning(learned: Learned) -> Report {
    Report { learned, ..report() }
}

/// What the day has left, by the row.
fn day(budget: &Budget, today: Timestamp) -> Option<usize> {
    budget.day.left(today).map(|left| left.requests)
}

fn told(left: usize, since: Timestamp) -> Learned {
    Learned { day: Some(Told { left, since, heard_at: since }), ..Learned::default() }
}

#[test]
fn a_node_that_is_not_alone_gets_its_part_of_the_places() {
    let used = Stocktaking { sent: 20, ..Stocktaking::default() };
    let busy = || Report { burst: used.clone(), search: used.clone(), wants_search: true, ..report() };
    let places = |budget: &mut Budget| {
        let leave = budget.keep(&busy(), at(0), at(0));
        (leave.burst.len(), leave.search.len(), leave.company)
    };
    assert_eq!(places(&mut Budget::default()), (10, 5, 0), "alone");
    let mut budget = Budget::default();
    budget.keep(&report(), at(0), at(0));
    assert_eq!(places(&mut budget), (5, 3, 1), "beside another");
    assert_eq!(budget.keep(&report(), at(0), at(0)).burst.len(), 1, "idle until now");
}

#[test]
fn a_node_that_was_not_heard_of_for_a_while_leaves_its_part_to_the_others() {
    let mut budget = Budget::default();
    assert_eq!(budget.keep(&report(), at(0), at(0)).company, 0);
    assert_eq!(budget.keep(&report(), at(14_999), at(14_999)).company, 1);
    assert_eq!(budget.keep(&report(), at(30_000), at(30_000)).company, 0);
}

#[test]
fn a_node_keeps_its_number_until_it_is_forgotten() {
    let mut budget = Budget::default();
    let again = |holder| Report { holder: Some(holder), ..report() };
    let first = budget.keep(&report(), at(0), at(0)).holder;
    assert_eq!(budget.keep(&again(first), at(119_999), at(119_999)).holder, first);
    assert_ne!(budget.keep(&again(first), at(239_999), at(239_999)).holder, first);
}

#[test]
fn nothing_is_given_while_an_account_rests() {
    let rest = Rest { until: at(5_000), limit: Limit::Gateway, told_at: at(0) };
    let learned = Learned { rest: Some(rest), ..Learned::default() };
    let mut budget = Budget::default();
    let leave = budget.keep(&Report { wants_search: true, ..learning(learned) }, at(0), at(0));
    assert_eq!((leave.burst.len(), leave.search.len()), (0, 0));
    assert_eq!(leave.refused, Some((at(5_000), Limit::Gateway)));
    assert_eq!(budget.keep(&report(), at(4_999), at(4_999)).refused, Some((at(5_000), Limit::Gateway)));
    assert_eq!(budget.keep(&report(), at(5_000), at(5_000)).refused, None);
}

#[test]
fn a_rest_that_was_asked_for_before_a_person_changed_the_connection_is_over() {
    let after = |changed: i64| {
        let rest = Rest { until: at(60_000), limit: Limit::Move, told_at: at(1_000) };
        let mut budget = Budget::default();
        budget.keep(&learning(Learned { rest: Some(rest), ..Learned::default() }), at(1_000), at(1_000));
        let changed = Report { changed_at: Some(at(changed)), ..report() };
        budget.keep(&changed, at(2_000), at(2_000)).refused.is_some()
    };
    assert_eq!([999, 1_000, 1_001].map(after), [true, false, false]);
}

#[test]
fn what_is_left_of_the_day_is_believed_within_a_window_alone() {
    for (ms, expected) in [(9_999, Some(499)), (10_000, None), (10_001, None)] {
        let mut budget = Budget::default();
        budget.keep(&learning(told(500, at(0))), at(ms), at(ms));
        assert_eq!(day(&budget, at(ms)).map(|left| left / 490), expected.map(|left| left / 490), "{ms}");
    }
}

#[test]
fn a_spent_day_ends_by_the_clock_that_people_see() {
    let ahead = SignedDuration::from_hours(2);
    let mut budget = Budget::default();
    let spent = Learned { spent_at: Some(at(0) + ahead), ..Learned::default() };
    let (until, limit) = budget.keep(&learning(spent), at(0), at(0) + ahead).refused.unwrap();
    let midnight = (until + ahead).to_zoned(TimeZone::UTC);
    assert_eq!((limit, midnight.hour(), midnight.minute(), midnight.second()), (Limit::Day, 0, 0, 2));
}

#[test]
fn a_size_that_says_nothing_is_none() {
    let mut budget = Budget::default();
    let size = |max, length| Learned { size: Some((max, length)), ..Learned::default() };
    budget.keep(&learning(size(190, SECOND * 10)), at(0), at(0));
    budget.keep(&learning(size(0, SignedDuration::ZERO)), at(1), at(1));
    assert_eq!((budget.burst.max(), budget.burst.length()), (190, SECOND * 10));
}

#[test]
fn all_of_a_row_is_kept_and_recalled() {
    let rest = Rest { until: at(60_000), limit: Limit::Move, told_at: at(1_000) };
    let learned = Learned { rest: Some(rest), size: Some((190, SECOND * 11)), ..told(500, at(0)) };
    let mut budget = Budget::default();
    budget.keep(&report(), at(0), at(0));
    budget.keep(&Report { wants_search: true, ..report() }, at(10), at(10));
    budget.keep(&learning(learned), at(20), at(20));
    let kept = serde_json::to_value(budget.kept()).unwrap();
    let recalled = Budget::recall(&serde_json::from_value::<Kept>(kept).unwrap(), at(30));
    assert_eq!(recalled, budget);
}

#[test]
fn a_moment_is_kept_later_rather_than_earlier() {
    let nanosecond = SignedDuration::from_nanos(1);
    let mut budget = Budget::default();
    budget.burst.take(1, at(5) + nanosecond);
    budget.burst.take(1, at(7));
    let kept = serde_json::to_value(budget.kept()).unwrap();
    let recalled = Budget::recall(&serde_json::from_value::<Kept>(kept).unwrap(), at(30));
    let taken: Vec<Timestamp> = recalled.burst.taken().iter().map(|taken| taken.at).collect();
    assert_eq!(taken, [at(6), at(7)]);
}
