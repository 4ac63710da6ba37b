//! What one scheduler webhook says of a booking.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{answer::Answer, seat::Seat};
use crate::{email::Email, phone::Phone};

/// One webhook's view of a booking.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BookingEvent {
    /// The source's id of the booking as it then was: `booking_id`, Cal.com's `uid`, Calendly's invitee.
    pub link: String,
    /// What happened.
    pub what: BookingWhat,
    /// When, by the source's clock.
    pub at: Timestamp,
    /// What it says of the booking.
    pub facts: BookingFacts,
}

impl BookingEvent {
    /// The other ids of the same booking that this names.
    pub fn other_links(&self) -> impl Iterator<Item = &str> {
        let named = [self.what.from_link(), self.what.to_link()].into_iter().flatten();
        named.filter(|link| *link != self.link)
    }

    /// Which id came before which, as this tells it: the one before first.
    pub(super) fn ties(&self) -> impl Iterator<Item = (&str, &str)> {
        let before = self.what.from_link().map(|from| (from, self.link.as_str()));
        let after = self.what.to_link().map(|to| (self.link.as_str(), to));
        [before, after].into_iter().flatten().filter(|(before, after)| before != after)
    }

    /// Whether this tells of the same move as `other`, perhaps at another time.
    pub(super) fn is_same_move(&self, other: &Self) -> bool {
        self.what == other.what && self.link == other.link && self.facts.start == other.facts.start
    }

    /// Whether this move came right after `earlier`.
    pub(super) fn follows(&self, earlier: &Self) -> bool {
        let BookingWhat::Moved { from_link, from_start } = &self.what else { return false };
        if self.is_same_move(earlier) {
            return false;
        }
        match from_link {
            Some(link) if *link != self.link => *link == earlier.link,
            _ => from_start.is_some() && *from_start == earlier.facts.start,
        }
    }
}

/// What happened to a booking.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingWhat {
    /// It was asked for and waits for the host's yes: no meeting until it is booked under the same id.
    /// One that asks for another time of a booking gives up the time before at once (reference/scheduling.md §4.1).
    Requested {
        /// The id before, where it asks for another time of a booking.
        from_link: Option<String>,
        /// The start before.
        from_start: Option<Timestamp>,
    },
    /// It was made, or the host said yes.
    Booked,
    /// It was moved to another time.
    Moved {
        /// The id before, where a move gives a new one.
        from_link: Option<String>,
        /// The start before.
        from_start: Option<Timestamp>,
    },
    /// It was left for another time under a new id: the other half of a move, which tells nothing but the ids.
    MovedOn {
        /// The id before, where it came of a move itself.
        from_link: Option<String>,
        /// The id after.
        to_link: Option<String>,
    },
    /// It was canceled. A cancel ends its link for good: a later booking has another id.
    Canceled {
        /// The reason given.
        reason: Option<String>,
    },
    /// The host said no to a request. Of a booking that stood, it is as a cancel.
    Rejected {
        /// The reason given.
        reason: Option<String>,
    },
    /// Some gave up their seats, the meeting goes on for the others.
    SeatsGivenUp,
    /// Nothing new: the source was asked for what its webhook had left out.
    Told,
    /// The invitee did not come, or did after all.
    NoShow {
        /// Whether the no-show was taken back.
        came: bool,
        /// Where the source tells it of each: who came and who did not, by handle.
        #[serde(default)]
        people: BTreeMap<String, bool>,
    },
}

impl BookingWhat {
    /// Which facts count more when several events tell them: the higher.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::NoShow { .. } | Self::SeatsGivenUp | Self::Told | Self::MovedOn { .. } => 0,
            Self::Canceled { .. } | Self::Rejected { .. } => 1,
            Self::Requested { .. } => 2,
            Self::Booked => 3,
            Self::Moved { .. } => 4,
        }
    }

    /// The id before, where the booking came by its id by a move.
    pub fn from_link(&self) -> Option<&str> {
        match self {
            Self::Requested { from_link, .. }
            | Self::Moved { from_link, .. }
            | Self::MovedOn { from_link, .. } => from_link.as_deref(),
            Self::Booked
            | Self::Canceled { .. }
            | Self::Rejected { .. }
            | Self::SeatsGivenUp
            | Self::Told
            | Self::NoShow { .. } => None,
        }
    }

    /// The id after, where this tells that the booking has a new one.
    pub fn to_link(&self) -> Option<&str> {
        match self {
            Self::MovedOn { to_link, .. } => to_link.as_deref(),
            _ => None,
        }
    }
}

/// The facts of a booking, as far as one webhook tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BookingFacts {
    /// The event's name as people see it.
    pub event_name: Option<String>,
    /// The event type's short name.
    pub event_type: Option<String>,
    /// When the meeting begins.
    pub start: Option<Timestamp>,
    /// When it ends.
    pub end: Option<Timestamp>,
    /// Whose calendar it is in.
    pub host: Option<Host>,
    /// Who booked.
    pub invitee: Option<Invitee>,
    /// Who else was asked along.
    pub guests: Vec<Guest>,
    /// Where the event has seats: who has one by this webhook, or gave it up.
    #[serde(default)]
    pub seats: Vec<Seat>,
    /// Where: an address, a place, a number.
    pub location: Option<String>,
    /// What the event says of itself.
    pub description: Option<String>,
    /// What the invitee wrote besides the answers.
    #[serde(default)]
    pub notes: Option<String>,
    /// The answers to the host's questions.
    pub answers: Vec<Answer>,
    /// Who made this change: `invitee`, `host`, an address.
    pub changed_by: Option<String>,
    /// The reason given for it.
    pub reason: Option<String>,
    /// The meeting's entry in the parties' calendars, where the source tells it.
    #[serde(default)]
    pub calendar_entry: Option<CalendarEntry>,
}

impl BookingFacts {
    /// Whether the facts suffice for a meeting of their own.
    pub fn is_whole(&self) -> bool {
        self.start.is_some() && self.event_name.is_some() && self.invitee.is_some()
    }

    /// Fills what is missing with what another webhook told. Who changed it and why belong to the change and stay.
    pub(super) fn fill_from(&mut self, other: &Self) {
        fn fill<T: Clone>(mine: &mut Option<T>, theirs: Option<&T>) {
            if mine.is_none() {
                *mine = theirs.cloned();
            }
        }
        fill(&mut self.event_name, other.event_name.as_ref());
        fill(&mut self.event_type, other.event_type.as_ref());
        if self.start.is_none() {
            self.start = other.start;
            self.end = other.end;
        }
        fill(&mut self.host, other.host.as_ref());
        fill(&mut self.invitee, other.invitee.as_ref());
        fill(&mut self.location, other.location.as_ref());
        fill(&mut self.description, other.description.as_ref());
        fill(&mut self.notes, other.notes.as_ref());
        if self.guests.is_empty() {
            self.guests.clone_from(&other.guests);
        }
        if self.answers.is_empty() {
            self.answers.clone_from(&other.answers);
        }
    }
}

/// The host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Host {
    /// Name.
    pub name: Option<String>,
    /// Address, by which the HubSpot owner is found (M2).
    pub email: Option<Email>,
    /// IANA time zone.
    pub timezone: Option<String>,
}

/// The person who booked.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Invitee {
    /// Name.
    pub name: Option<String>,
    /// The name's first and last part, where the source asks for them apart.
    #[serde(default)]
    pub name_parts: Option<(String, String)>,
    /// Address; missing for bookings made by phone.
    pub email: Option<Email>,
    /// Phone number as given.
    pub phone: Option<String>,
    /// IANA time zone.
    pub timezone: Option<String>,
}

impl Invitee {
    /// What tells this person from the others of a booking: the address, else the number.
    pub fn handle(&self) -> Option<String> {
        let phone = || self.phone.as_deref().and_then(|phone| Phone::read(phone, None));
        let email = self.email.as_ref().map(|email| email.as_str().to_owned());
        email.or_else(|| phone().map(|phone| phone.as_str().to_owned()))
    }
}

/// Somebody asked along.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Guest {
    /// Name.
    pub name: Option<String>,
    /// Address.
    pub email: Email,
}

/// What a meeting is called in the calendars that hold it (RFC 5545: UID and SEQUENCE).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CalendarEntry {
    /// The entry's id, the same for the life of the meeting.
    pub uid: String,
    /// Counts its changes.
    pub sequence: u32,
}
