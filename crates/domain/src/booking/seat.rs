//! The seats of a booking that several people share: who has one now, whatever the order of the webhooks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    answer::Answer,
    event::{BookingEvent, BookingWhat, Invitee},
};

/// A seat: who has it, and what they answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seat {
    /// Who has it.
    pub who: Invitee,
    /// Their own answers.
    pub answers: Vec<Answer>,
}

/// What was said of one person's seat.
struct Said<'a> {
    joined_at: Option<Timestamp>,
    newest: (Timestamp, bool),
    /// The seat as it was told best: with answers, and by the newest webhook.
    seat: (bool, Timestamp, &'a Seat),
}

/// Who has a seat under this id, the first to come first; `None` if the booking has no seats.
///
/// A webhook of somebody joining names that person alone or all who have joined so far, so that whoever is left out has not
/// left (reference/scheduling.md §2.1); leaving is told by a webhook of its own.
pub fn taken(said: &BTreeSet<BookingEvent>, link: &str) -> Option<Vec<Seat>> {
    let mut people: BTreeMap<String, Said<'_>> = BTreeMap::new();
    for one in said.iter().filter(|one| one.link == link) {
        let has_seat = match one.what {
            BookingWhat::Booked | BookingWhat::Moved { .. } => true,
            BookingWhat::SeatsGivenUp => false,
            _ => continue,
        };
        for seat in &one.facts.seats {
            let Some(handle) = seat.who.handle() else { continue };
            let told = (!seat.answers.is_empty(), one.at, seat);
            // Of one moment, leaving counts: nobody can leave before having come.
            let newest = (one.at, !has_seat);
            let known = people.entry(handle).or_insert(Said { joined_at: None, newest, seat: told });
            known.newest = known.newest.max(newest);
            known.seat = known.seat.max(told);
            if has_seat {
                known.joined_at = Some(known.joined_at.map_or(one.at, |at| at.min(one.at)));
            }
        }
    }
    if people.is_empty() {
        return None;
    }
    let mut taken: Vec<Said<'_>> = people.into_values().filter(|one| !one.newest.1).collect();
    taken.sort_by_key(|one| (one.joined_at, one.seat.2));
    Some(taken.into_iter().map(|one| one.seat.2.clone()).collect())
}

/// Who gave up a seat last, and when and why: where nobody is left, the meeting is as good as canceled by them.
pub fn last_given_up<'a>(said: &'a BTreeSet<BookingEvent>, link: &str) -> Option<&'a BookingEvent> {
    said.iter()
        .filter(|one| one.link == link && one.what == BookingWhat::SeatsGivenUp)
        .max_by_key(|one| (one.at, *one))
}
