//! Notices: which mails a booking owes its parties for a move or a cancel (M6), and which of those not sent yet are overtaken.

mod mail;
mod text;
mod when;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use mail::{Invitation, Mail, Mailbox, Method};

use crate::{
    booking::Standing,
    email::Email,
    ids::RecordId,
    record::{Facts, Record},
    settings::MeetingSettings,
    source::Source,
};

/// A change that we heard of longer ago than this sends nothing: whoever it concerned has found out by now, and a replay of
/// last month's bookings must not write to anybody.
pub const LATE_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// A side of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Whose calendar it is in.
    Host,
    /// Who booked.
    Invitee,
}

impl Party {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Host, Self::Invitee];

    /// The word in tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Invitee => "invitee",
        }
    }

    /// The party of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|party| party.word() == word)
    }

    /// The party's address, if it is known.
    pub fn address(self, standing: &Standing) -> Option<&Email> {
        match self {
            Self::Host => standing.facts.host.as_ref()?.email.as_ref(),
            Self::Invitee => standing.facts.invitee.as_ref()?.email.as_ref(),
        }
    }
}

/// What there is to know of a meeting for its parties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Option<Timestamp>,
    /// Whether it is canceled.
    pub is_canceled: bool,
}

impl Stand {
    fn of(standing: &Standing) -> Option<Self> {
        let facts = &standing.facts;
        Some(Self { start: facts.start?, end: facts.end, is_canceled: standing.canceled.is_some() })
    }

    /// Whether both are at the same time, as far as both tell.
    fn is_at_time_of(&self, other: &Self) -> bool {
        let ends_differ = self.end.zip(other.end).is_some_and(|(one, other)| one != other);
        self.start == other.start && !ends_differ
    }
}

/// What the parties were last told, or need not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// How the meeting stood.
    pub stand: Stand,
    /// How often it has changed since the booking became known: tells the notices of a booking apart.
    pub changes: u32,
}

impl Told {
    /// Of two records that are one booking: what was said after more changes was said later.
    pub(crate) fn merged(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(if other.changes > one.changes { other } else { one }),
            (one, other) => one.or(other),
        }
    }
}

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The meeting is at another time.
    Moved,
    /// It is off.
    Canceled,
}

impl Change {
    /// The word in tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Canceled => "canceled",
        }
    }

    /// The change of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Moved, Self::Canceled].into_iter().find(|change| change.word() == word)
    }
}

/// The notice in the words of a timeline.
pub fn words(party: Party, change: Change) -> String {
    format!("Mail to the {}, that the meeting was {}", party.word(), change.word())
}

/// One mail that is owed to one party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whom it is for.
    pub party: Party,
    /// What it tells.
    pub change: Change,
    /// What it is known by, here and in its `Message-ID`: the same however often it is worked out.
    pub key: Uuid,
    /// What this party knew before; `None` if nobody has told us.
    pub before: Option<Stand>,
    /// When we heard of it.
    pub heard_at: Timestamp,
    /// From when on nobody needs it.
    pub over_at: Timestamp,
    /// The mail.
    pub mail: Mail,
}

/// A notice that is not sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// The store's number of it.
    pub seq: i64,
    /// Whom it is for.
    pub party: Party,
    /// What that party knows as long as it is not sent.
    pub before: Option<Stand>,
}

/// For so long a notice of a meeting that is over is tried.
const WORTH_TRYING: SignedDuration = SignedDuration::from_hours(1);

/// What a change of a booking means for one party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Notices that are not sent yet and tell what no longer holds.
    pub overtaken: Vec<i64>,
    /// What to tell instead.
    pub notice: Option<Notice>,
    /// Whether that is told at any rate; else only if an overtaken one has gone out meanwhile: a meeting that was moved and
    /// moved back before anybody was told needs no mail.
    pub is_needed: bool,
}

/// What a change of a booking means for its parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// What the record keeps.
    pub told: Told,
    /// What each party is owed, if anything.
    pub turns: Vec<Turn>,
}

/// Whether the booking stands otherwise than its parties were told, so that `owed` has something to say.
pub fn has_news(record: &Record) -> bool {
    let stand = standing(record).and_then(|standing| Stand::of(&standing));
    stand.is_some() && stand != record.told.map(|told| told.stand)
}

/// Works out what a booking owes its parties. Level-triggered: what counts is how the meeting stands and what the parties
/// were told, so that repetitions, other orders and replays of the same events owe nothing more.
///
/// `can_send` is false where no mail server is set: what happens then is not told later either. `heard_at` is when the newest
/// webhook that is read now reached us; without one what counts is when the source says that it happened.
pub fn owed(
    record: &Record,
    settings: &MeetingSettings,
    unsent: &[Unsent],
    can_send: bool,
    heard_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<Owed> {
    let Facts::Booking(booking) = &record.facts else { return None };
    let standing = booking.standing()?;
    let stand = Stand::of(&standing)?;
    if record.told.is_some_and(|told| told.stand == stand) {
        return None;
    }
    let at_first = |start: Timestamp| Stand { start, end: None, is_canceled: false };
    let known = record.told.map(|told| told.stand).or_else(|| booking.first_start().map(at_first));
    let left = booking.start_left().map(at_first);
    let changes = record.told.map_or(0, |told| told.changes);
    let Some(change) = change(known.or(left), &stand, &standing) else {
        return Some(Owed { told: Told { stand, changes }, turns: Vec::new() });
    };
    let told = Told { stand, changes: changes + 1 };
    let last = booking.last_change(&standing);
    // Who has one seat among several is told by the scheduler, which knows what becomes of each.
    let has_seats = !standing.seats.is_empty();
    let is_silent = !can_send || !is_on(settings, record.source) || has_seats;
    let last = last.filter(|_| !is_silent);
    let heard_at = heard_at.or_else(|| Some(last.as_ref()?.at));
    let last = last.filter(|_| heard_at.is_some_and(|at| now.duration_since(at) <= LATE_AFTER));
    let turns = Party::BOTH.map(|party| {
        let own = unsent.iter().filter(|one| one.party == party);
        let before = own.clone().min_by_key(|one| one.seq).map_or(known, |first| first.before);
        let mails = last.as_ref().filter(|_| is_party(party, &standing));
        let notice = mails.and_then(|last| {
            Some(Notice {
                party,
                change,
                key: key(record.id, told.changes, party),
                before,
                heard_at: heard_at?,
                over_at: over_at(&stand, heard_at?),
                mail: mail::write(record.source, &standing, last, party, change, before.or(left))?,
            })
        });
        let is_news = before
            .is_none_or(|before| before.is_canceled != stand.is_canceled || !before.is_at_time_of(&stand));
        Turn { overtaken: own.map(|one| one.seq).collect(), notice, is_needed: is_news }
    });
    Some(Owed { told, turns: turns.into() })
}

/// From when on nobody needs to be told: the end of the meeting. One that took place may be canceled too; that is tried for
/// a while.
fn over_at(stand: &Stand, heard_at: Timestamp) -> Timestamp {
    let end = stand.end.unwrap_or(stand.start);
    if end > heard_at { end } else { heard_at.saturating_add(WORTH_TRYING).unwrap_or(Timestamp::MAX) }
}

/// Whether the admin wants notices of the source's bookings.
pub fn is_on(settings: &MeetingSettings, source: Source) -> bool {
    settings.notify && settings.notify_sources.contains(&source)
}

/// What has changed for somebody who knew the meeting as `known`.
fn change(known: Option<Stand>, stand: &Stand, standing: &Standing) -> Option<Change> {
    let was_canceled = known.is_some_and(|known| known.is_canceled);
    let is_elsewhen = known.is_none_or(|known| !known.is_at_time_of(stand));
    if stand.is_canceled {
        (!was_canceled).then_some(Change::Canceled)
    } else {
        (standing.is_moved && (was_canceled || is_elsewhen)).then_some(Change::Moved)
    }
}

/// Whether the party can be written to. Who books with oneself is one party.
fn is_party(party: Party, standing: &Standing) -> bool {
    let address = party.address(standing);
    address.is_some() && (party == Party::Host || address != Party::Host.address(standing))
}

fn key(record: RecordId, change: u32, party: Party) -> Uuid {
    Uuid::new_v5(&record.0, format!("notice/{change}/{}", party.word()).as_bytes())
}

fn standing(record: &Record) -> Option<Standing> {
    match &record.facts {
        Facts::Booking(booking) => booking.standing(),
        Facts::Call(_) => None,
    }
}
