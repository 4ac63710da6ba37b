//! A booking as it stands: the fold of all that a scheduler said of it, whatever the order.

mod answer;
mod chain;
mod change;
mod event;
mod seat;

use std::{borrow::Cow, collections::BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use answer::{Answer, AnswerValue};
pub use change::LastChange;
pub use event::{BookingEvent, BookingFacts, BookingWhat, CalendarEntry, Guest, Host, Invitee};
pub use seat::Seat;

use chain::{Ties, last_move};

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
    /// Which edition of the meeting stands: `None` until it was moved, and where the move gave it a new id (then that id
    /// tells).
    pub edition: Option<String>,
    /// Whether it is canceled, and why and by whom, as far as was said.
    pub canceled: Option<Canceled>,
    /// Whether it was moved.
    pub is_moved: bool,
    /// Whether the invitee did not come; of seats, whether nobody came.
    pub is_no_show: bool,
    /// Who has a seat, the first to come first; empty where the booking is one person's.
    pub seats: Vec<Seat>,
}

/// What a booking that does not stand waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// The booking itself.
    Booking,
    /// The host's yes.
    Yes,
    /// Nothing any more: the host said no, or the request was withdrawn.
    Nothing,
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

    /// The latest moment that any time told of it, past or given up, comes to; `None` while none was told.
    pub fn over_at(&self) -> Option<Timestamp> {
        self.said.iter().filter_map(|one| one.facts.start.max(one.facts.end)).max()
    }

    /// What stands; `None` while what was said does not tell when the meeting is.
    pub fn standing(&self) -> Option<Standing> {
        let said = self.with_moves_settled();
        let last_move = last_move(&said);
        let schedule = last_move.as_ref().map(|last| last.event).or_else(|| scheduled(&said))?;
        let mut facts = schedule.facts.clone();
        // What the source was asked for is of this very time; other webhooks may be of an older one.
        for told in said.iter().filter(|one| one.what == BookingWhat::Told && one.link == schedule.link) {
            facts.fill_from(&told.facts);
        }
        for other in older_first(&said).into_iter().rev().filter(|other| *other != schedule) {
            facts.fill_from(&other.facts);
        }
        // Who cancels says when it was to be: where that is another time, a move is still on its way here, or lost.
        if let Some(cancel) = canceled_elsewhere(&said, schedule) {
            (facts.start, facts.end) = (cancel.facts.start, cancel.facts.end);
        }
        let start = facts.start?;
        let link = schedule.link.as_str();
        let mut canceled = cancel_of(&said, link);
        let mut seats = seat::taken(&said, link);
        if let Some(seats) = &mut seats {
            // A meeting that everybody left stays with who left last, canceled by them.
            if seats.is_empty()
                && let Some(last) = seat::last_given_up(&said, link)
            {
                seats.extend(last.facts.seats.first().cloned());
                let left = Canceled { by: last.facts.changed_by.clone(), reason: last.facts.reason.clone() };
                canceled = canceled.or(Some(left));
            }
            facts.invitee = seats.first().map(|seat| seat.who.clone());
            facts.guests.clear();
            facts.answers.clear();
        }
        let seats = seats.unwrap_or_default();
        let edition = last_move
            .as_ref()
            .filter(|last| last.event.what.from_link().is_none_or(|from| from == last.event.link))
            .map(|last| format!("{}.{}", start.as_second(), last.said_at.as_millisecond()));
        Some(Standing {
            edition,
            canceled,
            is_moved: last_move.is_some(),
            is_no_show: is_no_show(&said, link, &facts, &seats),
            link: schedule.link.clone(),
            facts,
            seats,
        })
    }

    /// What it waits for, where nothing stands yet.
    pub fn pending(&self) -> Pending {
        let is_over = |link: &str| {
            self.said.iter().any(|one| {
                one.link == link
                    && matches!(one.what, BookingWhat::Rejected { .. } | BookingWhat::Canceled { .. })
            })
        };
        let mut requested =
            self.said.iter().filter(|one| matches!(one.what, BookingWhat::Requested { .. })).peekable();
        let is_rejected = self.said.iter().any(|one| matches!(one.what, BookingWhat::Rejected { .. }));
        if requested.peek().is_some() {
            if requested.all(|one| is_over(&one.link)) { Pending::Nothing } else { Pending::Yes }
        } else if is_rejected {
            Pending::Nothing
        } else {
            Pending::Booking
        }
    }

    /// The ids of bookings and moves whose webhooks leave out when the meeting is, and that nobody was asked about yet.
    pub fn untold(&self) -> BTreeSet<&str> {
        let tells = |link: &str| self.said.iter().any(|one| one.link == link && one.facts.start.is_some());
        self.said
            .iter()
            .filter(|one| matches!(one.what, BookingWhat::Booked | BookingWhat::Moved { .. }))
            .map(|one| one.link.as_str())
            .filter(|link| !tells(link))
            .collect()
    }

    /// The id that the booking was first known by: the end of the chain of ids that moves left behind.
    pub fn first_link(&self) -> Option<&str> {
        let ties = Ties::of(&self.said);
        let mut link = self.said.first()?.link.as_str();
        // Each event ties two pairs at most: a chain that is closed ends somewhere all the same.
        for _ in 0..2 * self.said.len() {
            let Some(before) = ties.before(link) else { break };
            link = before;
        }
        Some(link)
    }

    /// All ids that the booking is or was known by.
    pub fn links(&self) -> BTreeSet<&str> {
        let own = self.said.iter().map(|one| one.link.as_str());
        own.chain(self.said.iter().flat_map(BookingEvent::other_links)).collect()
    }

    /// The history with each move as one, by whichever webhook it is told. A request that asked for another time becomes a
    /// move by the host's yes, which itself does not name the booking before (reference/scheduling.md §2.1). Where the old
    /// half of a move was told and the new one was not, a cancel of the new id that tells enough stands for it.
    fn with_moves_settled(&self) -> Cow<'_, BTreeSet<BookingEvent>> {
        let requested = |link: &str| {
            self.said.iter().find_map(|one| match &one.what {
                BookingWhat::Requested { from_link: Some(from), from_start } if one.link == link => {
                    Some(BookingWhat::Moved { from_link: Some(from.clone()), from_start: *from_start })
                }
                _ => None,
            })
        };
        let moved_on = |link: &str| {
            let before = self.said.iter().find(|one| one.link != link && one.what.to_link() == Some(link))?;
            Some(BookingWhat::Moved { from_link: Some(before.link.clone()), from_start: None })
        };
        let is_made = |link: &str| {
            let makes = |what: &BookingWhat| matches!(what, BookingWhat::Booked | BookingWhat::Moved { .. });
            self.said.iter().any(|one| one.link == link && makes(&one.what))
        };
        let moved = |one: &BookingEvent| match one.what {
            BookingWhat::Booked => requested(&one.link).or_else(|| moved_on(&one.link)),
            BookingWhat::Canceled { .. } if one.facts.is_whole() && !is_made(&one.link) => {
                moved_on(&one.link)
            }
            _ => None,
        };
        let made: Vec<(&BookingEvent, BookingWhat)> =
            self.said.iter().filter_map(|one| Some((one, moved(one)?))).collect();
        if made.is_empty() {
            return Cow::Borrowed(&self.said);
        }
        let mut settled = self.said.clone();
        for (one, what) in made {
            let mut facts = one.facts.clone();
            if one.what == BookingWhat::Booked {
                settled.remove(one);
            } else {
                // Who canceled did not move it.
                (facts.changed_by, facts.reason) = (None, None);
            }
            settled.insert(BookingEvent { what, facts, ..one.clone() });
        }
        Cow::Owned(settled)
    }
}

/// The event that tells when a meeting is that was not moved: the booking, else a cancel that tells enough and is not of a
/// mere request.
fn scheduled(said: &BTreeSet<BookingEvent>) -> Option<&BookingEvent> {
    let newest = |is: &dyn Fn(&BookingEvent) -> bool| {
        said.iter().filter(|one| is(one)).max_by_key(|one| (one.at, *one))
    };
    newest(&|one| one.what == BookingWhat::Booked).or_else(|| {
        newest(&|one| matches!(one.what, BookingWhat::Canceled { .. }))
            .filter(|one| one.facts.is_whole() && !is_requested(said, &one.link))
    })
}

fn is_requested(said: &BTreeSet<BookingEvent>, link: &str) -> bool {
    said.iter().any(|one| one.link == link && matches!(one.what, BookingWhat::Requested { .. }))
}

/// The last cancel that is newer than what tells when the meeting is, of the same id, at another time.
fn canceled_elsewhere<'a>(
    said: &'a BTreeSet<BookingEvent>,
    schedule: &BookingEvent,
) -> Option<&'a BookingEvent> {
    said.iter()
        .filter(|one| matches!(one.what, BookingWhat::Canceled { .. }) && one.link == schedule.link)
        .filter(|one| one.at > schedule.at && one.facts.is_whole() && !is_requested(said, &one.link))
        .max_by_key(|one| (one.at, *one))
        .filter(|one| one.facts.start != schedule.facts.start)
}

/// The last cancel of an id. A request for another time has given up the time before: once it is refused or withdrawn,
/// the meeting is off. A no to a request that moves nothing cancels nothing, as there was no meeting.
fn cancel_of(said: &BTreeSet<BookingEvent>, link: &str) -> Option<Canceled> {
    let canceled = |one: &BookingEvent| match &one.what {
        BookingWhat::Canceled { reason } | BookingWhat::Rejected { reason } => {
            Some(Canceled { by: one.facts.changed_by.clone(), reason: reason.clone() })
        }
        _ => None,
    };
    cancels(said, link)
        .into_iter()
        .filter_map(|one| Some((one.at, canceled(one)?)))
        .max_by_key(|(at, canceled)| (*at, canceled.reason.clone(), canceled.by.clone()))
        .map(|(_, canceled)| canceled)
}

/// All that cancels an id: the cancels of itself, and those of the ids that it was left for or asked to be.
fn cancels<'a>(said: &'a BTreeSet<BookingEvent>, link: &str) -> Vec<&'a BookingEvent> {
    let after = Ties::of(said).all_after([link]);
    let cancels = |one: &&BookingEvent| {
        matches!(one.what, BookingWhat::Canceled { .. } | BookingWhat::Rejected { .. })
            && (one.link == link || after.contains(one.link.as_str()))
    };
    said.iter().filter(cancels).collect()
}

/// Whether nobody of those who booked came. What is said of people by name counts for them alone: a guest who stays away
/// makes no no-show.
fn is_no_show(said: &BTreeSet<BookingEvent>, link: &str, facts: &BookingFacts, seats: &[Seat]) -> bool {
    let invitee = facts.invitee.as_ref().filter(|_| seats.is_empty());
    let people: Vec<Option<String>> = invitee.into_iter().map(Invitee::handle).collect();
    let seated = seats.iter().map(|seat| seat.who.handle());
    let people: Vec<Option<String>> = people.into_iter().chain(seated).collect();
    let came = |handle: Option<&String>| {
        said.iter()
            .filter(|one| one.link == link)
            .filter_map(|one| match &one.what {
                BookingWhat::NoShow { came, people } if people.is_empty() => Some((one.at, *came)),
                BookingWhat::NoShow { people, .. } => Some((one.at, *people.get(handle?)?)),
                _ => None,
            })
            .max()
            .is_none_or(|(_, came)| came)
    };
    if people.is_empty() { !came(None) } else { people.iter().all(|handle| !came(handle.as_ref())) }
}

fn older_first(said: &BTreeSet<BookingEvent>) -> Vec<&BookingEvent> {
    let mut all: Vec<&BookingEvent> = said.iter().collect();
    all.sort_by_key(|one| (one.what.rank(), one.at));
    all
}
