//! A record: all that is known of one call or one booking.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    booking::{Answer, Booking},
    call::Call,
    contact::ContactLink,
    decision::{Decision, Rulebook, decide},
    email::Email,
    event::Event,
    ids::{ContactId, ObjectId, RecordId, StepKey},
    notice::Told,
    source::Source,
    step::{Object, Receipt, Unanswered},
};

/// All that is known of one call or one booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Ours.
    pub id: RecordId,
    /// Where it comes from.
    pub source: Source,
    /// The source's newest id of it.
    pub external_id: String,
    /// What the source said.
    pub facts: Facts,
    /// What was decided, oldest first; the last one stands. Empty for bookings and calls that last.
    pub decisions: Vec<Decision>,
    /// Its contact, once settled.
    pub contact: Option<ContactLink>,
    /// The contacts of the others of a booking, once settled: guests who become contacts, people with seats. By what they
    /// are known by.
    #[serde(default)]
    pub companions: BTreeMap<String, ContactLink>,
    /// Answers that HubSpot did not take when it made their contact for this booking (M8).
    #[serde(default)]
    pub unwritten: BTreeMap<String, Vec<Answer>>,
    /// What HubSpot holds of it, by our receipts.
    pub held: Vec<Held>,
    /// What of it may stand otherwise in HubSpot: it is written again, whatever is held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<Unanswered>,
    /// HubSpot's number of the account that the contacts and what is held are of.
    #[serde(default)]
    pub portal: Option<String>,
    /// Whose owner was last written, by address: it stays though HubSpot no longer lists the owner, and goes when the call
    /// or the booking is handed to somebody else.
    #[serde(default)]
    pub owner_of: Option<Email>,
    /// Whether the call was decided again since its activity was last written: what people changed there by hand meanwhile
    /// is respected no longer (N6).
    #[serde(default)]
    pub is_redecided: bool,
    /// Whether HubSpot refused its task: the next attempt makes it, though the call is logged (C17).
    #[serde(default)]
    pub owes_task: bool,
    /// What the parties of a booking were last told, or need not be told (M6).
    #[serde(default)]
    pub told: Option<Told>,
}

/// What the source said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "most records are calls")]
pub enum Facts {
    /// Of a call.
    Call(Call),
    /// Of a booking.
    Booking(Booking),
}

/// An object in HubSpot, as we last wrote it. What people change there by hand is not seen here and is left alone (M7, N6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What it is.
    pub object: Object,
    /// HubSpot's id.
    pub id: ObjectId,
    /// Our key.
    pub key: StepKey,
    /// The properties as we last wrote them.
    pub properties: BTreeMap<String, String>,
    /// The contacts it is associated with.
    pub contacts: Vec<ContactId>,
}

/// No more decisions than this are kept in a record; the oldest go first.
const DECISIONS_MAX: usize = 50;

impl Record {
    /// A record of which nothing is known yet.
    pub fn new(id: RecordId, source: Source, external_id: impl Into<String>) -> Self {
        let facts = match source {
            Source::Aircall => Facts::Call(Call::default()),
            Source::Calendar | Source::Calcom | Source::Calendly => Facts::Booking(Booking::default()),
        };
        Self {
            id,
            source,
            external_id: external_id.into(),
            facts,
            decisions: Vec::new(),
            contact: None,
            companions: BTreeMap::new(),
            unwritten: BTreeMap::new(),
            held: Vec::new(),
            unanswered: Vec::new(),
            portal: None,
            owner_of: None,
            is_redecided: false,
            owes_task: false,
            told: None,
        }
    }

    /// Folds an event into the facts. An event of the other kind says nothing.
    pub fn take(&mut self, event: Event) {
        match (&mut self.facts, event) {
            (Facts::Call(call), Event::Call(said)) => call.take(*said),
            (Facts::Booking(booking), Event::Booking(said)) => {
                booking.take(*said);
                if let Some(standing) = booking.standing() {
                    self.external_id = standing.link;
                }
            }
            _ => {}
        }
    }

    /// Takes in another record of the same booking.
    pub fn merge(&mut self, other: Self) {
        if let (Facts::Booking(mine), Facts::Booking(theirs)) = (&mut self.facts, other.facts) {
            mine.merge(theirs);
            if let Some(standing) = mine.standing() {
                self.external_id = standing.link;
            }
        }
        for held in other.held {
            if self.held.iter().all(|one| (one.object, &one.id) != (held.object, &held.id)) {
                self.held.push(held);
            }
        }
        other.unanswered.into_iter().for_each(|sent| self.doubt(sent));
        if self.contact.is_none() {
            self.contact = other.contact;
        }
        for (key, link) in other.companions {
            self.companions.entry(key).or_insert(link);
        }
        for (contact, answers) in other.unwritten {
            self.unwritten.entry(contact).or_insert(answers);
        }
        if self.owner_of.is_none() {
            self.owner_of = other.owner_of;
        }
        if self.portal.is_none() {
            self.portal = other.portal;
        }
        self.told = Told::merged(self.told.take(), other.told);
    }

    /// Decides what is to be decided at `now`; says whether anything was.
    pub fn decide(&mut self, book: &Rulebook, now: Timestamp) -> bool {
        let Facts::Call(call) = &mut self.facts else { return false };
        let Some(decision) = decide(call, self.decisions.last(), book, now) else { return false };
        call.decided();
        self.is_redecided |= !self.decisions.is_empty();
        self.decisions.push(decision);
        let surplus = self.decisions.len().saturating_sub(DECISIONS_MAX);
        self.decisions.drain(..surplus);
        true
    }

    /// The decision that stands.
    pub fn decision(&self) -> Option<&Decision> {
        self.decisions.last()
    }

    /// When the record wants to be looked at again though nothing is heard: a call that ends by the clock.
    pub fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.facts {
            Facts::Call(call) if !call.has_ended(now) => call.ends_by_clock_at(),
            _ => None,
        }
    }

    /// Whether it tells of a meeting that is still to be held, or may be going on.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        match &self.facts {
            Facts::Call(_) => false,
            Facts::Booking(booking) => booking.over_at().is_some_and(|over_at| over_at >= now),
        }
    }

    /// Whose owner the activity has: the address of the agent (C13) or of the host (M3).
    pub fn responsible(&self) -> Option<Email> {
        match &self.facts {
            Facts::Call(call) => call.agent().and_then(|agent| agent.email.clone()),
            Facts::Booking(booking) => booking.standing()?.facts.host?.email,
        }
    }

    /// What an ended call lacks that nothing can be logged without, by Aircall's name; more webhooks may bring it.
    pub fn lacks(&self, now: Timestamp) -> Option<&'static str> {
        match &self.facts {
            Facts::Call(call) if call.has_ended(now) && call.direction().is_none() => Some("data.direction"),
            Facts::Call(call) if call.has_ended(now) && call.started_at().is_none() => {
                Some("data.started_at")
            }
            _ => None,
        }
    }

    /// What was sent last of a property of an activity and not answered: HubSpot may hold it or not.
    pub fn unanswered(&self, held: &Held, name: &str) -> Option<&String> {
        let of_held = |sent: &&Unanswered| sent.object == held.object && sent.id == held.id;
        self.unanswered.iter().find(of_held)?.properties.get(name)
    }

    /// Takes in what was sent and may not have been answered: a call that HubSpot may have been told is over has ended, also
    /// where what was decided is lost and the clock was set back since.
    pub fn was_sent(&mut self, object: Object, properties: &BTreeMap<String, String>) {
        if let Facts::Call(call) = &mut self.facts
            && object == Object::Calls
            && crate::plan::tells_end(properties)
        {
            call.decided();
        }
    }

    /// Each activity has one entry, however often HubSpot does not answer.
    fn doubt(&mut self, sent: Unanswered) {
        self.was_sent(sent.object, &sent.properties);
        let of_same = |one: &&mut Unanswered| one.object == sent.object && one.id == sent.id;
        match self.unanswered.iter_mut().find(of_same) {
            Some(one) => one.properties.extend(sent.properties),
            None => self.unanswered.push(sent),
        }
    }

    /// Nothing that was sent to it is in doubt any more.
    fn sure(&mut self, object: Object, id: &ObjectId) {
        self.unanswered.retain(|sent| sent.object != object || sent.id != *id);
    }

    /// Takes in what HubSpot answered.
    pub fn settle(&mut self, receipt: Receipt) {
        if let Receipt::Made(Held { object, properties, .. }) | Receipt::Changed { object, properties, .. } =
            &receipt
            && *object != Object::Tasks
            && properties.contains_key("hubspot_owner_id")
        {
            self.owner_of = self.responsible();
        }
        match receipt {
            Receipt::Linked(link) => self.contact = Some(link),
            Receipt::Made(held) => {
                self.is_redecided &= held.object != Object::Calls;
                self.owes_task &= held.object != Object::Tasks;
                self.held.retain(|one| (one.object, &one.id) != (held.object, &held.id));
                self.held.push(held);
            }
            Receipt::Unanswered(sent) => self.doubt(sent),
            Receipt::Changed { object, id, properties } => {
                for sent in self.unanswered.iter_mut().filter(|sent| sent.object == object && sent.id == id) {
                    sent.properties.retain(|name, _| !properties.contains_key(name));
                }
                self.unanswered.retain(|sent| !sent.properties.is_empty());
                self.is_redecided &= object != Object::Calls || !crate::plan::is_restated(&properties);
                if let Some(held) = self.held.iter_mut().find(|one| one.object == object && one.id == id) {
                    held.properties.extend(properties);
                }
            }
            Receipt::Associated { object, id, contacts } => {
                if let Some(held) = self.held.iter_mut().find(|one| one.object == object && one.id == id) {
                    held.contacts = contacts;
                }
            }
            Receipt::Missing { object, id } => self.sure(object, &id),
            Receipt::Gone { object, id } => {
                self.sure(object, &id);
                self.held.retain(|one| one.object != object || one.id != id);
            }
        }
    }
}
