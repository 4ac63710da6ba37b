//! What a Calendly webhook is read as.

use domain::{
    booking::{Answer, AnswerValue, BookingEvent, BookingFacts, BookingWhat, Guest, Host, Invitee},
    email::Email,
    source::Source,
};
use rstest::rstest;
use serde_json::{Value, json};

use super::bodies::{at, booking, calendly_created, is_ignored, unreadable_field, with};

const SOURCE: Source = Source::Calendly;
const I1: &str = "https://api.calendly.com/scheduled_events/E1/invitees/I1";
const I0: &str = "https://api.calendly.com/scheduled_events/E0/invitees/I0";

fn read(body: &Value) -> BookingEvent {
    booking(SOURCE, body)
}

fn canceled(rescheduled: bool) -> Value {
    let body = with(calendly_created(), "/event", json!("invitee.canceled"));
    let body = with(body, "/payload/rescheduled", json!(rescheduled));
    with(
        body,
        "/payload/cancellation",
        json!({"canceled_by": "Lin Wu", "reason": "Ill", "canceler_type": "invitee"}),
    )
}

#[test]
fn an_invitee_is_a_booking() {
    let answer = |question: &str, text: &str| Answer {
        question_id: None,
        question: question.into(),
        value: AnswerValue::Text(text.into()),
    };
    let expected = BookingEvent {
        link: I1.into(),
        what: BookingWhat::Booked,
        at: at("2026-11-20T10:00:00Z"),
        facts: BookingFacts {
            event_name: Some("Intro call".into()),
            event_type: None,
            start: Some(at("2026-11-24T15:00:00Z")),
            end: Some(at("2026-11-24T15:30:00Z")),
            host: Some(Host {
                name: Some("Ada Park".into()),
                email: Email::read("ada@example.com"),
                timezone: None,
            }),
            invitee: Some(Invitee {
                name: Some("Lin Wu".into()),
                name_parts: None,
                email: Email::read("lin@example.net"),
                phone: None,
                timezone: Some("Asia/Tokyo".into()),
            }),
            guests: vec![Guest { name: None, email: Email::read("kim@example.net").unwrap() }],
            seats: vec![],
            location: Some("https://zoom.example.com/j/1".into()),
            description: None,
            notes: None,
            answers: vec![answer("Company size", "50"), answer("Which topics?", "A1\nOther")],
            changed_by: None,
            reason: None,
            calendar_entry: None,
        },
    };
    assert_eq!(read(&calendly_created()), expected);
}

#[test]
fn the_new_invitee_of_a_move_names_the_old_one() {
    let said = read(&with(calendly_created(), "/payload/old_invitee", json!(I0)));
    assert_eq!(said.what, BookingWhat::Moved { from_link: Some(I0.into()), from_start: None });
    assert_eq!(said.link, I1);
}

#[test]
fn the_old_invitees_cancel_is_the_other_half_of_a_move() {
    let moved_on = |from: Option<&str>, to: &str| BookingWhat::MovedOn {
        from_link: from.map(Into::into),
        to_link: Some(to.into()),
    };
    let first = with(canceled(true), "/payload/new_invitee", json!(I0));
    assert_eq!((read(&first).what, read(&first).facts), (moved_on(None, I0), BookingFacts::default()));
    let unsaid = with(first.clone(), "/payload/rescheduled", None);
    assert_eq!(read(&unsaid).what, moved_on(None, I0));
    let between = with(first, "/payload/old_invitee", json!("https://api.calendly.com/x/invitees/A"));
    assert_eq!(read(&between).what, moved_on(Some("https://api.calendly.com/x/invitees/A"), I0));
}

#[test]
fn half_a_move_that_names_nobody_is_ignored() {
    assert!(is_ignored(SOURCE, &canceled(true)));
}

#[test]
fn a_cancel_gives_its_reason_and_who_canceled() {
    let said = read(&canceled(false));
    assert_eq!(said.what, BookingWhat::Canceled { reason: Some("Ill".into()) });
    assert_eq!(said.facts.changed_by.as_deref(), Some("invitee"));
}

#[rstest]
#[case("invitee_no_show.created", false)]
#[case("invitee_no_show.deleted", true)]
fn a_no_show_names_the_invitee(#[case] event: &str, #[case] came: bool) {
    let body = json!({"event": event, "created_at": "2026-11-24T16:00:00Z", "payload": {
        "uri": "https://api.calendly.com/invitee_no_shows/N1", "invitee": I1}});
    let said = read(&body);
    assert_eq!(
        (said.link.as_str(), &said.what),
        (I1, &BookingWhat::NoShow { came, people: std::collections::BTreeMap::new() })
    );
    assert_eq!(said.facts, BookingFacts::default());
    assert_eq!(connectors::subject(SOURCE, &body).as_deref(), Some(I1));
}

#[rstest]
#[case("routing_form_submission.created")]
#[case("event_type.updated")]
#[case("invitee.rescheduled")]
fn other_events_are_ignored(#[case] event: &str) {
    let body = with(calendly_created(), "/event", json!(event));
    assert!(is_ignored(SOURCE, &body));
    assert_eq!(connectors::subject(SOURCE, &body), None);
    assert_eq!(connectors::event_name(SOURCE, &body), event);
}

#[rstest]
#[case("/event", None, "event")]
#[case("/created_at", None, "created_at")]
#[case("/payload/uri", None, "payload.uri")]
#[case("/payload/scheduled_event/name", None, "payload.scheduled_event.name")]
#[case("/payload/scheduled_event/start_time", Some(json!("soon")), "payload.scheduled_event.start_time")]
fn what_must_be_known_and_is_not_is_named(
    #[case] pointer: &str,
    #[case] value: Option<Value>,
    #[case] field: &str,
) {
    assert_eq!(unreadable_field(SOURCE, &with(calendly_created(), pointer, value)), field);
}

#[test]
fn a_name_in_parts_is_joined() {
    let body = with(calendly_created(), "/payload/name", json!(null));
    let body = with(body, "/payload/first_name", json!("Lin"));
    let body = with(body, "/payload/last_name", json!("Wu"));
    let invitee = read(&body).facts.invitee.unwrap();
    assert_eq!(invitee.name.as_deref(), Some("Lin Wu"));
    assert_eq!(invitee.name_parts, Some(("Lin".into(), "Wu".into())));
}

#[test]
fn a_body_without_its_event_tells_all_but_when() {
    let facts = read(&with(calendly_created(), "/payload/scheduled_event", None)).facts;
    assert_eq!((facts.start, facts.event_name), (None, None));
    assert_eq!(facts.invitee.unwrap().name.as_deref(), Some("Lin Wu"));
    assert_eq!(facts.answers.len(), 2);
}

#[rstest]
#[case::zoom(json!({"type": "zoom", "join_url": "https://z/1"}), Some("https://z/1"), None)]
#[case::meet(json!({"type": "google_conference", "join_url": "https://m/1", "status": "pushed"}), Some("https://m/1"), None)]
#[case::teams(json!({"type": "microsoft_teams_conference", "join_url": "https://t/1"}), Some("https://t/1"), None)]
#[case::place(json!({"type": "physical", "location": "Main St 1"}), Some("Main St 1"), None)]
#[case::asked(json!({"type": "ask_invitee", "location": "At ours"}), Some("At ours"), None)]
#[case::custom(json!({"type": "custom", "location": "https://c/1"}), Some("https://c/1"), None)]
#[case::host_calls(json!({"type": "outbound_call", "location": "+1 415-555-0132"}), Some("+1 415-555-0132"), Some("+1 415-555-0132"))]
#[case::invitee_calls(json!({"type": "inbound_call", "location": "+1 415-555-0100"}), Some("+1 415-555-0100"), None)]
#[case::not_there_yet(json!({"type": "google_conference", "status": "processing"}), None, None)]
#[case::none(json!(null), None, None)]
fn the_place_depends_on_its_type(
    #[case] location: Value,
    #[case] place: Option<&str>,
    #[case] phone: Option<&str>,
) {
    let facts = read(&with(calendly_created(), "/payload/scheduled_event/location", location)).facts;
    assert_eq!((facts.location.as_deref(), facts.invitee.unwrap().phone.as_deref()), (place, phone));
}
