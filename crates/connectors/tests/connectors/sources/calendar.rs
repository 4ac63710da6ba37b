//! What a webhook of our contract for Calendar.com is read as.

use domain::{
    booking::{Answer, AnswerValue, BookingEvent, BookingFacts, BookingWhat, Guest, Host, Invitee},
    email::Email,
    source::Source,
};
use rstest::rstest;
use serde_json::{Value, json};

use super::bodies::{at, booking, calendar_scheduled, is_ignored, unreadable_field, with};

const SOURCE: Source = Source::Calendar;

fn read(body: &Value) -> BookingEvent {
    booking(SOURCE, body)
}

fn rescheduled() -> Value {
    let body = with(calendar_scheduled(), "/type", json!("booking.rescheduled"));
    let body = with(body, "/data/start", json!("2026-11-25T16:00:00+01:00"));
    let body = with(body, "/data/end", json!("2026-11-25T16:30:00+01:00"));
    with(body, "/data/previous_start", json!("2026-11-24T15:00:00Z"))
}

#[test]
fn the_example_of_the_contract_is_a_booking() {
    let expected = BookingEvent {
        link: "bk_81".into(),
        what: BookingWhat::Booked,
        at: at("2026-11-20T10:00:00Z"),
        facts: BookingFacts {
            event_name: Some("Intro call".into()),
            event_type: Some("30min".into()),
            start: Some(at("2026-11-24T15:00:00Z")),
            end: Some(at("2026-11-24T15:30:00Z")),
            host: Some(Host {
                name: Some("Ada Park".into()),
                email: Email::read("ada@example.com"),
                timezone: Some("America/New_York".into()),
            }),
            invitee: Some(Invitee {
                name: Some("Lin Wu".into()),
                name_parts: None,
                email: Email::read("lin@example.net"),
                phone: Some("+14155550132".into()),
                timezone: Some("Asia/Tokyo".into()),
            }),
            guests: vec![Guest { name: None, email: Email::read("kim@example.net").unwrap() }],
            seats: vec![],
            location: Some("https://meet.example.com/x".into()),
            description: None,
            notes: None,
            answers: vec![Answer {
                question_id: Some("q1".into()),
                question: "Company size".into(),
                value: AnswerValue::Text("50".into()),
            }],
            changed_by: Some("invitee".into()),
            reason: None,
            calendar_entry: None,
        },
    };
    assert_eq!(read(&calendar_scheduled()), expected);
}

#[test]
fn a_move_names_the_start_before() {
    let said = read(&rescheduled());
    let from_start = Some(at("2026-11-24T15:00:00Z"));
    assert_eq!(said.what, BookingWhat::Moved { from_link: None, from_start });
    assert_eq!((said.link.as_str(), said.facts.start), ("bk_81", Some(at("2026-11-25T15:00:00Z"))));
}

#[rstest]
#[case(json!(null))]
#[case(json!("yesterday"))]
#[case(json!(7))]
fn a_move_may_leave_out_the_start_before(#[case] previous: Value) {
    let said = read(&with(rescheduled(), "/data/previous_start", previous));
    assert_eq!(said.what, BookingWhat::Moved { from_link: None, from_start: None });
}

#[test]
fn a_cancel_needs_only_the_bookings_id() {
    let body =
        json!({"type": "booking.canceled", "timestamp": "2026-11-21T09:00:00Z", "data": {"booking_id": 81}});
    let expected = BookingEvent {
        link: "81".into(),
        what: BookingWhat::Canceled { reason: None },
        at: at("2026-11-21T09:00:00Z"),
        facts: BookingFacts::default(),
    };
    assert_eq!(read(&body), expected);
}

#[test]
fn a_cancel_gives_its_reason_and_who_canceled() {
    let body = json!({"type": "booking.canceled", "timestamp": "2026-11-21T09:00:00Z", "data": {
        "booking_id": "bk_81", "reason": "Ill", "changed_by": "host", "start": "soon", "event_name": ""}});
    let said = read(&body);
    assert_eq!(said.what, BookingWhat::Canceled { reason: Some("Ill".into()) });
    assert_eq!((said.facts.changed_by.as_deref(), said.facts.start), (Some("host"), None));
}

#[rstest]
#[case("/type", None, "type")]
#[case("/type", Some(json!(7)), "type")]
#[case("/timestamp", None, "timestamp")]
#[case("/timestamp", Some(json!("now")), "timestamp")]
#[case("/data", None, "data.booking_id")]
#[case("/data", Some(json!([])), "data.booking_id")]
#[case("/data/booking_id", None, "data.booking_id")]
#[case("/data/booking_id", Some(json!("  ")), "data.booking_id")]
#[case("/data/booking_id", Some(json!(true)), "data.booking_id")]
#[case("/data/event_name", None, "data.event_name")]
#[case("/data/event_name", Some(json!("")), "data.event_name")]
#[case("/data/event_name", Some(json!(5)), "data.event_name")]
#[case("/data/start", None, "data.start")]
#[case("/data/start", Some(json!(null)), "data.start")]
#[case("/data/start", Some(json!("2026-11-24")), "data.start")]
#[case("/data/start", Some(json!("2026-11-24T15:00:00")), "data.start")]
#[case("/data/start", Some(json!("+999999-01-01T00:00:00Z")), "data.start")]
#[case("/data/start", Some(json!("9999-12-31T23:59:59Z")), "data.start")]
#[case("/data/start", Some(json!(1_795_532_400)), "data.start")]
fn what_must_be_known_and_is_not_is_named(
    #[case] pointer: &str,
    #[case] value: Option<Value>,
    #[case] field: &str,
) {
    for body in [calendar_scheduled(), rescheduled()] {
        assert_eq!(unreadable_field(SOURCE, &with(body, pointer, value.clone())), field);
    }
}

#[rstest]
#[case::text(json!(" 50 "), Some(AnswerValue::Text("50".into())))]
#[case::lines(json!("a\nb"), Some(AnswerValue::Text("a\nb".into())))]
#[case::whole_number(json!(50), Some(AnswerValue::Number("50".into())))]
#[case::fraction(json!(1.5), Some(AnswerValue::Number("1.5".into())))]
#[case::zero(json!(0), Some(AnswerValue::Number("0".into())))]
#[case::yes(json!(true), Some(AnswerValue::Truth(true)))]
#[case::no(json!(false), Some(AnswerValue::Truth(false)))]
#[case::choices(json!(["a", 2, true, null, "", {}, ["b"]]), Some(AnswerValue::Many(vec!["a".into(), "2".into(), "Yes".into()])))]
#[case::null(json!(null), None)]
#[case::empty(json!("  "), None)]
#[case::no_choice(json!([]), None)]
#[case::object(json!({"a": 1}), None)]
fn an_answer_is_what_it_came_as(#[case] given: Value, #[case] value: Option<AnswerValue>) {
    let body = with(
        calendar_scheduled(),
        "/data/answers",
        json!([{"question_id": 7, "question": "Q", "answer": given}]),
    );
    let expected: Vec<Answer> = value
        .map(|value| Answer { question_id: Some("7".into()), question: "Q".into(), value })
        .into_iter()
        .collect();
    assert_eq!(read(&body).facts.answers, expected);
}

#[test]
fn a_question_without_words_goes_by_its_id() {
    let answers =
        json!([{"question_id": "q9", "answer": "x"}, {"answer": "y"}, null, "z", {"question": "Unanswered"}]);
    let answers = read(&with(calendar_scheduled(), "/data/answers", answers)).facts.answers;
    let questions: Vec<&str> = answers.iter().map(|answer| answer.question.as_str()).collect();
    assert_eq!(questions, ["q9"]);
}

#[rstest]
#[case::no_address(json!({"name": "Lin"}), Some(("Lin", None)))]
#[case::no_usable_address(json!({"name": "Lin", "email": "lin at example"}), Some(("Lin", None)))]
#[case::address_in_capitals(json!({"name": "Lin", "email": " LIN@Example.NET"}), Some(("Lin", Some("lin@example.net"))))]
#[case::nobody(json!({}), None)]
#[case::text(json!("Lin"), None)]
#[case::null(json!(null), None)]
fn an_invitee_is_kept_without_an_address(
    #[case] invitee: Value,
    #[case] expected: Option<(&str, Option<&str>)>,
) {
    let invitee = read(&with(calendar_scheduled(), "/data/invitee", invitee)).facts.invitee;
    let told = invitee
        .as_ref()
        .map(|invitee| (invitee.name.as_deref().unwrap(), invitee.email.as_ref().map(Email::as_str)));
    assert_eq!(told, expected);
}

#[test]
fn guests_without_a_usable_address_are_left_out() {
    let guests =
        json!([{"name": "Kim"}, {"email": "nope"}, null, {"name": "Ann", "email": "Ann@example.net"}]);
    let guests = read(&with(calendar_scheduled(), "/data/guests", guests)).facts.guests;
    assert_eq!(guests, [Guest { name: Some("Ann".into()), email: Email::read("ann@example.net").unwrap() }]);
}

#[rstest]
#[case::before_the_start(json!("2026-11-24T14:59:59Z"), None)]
#[case::at_the_start(json!("2026-11-24T15:00:00Z"), Some("2026-11-24T15:00:00Z"))]
#[case::later_by_another_offset(json!("2026-11-24T17:30:00+02:00"), Some("2026-11-24T15:30:00Z"))]
#[case::unreadable(json!("later"), None)]
#[case::missing(json!(null), None)]
fn an_end_before_the_start_is_none(#[case] end: Value, #[case] expected: Option<&str>) {
    assert_eq!(read(&with(calendar_scheduled(), "/data/end", end)).facts.end, expected.map(at));
}

#[rstest]
#[case("booking.no_show")]
#[case("ping")]
#[case("BOOKING.SCHEDULED")]
fn an_unknown_type_is_ignored(#[case] name: &str) {
    let body = with(calendar_scheduled(), "/type", json!(name));
    assert!(is_ignored(SOURCE, &body));
    assert_eq!(connectors::subject(SOURCE, &body), None);
    assert_eq!(connectors::event_name(SOURCE, &body), name);
}

#[test]
fn the_subject_is_the_bookings_id() {
    assert_eq!(connectors::subject(SOURCE, &calendar_scheduled()).as_deref(), Some("bk_81"));
    assert_eq!(connectors::event_name(SOURCE, &json!([])), "unknown");
}

#[test]
fn nuls_are_dropped_from_texts() {
    let body = with(calendar_scheduled(), "/data/event_name", json!("In\u{0}tro"));
    assert_eq!(read(&body).facts.event_name.as_deref(), Some("Intro"));
}
