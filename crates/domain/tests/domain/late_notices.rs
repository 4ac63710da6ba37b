//! What is known too late to be told to anybody (M6).

use domain::{booking::BookingEvent, event::Event, notice::Change};
use jiff::SignedDuration;
use rstest::rstest;

use crate::{
    build::{booked, canceled, minute, moved},
    notices::{Desk, both},
};

/// In minutes.
const DAY: i64 = 24 * 60;

#[test]
fn what_is_read_more_than_a_day_after_it_came_is_told_to_nobody_not_even_with_the_next_repetition() {
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

/// Whatever the source's clock says, and whenever the meeting is.
#[rstest]
#[case::told_days_late(canceled(5), 3 * DAY, 4 * DAY)]
#[case::canceled_after_it_took_place(canceled(95), 60, 90)]
#[case::moved_to_a_time_that_is_past(moved(95, 60, 30), 60, 30)]
fn what_reaches_us_now_is_told_now(#[case] said: BookingEvent, #[case] start: i64, #[case] day: i64) {
    let mut desk = Desk::new();
    desk.hear(booked(0, start));
    let heard_at = minute(day.max(96));
    desk.hear_of(said, heard_at, heard_at + SignedDuration::from_mins(1));
    assert_eq!(desk.told().len(), 2);
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
