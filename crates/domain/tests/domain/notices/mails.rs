//! What the mails say of a move or a cancel, to whom, and in whose time.

use domain::{
    booking::{BookingEvent, BookingFacts, CalendarEntry, Host, Invitee},
    event::Event,
    notice::{Method, Party},
    source::Source,
};
use jiff::Timestamp;
use rstest::rstest;

use super::Desk;
use crate::build::{booked, canceled, email, meeting_at, minute, moved};

fn with_addresses(host: Option<&str>, invitee: Option<&str>) -> BookingFacts {
    let facts = meeting_at(60);
    let host = Host { email: host.map(email), ..facts.host.clone().unwrap() };
    let invitee = Invitee { email: invitee.map(email), ..facts.invitee.clone().unwrap() };
    BookingFacts { host: Some(host), invitee: Some(invitee), ..facts }
}

#[rstest]
#[case::both(Some("ada@example.com"), Some("lin@example.net"), &["ada@example.com", "lin@example.net"])]
#[case::invitee_by_phone(Some("ada@example.com"), None, &["ada@example.com"])]
#[case::unknown_host(None, Some("lin@example.net"), &["lin@example.net"])]
#[case::one_and_the_same(Some("ada@example.com"), Some("Ada@Example.com"), &["ada@example.com"])]
#[case::nobody(None, None, &[])]
fn the_parties_are_written_to_and_nobody_else(
    #[case] host: Option<&str>,
    #[case] invitee: Option<&str>,
    #[case] expected: &[&str],
) {
    let mut desk = Desk::new();
    let mut facts = with_addresses(host, invitee);
    facts.guests = vec![crate::build::guest("kim@example.net")];
    desk.hear(BookingEvent { facts, ..booked(0, 60) });
    desk.hear(canceled(5));
    let to: Vec<String> = desk.mails().iter().map(|one| one.mail.to.address.to_string()).collect();
    assert_eq!(to, expected);
}

fn shown_as(name: &str, mails: impl Iterator<Item = String>) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, mails.collect::<Vec<_>>().join("\n==========\n")));
}

#[test]
fn a_move_in_words() {
    let mut desk = Desk::new();
    desk.hear(booked(0, 60));
    let facts = BookingFacts {
        changed_by: Some("host".to_owned()),
        reason: Some("The train is late.\nSorry!".to_owned()),
        ..meeting_at(3 * 24 * 60)
    };
    desk.hear(BookingEvent { facts, ..moved(5, 60, 3 * 24 * 60) });
    let mails = desk.mails();
    let shown = mails.iter().map(|one| {
        let mail = &one.mail;
        format!("To: {:?}\nSubject: {}\n\n{}\n{}", mail.to, mail.subject, mail.text, mail.html)
    });
    shown_as("notice_of_a_move", shown);
}

#[test]
fn a_cancel_in_words() {
    let mut desk = Desk::new();
    desk.hear(booked(0, 60));
    desk.hear(canceled(5));
    let mails = desk.mails();
    let shown = mails.iter().map(|one| format!("Subject: {}\n\n{}", one.mail.subject, one.mail.text));
    shown_as("notice_of_a_cancel", shown);
}

/// Berlin puts its clocks back on 25 October 2026 at 01:00 UTC; the meeting is before, over it, and after.
#[rstest]
#[case::before(
    "2026-10-25T00:30:00Z",
    "2026-10-25T00:45:00Z",
    "Sunday, 25 October 2026, 02:30–02:45 (Europe/Berlin, UTC+02:00)"
)]
#[case::over_it(
    "2026-10-25T00:30:00Z",
    "2026-10-25T01:30:00Z",
    "Sunday, 25 October 2026, 02:30–02:30 (Europe/Berlin, UTC+02:00, then UTC+01:00)"
)]
#[case::after(
    "2026-10-25T01:30:00Z",
    "2026-10-25T02:00:00Z",
    "Sunday, 25 October 2026, 02:30–03:00 (Europe/Berlin, UTC+01:00)"
)]
#[case::without_length(
    "2026-11-01T12:00:00Z",
    "2026-11-01T12:00:00Z",
    "Sunday, 1 November 2026, 13:00 (Europe/Berlin, UTC+01:00)"
)]
#[case::over_midnight(
    "2026-11-01T22:45:00Z",
    "2026-11-01T23:15:00Z",
    "Sunday, 1 November 2026, 23:45–Monday, 2 November 2026, 00:15 (Europe/Berlin, UTC+01:00)"
)]
fn times_are_right_where_clocks_are_put_back_and_over_midnight(
    #[case] start: &str,
    #[case] end: &str,
    #[case] expected: &str,
) {
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let mut desk = Desk::new();
    let mut facts = BookingFacts { start: at(start), end: at(end), ..meeting_at(60) };
    facts.host.as_mut().unwrap().timezone = Some("Europe/Berlin".to_owned());
    let now = facts.start.unwrap() - jiff::SignedDuration::from_hours(1);
    desk.hear_at(BookingEvent { facts, at: now, ..booked(0, 60) }, now);
    desk.hear_at(BookingEvent { at: now, ..canceled(5) }, now);
    let mails = desk.mails();
    assert!(mails[0].mail.text.contains(expected), "{}", mails[0].mail.text);
}

#[rstest]
#[case::unknown_zones(Some("Mars/Olympus"), Some("'; DROP TABLE"), &["(UTC)"])]
#[case::one_zone_for_both(Some("Asia/Tokyo"), Some("Asia/Tokyo"), &["(Asia/Tokyo, UTC+09:00)"])]
#[case::none_told(None, None, &["(UTC)"])]
#[case::both(Some("America/New_York"), Some("Asia/Tokyo"), &["(America/New_York, UTC-05:00)", "(Asia/Tokyo, UTC+09:00)"])]
fn each_party_reads_its_own_zone_first(
    #[case] host: Option<&str>,
    #[case] invitee: Option<&str>,
    #[case] expected: &[&str],
) {
    let mut desk = Desk::new();
    let mut facts = meeting_at(60);
    facts.host.as_mut().unwrap().timezone = host.map(str::to_owned);
    facts.invitee.as_mut().unwrap().timezone = invitee.map(str::to_owned);
    desk.hear(BookingEvent { facts, ..booked(0, 60) });
    desk.hear(canceled(5));
    let zones = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.ends_with(')'));
        lines.map(|line| line[line.rfind('(').unwrap()..].to_owned()).collect()
    };
    let mails = desk.mails();
    assert_eq!(zones(&mails[0].mail.text), expected);
    let mut own_first = expected.to_vec();
    own_first.reverse();
    assert_eq!(zones(&mails[1].mail.text), own_first);
}

fn with_entry(said: BookingEvent, sequence: u32) -> BookingEvent {
    let entry = CalendarEntry { uid: "uid-81@Cal.com".to_owned(), sequence };
    let facts = BookingFacts { calendar_entry: Some(entry), ..said.facts };
    BookingEvent { facts, ..said }
}

#[test]
fn only_the_invitee_of_a_booking_whose_calendar_entry_is_known_gets_a_calendar_part() {
    let mut desk = Desk::of(Source::Calcom);
    desk.hear(with_entry(booked(0, 60), 0));
    desk.hear(with_entry(moved(5, 60, 120), 1));
    desk.send();
    desk.hear(with_entry(canceled(6), 2));
    let parts: Vec<_> = desk
        .mails()
        .into_iter()
        .filter_map(|one| {
            one.mail.invitation.map(|part| (one.party, part.method, part.uid, part.sequence, part.start))
        })
        .collect();
    let uid = || "uid-81@Cal.com".to_owned();
    assert_eq!(
        parts,
        [
            (Party::Invitee, Method::Request, uid(), 1, minute(120)),
            (Party::Invitee, Method::Cancel, uid(), 2, minute(120)),
        ]
    );
}

#[test]
fn an_entry_that_was_told_with_an_earlier_change_only_is_left_alone() {
    let mut desk = Desk::of(Source::Calcom);
    desk.hear(with_entry(booked(0, 60), 0));
    desk.hear(moved(5, 60, 120));
    assert!(desk.mails().iter().all(|one| one.mail.invitation.is_none()));
}

#[rstest]
#[case::by_the_host("host", "by Ada Park.")]
#[case::by_the_invitee_as_an_address("LIN@example.net", "by you.")]
#[case::by_somebody_else("Kim, assistant", "by Kim, assistant.")]
#[case::by_nothing_to_be_read("\u{202E}\r\n", "was canceled.")]
fn who_changed_it_is_said_as_the_reader_knows_them(#[case] by: &str, #[case] expected: &str) {
    let mut desk = Desk::new();
    desk.hear(booked(0, 60));
    let facts = BookingFacts { changed_by: Some(by.to_owned()), ..BookingFacts::default() };
    desk.hear(BookingEvent { facts, ..canceled(5) });
    let mails = desk.mails();
    assert!(mails[1].mail.text.contains(expected), "{}", mails[1].mail.text);
}

/// One of both is heard of late: the mail names the time that was there first.
#[rstest]
#[case::the_first_start_is_known(vec![booked(0, 60), moved(6, 120, 180)], 60)]
#[case::only_that_the_move_left_is(vec![moved(6, 120, 180)], 120)]
#[case::the_booking_is_told_again(vec![booked(0, 60), moved(6, 120, 180), booked(7, 90)], 60)]
#[case::of_two_moves_the_first(vec![moved(7, 150, 180), moved(6, 120, 150)], 120)]
fn a_mail_names_the_time_before_as_far_back_as_it_is_known(
    #[case] said: Vec<BookingEvent>,
    #[case] before: i64,
) {
    let mut desk = Desk::new();
    for one in said {
        desk.record.take(Event::Booking(Box::new(one)));
    }
    desk.settle(minute(8));
    for notice in desk.mails() {
        let text = notice.mail.text;
        let named = text.split("Time before\n").nth(1).unwrap();
        let hour = minute(before).in_tz("Asia/Tokyo").unwrap().strftime("%H:%M (Asia/Tokyo").to_string();
        assert!(named.contains(&hour), "{text}");
    }
}

#[test]
fn an_answer_to_a_mail_goes_to_the_other_party() {
    let mut desk = Desk::new();
    desk.hear(booked(0, 60));
    desk.hear(canceled(5));
    let replies: Vec<String> =
        desk.mails().iter().map(|one| one.mail.reply_to.as_ref().unwrap().address.to_string()).collect();
    assert_eq!(replies, ["lin@example.net", "ada@example.com"]);
}

#[rstest]
#[case::an_address("https://meet.example.com/x", true)]
#[case::an_address_in_a_sentence("Ring at https://meet.example.com/x please", false)]
#[case::a_word("Lobby", false)]
fn a_place_is_a_link_where_a_browser_opens_it(#[case] place: &str, #[case] is_link: bool) {
    let mut desk = Desk::new();
    desk.hear(booked(0, 60));
    let facts = BookingFacts {
        location: Some(place.to_owned()),
        reason: Some("https://example.com/reason".to_owned()),
        ..meeting_at(120)
    };
    desk.hear(BookingEvent { facts, ..moved(5, 60, 120) });
    for notice in desk.mails() {
        let html = notice.mail.html;
        assert_eq!(html.matches("<a ").count(), usize::from(is_link), "{html}");
    }
}

#[test]
fn a_calendar_is_told_what_to_do_in_its_own_words() {
    assert_eq!([Method::Request, Method::Cancel].map(Method::word), ["REQUEST", "CANCEL"]);
}
