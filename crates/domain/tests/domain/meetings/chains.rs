//! The last move of a booking, where what is told of its moves has gaps or comes of one second.

use domain::booking::{AnswerValue, Booking, Standing};

use super::*;
use crate::build::facts_of_booking;

fn standing(all: Vec<BookingEvent>) -> (Booking, Standing) {
    let booking = facts_of_booking(&booking(Source::Calendar, all)).clone();
    let standing = booking.standing().unwrap();
    (booking, standing)
}

/// When the booking stands to begin, and since when, in minutes.
fn stands(all: Vec<BookingEvent>) -> (i64, i64) {
    let (booking, standing) = standing(all);
    let minutes = |at: jiff::Timestamp| at.duration_since(minute(0)).as_mins();
    (minutes(standing.facts.start.unwrap()), minutes(booking.last_change(&standing).unwrap().at))
}

fn moved_from(link: &str, told_at: i64, from: i64, start: i64) -> BookingEvent {
    let what = BookingWhat::Moved { from_link: Some(link.to_owned()), from_start: Some(minute(from)) };
    BookingEvent { what, ..moved(told_at, from, start) }
}

#[rstest]
#[case::two_from_one_time(vec![booked(0, 60), moved(5, 60, 120), moved(6, 60, 180)], (180, 6))]
#[case::two_to_one_time(vec![booked(0, 60), moved(5, 60, 120), moved(7, 90, 120)], (120, 7))]
#[case::there_and_back_in_one_minute(vec![booked(0, 120), moved(5, 120, 60), moved(5, 60, 120)], (120, 5))]
#[case::told_again(vec![booked(0, 60), moved(5, 60, 120), moved(7, 60, 120)], (120, 5))]
#[case::each_names_the_id_that_it_has(
    vec![booked(0, 60), moved_from("bk_81", 5, 60, 120), moved_from("bk_81", 4, 120, 180)], (180, 4))]
#[case::of_one_minute_along_their_ids(
    vec![booked(0, 60), moved_to(6, "z", "e", 120), moved_to(6, "bk_81", "z", 90), moved_to(6, "x", "w", 150)], (150, 6))]
fn the_last_move_counts(#[case] all: Vec<BookingEvent>, #[case] expected: (i64, i64)) {
    assert_eq!(stands(all), expected);
}

#[test]
fn what_the_booking_told_of_itself_counts_more_than_what_its_cancel_did() {
    let elsewhere = BookingFacts { location: Some("Lobby".to_owned()), ..meeting_at(120) };
    let canceled = BookingEvent { facts: elsewhere, ..canceled(5) };
    let nowhere = BookingFacts { location: None, ..meeting_at(120) };
    let moved = BookingEvent { facts: nowhere, ..moved(3, 60, 120) };
    let (_, standing) = standing(vec![booked(0, 60), moved, canceled]);
    assert_eq!(standing.facts.location, meeting_at(60).location);
}

#[rstest]
#[case::no_start(BookingFacts { start: None, ..meeting_at(60) })]
#[case::no_name(BookingFacts { event_name: None, ..meeting_at(60) })]
#[case::nobody(BookingFacts { invitee: None, ..meeting_at(60) })]
fn facts_that_lack_what_a_meeting_needs_are_not_whole(#[case] facts: BookingFacts) {
    assert!(meeting_at(60).is_whole() && !facts.is_whole());
}

#[test]
fn no_choice_is_no_answer() {
    assert_eq!(AnswerValue::Many(Vec::new()).for_property(), None);
}
