//! What a body tells, and in what order (C14, M8).

use domain::{
    booking::{AnswerValue, BookingEvent, BookingFacts, Invitee, Seat},
    call::{Agent, CallEvent, Line},
    source::Source,
};
use rstest::rstest;

use crate::{
    build::{
        Said, answer, at, book, booked, booking, call, canceled, email, guest, meeting_at, minute, missed,
        moved, over, said,
    },
    crm::Crm,
};

/// The lines of the body of a call's activity, without their marks.
fn of_call(one: Said) -> Vec<String> {
    let (mut crm, mut record) = (Crm { book: book(), ..Crm::default() }, call([one]));
    crm.work(&mut record, at(1_000));
    lines(&crm.property("hs_call_body"))
}

fn of_booking(all: impl IntoIterator<Item = BookingEvent>) -> Vec<String> {
    let (mut crm, mut record) = (Crm { book: book(), ..Crm::default() }, booking(Source::Calcom, all));
    crm.work(&mut record, minute(1_000));
    lines(&crm.property("hs_meeting_body"))
}

fn lines(body: &str) -> Vec<String> {
    body.split("<br>").map(|line| line.replace("<b>", "").replace("</b>", "")).collect()
}

#[test]
fn a_calls_body_tells_all_that_is_known() {
    let mut one = over().agent("Ada Park", "ada@example.com").tags(&["demo", "price"]);
    one = one.comment("2", "call back").comment("1", "hello").voicemail();
    one.0.transferred_to = Some(Agent { name: Some("Eve Hill".to_owned()), email: None });
    one.0.recording = Some("https://assets.aircall.io/calls/1/recording".to_owned());
    one.0.missed_reason = Some("short_abandoned".to_owned());
    let expected = [
        "Line: Sales (+43 720 880079)",
        "Agent: Ada Park",
        "Transferred to: Eve Hill",
        "Tags: demo, price",
        "Missed because: hung up within seconds",
        "Recording: <a href=\"https://assets.aircall.io/calls/1/recording\">listen in Aircall</a>",
        "Voicemail: <a href=\"https://assets.aircall.io/calls/780883160/voicemail\">listen in Aircall</a>",
        "Comment (Ada): hello",
        "Comment (Ada): call back",
    ];
    assert_eq!(of_call(one), expected);
}

#[rstest]
#[case::named(Some("Sales"), Some("+43 720 880079"), Some("Line: Sales (+43 720 880079)"))]
#[case::a_name_alone(Some("Sales"), None, Some("Line: Sales"))]
#[case::digits_alone(None, Some("+43 720 880079"), Some("Line: +43 720 880079"))]
#[case::neither(None, None, None)]
fn a_line_is_told_as_far_as_it_is_known(
    #[case] name: Option<&str>,
    #[case] digits: Option<&str>,
    #[case] expected: Option<&str>,
) {
    let line = |of: Option<&str>| of.map(ToOwned::to_owned);
    let one = over().with(|it| {
        it.line = Some(Line { id: "1".to_owned(), name: line(name), digits: line(digits), country: None });
    });
    let told = of_call(one).into_iter().find(|line| line.starts_with("Line"));
    assert_eq!(told.as_deref(), expected);
}

#[rstest]
#[case("out_of_opening_hours", "outside opening hours")]
#[case("short_abandoned", "hung up within seconds")]
#[case("abandoned_in_ivr", "hung up in the menu")]
#[case("abandoned_in_classic", "hung up while waiting")]
#[case("no_available_agent", "no agent was available")]
#[case("agents_did_not_answer", "no agent answered")]
#[case("fire & flood", "fire &amp; flood")]
fn a_missed_call_tells_why(#[case] reason: &str, #[case] words: &str) {
    let one = missed().with(|it| it.missed_reason = Some(reason.to_owned()));
    assert!(of_call(one).contains(&format!("Missed because: {words}")));
}

#[test]
fn tags_are_told_once_the_call_has_ended() {
    let going_on = said(CallEvent::Answered, 10).answered(10).tags(&["demo"]);
    assert!(of_call(going_on).iter().all(|line| !line.starts_with("Tags")));
}

#[test]
fn a_meetings_body_tells_all_that_is_known() {
    let facts = BookingFacts {
        guests: vec![guest("eve@example.com"), guest("max@example.com")],
        description: Some("A first talk".to_owned()),
        notes: Some(" Bring coffee ".to_owned()),
        ..meeting_at(60)
    };
    let expected = [
        "Host: Ada Park",
        "Invitee: Lin Wu",
        "E-mail: lin@example.net",
        "Phone: +14155550132",
        "Time zone: Asia/Tokyo",
        "Guests: eve@example.com, max@example.com",
        "Where: https://meet.example.com/x",
        "About: A first talk",
        "Notes: Bring coffee",
        "Company size: 50",
        "Existing customer?: No",
        "Topics: Price, Terms",
    ];
    assert_eq!(of_booking([BookingEvent { facts, ..booked(0, 60) }]), expected);
}

#[test]
fn a_meetings_body_begins_with_what_became_of_it() {
    let mut moved = moved(5, 60, 120);
    moved.facts.changed_by = Some("host".to_owned());
    moved.facts.reason = Some("Ill".to_owned());
    let by_move = of_booking([booked(0, 60), moved.clone()]);
    assert_eq!(by_move[..3], ["Moved by: host", "Reason: Ill", "Host: Ada Park"]);
    let by_cancel = of_booking([booked(0, 60), moved, canceled(6)]);
    assert_eq!(by_cancel[..3], ["Canceled by: invitee", "Reason: Ill", "Host: Ada Park"]);
    let mut told_by_booking = booked(0, 60);
    told_by_booking.facts.changed_by = Some("host".to_owned());
    assert_eq!(of_booking([told_by_booking])[0], "Host: Ada Park", "who books changes nothing");
}

#[test]
fn a_host_without_a_name_is_told_by_address_and_a_question_without_an_answer_by_a_dash() {
    let mut one = booked(0, 60);
    one.facts.host.as_mut().unwrap().name = None;
    one.facts.answers = vec![answer("q1", "Topics", AnswerValue::Many(Vec::new()))];
    let lines = of_booking([one]);
    assert_eq!((lines[0].as_str(), lines.last().unwrap().as_str()), ("Host: ada@example.com", "Topics: –"));
}

#[test]
fn seats_are_told_in_place_of_the_invitee() {
    let who = Invitee {
        name: Some("Eve Hill".to_owned()),
        name_parts: None,
        email: Some(email("eve@example.com")),
        phone: Some("+14155550133".to_owned()),
        timezone: Some("UTC".to_owned()),
    };
    let mut one = booked(0, 60);
    one.facts.seats =
        vec![Seat { who, answers: vec![answer("q1", "Company size", AnswerValue::Number("7".to_owned()))] }];
    let lines = of_booking([one]);
    let expected = ["Seat: Eve Hill, eve@example.com, +14155550133, UTC", "Company size: 7"];
    assert_eq!(lines[lines.len() - 2..], expected);
    assert!(lines.iter().all(|line| !line.starts_with("Invitee")));
}
