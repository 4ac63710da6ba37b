//! What can go wrong with the store.

use std::sync::Arc;

use crate::sqlite;

/// What can go wrong with the store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The intake queue is full: the sender should try again, nothing was kept.
    #[error("the intake queue is full")]
    Full,
    /// The writer has stopped: the store was closed, or its thread ended.
    #[error("the store is closed")]
    Gone,
    /// The database was written by a newer Patchbay.
    #[error("the database has schema {found}, this binary knows up to {known}: use a newer Patchbay")]
    Newer {
        /// The schema of the database.
        found: i64,
        /// The newest schema of this binary.
        known: i64,
    },
    /// Somebody else's tables are in the database.
    #[error("there are tables in it that are not Patchbay's, such as {table}: give it a database of its own")]
    Foreign {
        /// One of them.
        table: String,
    },
    /// A secret could not be unsealed: it was sealed with another master key, or was moved or altered.
    #[error("the secrets of this database were sealed with another master key")]
    Sealed,
    /// There is one already, where there may be only one.
    #[error("there is one already")]
    Taken,
    /// Another process works on the database, which is a file: there is one at a time.
    #[error("another `patchbay serve` or `patchbay work` runs on it; with PostgreSQL there may be several")]
    Occupied,
    /// The file beside the database by which one process keeps others out cannot be used.
    #[error("the lock file cannot be used: {0}")]
    Lock(String),
    /// The lane was taken by another node: what was to be written for it is not.
    #[error("the lane is another node's by now")]
    Moved,
    /// All its rows are in another database by now.
    #[error(
        "its rows were brought to {to}: start on that, or take that back by `patchbay migrate --undo`, with --from"
    )]
    BroughtTo {
        /// Where, for people.
        to: String,
    },
    /// Rows of another database are on their way to it.
    #[error("`patchbay migrate` is bringing rows here and has not come to its end: run it again")]
    Coming,
    /// The change would leave nobody who may change things everywhere.
    #[error("there would be no admin left")]
    LastAdmin,
    /// The caller's cursor is none that a page of the same list gave.
    #[error("the cursor is not one of this list")]
    Cursor,
    /// Nothing was kept: the shared transaction was rolled back because of another write in it.
    #[error("the transaction was rolled back because of another write")]
    RolledBack,
    /// The linked SQLite is too old to be trusted with the write-ahead log.
    #[error("SQLite {found} is linked, {needed} or later is needed")]
    OldSqlite {
        /// The linked version.
        found: String,
        /// The oldest version accepted.
        needed: String,
    },
    /// The server is older than this is tried on.
    #[error("PostgreSQL {found} is too old: 15 or later is needed")]
    OldPostgres {
        /// Its version.
        found: String,
    },
    /// The database cannot hold every text.
    #[error("the database is encoded in {found}: make one with ENCODING 'UTF8'")]
    Encoding {
        /// How it is encoded.
        found: String,
    },
    /// The database has not answered for as long as the caller could wait: what was asked may be done all the same.
    #[error("the database does not answer in time")]
    Late,
    /// PostgreSQL cannot be reached, does not answer, or takes nothing for now: what was asked may not have been done.
    #[error("PostgreSQL does not answer: {0}")]
    Away(String),
    /// PostgreSQL refused. Its details are left out: they repeat what the row holds.
    #[error("the database failed: {message} ({code})")]
    Postgres {
        /// The five letters of the kind (postgresql.org/docs/current/errcodes-appendix.html).
        code: String,
        /// What it says.
        message: String,
    },
    /// SQLite refused or failed.
    #[error("the database failed: {0}")]
    Sqlite(Arc<rusqlite::Error>),
    /// A row does not hold what this code writes there.
    #[error("the table {table} holds something unreadable: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What was wrong, without the value.
        what: String,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

impl StoreError {
    /// Whether the disk would not say that it holds what was written: nothing may be acknowledged any more.
    pub(crate) fn is_unsynced(&self) -> bool {
        matches!(self, Self::Sqlite(error) if sqlite::is_unsynced(error))
    }

    /// What PostgreSQL's client tells.
    pub(crate) fn of_postgres(error: &tokio_postgres::Error) -> Self {
        let Some(told) = error.as_db_error() else {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
            return Self::Away(format!("{error}{}", cause.unwrap_or_default()));
        };
        let (code, message) = (told.code().code().to_owned(), told.message().to_owned());
        match code.get(..2) {
            // No connection, no means, no lock or time, a server that is being stopped or only follows another, a disk that
            // fails it.
            Some("08" | "53" | "55" | "57" | "25" | "40" | "58") => Self::Away(message),
            _ => Self::Postgres { code, message },
        }
    }

    /// Says `Taken` where a unique index refused the row.
    pub(crate) fn taken_if_conflict(self) -> Self {
        use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
        let is_conflict = match &self {
            Self::Sqlite(error) => matches!(
                error.sqlite_error().map(|error| error.extended_code),
                Some(SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY)
            ),
            Self::Postgres { code, .. } => code == "23505",
            _ => false,
        };
        if is_conflict { Self::Taken } else { self }
    }
}
