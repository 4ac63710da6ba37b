//! Connections to SQLite: one that writes, and some that read.

use std::{fs::OpenOptions, path::Path, time::Duration};

use rusqlite::OpenFlags;

use crate::{Result, database::Connection};

/// The write-ahead log is cut back to this after a checkpoint, so that one burst does not keep the disk.
const LOG_BYTES_KEPT: i64 = 64 << 20;

/// Pages of 4 KiB after which the writer moves the log into the database: 16 MiB, so that a page of an index that many
/// envelopes touch is moved once for all of them (a quarter more envelopes a second than with SQLite's 1,000).
const CHECKPOINT_PAGES: i64 = 4_000;

/// How long a statement waits for a lock of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// More than there are different statements, so that each is prepared once.
const STATEMENTS_KEPT: usize = 256;

/// The connection that writes to a file, or to memory.
pub(crate) fn writer(file: Option<&Path>) -> Result<Connection> {
    let connection = match file {
        Some(path) => {
            make_private(path);
            // No URI: the readers are given the same path.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            rusqlite::Connection::open_with_flags(path, flags)?
        }
        None => rusqlite::Connection::open_in_memory()?,
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Full: a commit that returned is on the disk, the log included.
    for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("foreign_keys", "ON")] {
        connection.pragma_update(None, name, value)?;
    }
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    // 32 MiB of pages (a negative number counts KiB): the indexes that each envelope touches stay in memory.
    connection.pragma_update(None, "cache_size", -32_768)?;
    Ok(Connection::Sqlite(connection))
}

/// Makes the file, if it is missing, so that only its owner can read it; SQLite gives its companions the same mode.
fn make_private(path: &Path) {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // There already, or not to be made: then opening it says why.
    let _ = options.open(path);
}

/// A connection that reads.
pub(crate) fn reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(Connection::Sqlite(connection))
}
