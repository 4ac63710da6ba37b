//! Connections to SQLite: one that writes, and some that read.

use std::{fs::OpenOptions, path::Path, time::Duration};

use rusqlite::{
    OpenFlags,
    config::DbConfig,
    ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC},
};

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
    // The writer does it (`shorten_log`): SQLite's own keeps to itself what went wrong.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // Closing moves nothing: after a sync that failed nothing may be moved.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // 32 MiB of pages (a negative number counts KiB): the indexes that each envelope touches stay in memory.
    connection.pragma_update(None, "cache_size", -32_768)?;
    Ok(Connection::Sqlite(connection))
}

/// Moves the log into the database, once it is long. The only error is a sync that failed: by any other nothing is lost, the
/// log grows, and after the next commit it is tried again.
pub(crate) fn shorten_log(connection: &rusqlite::Connection) -> Result<()> {
    let pages = |mode: &str| -> rusqlite::Result<i64> {
        let mut statement = connection.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
        statement.query_row([], |row| row.get("log"))
    };
    let shortened = match pages("NOOP") {
        Ok(pages) if pages < CHECKPOINT_PAGES => return Ok(()),
        Ok(_) => pages("PASSIVE"),
        Err(error) => Err(error),
    };
    match shortened {
        Err(error) if is_unsynced(&error) => Err(error.into()),
        Err(error) => {
            tracing::error!(%error, "the write-ahead log cannot be moved into the database");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// Brings into the database, and so to the disk, what a process before left in the log, and begins the log anew. Whether
/// all of the log is on the disk nobody knows: the process before may have ended because that could not be said.
pub(crate) fn empty_log(path: &Path) -> Result<()> {
    let Connection::Sqlite(connection) = writer(Some(path))? else { return Ok(()) };
    match connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0)) {
        Ok(true) => {
            tracing::warn!("another program reads the database: the write-ahead log is not emptied");
            Ok(())
        }
        Ok(false) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the disk would not say that it holds what was written.
pub(crate) fn is_unsynced(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC))
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
