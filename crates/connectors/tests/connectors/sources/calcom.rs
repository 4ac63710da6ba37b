//! What a Cal.com webhook is read as.

use domain::{
    booking::{
        Answer, AnswerValue, BookingEvent, BookingFacts, BookingWhat, CalendarEntry, Guest, Host, Invitee,
        Seat,
    },
    email::Email,
    source::Source,
};
use rstest::rstest;
use serde_json::{Value, json};

use super::bodies::{at, booking, calcom_created, is_ignored, unreadable_field, with};

const SOURCE: Source = Source::Calcom;

fn read(body: &Value) -> BookingEvent {
    booking(SOURCE, body)
}

fn cancelled(said: &Value) -> Value {
    let mut body = with(calcom_created(), "/triggerEvent", json!("BOOKING_CANCELLED"));
    body["payload"].as_object_mut().unwrap().append(&mut said.as_object().unwrap().clone());
    body
}

#[test]
fn a_booking_is_read_whole() {
    let expected = BookingEvent {
        link: "7Kx2".into(),
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
                timezone: Some("Europe/Paris".into()),
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
            location: Some("https://app.cal.com/video/7Kx2".into()),
            description: Some("A first talk".into()),
            notes: None,
            answers: vec![Answer {
                question_id: Some("size".into()),
                question: "Company size".into(),
                value: AnswerValue::Text("50".into()),
            }],
            changed_by: None,
            reason: None,
            calendar_entry: Some(CalendarEntry { uid: "7Kx2@Cal.com".into(), sequence: 0 }),
        },
    };
    assert_eq!(read(&calcom_created()), expected);
}

#[test]
fn a_move_has_a_new_uid_and_names_the_old_one() {
    let mut body = with(calcom_created(), "/triggerEvent", json!("BOOKING_RESCHEDULED"));
    body["payload"]["rescheduleUid"] = json!("old1");
    body["payload"]["rescheduleStartTime"] = json!("2026-11-23T15:00:00+00:00");
    body["payload"]["rescheduledBy"] = json!("lin@example.net");
    body["payload"]["responses"]["rescheduleReason"] = json!({"label": "reason", "value": "Too early"});
    let said = read(&body);
    let from_start = Some(at("2026-11-23T15:00:00Z"));
    assert_eq!(said.what, BookingWhat::Moved { from_link: Some("old1".into()), from_start });
    assert_eq!((said.link.as_str(), said.facts.reason.as_deref()), ("7Kx2", Some("Too early")));
    assert_eq!(said.facts.changed_by.as_deref(), Some("lin@example.net"));
}

#[rstest]
#[case::raised_by_a_change(json!("7Kx2@Cal.com"), json!(2), Some(("7Kx2@Cal.com", 2)))]
#[case::without_sequence_as_when_the_host_asks_for_another_time(json!("7Kx2@Cal.com"), Value::Null, None)]
#[case::without_uid_as_after_the_hosts_yes(Value::Null, json!(2), None)]
#[case::empty(json!(""), json!(2), None)]
#[case::below_zero(json!("7Kx2@Cal.com"), json!(-1), None)]
#[case::more_than_one_line(json!("7Kx2\r\nATTENDEE:mailto:eve@example.org"), json!(2), None)]
#[case::longer_than_calendars_keep(json!("7".repeat(256)), json!(2), None)]
fn the_calendars_entry_is_read_where_both_its_id_and_its_sequence_are_told(
    #[case] uid: Value,
    #[case] sequence: Value,
    #[case] expected: Option<(&str, u32)>,
) {
    let said = read(&cancelled(&json!({ "iCalUID": uid, "iCalSequence": sequence })));
    let entry = expected.map(|(uid, sequence)| CalendarEntry { uid: uid.into(), sequence });
    assert_eq!(said.facts.calendar_entry, entry);
}

#[test]
fn a_cancel_gives_its_reason() {
    let said = read(&cancelled(&json!({"cancellationReason": "Ill", "cancelledBy": "ada@example.com"})));
    assert_eq!(said.what, BookingWhat::Canceled { reason: Some("Ill".into()) });
    assert_eq!(said.facts.changed_by.as_deref(), Some("ada@example.com"));
}

#[test]
fn a_cancel_needs_only_the_uid() {
    let body = json!({"triggerEvent": "BOOKING_CANCELLED", "createdAt": "2026-11-20T10:00:00Z", "payload": {"uid": "a"}});
    assert_eq!(read(&body).facts, BookingFacts::default());
}

#[rstest]
#[case::one_seat(json!({"seatsPerTimeSlot": 5}), BookingWhat::SeatsGivenUp)]
#[case::one_seat_by_its_id(json!({"seatsPerTimeSlot": 5, "attendeeSeatId": "s1", "cancelledBy": "lin@example.net"}), BookingWhat::SeatsGivenUp)]
#[case::the_whole_booking(json!({"seatsPerTimeSlot": 5, "cancelledBy": "ada@example.com"}), BookingWhat::Canceled { reason: None })]
#[case::nobody_named(json!({"seatsPerTimeSlot": 5, "attendees": []}), BookingWhat::Canceled { reason: None })]
#[case::no_seats(json!({"seatsPerTimeSlot": null}), BookingWhat::Canceled { reason: None })]
fn a_seat_given_up_does_not_cancel_the_meeting(#[case] said: Value, #[case] what: BookingWhat) {
    let said = read(&cancelled(&said));
    assert_eq!(said.what, what);
    let names = |seats: &[Seat]| seats.iter().filter_map(|seat| seat.who.handle()).collect::<Vec<_>>();
    if what == BookingWhat::SeatsGivenUp {
        assert_eq!(names(&said.facts.seats), ["lin@example.net", "kim@example.net"]);
    }
}

/// The email of the responses, and whose the answers are then.
#[rstest]
#[case::the_first(json!({"label": "l", "value": "lin@example.net"}), [1, 0])]
#[case::who_joins(json!({"label": "l", "value": "Kim@example.net"}), [0, 1])]
#[case::not_said(json!(null), [0, 1])]
fn answers_are_of_whoever_takes_a_seat(#[case] email: Value, #[case] answers: [usize; 2]) {
    let body = with(calcom_created(), "/payload/seatsPerTimeSlot", json!(5));
    let seats = read(&with(body, "/payload/responses/email", email)).facts.seats;
    assert_eq!(seats.iter().map(|seat| seat.answers.len()).collect::<Vec<_>>(), answers);
}

#[test]
fn a_request_waits_and_names_what_it_would_move() {
    let mut body = with(calcom_created(), "/triggerEvent", json!("BOOKING_REQUESTED"));
    assert_eq!(read(&body).what, BookingWhat::Requested { from_link: None, from_start: None });
    body["payload"]["rescheduleUid"] = json!("old1");
    let from_link = Some("old1".to_owned());
    assert_eq!(read(&body).what, BookingWhat::Requested { from_link, from_start: None });
}

#[rstest]
#[case("BOOKING_CREATED")]
#[case("BOOKING_RESCHEDULED")]
fn a_booking_that_still_waits_for_the_host_is_a_request(#[case] trigger: &str) {
    let body = with(calcom_created(), "/triggerEvent", json!(trigger));
    let what = read(&with(body, "/payload/status", json!("PENDING"))).what;
    assert!(matches!(what, BookingWhat::Requested { .. }), "{what:?}");
}

#[test]
fn a_booking_that_names_the_one_before_is_a_move() {
    let what = read(&with(calcom_created(), "/payload/rescheduleUid", json!("old1"))).what;
    assert_eq!(what, BookingWhat::Moved { from_link: Some("old1".into()), from_start: None });
}

#[test]
fn who_takes_their_own_seat_to_another_time_moves_nobody_else() {
    let mut body = with(calcom_created(), "/triggerEvent", json!("BOOKING_RESCHEDULED"));
    body["payload"]["rescheduleUid"] = json!("old1");
    body["payload"]["seatsPerTimeSlot"] = json!(5);
    assert!(matches!(read(&body).what, BookingWhat::Moved { .. }), "the host moves all");
    body["payload"]["attendeeSeatId"] = json!("s1");
    assert_eq!(read(&body).what, BookingWhat::Booked);
}

#[test]
fn a_rejected_request_is_no_cancel() {
    let body = with(calcom_created(), "/triggerEvent", json!("BOOKING_REJECTED"));
    let what = read(&with(body, "/payload/rejectionReason", json!("Full"))).what;
    assert_eq!(what, BookingWhat::Rejected { reason: Some("Full".into()) });
}

#[rstest]
#[case::one_did_not_come(json!([{"email": "Lin@example.net", "noShow": true}]), &[("lin@example.net", false)])]
#[case::and_did_after_all(json!([{"email": "lin@example.net", "noShow": false}]), &[("lin@example.net", true)])]
#[case::of_two(json!([{"email": "lin@example.net", "noShow": true}, {"email": "kim@example.net", "noShow": false}]),
    &[("kim@example.net", true), ("lin@example.net", false)])]
#[case::by_phone(json!([{"email": "14155550132@sms.cal.com", "noShow": true}]), &[("+14155550132", false)])]
fn a_no_show_is_told_of_each(#[case] attendees: Value, #[case] came: &[(&str, bool)]) {
    let body = json!({"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": "2026-11-24T16:00:00Z", "payload": {
        "message": "x", "bookingUid": "7Kx2", "bookingId": 91, "attendees": attendees}});
    let said = read(&body);
    let people = came.iter().map(|(who, came)| ((*who).to_owned(), *came)).collect();
    let came = came.iter().all(|(_, came)| *came);
    assert_eq!((said.link.as_str(), said.what), ("7Kx2", BookingWhat::NoShow { came, people }));
    assert_eq!(said.facts, BookingFacts::default());
}

#[test]
fn notes_are_read_wherever_they_stand() {
    let body = with(calcom_created(), "/payload/additionalNotes", json!("Bring a chart"));
    assert_eq!(read(&body).facts.notes.as_deref(), Some("Bring a chart"));
    let body =
        with(body, "/payload/responses/notes", json!({"label": "additional_notes", "value": "Two charts"}));
    assert_eq!(read(&body).facts.notes.as_deref(), Some("Two charts"));
}

#[test]
fn a_name_in_parts_is_kept_in_parts() {
    let attendees =
        json!([{"email": "lin@example.net", "name": "Lin Mei Wu", "firstName": "Lin Mei", "lastName": "Wu"}]);
    let invitee = read(&with(calcom_created(), "/payload/attendees", attendees)).facts.invitee.unwrap();
    assert_eq!(invitee.name_parts, Some(("Lin Mei".into(), "Wu".into())));
}

#[rstest]
#[case("PING")]
#[case("MEETING_STARTED")]
#[case("MEETING_ENDED")]
#[case("AFTER_HOSTS_CAL_VIDEO_NO_SHOW")]
#[case("AFTER_GUESTS_CAL_VIDEO_NO_SHOW")]
#[case("BOOKING_PAYMENT_INITIATED")]
#[case("BOOKING_PAID")]
#[case("FORM_SUBMITTED")]
#[case("OOO_CREATED")]
#[case("BEFORE_EVENT")]
fn other_triggers_are_ignored(#[case] trigger: &str) {
    let body = with(calcom_created(), "/triggerEvent", json!(trigger));
    assert!(is_ignored(SOURCE, &body));
    assert_eq!(connectors::subject(SOURCE, &body), None);
    assert_eq!(connectors::event_name(SOURCE, &body), trigger);
}

#[test]
fn a_flat_body_is_read_too() {
    let mut flat = calcom_created()["payload"].clone();
    flat["triggerEvent"] = json!("BOOKING_CREATED");
    flat["createdAt"] = json!("2026-11-20T10:00:00.000Z");
    assert_eq!(read(&flat), read(&calcom_created()));
    let ended = json!({"triggerEvent": "MEETING_ENDED", "id": 91, "uid": "7Kx2", "startTime": "2026-11-24T15:00:00Z"});
    assert!(is_ignored(SOURCE, &ended));
}

#[rstest]
#[case("/triggerEvent", None, "triggerEvent")]
#[case("/createdAt", None, "createdAt")]
#[case("/payload/uid", None, "payload.uid")]
#[case("/payload/startTime", None, "payload.startTime")]
#[case("/payload/startTime", Some(json!("soon")), "payload.startTime")]
fn what_must_be_known_and_is_not_is_named(
    #[case] pointer: &str,
    #[case] value: Option<Value>,
    #[case] field: &str,
) {
    assert_eq!(unreadable_field(SOURCE, &with(calcom_created(), pointer, value)), field);
}

#[rstest]
#[case("Intro call", Some("Intro call"))]
#[case("", Some("30min between Ada and Lin"))]
fn the_events_own_title_comes_first(#[case] event_title: &str, #[case] name: Option<&str>) {
    let body = with(calcom_created(), "/payload/eventTitle", json!(event_title));
    assert_eq!(read(&body).facts.event_name.as_deref(), name);
}

#[test]
fn a_booking_without_any_title_is_unreadable() {
    let body = with(with(calcom_created(), "/payload/eventTitle", json!("")), "/payload/title", None);
    assert_eq!(unreadable_field(SOURCE, &body), "payload.eventTitle");
}

#[test]
fn who_books_by_phone_has_a_number_and_no_address() {
    let attendees = json!([{"email": "14155550132@sms.cal.com", "name": "Lin", "timeZone": "Asia/Tokyo"}]);
    let invitee = read(&with(calcom_created(), "/payload/attendees", attendees)).facts.invitee.unwrap();
    assert_eq!((invitee.email, invitee.phone.as_deref()), (None, Some("+14155550132")));
}

#[rstest]
#[case(json!({"phoneNumber": "+14155550100", "email": "14155550132@sms.cal.com"}), "+14155550100")]
#[case(json!({"email": "lin@example.net"}), "+14155550111")]
fn a_number_that_was_given_counts_more(#[case] attendee: Value, #[case] phone: &str) {
    let body = with(calcom_created(), "/payload/attendees", json!([attendee]));
    let body =
        with(body, "/payload/responses/attendeePhoneNumber", json!({"label": "l", "value": "+14155550111"}));
    assert_eq!(read(&body).facts.invitee.unwrap().phone.as_deref(), Some(phone));
}

#[rstest]
#[case::apart(json!({"a": {"label": "Topics", "value": ["x", "y"]}, "b": {"label": "Ok?", "value": true}, "c": {"label": "Unanswered"}}), json!({}),
    vec![("a", "Topics", AnswerValue::Many(vec!["x".into(), "y".into()])), ("b", "Ok?", AnswerValue::Truth(true))])]
#[case::among_the_responses(json!(null), json!({"name": {"label": "name", "value": "Lin"}, "notes": {"label": "n", "value": "x"}, "n": {"label": "", "value": 5}}),
    vec![("n", "n", AnswerValue::Number("5".into()))])]
#[case::a_choice_with_a_text(json!({"w": {"label": "Where", "value": {"optionValue": "Room 1", "value": "inPerson"}}}), json!({}),
    vec![("w", "Where", AnswerValue::Text("Room 1".into()))])]
#[case::a_choice_without_one(json!({"w": {"label": "Where", "value": {"optionValue": "", "value": "phone"}}}), json!({}),
    vec![("w", "Where", AnswerValue::Text("phone".into()))])]
#[case::senseless(json!({"w": 7, "x": null, "y": {"value": {}}}), json!([]), vec![])]
fn answers_are_those_to_custom_questions(
    #[case] user_fields: Value,
    #[case] responses: Value,
    #[case] expected: Vec<(&str, &str, AnswerValue)>,
) {
    let body = with(calcom_created(), "/payload/userFieldsResponses", user_fields);
    let answers = read(&with(body, "/payload/responses", responses)).facts.answers;
    let expected: Vec<Answer> = expected
        .into_iter()
        .map(|(id, question, value)| Answer {
            question_id: Some(id.into()),
            question: question.into(),
            value,
        })
        .collect();
    assert_eq!(answers, expected);
}

#[test]
fn questions_from_before_there_were_fields_are_read_too() {
    let inputs = json!({"Team size": "12", "Company size": "again", "Agreed": true, "Empty": ""});
    let answers = read(&with(calcom_created(), "/payload/customInputs", inputs)).facts.answers;
    let said: Vec<(&str, Option<String>)> =
        answers.iter().map(|one| (one.question.as_str(), one.value.for_people())).collect();
    let yes = |text: &str| Some(text.to_owned());
    assert_eq!(said, [("Company size", yes("50")), ("Agreed", yes("Yes")), ("Team size", yes("12"))]);
}

#[rstest]
#[case::joined_address(json!({}), Some("https://app.cal.com/video/7Kx2"))]
#[case::address_of_the_call(json!({"metadata": null}), Some("https://daily.example.com/x"))]
#[case::kind_of_place(json!({"metadata": null, "videoCallData": null}), None)]
#[case::place(json!({"metadata": null, "videoCallData": null, "location": "Main St 1"}), Some("Main St 1"))]
#[case::place_of_the_response(json!({"metadata": null, "videoCallData": null, "location": "inPerson",
    "responses": {"location": {"label": "location", "value": {"optionValue": "Main St 1", "value": "inPerson"}}}}), Some("Main St 1"))]
fn the_place_is_where_one_can_go(#[case] said: Value, #[case] place: Option<&str>) {
    let mut body = calcom_created();
    body["payload"].as_object_mut().unwrap().append(&mut said.as_object().unwrap().clone());
    assert_eq!(read(&body).facts.location.as_deref(), place);
}
