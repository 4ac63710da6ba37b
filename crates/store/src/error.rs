//! What can go wrong with the store.

use std::sync::Arc;

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
    /// A secret could not be unsealed: it was sealed with another master key, or was moved or altered.
    #[error("the secrets of this database were sealed with another master key")]
    Sealed,
    /// There is one already, where there may be only one.
    #[error("there is one already")]
    Taken,
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
    /// Says `Taken` where a unique index refused the row.
    pub(crate) fn taken_if_conflict(self) -> Self {
        use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
        let code = match &self {
            Self::Sqlite(error) => error.sqlite_error().map(|error| error.extended_code),
            _ => None,
        };
        match code {
            Some(SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY) => Self::Taken,
            _ => self,
        }
    }
}
