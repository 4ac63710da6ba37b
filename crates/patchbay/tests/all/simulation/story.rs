//! What happens in the offices: calls and bookings, the webhooks that tell of them, and what must come of it.

use jiff::{SignedDuration, Timestamp};
use sandbox::Enclosed;
use serde_json::{Value, json};

use super::{
    chance::Chance,
    office::{BookingSeen, CallSeen, Office, order},
    post::Letter,
};

/// The tag with a rule, and the outcomes of HubSpot that are seen (reference/hubspot.md §3.2).
pub const TAG: &str = "bad call";
pub const NO_ANSWER: &str = "73a0d17f-1163-4015-bdd5-ec830791da20";
const CONNECTED: &str = "f240bbac-87c9-4f6e-bf70-924b57d47db7";
const VOICEMAIL: &str = "b2cf5968-551e-4856-9783-52b3da59a7d0";
const BUSY: &str = "9d9162e7-6cf3-4944-bf63-4dff82258764";
const WRONG_NUMBER: &str = "17b47fee-58de-441e-a44c-c6300d46f273";

/// How calls go: direction, story, outcome of the kind.
const CALLS: [(&str, &str, &str); 8] = [
    ("inbound", "answered", CONNECTED),
    ("outbound", "answered", CONNECTED),
    ("inbound", "missed", NO_ANSWER),
    ("inbound", "voicemail", VOICEMAIL),
    ("outbound", "unanswered", NO_ANSWER),
    ("outbound", "busy", BUSY),
    ("outbound", "wrong_number", WRONG_NUMBER),
    ("inbound", "answered", CONNECTED),
];

/// Few people, so that several calls and bookings want the same new contact at once.
const PEOPLE: u64 = 3;

/// The providers that webhooks come from, and what they have told so far.
pub struct Teller<'a> {
    pub chance: &'a mut Chance,
    pub aircall: &'a Enclosed,
    pub scheduler: &'a Enclosed,
    pub letters: &'a mut Vec<Letter>,
}

impl Teller<'_> {
    /// A call that begins at a moment, with that number or one of a few people's; tags may be put on and taken off during it
    /// and after it.
    pub fn call(&mut self, office: &mut Office, which: usize, begins: Timestamp, number: Option<String>) {
        let (direction, story, outcome) = self.chance.pick(&CALLS);
        let number = number.unwrap_or_else(|| format!("+1415555{:04}", 100 + self.chance.between(0, PEOPLE)));
        let (ring_s, talk_s) = (self.chance.between(2, 12), self.chance.between(5, 40));
        let tags = |put: bool| if put { json!([TAG]) } else { json!([]) };
        let asked = json!({
            "direction": direction, "story": story, "from": number, "ring_s": ring_s, "talk_s": talk_s,
            "tags_during": tags(self.chance.happens(20)), "tags_after": tags(self.chance.happens(20)),
            "recording": self.chance.happens(30), "started_at": begins.as_second(), "deliver": false,
        });
        let told = order(self.aircall, begins, "POST", "calls", &asked);
        let id = told["id"].to_string();
        self.tell_of_call(office, which, &told);
        let mut last = told["events"].as_array().unwrap().last().unwrap()["timestamp"].as_i64().unwrap();
        let mut call = told["call"].clone();
        for _ in 0..self.chance.between(0, 3) {
            last += i64::try_from(self.chance.between(2, 30)).unwrap();
            let (method, path, body) = match self.chance.between(0, 3) {
                0 => ("POST", format!("calls/{id}/tags"), json!({"name": TAG, "at": last, "deliver": false})),
                1 => (
                    "DELETE",
                    format!("calls/{id}/tags/{}", TAG.replace(' ', "%20")),
                    json!({"at": last, "deliver": false}),
                ),
                _ => (
                    "POST",
                    format!("calls/{id}/comments"),
                    json!({"content": format!("Said {last}."), "at": last, "deliver": false}),
                ),
            };
            let told = order(self.aircall, begins, method, &path, &body);
            self.tell_of_call(office, which, &told);
            call = told["events"][0]["data"].clone();
        }
        let is_tagged = call["tags"].as_array().unwrap().iter().any(|tag| tag["name"] == TAG);
        let length = call["ended_at"].as_i64().unwrap() - call["started_at"].as_i64().unwrap();
        let seen = CallSeen {
            id,
            outcome: if is_tagged { NO_ANSWER } else { outcome },
            duration_ms: length * 1000,
            number,
        };
        office.calls.insert(begins, seen);
    }

    fn tell_of_call(&mut self, office: &Office, which: usize, told: &Value) {
        for event in told["events"].as_array().unwrap() {
            let mut body = event.clone();
            body["token"] = json!(office.aircall_token);
            let at = Timestamp::from_second(event["timestamp"].as_i64().unwrap()).unwrap();
            let id = format!("{} of {}", event["event"].as_str().unwrap(), told["id"]);
            self.send(&Letter::new(which, "aircall", id, body.to_string(), at));
        }
    }

    /// A booking made at a moment; it may be moved and canceled.
    pub fn booking(&mut self, office: &mut Office, which: usize, number: u64, made: Timestamp) {
        let name = format!("Talk {number} of {}", office.name);
        let email = format!("person{}@example.net", self.chance.between(0, PEOPLE));
        let day = SignedDuration::from_hours(24);
        let mut start = made + day * 10 + SignedDuration::from_mins(i64::try_from(number).unwrap());
        let mut starts = vec![start];
        let asked = json!({
            "booking_id": format!("bk_{}_{number}", office.name), "event_name": name,
            "start": start.to_string(), "minutes": 30, "deliver": false,
            "invitee": {"name": "Lin Wu", "email": email, "phone": null, "timezone": "Asia/Tokyo"},
        });
        let mut at = made;
        let booked = order(self.scheduler, at, "POST", "bookings", &asked);
        self.tell_of_booking(which, &booked, at);
        let id = booked["id"].as_str().unwrap().to_owned();
        for _ in 0..self.chance.between(0, 3) {
            at += SignedDuration::from_secs(i64::try_from(self.chance.between(2, 40)).unwrap());
            start += day;
            starts.push(start);
            let times = json!({"start": start.to_string(), "minutes": 30, "deliver": false});
            let moved = order(self.scheduler, at, "POST", &format!("bookings/{id}/move"), &times);
            self.tell_of_booking(which, &moved, at);
        }
        let is_canceled = self.chance.happens(25);
        if is_canceled {
            at += SignedDuration::from_secs(i64::try_from(self.chance.between(2, 40)).unwrap());
            let asked = json!({"deliver": false, "reason": "ill"});
            let canceled = order(self.scheduler, at, "POST", &format!("bookings/{id}/cancel"), &asked);
            self.tell_of_booking(which, &canceled, at);
        }
        office.bookings.insert(name, BookingSeen { starts, is_canceled, email });
    }

    fn tell_of_booking(&mut self, which: usize, told: &Value, at: Timestamp) {
        let body = told["webhook"]["body"].clone();
        // The sandbox draws ids of messages: a seed's are its own.
        let id = format!("msg_{}", self.letters.len());
        self.send(&Letter::new(which, "calendar", id, body.to_string(), at));
    }

    /// Sends a letter: soon, or late, so that others overtake it; now and then twice.
    fn send(&mut self, letter: &Letter) {
        let copies = if self.chance.happens(15) { 2 } else { 1 };
        for _ in 0..copies {
            let late_ms = if self.chance.happens(20) {
                self.chance.between(0, 60_000)
            } else {
                self.chance.between(0, 800)
            };
            let late = SignedDuration::from_millis(i64::try_from(late_ms).unwrap());
            self.letters.push(letter.clone().later(late));
        }
    }
}
