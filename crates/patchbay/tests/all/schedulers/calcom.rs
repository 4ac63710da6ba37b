//! Cal.com's stories, by the bodies of version 2021-10-20 (reference/scheduling.md §2).

use serde_json::{Value, json};

use super::story::{self, Meeting, Story, connected, meeting, with};

const BOOKED: &str = "2026-12-01T10:00:00Z";
const MOVED: &str = "2026-12-02T12:00:00Z";
const AGAIN: &str = "2026-12-03T09:00:00Z";
const LIN: &str = "lin{n}@example.net";
const KIM: &str = "kim{n}@example.net";
const BO: &str = "bo{n}@example.net";
const TITLE: &str = "Meeting - Cal.com: Intro #{n}.";
const CANCELED: &str = "[Canceled] Intro #{n}.";

fn attendee(name: &str) -> Value {
    json!({"email": format!("{name}{{n}}@example.net"), "name": name, "timeZone": "Asia/Tokyo",
        "language": {"locale": "ja"}, "utcOffset": 540})
}

/// A booking of a uid, sent at a minute, with more members in its payload.
fn body(trigger: &str, minute: u8, uid: &str, start: &str, more: &Value) -> Value {
    let body = json!({"triggerEvent": trigger, "createdAt": format!("2026-11-20T10:{minute:02}:00.000Z"), "payload": {
        "uid": format!("{uid}{{n}}"), "bookingId": 91, "type": "30min", "title": "30min between Ada and Lin",
        "eventTitle": "Intro #{n}.", "eventDescription": "A first talk", "startTime": start,
        "endTime": start.replace(":00:00Z", ":30:00Z"), "length": 30, "status": "ACCEPTED",
        "organizer": {"id": 1, "name": "Ada Park", "email": "ada@example.com", "timeZone": "Europe/Paris",
            "language": {"locale": "en"}, "utcOffset": 60},
        "attendees": [attendee("lin")],
        "responses": {"name": {"label": "your_name", "value": "Lin Wu"},
            "email": {"label": "email_address", "value": "lin{n}@example.net"},
            "size": {"label": "Company size", "value": "50", "isHidden": false}},
        "userFieldsResponses": {"size": {"label": "Company size", "value": "50", "isHidden": false}},
        "location": "integrations:daily", "metadata": {"videoCallUrl": "https://app.cal.com/video/x"},
        "iCalUID": "a@Cal.com", "iCalSequence": 0, "seatsPerTimeSlot": null, "destinationCalendar": null}});
    with(body, "/payload", more)
}

fn created(minute: u8, uid: &str, start: &str) -> Value {
    body("BOOKING_CREATED", minute, uid, start, &json!({}))
}

/// A booking for a test of another subject.
pub fn booked() -> Value {
    created(0, "a", BOOKED)
}

fn requested(minute: u8, uid: &str, start: &str) -> Value {
    body("BOOKING_REQUESTED", minute, uid, start, &json!({"status": "PENDING"}))
}

/// A request for another time of a booking.
fn requested_from(minute: u8, uid: &str, from: &str, start: &str) -> Value {
    with(requested(minute, uid, start), "/payload", &json!({"rescheduleUid": format!("{from}{{n}}")}))
}

fn rescheduled(minute: u8, uid: &str, from: &str, start: &str) -> Value {
    let more = json!({"rescheduleUid": format!("{from}{{n}}"), "rescheduledBy": "lin{n}@example.net"});
    body("BOOKING_RESCHEDULED", minute, uid, start, &more)
}

fn rejected(minute: u8, uid: &str, start: &str) -> Value {
    let more = json!({"status": "REJECTED", "rejectionReason": "Full", "destinationCalendar": []});
    body("BOOKING_REJECTED", minute, uid, start, &more)
}

fn cancelled(minute: u8, uid: &str, start: &str) -> Value {
    let more = json!({"status": "CANCELLED", "cancellationReason": "Ill", "cancelledBy": "ada@example.com"});
    body("BOOKING_CANCELLED", minute, uid, start, &more)
}

/// A seat taken: the body names all who have one by then.
fn joins(minute: u8, all: &[&str]) -> Value {
    let last = all.last().unwrap();
    let attendees: Vec<Value> = all.iter().map(|name| attendee(name)).collect();
    let responses = json!({"email": {"label": "email_address", "value": format!("{last}{{n}}@example.net")}});
    let more = json!({"attendees": attendees, "seatsPerTimeSlot": 5, "seatsShowAttendees": true,
        "attendeeSeatId": format!("seat-{last}"), "responses": responses});
    body("BOOKING_CREATED", minute, "a", BOOKED, &more)
}

/// A seat given up: the body names the leaver alone, and not who canceled.
fn leaves(minute: u8, name: &str) -> Value {
    let more = json!({"attendees": [attendee(name)], "seatsPerTimeSlot": 5, "status": "CANCELLED"});
    body("BOOKING_CANCELLED", minute, "a", BOOKED, &more)
}

fn no_show(minute: u8, is_no_show: bool) -> Value {
    json!({"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": format!("2026-12-01T11:{minute:02}:00.000Z"),
        "payload": {"message": "x", "bookingUid": "a{n}", "bookingId": 91,
            "attendees": [{"email": "lin{n}@example.net", "noShow": is_no_show}]}})
}

/// Sent by a clock from a row of the table of bookings: no envelope.
fn meeting_ended() -> Value {
    json!({"triggerEvent": "MEETING_ENDED", "id": 91, "uid": "a{n}", "userId": 1, "title": "30min between Ada and Lin",
        "description": "", "startTime": BOOKED, "endTime": "2026-12-01T10:30:00.000Z", "status": "accepted",
        "location": "integrations:daily", "responses": {"name": "Lin Wu", "email": "lin{n}@example.net"}})
}

fn ping() -> Value {
    json!({"triggerEvent": "PING", "createdAt": "2026-11-20T10:00:00.000Z", "payload": {"type": "Test",
        "title": "Test trigger event", "startTime": BOOKED, "endTime": BOOKED,
        "attendees": [{"email": "jdoe@example.com", "name": "John Doe", "timeZone": "Europe/London"}],
        "organizer": {"name": "Cal", "email": "no-reply@cal.com", "timeZone": "Europe/London"}}})
}

fn scheduled(start: &str) -> Vec<Meeting> {
    vec![meeting(TITLE, "SCHEDULED", start, &[LIN])]
}

fn canceled(start: &str) -> Vec<Meeting> {
    vec![meeting(CANCELED, "CANCELED", start, &[LIN])]
}

fn single_bookings() -> Vec<Story> {
    vec![
        Story { name: "booked", told: vec![created(0, "a", BOOKED)], holds: scheduled(BOOKED) },
        Story {
            name: "moved twice",
            told: vec![
                created(0, "a", BOOKED),
                rescheduled(1, "b", "a", MOVED),
                rescheduled(2, "c", "b", AGAIN),
            ],
            holds: scheduled(AGAIN),
        },
        Story {
            name: "moved, then canceled",
            told: vec![created(0, "a", BOOKED), rescheduled(1, "b", "a", MOVED), cancelled(2, "b", MOVED)],
            holds: canceled(MOVED),
        },
        Story {
            name: "canceled",
            told: vec![created(0, "a", BOOKED), cancelled(1, "a", BOOKED)],
            holds: canceled(BOOKED),
        },
        Story {
            name: "the host asks for another time, the guest picks one",
            told: vec![
                created(0, "a", BOOKED),
                with(cancelled(1, "a", BOOKED), "/payload", &json!({"requestReschedule": true})),
                rescheduled(2, "b", "a", MOVED),
            ],
            holds: scheduled(MOVED),
        },
        Story {
            name: "the host asks for another time, the guest picks none",
            told: vec![
                created(0, "a", BOOKED),
                with(cancelled(1, "a", BOOKED), "/payload", &json!({"requestReschedule": true})),
            ],
            holds: canceled(BOOKED),
        },
        Story {
            name: "two of a recurring series",
            told: vec![created(0, "a", BOOKED), created(0, "b", MOVED)],
            holds: [scheduled(BOOKED), scheduled(MOVED)].concat(),
        },
    ]
}

/// What comes after the meeting, and beside it.
fn odd_bookings() -> Vec<Story> {
    vec![
        Story {
            name: "over by the clock",
            told: vec![created(0, "a", BOOKED), meeting_ended()],
            holds: scheduled(BOOKED),
        },
        Story { name: "a test of the webhook", told: vec![ping()], holds: vec![] },
        Story {
            name: "a no-show",
            told: vec![created(0, "a", BOOKED), no_show(0, true)],
            holds: vec![meeting(TITLE, "NO_SHOW", BOOKED, &[LIN])],
        },
        Story {
            name: "a no-show taken back",
            told: vec![created(0, "a", BOOKED), no_show(0, true), no_show(1, false)],
            holds: scheduled(BOOKED),
        },
        Story {
            name: "by phone alone",
            told: vec![with(
                created(0, "a", BOOKED),
                "/payload",
                &json!({"attendees": [
                {"email": "1415555{n}@sms.cal.com", "name": "Lin Wu", "timeZone": "Asia/Tokyo",
                    "phoneNumber": "+4366412345{n}"}]}),
            )],
            holds: vec![meeting(TITLE, "SCHEDULED", BOOKED, &["+4366412345{n}"])],
        },
    ]
}

fn requests() -> Vec<Story> {
    vec![
        Story { name: "asked for", told: vec![requested(0, "a", BOOKED)], holds: vec![] },
        Story {
            name: "asked for, and the host says yes",
            told: vec![requested(0, "a", BOOKED), created(1, "a", BOOKED)],
            holds: scheduled(BOOKED),
        },
        Story {
            name: "asked for, and the host says no",
            told: vec![requested(0, "a", BOOKED), rejected(1, "a", BOOKED)],
            holds: vec![],
        },
        Story { name: "a no alone", told: vec![rejected(1, "a", BOOKED)], holds: vec![] },
        Story {
            name: "asked for, and withdrawn",
            told: vec![requested(0, "a", BOOKED), cancelled(1, "a", BOOKED)],
            holds: vec![],
        },
        Story {
            name: "another time asked for, and the host says yes",
            told: vec![created(0, "a", BOOKED), requested_from(1, "b", "a", MOVED), created(2, "b", MOVED)],
            holds: scheduled(MOVED),
        },
        Story {
            name: "another time asked for, and the host says no",
            told: vec![created(0, "a", BOOKED), requested_from(1, "b", "a", MOVED), rejected(2, "b", MOVED)],
            holds: canceled(BOOKED),
        },
    ]
}

fn seats() -> Vec<Story> {
    vec![
        Story {
            name: "two take a seat",
            told: vec![joins(0, &["lin"]), joins(1, &["lin", "kim"])],
            holds: vec![meeting(TITLE, "SCHEDULED", BOOKED, &[LIN, KIM])],
        },
        Story {
            name: "one leaves, one joins",
            told: vec![
                joins(0, &["lin"]),
                joins(1, &["lin", "kim"]),
                leaves(2, "lin"),
                joins(3, &["kim", "bo"]),
            ],
            holds: vec![meeting(TITLE, "SCHEDULED", BOOKED, &[KIM, BO])],
        },
        Story {
            name: "the only one leaves",
            told: vec![joins(0, &["lin"]), leaves(1, "lin")],
            holds: canceled(BOOKED),
        },
        Story {
            name: "all is canceled",
            told: vec![
                joins(0, &["lin"]),
                joins(1, &["lin", "kim"]),
                with(cancelled(2, "a", BOOKED), "/payload", &json!({"seatsPerTimeSlot": 5})),
            ],
            holds: vec![meeting(CANCELED, "CANCELED", BOOKED, &[LIN, KIM])],
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cal_com_tells_of_a_booking_ends_the_same_in_any_order() {
    let world = connected("calcom").await;
    let stories: Vec<Story> = single_bookings().into_iter().chain(odd_bookings()).collect();
    story::tell(&world, "calcom", &stories, story::calcom).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cal_com_tells_of_requests_and_seats_ends_the_same_in_any_order() {
    let world = connected("calcom").await;
    let stories: Vec<Story> = requests().into_iter().chain(seats()).collect();
    story::tell(&world, "calcom", &stories, story::calcom).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_become_contacts_of_the_meeting_where_the_admin_wants_that() {
    let world = connected("calcom").await;
    world.put("settings/meetings", json!({ "guests": "contacts" })).await;
    let told =
        with(created(0, "a", BOOKED), "/payload", &json!({"attendees": [attendee("lin"), attendee("kim")]}));
    let holds = vec![meeting(TITLE, "SCHEDULED", BOOKED, &[LIN, KIM])];
    story::tell(&world, "calcom", &[Story { name: "with a guest", told: vec![told], holds }], story::calcom)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_says_what_it_waits_for_and_what_became_of_it() {
    let world = connected("calcom").await;
    let hook = world.hook("calcom").await;
    let tell = async |body: Value| {
        let body = body.to_string();
        let post = story::calcom(world.http.post(&hook), &body).body(body);
        assert_eq!(post.send().await.unwrap().status(), 202);
    };
    tell(requested(0, "a", BOOKED)).await;
    let waiting = world.record_in("calcom", "a{n}", "waiting").await;
    assert!(waiting["why"].as_str().unwrap().contains("host says yes"), "{waiting}");
    tell(rejected(1, "a", BOOKED)).await;
    let over = world.record_in("calcom", "a{n}", "logged").await;
    assert!(over["why"].as_str().unwrap().contains("came to nothing"), "{over}");
    assert_eq!((world.objects("meetings").await.len(), world.objects("contacts").await.len()), (0, 0));
}
