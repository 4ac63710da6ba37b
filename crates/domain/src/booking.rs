//! A booking as it stands: the fold of all that a scheduler said of it, whatever the order.

mod answer;
mod event;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use answer::{Answer, AnswerValue};
pub use event::{BookingEvent, BookingFacts, BookingWhat, Guest, Host, Invitee};

/// A booking with its history: every distinct thing that was said of it.
///
/// Invariant: `take` and `merge` are commutative, associative and idempotent, since the whole is a set;
/// what stands is worked out from the set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    said: BTreeSet<BookingEvent>,
}

/// What stands of a booking, worked out from its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The facts, the newest first to count, older ones filling gaps.
    pub facts: BookingFacts,
    /// The source's newest id of it.
    pub link: String,
    /// Which edition of the meeting stands: `None` until it was moved.
    pub edition: Option<String>,
    /// Whether it is canceled, and why and by whom, as far as was said.
    pub canceled: Option<Canceled>,
    /// Whether it was moved.
    pub is_moved: bool,
    /// Whether the invitee did not come.
    pub is_no_show: bool,
}

/// Who canceled, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canceled {
    /// Whoever the source names: `invitee`, `host`, an address.
    pub by: Option<String>,
    /// The reason given.
    pub reason: Option<String>,
}

impl Booking {
    /// Takes in what one webhook says.
    pub fn take(&mut self, said: BookingEvent) {
        self.said.insert(said);
    }

    /// Takes in all that is known of the same booking under another id.
    pub fn merge(&mut self, other: Self) {
        self.said.extend(other.said);
    }

    /// Whether anything was said at all.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// What stands; `None` while what was said does not tell when the meeting is.
    pub fn standing(&self) -> Option<Standing> {
        let schedule = self.schedule()?;
        let mut facts = schedule.facts.clone();
        for other in self.older_first().into_iter().rev().filter(|other| *other != schedule) {
            facts.fill_from(&other.facts);
        }
        facts.start?;
        let moved = matches!(schedule.what, BookingWhat::Moved { .. });
        Some(Standing {
            link: schedule.link.clone(),
            edition: moved.then(|| self.edition(schedule)),
            canceled: self.cancel_of(&schedule.link),
            is_moved: moved,
            is_no_show: self.no_show_of(&schedule.link),
            facts,
        })
    }

    /// The id that the booking was first known by: the end of the chain of ids that moves left behind.
    pub fn first_link(&self) -> Option<&str> {
        let moved_from = |link: &str| {
            self.said.iter().find_map(|one| match &one.what {
                BookingWhat::Moved { from_link: Some(from), .. } if one.link == link && from != link => {
                    Some(from.as_str())
                }
                _ => None,
            })
        };
        let mut link = self.said.first()?.link.as_str();
        // As many steps as there are events: a chain that is closed ends somewhere all the same.
        for _ in 0..self.said.len() {
            let Some(from) = moved_from(link) else { break };
            link = from;
        }
        Some(link)
    }

    /// The event that tells when the meeting is: the last move, else the booking, else what a cancel tells.
    fn schedule(&self) -> Option<&BookingEvent> {
        self.last_move().or_else(|| self.newest(|what| matches!(what, BookingWhat::Booked))).or_else(|| {
            self.newest(|what| matches!(what, BookingWhat::Canceled { .. }))
                .filter(|one| one.facts.is_whole())
        })
    }

    /// The last move. Moves form a chain (each names the start or the id before it): its end is the last, whatever the
    /// clocks say. Where the chain is broken or closed, the newest counts.
    fn last_move(&self) -> Option<&BookingEvent> {
        let moves: Vec<&BookingEvent> =
            self.said.iter().filter(|one| matches!(one.what, BookingWhat::Moved { .. })).collect();
        let ends: Vec<&&BookingEvent> =
            moves.iter().filter(|one| !moves.iter().any(|other| other.follows(one))).collect();
        match ends.as_slice() {
            [end] => Some(end),
            [] => moves.into_iter().max_by_key(|one| (one.at, *one)),
            many => many.iter().max_by_key(|one| (one.at, **one)).map(|one| **one),
        }
    }

    /// Names the edition by the new start and by when that move was first said, so that a repetition under a later time
    /// makes no other edition.
    fn edition(&self, last: &BookingEvent) -> String {
        let first_said = self
            .said
            .iter()
            .filter(|one| {
                one.what == last.what && one.link == last.link && one.facts.start == last.facts.start
            })
            .map(|one| one.at)
            .min()
            .unwrap_or(last.at);
        let start = last.facts.start.map_or(0, Timestamp::as_second);
        format!("{start}.{}", first_said.as_millisecond())
    }

    fn newest(&self, is: impl Fn(&BookingWhat) -> bool) -> Option<&BookingEvent> {
        self.said.iter().filter(|one| is(&one.what)).max_by_key(|one| (one.at, *one))
    }

    fn cancel_of(&self, link: &str) -> Option<Canceled> {
        self.said
            .iter()
            .filter(|one| one.link == link)
            .filter_map(|one| match &one.what {
                BookingWhat::Canceled { reason } => {
                    Some((one.at, Canceled { by: one.facts.changed_by.clone(), reason: reason.clone() }))
                }
                _ => None,
            })
            .max_by_key(|(at, canceled)| (*at, canceled.reason.clone(), canceled.by.clone()))
            .map(|(_, canceled)| canceled)
    }

    fn no_show_of(&self, link: &str) -> bool {
        self.said
            .iter()
            .filter(|one| one.link == link)
            .filter_map(|one| match one.what {
                BookingWhat::NoShow { came } => Some((one.at, came)),
                _ => None,
            })
            .max()
            .is_some_and(|(_, came)| !came)
    }

    fn older_first(&self) -> Vec<&BookingEvent> {
        let mut all: Vec<&BookingEvent> = self.said.iter().collect();
        all.sort_by_key(|one| (one.what.rank(), one.at));
        all
    }
}
