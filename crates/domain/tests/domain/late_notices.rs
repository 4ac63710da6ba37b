//! What is known too late to be told to anybody (M6).

use domain::{booking::BookingEvent, event::Event, notice::Change};
use rstest::rstest;

use crate::{
    build::{booked, canceled, minute, moved},
    notices::{Desk, both},
};

/// In minutes.
const DAY: i64 = 24 * 60;

#[test]
fn what_is_read_more_than_a_day_late_is_told_to_nobody_not_even_with_the_next_repetition() {
    let mut desk = Desk::new();
    desk.hear(booked(0, 3 * DAY));
    desk.hear_at(moved(5, 3 * DAY, 4 * DAY), minute(5 + DAY + 1));
    desk.hear_at(moved(6, 3 * DAY, 4 * DAY), minute(5 + DAY + 2));
    assert_eq!(desk.record.told.unwrap().stand.start, minute(4 * DAY));
    assert_eq!(desk.told(), []);
}

#[test]
fn a_day_late_is_early_enough() {
    let mut desk = Desk::new();
    desk.hear(booked(0, 3 * DAY));
    desk.hear_at(canceled(5), minute(5 + DAY));
    assert_eq!(desk.told(), both(&[(Change::Canceled, 3 * DAY)]));
}

#[rstest]
#[case::canceled_after_it_took_place(canceled(95), 95)]
#[case::moved_to_a_time_that_is_past(moved(95, 60, 30), 95)]
fn a_meeting_that_is_over_is_nobodys_concern(#[case] said: BookingEvent, #[case] now: i64) {
    let mut desk = Desk::new();
    desk.hear(booked(0, 60));
    desk.hear_at(said, minute(now));
    assert_eq!(desk.told(), []);
}

/// What came back long after is no newer for that: the change happened when it was first told.
#[rstest]
#[case::a_move(moved(5, 3 * DAY, 4 * DAY), moved(DAY + 10, 3 * DAY, 4 * DAY))]
#[case::a_cancel(canceled(5), booked(DAY + 10, 3 * DAY))]
fn a_repetition_makes_no_old_change_new(#[case] said: BookingEvent, #[case] later: BookingEvent) {
    let mut desk = Desk::new();
    desk.hear(booked(0, 3 * DAY));
    for one in [said, later] {
        desk.record.take(Event::Booking(Box::new(one)));
    }
    desk.settle(minute(DAY + 11));
    assert_eq!(desk.told(), []);
}
