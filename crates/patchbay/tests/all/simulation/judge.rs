//! The judge: looks at HubSpot's own record after each change, and at the end at all that must be there.
//!
//! The numbers are those of the invariants in `ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    node::Node,
    office::{BookingSeen, CallSeen, Office, order},
    world::World,
};

/// What was seen of an office so far, to see whether it goes back.
#[derive(Default)]
pub struct Seen {
    /// Ended calls, by their start.
    ended: BTreeMap<Timestamp, bool>,
    /// The newest edition of each booking, by its event's name.
    editions: BTreeMap<String, usize>,
    /// When each booking was first there.
    pub first: BTreeMap<String, Timestamp>,
}

impl World {
    pub fn find(&self, invariant: u8, what: &str) {
        self.findings.lock().unwrap().push(format!("invariant {invariant}: {what}"));
    }

    /// Looks at an office's HubSpot after a change.
    pub fn look(&self, which: usize) {
        let (office, now) = (&self.offices[which], self.clock.now());
        let mut seen = self.seen.lock().unwrap();
        let seen = &mut seen[which];
        let mut at = BTreeMap::<Timestamp, usize>::new();
        for call in office.objects(now, "calls") {
            let start = moment(&call, "hs_timestamp");
            let count = at.entry(start).or_default();
            *count += 1;
            if *count == 2 {
                self.find(2, &format!("the call of {start} is in HubSpot twice, at {now}"));
            }
            let is_ended = property(&call, "hs_call_status") != "IN_PROGRESS";
            let was_ended = seen.ended.entry(start).or_default();
            if *was_ended && !is_ended {
                self.find(4, &format!("the call of {start} goes on after its end, at {now}"));
            }
            *was_ended |= is_ended;
        }
        let mut newest = BTreeMap::<&str, usize>::new();
        let mut at = BTreeMap::<(&str, Timestamp), usize>::new();
        for meeting in office.objects(now, "meetings") {
            let Some((name, booking)) = booking_of(office, &meeting) else {
                self.find(3, &format!("a meeting of no booking: {}", property(&meeting, "hs_meeting_title")));
                continue;
            };
            let start = moment(&meeting, "hs_meeting_start_time");
            let count = at.entry((name, start)).or_default();
            *count += 1;
            if *count == 2 {
                self.find(2, &format!("{name} at {start} is in HubSpot twice, at {now}"));
            }
            let Some(edition) = booking.starts.iter().position(|one| *one == start) else {
                self.find(3, &format!("{name} never was at {start}"));
                continue;
            };
            let newest = newest.entry(name).or_default();
            *newest = edition.max(*newest);
            seen.first.entry(name.to_owned()).or_insert(now);
        }
        for (name, edition) in newest {
            let before = seen.editions.entry(name.to_owned()).or_default();
            if edition < *before {
                self.find(4, &format!("{name} goes back from edition {before} to {edition}, at {now}"));
            }
            *before = edition.max(*before);
        }
    }

    /// Each webhook that was acknowledged is in its record: most tell again what another tells too, so that HubSpot would
    /// not show that one is gone.
    pub async fn judge_inbox(&self, node: &Node) {
        for (which, office) in self.offices.iter().enumerate() {
            let received = node.received(office).await;
            for (webhook, promised) in self.promised(which) {
                let kept = received.get(&webhook).copied().unwrap_or(0);
                if kept < promised {
                    let what = format!("{webhook} of {}: {promised} acknowledged, {kept} kept", office.name);
                    self.find(1, &what);
                }
            }
        }
    }

    /// How many rows of each webhook must be there. Aircall's are kept each time that they come; the scheduler's, which have
    /// ids, once.
    fn promised(&self, which: usize) -> BTreeMap<String, usize> {
        let (letters, answered) = (self.letters.lock().unwrap(), self.promised.lock().unwrap());
        let mut promised = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for (number, times) in answered.iter() {
            let letter = &letters[*number];
            if letter.office != which {
                continue;
            }
            if letter.source == "aircall" {
                *promised.entry(letter.id.clone()).or_default() += times;
            } else if ids.insert(&letter.id) {
                *promised.entry(letter.source.to_owned()).or_default() += 1;
            }
        }
        promised
    }

    /// Judges what HubSpot holds in the end.
    pub fn judge(&self, on_reschedule: &str) {
        for office in &self.offices {
            self.judge_calls(office);
            self.judge_bookings(office, on_reschedule);
            self.judge_contacts(office);
            let limits = order(&office.hubspot, self.clock.now(), "GET", "limits", &Value::Null);
            let peaks = ["burst_peak", "search_peak", "daily_used"].map(|peak| limits[peak].as_u64());
            self.note(format!("{}: at most {peaks:?} in a window, a second and the day", office.name));
            if limits["refused_total"] != 0 {
                self.find(6, &format!("{} was over its limits: {limits}", office.name));
            }
        }
    }

    fn judge_calls(&self, office: &Office) {
        let (name, calls) = (office.name, office.objects(self.clock.now(), "calls"));
        if calls.len() != office.calls.len() {
            self.find(3, &format!("{name} has {} calls in HubSpot, not {}", calls.len(), office.calls.len()));
        }
        for (start, CallSeen { id, outcome, duration_ms, number }) in &office.calls {
            let Some(call) = calls.iter().find(|call| moment(call, "hs_timestamp") == *start) else {
                self.find(1, &format!("call {id} of {name} is not in HubSpot"));
                continue;
            };
            let wrong = [
                ("hs_call_disposition", (*outcome).to_owned()),
                ("hs_call_duration", duration_ms.to_string()),
            ];
            for (property_name, wanted) in wrong {
                let found = property(call, property_name);
                if found != wanted {
                    self.find(3, &format!("call {id} of {name}: {property_name} is {found}, not {wanted}"));
                }
            }
            self.judge_contact(office, call, "phone", number, &format!("call {id} of {name}"));
        }
    }

    fn judge_bookings(&self, office: &Office, on_reschedule: &str) {
        let meetings = office.objects(self.clock.now(), "meetings");
        for (name, BookingSeen { starts, is_canceled, email }) in &office.bookings {
            let ours: Vec<&Value> = meetings
                .iter()
                .filter(|meeting| booking_of(office, meeting).is_some_and(|(one, _)| one == name))
                .collect();
            let [meeting] = ours.as_slice() else {
                let invariant = if ours.is_empty() { 1 } else { 2 };
                self.find(invariant, &format!("{name} is in HubSpot {} times", ours.len()));
                continue;
            };
            let start = *starts.last().unwrap();
            let found = moment(meeting, "hs_meeting_start_time");
            if found != start {
                self.find(3, &format!("{name} is at {found}, not {start}"));
            }
            let outcome = match (is_canceled, on_reschedule, starts.len()) {
                (true, ..) => "CANCELED",
                (false, "update", 2..) => "RESCHEDULED",
                _ => "SCHEDULED",
            };
            let found = property(meeting, "hs_meeting_outcome");
            if found != outcome {
                self.find(3, &format!("the outcome of {name} is {found}, not {outcome}"));
            }
            let title = if *is_canceled {
                format!("[Canceled] {name}")
            } else {
                format!("Meeting - Calendar.com: {name}")
            };
            let found = property(meeting, "hs_meeting_title");
            if found != title {
                self.find(3, &format!("the title of {name} is {found}, not {title}"));
            }
            self.judge_contact(office, meeting, "email", email, name);
        }
    }

    /// One contact, and the right one.
    fn judge_contact(&self, office: &Office, activity: &Value, by: &str, wanted: &str, whose: &str) {
        let contacts = office.objects(self.clock.now(), "contacts");
        let ids = activity["associations"]["contacts"].as_array().cloned().unwrap_or_default();
        let found: Vec<&str> =
            contacts.iter().filter(|one| ids.contains(&one["id"])).map(|one| property(one, by)).collect();
        if found != [wanted] {
            self.find(3, &format!("{whose} is with {found:?}, not {wanted}"));
        }
    }

    /// No two contacts for one person.
    fn judge_contacts(&self, office: &Office) {
        let contacts = office.objects(self.clock.now(), "contacts");
        for by in ["phone", "email"] {
            let mut times = BTreeMap::<&str, usize>::new();
            for contact in contacts.iter().filter(|contact| !property(contact, by).is_empty()) {
                *times.entry(property(contact, by)).or_default() += 1;
            }
            for (who, times) in times.iter().filter(|(_, times)| **times > 1) {
                self.find(2, &format!("{} has {times} contacts for {who}", office.name));
            }
        }
    }
}

fn property<'a>(object: &'a Value, name: &str) -> &'a str {
    object["properties"][name].as_str().unwrap_or_default()
}

fn moment(object: &Value, name: &str) -> Timestamp {
    property(object, name).parse().unwrap_or_default()
}

fn booking_of<'a>(office: &'a Office, meeting: &Value) -> Option<(&'a str, &'a BookingSeen)> {
    let title = property(meeting, "hs_meeting_title");
    let name =
        title.strip_prefix("[Canceled] ").or_else(|| title.strip_prefix("Meeting - Calendar.com: "))?;
    office.bookings.get_key_value(name).map(|(name, booking)| (name.as_str(), booking))
}
