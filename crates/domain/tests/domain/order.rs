//! Properties: whatever the order and the repetition of webhooks, the same state.

use domain::{
    booking::{BookingEvent, BookingFacts, BookingWhat},
    call::{CallEvent, CallSnapshot},
    event::Event,
    record::Record,
    settings::{MeetingSettings, OnReschedule},
    source::Source,
};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::{
    build::{
        Said, at, book, booked, booking, call, facts_of_call, listed, meeting_at, minute, record, rule, said,
        tags_listed,
    },
    crm::Crm,
};

/// What may happen to a call, and how many seconds after what happened before.
#[derive(Debug, Clone)]
enum Act {
    Tag(u8),
    Untag(u8),
    Comment,
    Transfer,
    Hold,
}

fn acts(max: usize) -> impl Strategy<Value = Vec<(Act, i64)>> {
    let act = prop_oneof![
        4 => (0_u8..3).prop_map(Act::Tag),
        3 => (0_u8..3).prop_map(Act::Untag),
        1 => Just(Act::Comment),
        1 => Just(Act::Transfer),
        1 => Just(Act::Hold),
    ];
    prop::collection::vec((act, 0_i64..3), 0..max)
}

/// A call as Aircall would tell it: each webhook is a whole snapshot of the call as it then stood.
struct Story {
    now: i64,
    told: Vec<Said>,
    stands: Said,
    tags_in_this_second: usize,
}

impl Story {
    fn tell(&mut self, event: CallEvent, seconds_later: i64) {
        // Three changes of tags within one second cannot always be told apart (call/tags.rs).
        let is_tags = matches!(event, CallEvent::Tagged | CallEvent::Untagged);
        let wait =
            if is_tags && self.tags_in_this_second >= 2 { seconds_later.max(1) } else { seconds_later };
        if wait > 0 {
            self.tags_in_this_second = 0;
        }
        self.tags_in_this_second += usize::from(is_tags);
        self.now += wait;
        let (event, now) = (event, at(self.now));
        self.told.push(self.stands.clone().with(|it| (it.event, it.at) = (event, now)));
    }

    fn act(&mut self, (act, later): &(Act, i64)) {
        let tags = self.stands.0.tags.clone().unwrap_or_default();
        let mut names: Vec<&str> = tags.values().map(String::as_str).collect();
        let tag = |n: u8| ["b1", "b2", "g"][usize::from(n)];
        let (event, stands) = match act {
            Act::Tag(n) if !names.contains(&tag(*n)) => {
                names.push(tag(*n));
                (CallEvent::Tagged, self.stands.clone().tags(&names))
            }
            Act::Untag(n) if names.contains(&tag(*n)) => {
                names.retain(|name| *name != tag(*n));
                (CallEvent::Untagged, self.stands.clone().tags(&names))
            }
            Act::Tag(_) | Act::Untag(_) | Act::Hold => (CallEvent::Changed, self.stands.clone()),
            Act::Comment => {
                let id = self.told.len().to_string();
                (CallEvent::Commented, self.stands.clone().comment(&id, "well"))
            }
            Act::Transfer => (CallEvent::Changed, self.stands.clone().agent("Bo", "bo@example.com")),
        };
        self.stands = stands;
        self.tell(event, *later);
    }
}

fn story(
    is_answered: bool,
    has_voicemail: bool,
    during: &[(Act, i64)],
    wrap_up: &[(Act, i64)],
    later: &[(Act, i64)],
) -> Story {
    let stands = said(CallEvent::Created, 0).agent("Ada", "ada@example.com");
    let mut story = Story { now: 0, told: Vec::new(), stands, tags_in_this_second: 0 };
    story.tell(CallEvent::Created, 0);
    story.tell(CallEvent::Ringing, 0);
    if is_answered {
        story.stands = story.stands.clone().answered(story.now + 9);
        story.tell(CallEvent::Answered, 9);
        for act in during {
            story.act(act);
        }
    }
    let ended_at = story.now + 2;
    story.stands = story.stands.clone().ended(ended_at);
    story.tell(CallEvent::Hungup, 2);
    for act in wrap_up {
        story.act(act);
    }
    let wait = (ended_at + 30 - story.now).max(0);
    story.tell(CallEvent::Ended, wait);
    if has_voicemail && !is_answered {
        story.stands = story.stands.clone().voicemail();
        story.tell(CallEvent::VoicemailLeft, 3);
    }
    for act in later {
        story.act(act);
    }
    story
}

fn stories() -> impl Strategy<Value = Story> {
    (any::<bool>(), any::<bool>(), acts(5), acts(4), acts(6)).prop_map(
        |(is_answered, has_voicemail, during, wrap_up, later)| {
            story(is_answered, has_voicemail, &during, &wrap_up, &later)
        },
    )
}

impl std::fmt::Debug for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let said = |said: &CallSnapshot| format!("{:?} {} {:?}", said.event, said.at, said.tags);
        f.debug_list().entries(self.told.iter().map(|one| said(&one.0))).finish()
    }
}

/// A shuffle of all, with some of them once more: places to take from, as many as are wanted.
pub fn disorder() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 40)
}

pub fn disordered<T: Clone>(all: &[T], by: &[prop::sample::Index]) -> Vec<T> {
    let mut left: Vec<T> = all.to_vec();
    let (shuffle, again) = by.split_at(by.len() / 2);
    left.extend(again.iter().take(all.len() / 2).map(|one| all[one.index(all.len())].clone()));
    let mut out = Vec::new();
    for one in shuffle.iter().cycle() {
        if left.is_empty() {
            break;
        }
        out.push(left.remove(one.index(left.len())));
    }
    out
}

fn rules() -> domain::decision::Rulebook {
    let mut book = book();
    book.rules = vec![rule("b1", "bad"), rule("b2", "bad"), rule("g", "good")];
    book.tags = book.tags.observed(&tags_listed(&["b1", "b2", "g"]), at(-9));
    book.outcomes = book.outcomes.observed(&listed(&[]), at(-9));
    book
}

/// Long after all was told.
const LATER: i64 = 1_000_000;

/// Folds and decides after each webhook, all of them heard late.
fn decided(all: impl IntoIterator<Item = Said>) -> Record {
    let mut record = record(Source::Aircall, "780883160");
    for said in all {
        record.take(said.event());
        record.decide(&rules(), at(LATER));
    }
    record
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn a_call_is_the_same_in_any_order(story in stories(), by in disorder()) {
        let (one, other) = (decided(story.told.clone()), decided(disordered(&story.told, &by)));
        prop_assert_eq!(&one.facts, &other.facts);
        prop_assert_eq!(Some(facts_of_call(&one).tags()), story.stands.0.tags);
        let (a, b) = (one.decision().unwrap(), other.decision().unwrap());
        prop_assert_eq!((a.kind, &a.tags, &a.outcome, &a.call_type), (b.kind, &b.tags, &b.outcome, &b.call_type));
        let crm = Crm { book: rules(), ..Crm::default() }.with_owner("bo@example.com", "2");
        prop_assert_eq!(crm.plan(&one, at(LATER)), crm.plan(&other, at(LATER)));
    }

    #[test]
    fn a_call_written_after_each_webhook_ends_the_same(story in stories(), by in disorder()) {
        let mut ends = Vec::new();
        for told in [story.told.clone(), disordered(&story.told, &by)] {
            let mut crm = Crm { book: rules(), ..Crm::default() }.with_owner("bo@example.com", "2");
            let mut record = record(Source::Aircall, "780883160");
            for said in told {
                crm.hear(&mut record, said.event(), at(LATER));
                prop_assert_eq!(crm.plan(&record, at(LATER)).steps, []);
            }
            prop_assert_eq!(crm.created.len(), 1);
            let (mut properties, contacts) = crm.only();
            let mut written = properties.clone();
            written.retain(|_, value| !value.is_empty());
            properties = &written;
            ends.push((properties.clone(), contacts.to_vec()));
        }
        prop_assert_eq!(&ends[0], &ends[1]);
    }

    #[test]
    fn folding_a_webhook_twice_is_folding_it_once(story in stories()) {
        let once = call(story.told.clone());
        let twice = call(story.told.iter().chain(&story.told).cloned());
        prop_assert_eq!(once.facts, twice.facts);
    }
}

/// A booking: where it moved to, how it ended, and how its scheduler tells it.
#[derive(Debug, Clone)]
pub struct Course {
    pub told: Vec<BookingEvent>,
    pub start: i64,
    pub is_canceled: bool,
    is_no_show: bool,
    is_moved: bool,
    link: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    /// The id stays, each move has another start.
    SameId,
    /// The id stays, and starts come again: then the clock must be right, and repetitions carry the time they had.
    SameIdThereAndBack,
    /// Each move gives a new id; the clocks of the webhooks tell nothing.
    NewIds,
    /// So, and the id before tells the other half of the move: then one of those that make the booking may be missing.
    NewIdsInHalves,
}

fn course(
    manner: Manner,
    starts: &[u8],
    end: u8,
    is_whole: bool,
    clocks: &[i64],
    again: &[prop::sample::Index],
    missing: prop::sample::Index,
) -> Course {
    let mut start = 60;
    let mut link = "bk_81".to_owned();
    let mut before = None;
    let mut told = vec![booked(0, start)];
    let mut halves = Vec::new();
    for (n, next) in starts.iter().enumerate() {
        let n = i64::try_from(n).unwrap();
        let to = match manner {
            Manner::SameIdThereAndBack => 60 + 60 * i64::from(*next % 3),
            Manner::SameId | Manner::NewIds | Manner::NewIdsInHalves => 120 + 60 * n,
        };
        if to == start {
            continue;
        }
        let (new_link, from_link) = match manner {
            Manner::NewIds | Manner::NewIdsInHalves => (format!("bk_{}", 7 - n), Some(link.clone())),
            Manner::SameId | Manner::SameIdThereAndBack => (link.clone(), None),
        };
        let what = BookingWhat::Moved { from_link: from_link.clone(), from_start: Some(minute(start)) };
        let at = if from_link.is_some() { clocks[usize::try_from(n).unwrap()] } else { n + 1 };
        let half = BookingWhat::MovedOn { from_link: before.clone(), to_link: Some(new_link.clone()) };
        halves.push(BookingEvent {
            link: link.clone(),
            what: half,
            at: minute(at),
            facts: BookingFacts::default(),
        });
        before = from_link;
        told.push(BookingEvent { link: new_link.clone(), what, at: minute(at), facts: meeting_at(to) });
        (start, link) = (to, new_link);
    }
    let is_moved = told.len() > 1;
    let (is_no_show, is_canceled) = (end & 1 == 1, end & 2 == 2);
    if manner == Manner::NewIdsInHalves && is_moved {
        // The last one only where a cancel tells as much. None is missing where the place is beyond them.
        let may_miss = if is_canceled && is_whole { told.len() } else { told.len() - 1 };
        let n = missing.index(may_miss + 1);
        if n < may_miss {
            told.remove(n);
        }
        told.extend(halves);
    }
    let bare = BookingFacts { changed_by: Some("host".to_owned()), ..BookingFacts::default() };
    if is_no_show {
        let what = BookingWhat::NoShow { came: false, people: std::collections::BTreeMap::new() };
        told.push(BookingEvent { link: link.clone(), what, at: minute(50), facts: BookingFacts::default() });
    }
    if is_canceled {
        let what = BookingWhat::Canceled { reason: None };
        let facts = if is_whole { meeting_at(start) } else { bare };
        told.push(BookingEvent { link: link.clone(), what, at: minute(51), facts });
    }
    if manner != Manner::SameIdThereAndBack {
        for (n, one) in again.iter().enumerate() {
            let mut one = told[one.index(told.len())].clone();
            one.at = minute(100 + i64::try_from(n).unwrap());
            told.push(one);
        }
    }
    Course { told, start, is_canceled, is_no_show, is_moved, link }
}

pub fn courses() -> impl Strategy<Value = Course> {
    let manner = prop_oneof![
        Just(Manner::SameId),
        Just(Manner::SameIdThereAndBack),
        Just(Manner::NewIds),
        Just(Manner::NewIdsInHalves),
    ];
    let missing = any::<prop::sample::Index>();
    let starts = prop::collection::vec(any::<u8>(), 0..5);
    let clocks = prop::collection::vec(-20_i64..20, 5);
    let again = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    (manner, starts, 0_u8..4, any::<bool>(), clocks, again, missing).prop_map(
        |(manner, starts, end, is_whole, clocks, again, missing)| {
            course(manner, &starts, end, is_whole, &clocks, &again, missing)
        },
    )
}

fn now() -> Timestamp {
    minute(1_000)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn a_booking_ends_in_one_meeting_in_any_order(
        course in courses(),
        by in disorder(),
        is_in_place in any::<bool>(),
    ) {
        let on_reschedule = if is_in_place { OnReschedule::Update } else { OnReschedule::Replace };
        let meetings = MeetingSettings { on_reschedule, ..MeetingSettings::default() };
        let mut crm = Crm { book: book(), meetings, ..Crm::default() };
        let mut record = booking(Source::Calendly, []);
        for said in disordered(&course.told, &by) {
            crm.hear(&mut record, Event::Booking(Box::new(said)), now());
            prop_assert!(crm.live.len() <= 1);
            prop_assert_eq!(crm.plan(&record, now()).steps, []);
        }
        let outcome = match (course.is_canceled, course.is_no_show, course.is_moved && is_in_place) {
            (true, ..) => "CANCELED",
            (false, true, _) => "NO_SHOW",
            (false, false, true) => "RESCHEDULED",
            (false, false, false) => "SCHEDULED",
        };
        let title = if course.is_canceled { "[Canceled] Intro call" } else { "Meeting - Calendly: Intro call" };
        prop_assert_eq!(crm.property("hs_meeting_start_time"), minute(course.start).to_string());
        prop_assert_eq!(crm.property("hs_meeting_end_time"), minute(course.start + 30).to_string());
        prop_assert_eq!(crm.property("hs_meeting_outcome"), outcome);
        prop_assert_eq!(crm.property("hs_meeting_title"), title);
        prop_assert_eq!(&record.external_id, &course.link);
        prop_assert_eq!(crm.created.len(), 1);
        prop_assert_eq!(crm.only().1, [record.contact.clone().unwrap().id]);
    }

    #[test]
    fn a_booking_folds_the_same_in_any_order(course in courses(), by in disorder()) {
        let (one, other) =
            (booking(Source::Calendly, course.told.clone()), booking(Source::Calendly, disordered(&course.told, &by)));
        prop_assert_eq!(&one.facts, &other.facts);
        prop_assert_eq!(one.external_id, other.external_id);
    }

    #[test]
    fn two_records_of_a_booking_merge_into_the_one_it_is(course in courses(), split in any::<u16>()) {
        let whole = booking(Source::Calendly, course.told.clone());
        let part = |is_mine: bool| {
            let told = course.told.iter().enumerate().filter(|(n, _)| (split >> (n % 16) & 1 == 1) == is_mine);
            booking(Source::Calendly, told.map(|(_, one)| one.clone()))
        };
        let (mine, theirs) = (part(true), part(false));
        let (mut one, mut other) = (mine.clone(), theirs.clone());
        one.merge(theirs);
        other.merge(mine);
        prop_assert_eq!(&one.facts, &whole.facts);
        prop_assert_eq!(&other.facts, &whole.facts);
        prop_assert_eq!((&one.external_id, &other.external_id), (&whole.external_id, &whole.external_id));
        one.merge(one.clone());
        prop_assert_eq!(&one.facts, &whole.facts);
    }

    #[test]
    fn a_record_is_the_same_after_it_was_kept(course in courses(), story in stories()) {
        for record in [booking(Source::Calendly, course.told), decided(story.told)] {
            let kept = serde_json::to_string(&record).unwrap();
            prop_assert_eq!(serde_json::from_str::<Record>(&kept).unwrap(), record);
        }
    }
}
