//! One record on its way through a lane's pass.

use domain::{
    fault::Fault,
    ids::{RecordId, StepKey},
    question::{Answers, Questions},
    record::Record,
    source::Source,
    step::Receipt,
};
use jiff::Timestamp;
use store::{LedgerEntry, Mark, OpenStep};

/// One record on its way through a lane's pass.
#[derive(Debug)]
pub struct Work {
    /// The record, with all that was unread folded in.
    pub record: Record,
    /// All external ids that it is known by.
    pub keys: Vec<String>,
    /// Records that turned out to be this one.
    pub absorbed: Vec<RecordId>,
    /// What becomes of its envelopes.
    pub marks: Vec<(i64, Mark)>,
    /// Creates whose answer is not known.
    pub open: Vec<OpenStep>,
    /// Failed attempts in a row so far.
    pub attempts: u32,
    /// The moment by which it is decided, asked about, planned and kept, however long that takes: what the clock brings
    /// meanwhile, such as the end of a call, is due at once.
    pub moment: Timestamp,
    /// What it asked.
    pub questions: Questions,
    /// What it was answered.
    pub answers: Answers,
    /// Steps that are settled.
    pub closed: Vec<StepKey>,
    /// What was attempted and answered.
    pub ledger: Vec<LedgerEntry>,
    /// Whether HubSpot held anything of it before.
    pub was_held: bool,
    /// Since when something of it is to be written, if that is known.
    pub since: Option<Timestamp>,
    /// When the newest webhook that is read now reached us.
    pub heard_at: Option<Timestamp>,
    /// How it goes on.
    pub end: End,
    /// How it goes on once all else went well: what was left aside, so that the activity is written first.
    pub afterwards: Option<End>,
}

/// How a record's pass ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// HubSpot holds what the record says, or nothing is to be written yet.
    Settled,
    /// HubSpot answered something that calls for another look at once.
    Again,
    /// It is tried again later.
    Waits {
        /// What it waits for, in plain words.
        why: String,
        /// When it is tried again; `None`: when somebody wakes it.
        until: Option<Timestamp>,
    },
    /// HubSpot holds it in an account that is not the one connected now, for this reason nothing is written.
    Elsewhere(String),
    /// A person has to look.
    Problem(String),
}

impl Work {
    /// Whether nothing has gone wrong so far.
    pub fn goes_on(&self) -> bool {
        self.end == End::Settled
    }

    /// All ids that its source knows it by.
    pub fn names(&self) -> impl Iterator<Item = (Source, String)> {
        let keys = self.keys.iter().chain([&self.record.external_id]);
        keys.map(|key| (self.record.source, key.clone()))
    }

    /// Ends the pass of this record by a fault.
    pub fn fail(&mut self, fault: &Fault, now: Timestamp) {
        self.end = match fault {
            Fault::Later { after, why } => End::Waits {
                why: why.clone(),
                until: Some(crate::back_off::next_attempt(now, self.attempts, *after)),
            },
            Fault::SignIn { why } => End::Waits { why: why.clone(), until: None },
            Fault::Never { why, .. } => End::Problem(why.clone()),
        };
    }

    /// Takes in what HubSpot answered to a step.
    pub fn take(&mut self, receipt: Receipt, entry: LedgerEntry) {
        self.record.settle(receipt);
        self.ledger.push(entry);
    }
}
