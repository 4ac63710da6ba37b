//! The rows of Patchbay, in embedded SQLite or on PostgreSQL: envelopes share commits; SQL stands nowhere else.
//!
//! Each row belongs to a workspace and is reached through it. Times and random ids are given by the caller;
//! nothing here reads a clock or the environment, and no provider is known here. Times are kept to the microsecond.

mod audit;
mod bell;
mod budget;
mod catalog;
mod column;
mod connection;
mod contact;
mod database;
mod error;
mod grant;
mod hook;
mod idempotency;
mod inbox;
mod intake;
mod key;
mod lane;
mod lease;
mod ledger;
mod location;
mod migrate;
mod news;
mod node;
mod notice;
mod page;
mod peal;
#[cfg(test)]
mod plans;
mod pool;
mod postgres;
mod problem;
mod record;
mod replay;
mod retention;
mod rules;
mod sample;
mod secret;
mod session;
mod settings;
mod settle;
mod sqlite;
mod stats;
mod store;
mod token;
mod transfer;
mod user;
mod version;
mod wire;
mod workspace;
mod writer;

pub use audit::{Audit, AuditFilter};
pub use connection::{Connection, Status};
pub use contact::ContactEntry;
pub use error::StoreError;
pub use grant::Grant;
pub use hook::Hook;
pub use idempotency::{Keyed, Standing, Turn};
pub use inbox::{Appended, Envelope, EnvelopeState, NAMELESS, NewEnvelope};
pub use key::{BadMasterKey, MasterKey};
pub use lane::{Batch, Claimed, Lane, Outlook, Taken};
pub use lease::Lease;
pub use ledger::{LedgerEntry, Phase};
pub use location::{BadLocation, Location};
pub use news::{Changed, News};
pub use node::{Peer, Pulse, Roll};
pub use notice::{DueNotice, NoticeTurn, Sent};
pub use page::Page;
pub use postgres::{Address, BadAddress};
pub use problem::ProblemRow;
pub use record::{Filter, Problem, RecordKind, RecordState, StoredRecord};
pub use retention::{Old, Place, Swept};
pub use sample::{Allowance, Load, SAMPLE_LENGTH, Sample, Spans};
pub use secret::{Refresh, Versioned};
pub use session::{Lives, Session};
pub use settle::{Begin, Links, Mark, OpenStep, RecordSave, Settlement};
pub use stats::Stats;
pub use store::{Pause, Store};
pub use token::{Role, Token};
pub use transfer::{Brought, Progress, Transfer, TransferError, undo_transfer};
pub use user::User;
pub use workspace::Workspace;

/// What the store answers.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
