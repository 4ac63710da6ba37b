//! One notice as a mail: a value, told in words and not yet in bytes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Change, Party, Stand, text, when};
use crate::{
    booking::{LastChange, Standing},
    email::Email,
    source::Source,
    text::{cut, plain},
};

/// A name longer than this is cut where it is shown: it is anybody's to choose.
const NAME_CHARS_MAX: usize = 80;
/// RFC 5322 §2.1.1 allows lines of 998; people read less.
const SUBJECT_CHARS_MAX: usize = 180;

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Who gets it, and nobody else.
    pub to: Mailbox,
    /// Whom an answer goes to: the other party.
    pub reply_to: Option<Mailbox>,
    /// One line of plain text.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The same as HTML, all outside text escaped.
    pub html: String,
    /// What brings the invitee's calendar up to date, where the entry's own id is known.
    pub invitation: Option<Invitation>,
}

/// An address, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// A name of one line.
    pub name: Option<String>,
    /// The address.
    pub address: Email,
}

/// What is told to a calendar (RFC 5546).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// What it is to do.
    pub method: Method,
    /// The entry's id.
    pub uid: String,
    /// Which change of it this is.
    pub sequence: u32,
    /// The title.
    pub summary: String,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Option<Timestamp>,
    /// Where.
    pub location: Option<String>,
    /// Whose meeting it is.
    pub organizer: Mailbox,
    /// Who gets this.
    pub attendee: Mailbox,
}

/// What a calendar is to do with its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Take it in as it is now.
    Request,
    /// Strike it out.
    Cancel,
}

impl Method {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

/// Writes the mail to one party; `None` if it has no address.
pub(super) fn write(
    source: Source,
    standing: &Standing,
    last: &LastChange,
    party: Party,
    change: Change,
    before: Option<Stand>,
) -> Option<Mail> {
    let to = mailbox(standing, party)?;
    let other = other(party);
    let told = text::Told { source, standing, party, change, before };
    Some(Mail {
        subject: subject(&told),
        text: told.plain(),
        html: told.html(),
        reply_to: mailbox(standing, other).filter(|other| other.address != to.address),
        invitation: invitation(standing, last, party, change),
        to,
    })
}

fn subject(told: &text::Told<'_>) -> String {
    let facts = &told.standing.facts;
    let zones = when::zones(told.standing, told.party);
    let at = facts.start.zip(zones.first()).map(|(start, zone)| when::short(start, zone)).unwrap_or_default();
    let meeting = told.meeting();
    let subject = match told.change {
        Change::Moved => format!("Moved to {at}: {meeting}"),
        Change::Canceled => format!("Canceled: {meeting}, {at}"),
    };
    cut(&plain(&subject), SUBJECT_CHARS_MAX)
}

/// The other side.
pub(super) const fn other(party: Party) -> Party {
    match party {
        Party::Host => Party::Invitee,
        Party::Invitee => Party::Host,
    }
}

/// A party's name, fit to be shown.
pub(super) fn name(standing: &Standing, party: Party) -> Option<String> {
    let facts = &standing.facts;
    let name = match party {
        Party::Host => facts.host.as_ref().and_then(|host| host.name.as_deref()),
        Party::Invitee => facts.invitee.as_ref().and_then(|invitee| invitee.name.as_deref()),
    };
    name.map(|name| cut(&plain(name), NAME_CHARS_MAX)).filter(|name| !name.is_empty())
}

fn mailbox(standing: &Standing, party: Party) -> Option<Mailbox> {
    let address = party.address(standing)?.clone();
    Some(Mailbox { name: name(standing, party), address })
}

/// Only the organizer tells a calendar, and only under the entry's real id does it listen (reference/scheduling.md §8): so
/// the invitee alone gets this, on the host's behalf, where the source has told id and sequence with the change.
fn invitation(standing: &Standing, last: &LastChange, party: Party, change: Change) -> Option<Invitation> {
    let entry = last.calendar_entry.as_ref().filter(|_| party == Party::Invitee)?;
    let facts = &standing.facts;
    Some(Invitation {
        method: match change {
            Change::Moved => Method::Request,
            Change::Canceled => Method::Cancel,
        },
        uid: entry.uid.clone(),
        sequence: entry.sequence,
        summary: text::event_name(standing),
        start: facts.start?,
        end: facts.end,
        location: facts.location.as_deref().map(crate::text::title),
        organizer: mailbox(standing, Party::Host)?,
        attendee: mailbox(standing, Party::Invitee)?,
    })
}
