//! Calendly's stories, by the bodies of its webhooks v2 (reference/scheduling.md §3).

use serde_json::{Value, json};

use super::story::{self, Meeting, Story, connected, meeting, with};

const BOOKED: &str = "2026-12-01T10:00:00.000000Z";
const MOVED: &str = "2026-12-02T12:00:00.000000Z";
const AGAIN: &str = "2026-12-03T09:00:00.000000Z";
const LIN: &str = "lin{n}@example.net";
const KIM: &str = "kim{n}@example.net";
const TITLE: &str = "Meeting - Calendly: Intro #{n}.";
const CANCELED: &str = "[Canceled] Intro #{n}.";

fn uri(event: &str, invitee: &str) -> String {
    format!("https://api.calendly.com/scheduled_events/{event}{{n}}/invitees/{invitee}{{n}}")
}

/// An invitee of a scheduled event, told at a minute, with more members in its payload.
fn body(name: &str, minute: u8, event: &str, invitee: &str, start: &str, more: &Value) -> Value {
    let event_uri = format!("https://api.calendly.com/scheduled_events/{event}{{n}}");
    let body = json!({"event": name, "created_at": format!("2026-11-20T10:{minute:02}:00.000000Z"),
        "created_by": "https://api.calendly.com/users/U9", "payload": {
        "uri": uri(event, invitee), "email": "Lin{n}@example.net", "name": "Lin Wu", "first_name": null,
        "last_name": null, "status": "active", "timezone": "Asia/Tokyo", "event": event_uri,
        "scheduled_event": {"uri": event_uri, "name": "Intro #{n}.", "status": "active", "start_time": start,
            "end_time": start.replace(":00:00.", ":30:00."), "event_type": "https://api.calendly.com/event_types/T1",
            "location": {"type": "zoom", "join_url": "https://zoom.example.com/j/1", "data": {}},
            "invitees_counter": {"total": 1, "active": 1, "limit": 1},
            "event_memberships": [{"user": "https://api.calendly.com/users/U1", "user_email": "ada@example.com",
                "user_name": "Ada Park"}],
            "event_guests": [{"email": "bo@example.net", "created_at": "2026-11-20T10:00:00.000000Z"}]},
        "questions_and_answers": [{"question": "Company size", "answer": "50", "position": 0}],
        "tracking": {"utm_campaign": null}, "text_reminder_number": null, "rescheduled": false,
        "old_invitee": null, "new_invitee": null, "no_show": null, "payment": null}});
    with(body, "/payload", more)
}

fn created(minute: u8, event: &str, invitee: &str, start: &str) -> Value {
    body("invitee.created", minute, event, invitee, start, &json!({}))
}

/// A booking for a test of another subject.
pub fn booked() -> Value {
    created(0, "E", "E", BOOKED)
}

fn canceled(minute: u8, event: &str, invitee: &str, start: &str) -> Value {
    let more = json!({"status": "canceled", "cancellation": {"canceled_by": "Lin Wu", "canceler_type": "invitee",
        "reason": "Ill", "created_at": "2026-11-20T10:00:00.000000Z"}});
    body("invitee.canceled", minute, event, invitee, start, &more)
}

/// A move's two halves: the old invitee is canceled, the new one created. `before` is an invitee further back.
fn moved(minute: u8, old: (&str, &str), new: (&str, &str), before: Option<(&str, &str)>) -> [Value; 2] {
    let ((from, start), (to, new_start)) = (old, new);
    let (old_uri, new_uri) = (uri(from, from), uri(to, to));
    let old_invitee = before.map(|(before, _)| uri(before, before));
    let gone = json!({"rescheduled": true, "new_invitee": new_uri, "old_invitee": old_invitee});
    [
        with(canceled(minute, from, from, start), "/payload", &gone),
        body("invitee.created", minute, to, to, new_start, &json!({"old_invitee": old_uri})),
    ]
}

fn no_show(minute: u8, name: &str) -> Value {
    json!({"event": name, "created_at": format!("2026-12-01T11:{minute:02}:00.000000Z"), "created_by": "x", "payload": {
        "uri": "https://api.calendly.com/invitee_no_shows/N1", "invitee": uri("E", "E"),
        "created_at": "2026-12-01T11:00:00.000000Z"}})
}

fn scheduled_at(start: &str) -> Vec<Meeting> {
    vec![meeting(TITLE, "SCHEDULED", start, &[LIN])]
}

fn canceled_at(start: &str) -> Vec<Meeting> {
    vec![meeting(CANCELED, "CANCELED", start, &[LIN])]
}

/// Each half of a move names the other: one that is never told is made up for by those beside it.
fn half_told() -> Vec<Story> {
    let [gone, come] = moved(1, ("E", BOOKED), ("F", MOVED), None);
    let [gone_again, come_again] = moved(2, ("F", MOVED), ("G", AGAIN), Some(("E", BOOKED)));
    vec![
        Story {
            name: "moved twice, the first new half never told",
            told: vec![created(0, "E", "E", BOOKED), gone.clone(), gone_again.clone(), come_again.clone()],
            holds: scheduled_at(AGAIN),
        },
        Story {
            name: "moved twice, one half of each told, then canceled",
            told: vec![
                created(0, "E", "E", BOOKED),
                gone_again.clone(),
                come_again.clone(),
                canceled(3, "G", "G", AGAIN),
            ],
            holds: canceled_at(AGAIN),
        },
        Story {
            name: "moved twice, the first new half told last",
            told: vec![created(0, "E", "E", BOOKED), come_again.clone(), come.clone()],
            holds: scheduled_at(AGAIN),
        },
        Story {
            name: "moved twice, but no new half told",
            told: vec![created(0, "E", "E", BOOKED), gone.clone(), gone_again.clone()],
            holds: scheduled_at(BOOKED),
        },
    ]
}

fn stories() -> Vec<Story> {
    let [gone, come] = moved(1, ("E", BOOKED), ("F", MOVED), None);
    let [gone_again, come_again] = moved(2, ("F", MOVED), ("G", AGAIN), Some(("E", BOOKED)));
    let kim = json!({"email": "kim{n}@example.net", "name": "Kim Ro"});
    vec![
        Story { name: "booked", told: vec![created(0, "E", "E", BOOKED)], holds: scheduled_at(BOOKED) },
        Story {
            name: "canceled",
            told: vec![created(0, "E", "E", BOOKED), canceled(1, "E", "E", BOOKED)],
            holds: canceled_at(BOOKED),
        },
        Story {
            name: "moved, the old half first",
            told: vec![created(0, "E", "E", BOOKED), gone.clone(), come.clone()],
            holds: scheduled_at(MOVED),
        },
        Story {
            name: "moved, the new half first",
            told: vec![created(0, "E", "E", BOOKED), come.clone(), gone.clone()],
            holds: scheduled_at(MOVED),
        },
        Story {
            name: "moved, the new half alone",
            told: vec![created(0, "E", "E", BOOKED), come.clone()],
            holds: scheduled_at(MOVED),
        },
        Story {
            name: "moved twice, then canceled",
            told: vec![
                created(0, "E", "E", BOOKED),
                gone,
                come,
                gone_again,
                come_again,
                canceled(3, "G", "G", AGAIN),
            ],
            holds: canceled_at(AGAIN),
        },
        Story {
            name: "two invitees of one group event, one of whom cancels",
            told: vec![
                created(0, "E", "E", BOOKED),
                body("invitee.created", 1, "E", "K", BOOKED, &kim),
                with(canceled(2, "E", "K", BOOKED), "/payload", &kim),
            ],
            holds: vec![
                meeting(TITLE, "SCHEDULED", BOOKED, &[LIN]),
                meeting(CANCELED, "CANCELED", BOOKED, &[KIM]),
            ],
        },
    ]
}

/// What comes after the meeting, and beside it.
fn odd_stories() -> Vec<Story> {
    vec![
        Story {
            name: "a no-show",
            told: vec![created(0, "E", "E", BOOKED), no_show(0, "invitee_no_show.created")],
            holds: vec![meeting(TITLE, "NO_SHOW", BOOKED, &[LIN])],
        },
        Story {
            name: "a no-show taken back",
            told: vec![
                created(0, "E", "E", BOOKED),
                no_show(0, "invitee_no_show.created"),
                no_show(1, "invitee_no_show.deleted"),
            ],
            holds: scheduled_at(BOOKED),
        },
        Story {
            name: "a form of its own",
            told: vec![
                json!({"event": "routing_form_submission.created", "created_at": BOOKED, "payload": {}}),
            ],
            holds: vec![],
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_calendly_tells_ends_the_same_in_any_order() {
    let world = connected("calendly").await;
    let stories: Vec<Story> = stories().into_iter().chain(half_told()).chain(odd_stories()).collect();
    story::tell(&world, "calendly", &stories, story::calendly).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn split_names_and_the_round_robins_host_are_kept_apart() {
    let world = connected("calendly").await;
    let hook = world.hook("calendly").await;
    let said = json!({"name": "Lin Mei Wu", "first_name": "Lin Mei", "last_name": "Wu"});
    let body = with(created(0, "E", "E", BOOKED), "/payload", &said).to_string();
    let post = story::calendly(world.http.post(&hook), &body).body(body);
    assert_eq!(post.send().await.unwrap().status(), 202);
    world.settled(1).await;
    let contact = world.objects("contacts").await[0]["properties"].clone();
    assert_eq!((contact["firstname"].as_str(), contact["lastname"].as_str()), (Some("Lin Mei"), Some("Wu")));
    assert_eq!(contact["patchbay_company_size"], "50");
    // The envelope's `created_by` is whoever made the subscription; the host is a member of the event.
    let owner = world.objects("meetings").await[0]["properties"]["hubspot_owner_id"].clone();
    assert_eq!((owner.as_str(), contact["hubspot_owner_id"].as_str()), (Some("41629779"), Some("41629779")));
}
