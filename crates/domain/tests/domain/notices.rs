//! Which mails a booking's parties get for a move or a cancel, and what they say (M6).

#[path = "notices/news.rs"]
mod news;

use std::collections::BTreeSet;

use domain::{
    booking::{BookingEvent, BookingFacts, CalendarEntry, Host, Invitee, Seat},
    event::Event,
    notice::{Change, Method, Notice, Party, Unsent, has_news, owed},
    record::Record,
    settings::MeetingSettings,
    source::Source,
};
use jiff::Timestamp;
use proptest::prelude::*;
use rstest::rstest;

use crate::{
    build::{booked, booking, canceled, canceled_whole, email, meeting_at, minute, moved, moved_to, no_show},
    order::{courses, disorder, disordered},
};

/// A record with its notices: what the store and the mail server make of what is owed.
pub struct Desk {
    pub record: Record,
    settings: MeetingSettings,
    can_send: bool,
    waiting: Vec<(i64, Notice)>,
    sent: Vec<Notice>,
    queued: i64,
}

impl Desk {
    pub fn of(source: Source) -> Self {
        let settings = MeetingSettings {
            notify_sources: [Source::Calendar, Source::Calcom, Source::Calendly].into(),
            ..MeetingSettings::default()
        };
        let record = booking(source, []);
        Self { record, settings, can_send: true, waiting: Vec::new(), sent: Vec::new(), queued: 0 }
    }

    pub fn new() -> Self {
        Self::of(Source::Calendar)
    }

    /// Hears what was said a minute after it was.
    pub fn hear(&mut self, said: BookingEvent) {
        let now = said.at + jiff::SignedDuration::from_mins(1);
        self.hear_at(said, now);
    }

    /// Reads at `now` what reached us when it was said.
    pub fn hear_at(&mut self, said: BookingEvent, now: Timestamp) {
        let heard_at = said.at;
        self.hear_of(said, heard_at, now);
    }

    /// Reads at `now` what reached us at `heard_at`.
    pub fn hear_of(&mut self, said: BookingEvent, heard_at: Timestamp, now: Timestamp) {
        self.record.take(Event::Booking(Box::new(said)));
        self.settle_what_came(Some(heard_at), now);
    }

    pub fn settle(&mut self, now: Timestamp) {
        self.settle_what_came(None, now);
    }

    fn settle_what_came(&mut self, heard_at: Option<Timestamp>, now: Timestamp) {
        let unsent: Vec<Unsent> = self
            .waiting
            .iter()
            .map(|(seq, one)| Unsent { seq: *seq, party: one.party, before: one.before })
            .collect();
        let owed = owed(&self.record, &self.settings, &unsent, self.can_send, heard_at, now);
        assert!(has_news(&self.record) || owed.is_none(), "what is owed is news");
        let Some(owed) = owed else { return };
        self.record.told = Some(owed.told);
        for turn in owed.turns {
            self.waiting.retain(|(seq, _)| !turn.overtaken.contains(seq));
            if let Some(notice) = turn.notice.filter(|_| turn.is_needed) {
                self.queued += 1;
                self.waiting.push((self.queued, notice));
            }
        }
    }

    fn send(&mut self) {
        self.sent.extend(self.waiting.drain(..).map(|(_, notice)| notice));
    }

    /// All that was sent once all is heard.
    pub fn told(mut self) -> Vec<(Party, Change, Timestamp)> {
        self.send();
        self.sent.iter().map(|one| (one.party, one.change, one.over_at)).collect()
    }

    fn mails(mut self) -> Vec<Notice> {
        self.send();
        self.sent
    }
}

/// What both parties get, the meeting then beginning at that minute.
pub fn both(all: &[(Change, i64)]) -> Vec<(Party, Change, Timestamp)> {
    let each =
        |(change, start): &(Change, i64)| Party::BOTH.map(|party| (party, *change, minute(start + 30)));
    all.iter().flat_map(each).collect()
}

#[rstest]
#[case::booked(vec![booked(0, 60)], &[])]
#[case::moved(vec![booked(0, 60), moved(5, 60, 120)], &[(Change::Moved, 120)])]
#[case::canceled(vec![booked(0, 60), canceled(5)], &[(Change::Canceled, 60)])]
#[case::moved_and_canceled(
    vec![booked(0, 60), moved(5, 60, 120), canceled(6)], &[(Change::Moved, 120), (Change::Canceled, 120)])]
#[case::moved_twice(
    vec![booked(0, 60), moved(5, 60, 120), moved(6, 120, 90)], &[(Change::Moved, 120), (Change::Moved, 90)])]
#[case::moved_there_and_back(
    vec![booked(0, 60), moved(5, 60, 120), moved(6, 120, 60)], &[(Change::Moved, 120), (Change::Moved, 60)])]
#[case::told_again(
    vec![booked(0, 60), moved(5, 60, 120), moved(7, 60, 120), booked(8, 60)], &[(Change::Moved, 120)])]
#[case::canceled_again(vec![booked(0, 60), canceled(5), canceled(6), canceled_whole(7, 60)], &[(Change::Canceled, 60)])]
#[case::cancel_before_create(vec![canceled(5), booked(0, 60)], &[(Change::Canceled, 60)])]
#[case::a_cancel_alone_that_tells_all(vec![canceled_whole(5, 60)], &[(Change::Canceled, 60)])]
#[case::a_cancel_alone_that_tells_nothing(vec![canceled(5)], &[])]
#[case::a_move_alone(vec![moved(5, 60, 120)], &[(Change::Moved, 120)])]
#[case::an_old_move_last(
    vec![booked(0, 60), moved(6, 120, 90), moved(5, 60, 120)], &[(Change::Moved, 90)])]
#[case::moved_to_a_new_id(vec![booked(0, 60), moved_to(5, "bk_81", "bk_82", 120)], &[(Change::Moved, 120)])]
#[case::a_cancel_of_the_id_before(
    vec![booked(0, 60), moved_to(5, "bk_81", "bk_82", 120), canceled(6)], &[(Change::Moved, 120)])]
#[case::booked_again_for_another_time(vec![booked(0, 60), booked(5, 120)], &[])]
#[case::no_show(vec![booked(0, 60), no_show(61, false), no_show(62, true)], &[])]
fn m6_both_parties_are_told_of_each_change_and_of_nothing_else(
    #[case] said: Vec<BookingEvent>,
    #[case] expected: &[(Change, i64)],
) {
    let mut desk = Desk::new();
    for said in said {
        // Mails go out at once.
        desk.hear_at(said, minute(10));
        desk.send();
    }
    assert_eq!(desk.told(), both(expected));
}

#[rstest]
#[case::a_newer_move(vec![moved(5, 60, 120), moved(6, 120, 90)], &[(Change::Moved, 90)])]
#[case::back_again(vec![moved(5, 60, 120), moved(6, 120, 60)], &[])]
#[case::a_cancel(vec![moved(5, 60, 120), canceled(6)], &[(Change::Canceled, 120)])]
fn what_is_overtaken_before_it_was_sent_is_not_sent(
    #[case] said: Vec<BookingEvent>,
    #[case] expected: &[(Change, i64)],
) {
    let mut desk = Desk::new();
    desk.hear(booked(0, 60));
    for said in said {
        desk.hear(said);
    }
    assert_eq!(desk.told(), both(expected));
}

/// The first move is heard last, and it is not known before that there was one: the first start told is a guess.
#[test]
fn a_move_there_and_back_says_nothing_only_where_it_is_sure_that_nothing_has_changed() {
    let mut desk = Desk::new();
    for said in [moved(6, 120, 180), moved(7, 180, 120), moved(5, 60, 120), booked(0, 60)] {
        desk.hear_at(said, minute(10));
    }
    assert_eq!(desk.told(), both(&[(Change::Moved, 120)]));
}

#[test]
fn a_cancel_that_overtakes_a_move_names_the_time_that_its_reader_knows() {
    let mut desk = Desk::new();
    for said in [booked(0, 60), moved(5, 60, 120), canceled(6)] {
        desk.hear(said);
    }
    for notice in desk.mails() {
        assert_eq!(notice.before.unwrap().start, minute(60));
        assert!(notice.mail.text.contains("Time before"), "{}", notice.mail.text);
    }
}

#[rstest]
#[case::no_server(|desk: &mut Desk| desk.can_send = false, |desk: &mut Desk| desk.can_send = true)]
#[case::no_notices(|desk: &mut Desk| desk.settings.notify = false, |desk: &mut Desk| desk.settings.notify = true)]
#[case::not_of_this_source(
    |desk: &mut Desk| { desk.settings.notify_sources.remove(&Source::Calendar); },
    |desk: &mut Desk| { desk.settings.notify_sources.insert(Source::Calendar); })]
fn what_happened_in_silence_is_not_told_once_there_is_a_voice(
    #[case] silence: fn(&mut Desk),
    #[case] speak: fn(&mut Desk),
) {
    let mut desk = Desk::new();
    silence(&mut desk);
    desk.hear(booked(0, 60));
    desk.hear(moved(5, 60, 120));
    desk.send();
    speak(&mut desk);
    desk.hear(moved(6, 60, 120));
    desk.hear(canceled(7));
    assert_eq!(desk.told(), both(&[(Change::Canceled, 120)]));
}

#[test]
fn by_default_only_calendar_com_has_its_notices_sent_by_us() {
    let sources = [Source::Calendar, Source::Calcom, Source::Calendly];
    let told = sources.map(|source| {
        let mut desk = Desk { settings: MeetingSettings::default(), ..Desk::of(source) };
        desk.hear(booked(0, 60));
        desk.hear(canceled(5));
        desk.told().len()
    });
    assert_eq!(told, [2, 0, 0]);
}

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
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, mails.collect::<Vec<_>>().join("\n==========\n")));
}

#[test]
fn who_has_a_seat_among_several_is_told_by_the_scheduler() {
    let mut desk = Desk::of(Source::Calcom);
    let who = meeting_at(60).invitee.unwrap();
    let facts = BookingFacts { seats: vec![Seat { who, answers: Vec::new() }], ..meeting_at(60) };
    desk.hear(BookingEvent { facts, ..booked(0, 60) });
    desk.hear(canceled(5));
    assert_eq!(desk.told(), []);
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

/// What people may write: marks of HTML, line ends, controls, directions, and much of it.
fn outside() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => "(\\PC|[\r\n\t\u{0}\u{202E}\u{200F}<>\"'&]|<script>|https://x\"onclick=|Bcc: eve@example.org){0,60}",
        1 => Just("<b>&\"'".repeat(13_000)),
    ]
}

fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn each_party_ends_up_knowing_how_the_meeting_stands_whatever_the_order(
        course in courses(),
        by in disorder(),
        is_sent_after in any::<u64>(),
    ) {
        let mut desk = Desk::of(Source::Calendly);
        let all = disordered(&course.told, &by);
        for (n, said) in all.iter().enumerate() {
            desk.hear_at(said.clone(), minute(40));
            if is_sent_after >> (n % 64) & 1 == 1 {
                desk.send();
            }
        }
        desk.send();
        let before = desk.sent.len();
        for said in all {
            desk.hear_at(said, minute(41));
        }
        desk.send();
        prop_assert_eq!(desk.sent.len(), before, "told again, heard again: nothing is sent");
        let keys: BTreeSet<_> = desk.sent.iter().map(|one| one.key).collect();
        prop_assert_eq!(keys.len(), desk.sent.len());
        for party in Party::BOTH {
            let last = desk.sent.iter().rfind(|one| one.party == party);
            match last {
                // Who knows that it is off need not know of which time it would have been.
                Some(last) if course.is_canceled => prop_assert_eq!(last.change, Change::Canceled),
                Some(last) => {
                    prop_assert_eq!((last.change, last.over_at), (Change::Moved, minute(course.start + 30)));
                }
                None => prop_assert!(!course.is_canceled && course.start == 60),
            }
        }
    }

    #[test]
    fn no_text_from_outside_makes_a_line_of_a_header_or_a_tag(all in prop::collection::vec(outside(), 6)) {
        let facts = || {
            let mut facts = meeting_at(60);
            facts.event_name = Some(all[0].clone());
            facts.host.as_mut().unwrap().name = Some(all[1].clone());
            facts.invitee.as_mut().unwrap().name = Some(all[2].clone());
            facts.location = Some(all[3].clone());
            facts.changed_by = Some(all[4].clone());
            facts.reason = Some(all[5].clone());
            facts
        };
        let mut desk = Desk::new();
        desk.hear(BookingEvent { facts: facts(), ..booked(0, 60) });
        let elsewhen = BookingFacts { start: Some(minute(120)), end: Some(minute(150)), ..facts() };
        desk.hear(BookingEvent { facts: elsewhen, ..moved(5, 60, 120) });
        let mails = desk.mails();
        prop_assert_eq!(mails.len(), 2);
        for mail in mails.iter().map(|one| &one.mail) {
            let names = [mail.to.name.as_deref(), mail.reply_to.as_ref().and_then(|to| to.name.as_deref())];
            for line in names.into_iter().flatten().chain([mail.subject.as_str()]) {
                prop_assert!(is_one_line(line) && line.chars().count() <= 180, "{:?}", line);
            }
            prop_assert!(mail.text.len() + mail.html.len() < 16_384);
            prop_assert!(!mail.text.chars().any(|c| c.is_control() && c != '\n'));
            let tags: Vec<&str> = mail.html.split('<').skip(1).filter_map(|tag| tag.split([' ', '>']).next()).collect();
            let own = ["!DOCTYPE", "html", "head", "meta", "/head", "body", "p", "/p", "b", "/b", "br", "a", "/a", "/body", "/html"];
            prop_assert!(tags.iter().all(|tag| own.contains(tag)), "{}", mail.html);
            let attributes = mail.html.matches('"').count() - 2 * mail.html.matches("<a href=\"http").count();
            prop_assert_eq!(attributes, 8, "{}", mail.html);
        }
    }
}
