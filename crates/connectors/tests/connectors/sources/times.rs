//! When a meeting is: instants, whatever the offsets and the clocks that were put forward or back.

use domain::source::Source;
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};

use super::bodies::{at, booking, calcom_created, calendar_scheduled, calendly_created, with};

/// The body of a booking from one time to another.
fn body(source: Source, start: &str, end: &str) -> Value {
    let (body, from, to) = match source {
        Source::Calendar => (calendar_scheduled(), "/data/start", "/data/end"),
        Source::Calcom => (calcom_created(), "/payload/startTime", "/payload/endTime"),
        Source::Calendly => {
            let event = "/payload/scheduled_event";
            return with(
                with(calendly_created(), &format!("{event}/start_time"), json!(start)),
                &format!("{event}/end_time"),
                json!(end),
            );
        }
        Source::Aircall => panic!("no scheduler"),
    };
    with(with(body, from, json!(start)), to, json!(end))
}

#[rstest]
#[case::plain("2026-11-24T15:00:00Z", "2026-11-24T15:30:00Z", "2026-11-24T15:00:00Z", 30)]
#[case::fractions("2026-11-24T15:00:00.000000Z", "2026-11-24T15:30:00.000Z", "2026-11-24T15:00:00Z", 30)]
#[case::no_seconds_fraction_and_an_offset(
    "2026-11-24T15:00:00+00:00",
    "2026-11-24T15:30:00+00:00",
    "2026-11-24T15:00:00Z",
    30
)]
#[case::across_midnight("2026-11-24T23:45:00Z", "2026-11-25T00:15:00Z", "2026-11-24T23:45:00Z", 30)]
#[case::across_midnight_in_the_hosts_zone(
    "2026-11-24T23:45:00-05:00",
    "2026-11-25T00:15:00-05:00",
    "2026-11-25T04:45:00Z",
    30
)]
#[case::across_the_new_year("2026-12-31T23:30:00Z", "2027-01-01T01:00:00Z", "2026-12-31T23:30:00Z", 90)]
#[case::clocks_put_back("2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-01T05:30:00Z", 60)]
#[case::clocks_put_forward(
    "2027-03-14T01:30:00-05:00",
    "2027-03-14T03:30:00-04:00",
    "2027-03-14T06:30:00Z",
    60
)]
#[case::half_hour_zone("2026-11-24T23:45:00+05:30", "2026-11-25T00:15:00+05:30", "2026-11-24T18:15:00Z", 30)]
fn a_meeting_begins_and_lasts_as_the_source_says(
    #[case] start: &str,
    #[case] end: &str,
    #[case] begins: &str,
    #[case] minutes: i64,
) {
    for source in [Source::Calendar, Source::Calcom, Source::Calendly] {
        let facts = booking(source, &body(source, start, end)).facts;
        assert_eq!(facts.start, Some(at(begins)), "{source:?}");
        let lasts = facts.end.unwrap().duration_since(facts.start.unwrap());
        assert_eq!(lasts, SignedDuration::from_mins(minutes), "{source:?}");
    }
}
