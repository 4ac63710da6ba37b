//! Builders of facts: what webhooks say, and what an admin has set.

use std::collections::BTreeMap;

use domain::{
    booking::{Answer, AnswerValue, Booking, BookingEvent, BookingFacts, BookingWhat, Guest, Host, Invitee},
    call::{Agent, Call, CallEvent, CallSnapshot, Comment, Direction, Line, Party, Person},
    decision::Rulebook,
    email::Email,
    event::Event,
    ids::{OutcomeId, RecordId, RuleId, TagId, WorkspaceId},
    record::{Facts, Record},
    rule::{Rule, Target},
    settings::default_outcomes::{BUSY, CONNECTED, LEFT_VOICEMAIL, NO_ANSWER, WRONG_NUMBER},
    source::Source,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// So many seconds after the call of the tests began, at 2026-11-20T10:00:00Z.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_168_800 + second).unwrap()
}

pub fn minute(minute: i64) -> Timestamp {
    at(60 * minute)
}

pub fn email(text: &str) -> Email {
    Email::read(text).unwrap()
}

/// One webhook of the phone system.
#[derive(Debug, Clone)]
pub struct Said(pub CallSnapshot);

/// A webhook of an inbound call that began at second 0 and whose tags are none.
pub fn said(event: CallEvent, second: i64) -> Said {
    let mut snapshot = CallSnapshot::bare("780883160", event, at(second));
    snapshot.direction = Some(Direction::Inbound);
    snapshot.started_at = Some(at(0));
    snapshot.tags = Some(BTreeMap::new());
    snapshot.party = Some(Party::Digits("+1 415-555-0132".to_owned()));
    snapshot.line = Some(Line {
        id: "397375".to_owned(),
        name: Some("Sales".to_owned()),
        digits: Some("+43 720 880079".to_owned()),
        country: Some("AT".to_owned()),
    });
    Said(snapshot)
}

impl Said {
    pub fn outbound(self) -> Self {
        self.with(|it| it.direction = Some(Direction::Outbound))
    }

    pub fn answered(self, second: i64) -> Self {
        self.with(|it| it.answered_at = Some(at(second)))
    }

    pub fn ended(self, second: i64) -> Self {
        self.with(|it| it.ended_at = Some(at(second)))
    }

    pub fn voicemail(self) -> Self {
        self.with(|it| {
            it.has_voicemail = true;
            it.voicemail = Some("https://assets.aircall.io/calls/780883160/voicemail".to_owned());
        })
    }

    pub fn cause(self, cause: &str) -> Self {
        self.with(|it| it.hangup_cause = Some(cause.to_owned()))
    }

    pub fn tags(self, tags: &[&str]) -> Self {
        let tags = tags.iter().map(|tag| (TagId::from(*tag), (*tag).to_owned())).collect();
        self.with(|it| it.tags = Some(tags))
    }

    pub fn agent(self, name: &str, address: &str) -> Self {
        self.with(|it| it.agent = Some(Agent { name: Some(name.to_owned()), email: Email::read(address) }))
    }

    pub fn person(self, first: &str, last: &str, address: &str) -> Self {
        self.with(|it| {
            it.person = Some(Person {
                first_name: Some(first.to_owned()),
                last_name: Some(last.to_owned()),
                emails: Email::read(address).into_iter().collect(),
            });
        })
    }

    pub fn anonymous(self) -> Self {
        self.with(|it| it.party = Some(Party::Anonymous))
    }

    pub fn comment(self, id: &str, content: &str) -> Self {
        self.with(|it| {
            it.comments.push(Comment {
                id: id.to_owned(),
                at: Some(it.at),
                by: Some("Ada".to_owned()),
                content: content.to_owned(),
            });
        })
    }

    pub fn with(mut self, change: impl FnOnce(&mut CallSnapshot)) -> Self {
        change(&mut self.0);
        self
    }

    pub fn event(self) -> Event {
        Event::Call(Box::new(self.0))
    }
}

/// `call.ended` of an answered inbound call: rang for 10 s, lasted to second 70, told at second 100.
pub fn over() -> Said {
    said(CallEvent::Ended, 100).answered(10).ended(70)
}

/// `call.ended` of an inbound call that nobody answered.
pub fn missed() -> Said {
    said(CallEvent::Ended, 50).ended(20)
}

pub fn call(all: impl IntoIterator<Item = Said>) -> Record {
    let mut record = record(Source::Aircall, "780883160");
    for said in all {
        record.take(said.event());
    }
    record
}

/// What is known of a record's call.
pub fn facts_of_call(record: &Record) -> &Call {
    match &record.facts {
        Facts::Call(call) => call,
        Facts::Booking(_) => panic!("a call"),
    }
}

/// What is known of a record's booking.
pub fn facts_of_booking(record: &Record) -> &Booking {
    match &record.facts {
        Facts::Booking(booking) => booking,
        Facts::Call(_) => panic!("a booking"),
    }
}

pub fn record(source: Source, external_id: &str) -> Record {
    Record::new(RecordId::of(WorkspaceId(1), source, external_id), source, external_id)
}

/// A rulebook with HubSpot's default outcomes and three of the portal's own, all standing since long; an hour's delay.
pub fn book() -> Rulebook {
    let mut book = Rulebook { delay: SignedDuration::from_hours(1), ..Rulebook::default() };
    book.outcomes = book.outcomes.observed(&listed(&[]), at(-1_000_000));
    book
}

/// All outcomes of the portal: the default ones, "good", "bad" and "ugly", and more.
pub fn listed(more: &[(&str, &str)]) -> Vec<(OutcomeId, String)> {
    let standing = [
        (CONNECTED, "Connected"),
        (NO_ANSWER, "No answer"),
        (LEFT_VOICEMAIL, "Left voicemail"),
        (BUSY, "Busy"),
        (WRONG_NUMBER, "Wrong number"),
        ("good", "Good"),
        ("bad", "Bad"),
        ("ugly", "Ugly"),
    ];
    standing.iter().chain(more).map(|(id, label)| (OutcomeId::from(*id), (*label).to_owned())).collect()
}

/// An outcome rule since long; a rule's place in the order is its tag's first letter.
pub fn rule(tag: &str, outcome: &str) -> Rule {
    Rule {
        id: RuleId(Uuid::new_v5(&Uuid::NAMESPACE_OID, tag.as_bytes())),
        tag: TagId::from(tag),
        target: Target::Outcome(OutcomeId::from(outcome)),
        set_at: at(-1_000_000),
        position: i64::from(tag.as_bytes()[0]),
    }
}

pub fn type_rule(tag: &str, call_type: &str) -> Rule {
    Rule { target: Target::CallType(call_type.to_owned()), ..rule(tag, "") }
}

pub fn tags_listed(tags: &[&str]) -> Vec<(TagId, String)> {
    tags.iter().map(|tag| (TagId::from(*tag), (*tag).to_owned())).collect()
}

/// The label of the outcome that stands; "None" is a choice too.
pub fn outcome(record: &Record) -> String {
    record.decision().unwrap().outcome.label.clone().unwrap_or_else(|| "None".to_owned())
}

/// What a scheduler's webhooks tell of the booking of the tests, its start given in minutes.
pub fn meeting_at(start: i64) -> BookingFacts {
    BookingFacts {
        event_name: Some("Intro call".to_owned()),
        event_type: Some("30min".to_owned()),
        start: Some(minute(start)),
        end: Some(minute(start + 30)),
        host: Some(Host {
            name: Some("Ada Park".to_owned()),
            email: Some(email("ada@example.com")),
            timezone: Some("America/New_York".to_owned()),
        }),
        invitee: Some(Invitee {
            name: Some("Lin Wu".to_owned()),
            name_parts: None,
            email: Some(email("Lin@Example.net")),
            phone: Some("+14155550132".to_owned()),
            timezone: Some("Asia/Tokyo".to_owned()),
        }),
        guests: Vec::new(),
        seats: Vec::new(),
        location: Some("https://meet.example.com/x".to_owned()),
        description: None,
        notes: None,
        answers: vec![
            answer("q1", "Company size", AnswerValue::Number("50".to_owned())),
            answer("q2", "Existing customer?", AnswerValue::Truth(false)),
            answer("q3", "Topics", AnswerValue::Many(vec!["Price".to_owned(), "Terms".to_owned()])),
        ],
        changed_by: None,
        reason: None,
        calendar_entry: None,
    }
}

pub fn answer(id: &str, question: &str, value: AnswerValue) -> Answer {
    Answer { question_id: Some(id.to_owned()), question: question.to_owned(), value }
}

pub fn guest(address: &str) -> Guest {
    Guest { name: None, email: email(address) }
}

/// A webhook of a booking, told at a minute.
pub fn told(link: &str, told: i64, what: BookingWhat, facts: BookingFacts) -> BookingEvent {
    BookingEvent { link: link.to_owned(), what, at: minute(told), facts }
}

pub fn booked(told_at: i64, start: i64) -> BookingEvent {
    told("bk_81", told_at, BookingWhat::Booked, meeting_at(start))
}

/// A move under the same id, as Calendar.com tells it.
pub fn moved(told_at: i64, from: i64, start: i64) -> BookingEvent {
    let what = BookingWhat::Moved { from_link: None, from_start: Some(minute(from)) };
    told("bk_81", told_at, what, meeting_at(start))
}

/// A move that gives a new id, as Cal.com and Calendly tell it.
pub fn moved_to(told_at: i64, from_link: &str, link: &str, start: i64) -> BookingEvent {
    let what = BookingWhat::Moved { from_link: Some(from_link.to_owned()), from_start: None };
    told(link, told_at, what, meeting_at(start))
}

/// A cancel that tells nothing of the meeting.
pub fn canceled(told_at: i64) -> BookingEvent {
    let what = BookingWhat::Canceled { reason: Some("Ill".to_owned()) };
    let facts = BookingFacts { changed_by: Some("invitee".to_owned()), ..BookingFacts::default() };
    told("bk_81", told_at, what, facts)
}

/// A cancel that tells all.
pub fn canceled_whole(told_at: i64, start: i64) -> BookingEvent {
    BookingEvent { facts: meeting_at(start), ..canceled(told_at) }
}

/// A request that waits for the host's yes.
pub fn requested(link: &str, told_at: i64, from_link: Option<&str>, start: i64) -> BookingEvent {
    let from_link = from_link.map(ToOwned::to_owned);
    told(link, told_at, BookingWhat::Requested { from_link, from_start: None }, meeting_at(start))
}

/// The host's no.
pub fn rejected(link: &str, told_at: i64) -> BookingEvent {
    told(link, told_at, BookingWhat::Rejected { reason: Some("Full".to_owned()) }, meeting_at(60))
}

pub fn no_show(told_at: i64, came: bool) -> BookingEvent {
    told(
        "bk_81",
        told_at,
        BookingWhat::NoShow { came, people: std::collections::BTreeMap::new() },
        BookingFacts::default(),
    )
}

pub fn booking(source: Source, all: impl IntoIterator<Item = BookingEvent>) -> Record {
    let mut record = record(source, "bk_81");
    for said in all {
        record.take(Event::Booking(Box::new(said)));
    }
    record
}
