//! Which mails a booking's parties get for a move or a cancel, and what they say (M6).

#[path = "notices/mails.rs"]
mod mails;
#[path = "notices/news.rs"]
mod news;

use std::collections::BTreeSet;

use domain::{
    booking::{BookingEvent, BookingFacts, Seat},
    event::Event,
    notice::{Change, Notice, Party, Unsent, has_news, owed},
    record::Record,
    settings::MeetingSettings,
    source::Source,
};
use jiff::Timestamp;
use proptest::prelude::*;
use rstest::rstest;

use crate::{
    build::{booked, booking, canceled, canceled_whole, meeting_at, minute, moved, moved_to, no_show},
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

#[test]
fn who_has_a_seat_among_several_is_told_by_the_scheduler() {
    let mut desk = Desk::of(Source::Calcom);
    let who = meeting_at(60).invitee.unwrap();
    let facts = BookingFacts { seats: vec![Seat { who, answers: Vec::new() }], ..meeting_at(60) };
    desk.hear(BookingEvent { facts, ..booked(0, 60) });
    desk.hear(canceled(5));
    assert_eq!(desk.told(), []);
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
