//! A connection to the database, and what its statements give: the rest of the store knows no other.
//!
//! The store's SQL is what SQLite and PostgreSQL both read. What they tell differently is told alike here.

mod postgres;
mod rows;
mod sqlite;
mod value;

use domain::ids::WorkspaceId;
use jiff::Timestamp;

use crate::{Result, StoreError};

pub(crate) use postgres::{Net, Session, without_nul};
pub(crate) use rows::Rows;
pub(crate) use value::{Bind, Column, Value, params};

/// A connection.
pub(crate) enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(Session),
}

/// A row of an answer.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// All its statements see one moment.
    Read,
    Write,
}

impl Connection {
    /// Does all of it in one transaction, or nothing.
    pub(crate) fn within<T, E: From<StoreError>>(
        &self,
        access: Access,
        work: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin(access)?;
        let done = work(self);
        match access {
            Access::Write if done.is_ok() => self.commit()?,
            // It has changed nothing, or nothing that is to stay; an error that came first is the one to tell.
            Access::Write | Access::Read => {
                let _ = self.roll_back();
            }
        }
        done
    }

    /// Begins a transaction.
    pub(crate) fn begin(&self, access: Access) -> Result<()> {
        match (self, access) {
            (Self::Sqlite(_), Access::Read) => self.batch("BEGIN"),
            // Immediate: the lock is taken at once, so that nothing fails for another process's sake half-way.
            (Self::Sqlite(_), Access::Write) => self.batch("BEGIN IMMEDIATE"),
            (Self::Postgres(session), access) => {
                session.begin(access);
                Ok(())
            }
        }
    }

    /// Commits a transaction, and with it gives up what it did if it cannot.
    pub(crate) fn commit(&self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                let committed = self.batch("COMMIT");
                if committed.is_err() && !connection.is_autocommit() {
                    let _ = self.batch("ROLLBACK");
                }
                committed
            }
            Self::Postgres(session) => session.commit(),
        }
    }

    /// Looks after the log that commits went into. An error means that what is in it may be lost.
    pub(crate) fn shorten_log(&self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => crate::sqlite::shorten_log(connection),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Gives up a transaction.
    pub(crate) fn roll_back(&self) -> Result<()> {
        match self {
            Self::Sqlite(_) => self.batch("ROLLBACK"),
            Self::Postgres(session) => session.roll_back(),
        }
    }

    /// Whether no transaction is open: none was begun, or the database gave it up by itself.
    pub(crate) fn is_idle(&self) -> bool {
        match self {
            Self::Sqlite(connection) => connection.is_autocommit(),
            Self::Postgres(session) => session.is_idle(),
        }
    }

    /// Whether the database is gone from its other end: nothing more will be answered.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(session) => session.is_lost(),
        }
    }

    /// Keeps others that hold the same workspace waiting until the end of the transaction: for who writes by what it read,
    /// or writes rows that others write in another order. The one writer of SQLite has nobody to wait for.
    pub(crate) fn hold(&self, workspace: WorkspaceId) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            // Not a lock that keeps envelopes from referring to the workspace.
            Self::Postgres(_) => {
                let sql = "SELECT id FROM workspaces WHERE id = $1 FOR NO KEY UPDATE";
                self.run(sql, params![workspace.0]).map(drop)
            }
        }
    }

    /// Keeps others that hold a whole table waiting until the end of the transaction; who reads it does not wait.
    pub(crate) fn hold_table(&self, table: &'static str) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => self.batch(&format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")),
        }
    }

    /// Keeps other nodes that look after the schema waiting until the end of the transaction, also where there is none yet.
    pub(crate) fn hold_schema(&self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            // Any number of ours: locks of this kind are the database's own.
            Self::Postgres(_) => self.batch("SELECT pg_advisory_xact_lock(7272782453)"),
        }
    }

    /// The time by the clock that all nodes share: PostgreSQL's; on SQLite, with its one node, the time given.
    pub(crate) fn clock(&self, now: Timestamp) -> Result<Timestamp> {
        match self {
            Self::Sqlite(_) => Ok(now),
            Self::Postgres(_) => {
                let sql = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT";
                let micros = self.first(sql, &[], |row| row.get(0))?.unwrap_or_default();
                Timestamp::from_microsecond(micros).map_err(|_| value::wrong("a time"))
            }
        }
    }

    /// The names of all tables.
    pub(crate) fn tables(&self) -> Result<Vec<String>> {
        let sql = match self {
            Self::Sqlite(_) => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
            }
            // What came with an extension is nobody's.
            Self::Postgres(_) => {
                "SELECT CAST(c.relname AS TEXT) FROM pg_class c
                WHERE c.relnamespace = CAST(current_schema() AS REGNAMESPACE) AND c.relkind IN ('r', 'p')
                    AND NOT EXISTS (SELECT 1 FROM pg_depend d
                        WHERE d.classid = CAST('pg_class' AS REGCLASS) AND d.objid = c.oid AND d.deptype = 'e')
                ORDER BY c.relname"
            }
        };
        self.all(sql, &[], |row| row.get(0))
    }

    /// Runs statements that make or change tables, written for SQLite.
    pub(crate) fn batch_of_schema(&self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(_) => self.batch(sql),
            Self::Postgres(_) => self.batch(&postgres::schema(sql)),
        }
    }

    /// Runs statements that take no values.
    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Self::Postgres(session) => session.batch(sql),
        }
    }

    /// Runs a statement; returns how many rows it changed.
    pub(crate) fn run(&self, sql: &str, values: &[&dyn Bind]) -> Result<usize> {
        match self {
            Self::Sqlite(connection) => sqlite::run(connection, sql, values),
            Self::Postgres(session) => session.run(sql, values),
        }
    }

    /// Returns the first row of an answer.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        values: &[&dyn Bind],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match self {
            Self::Sqlite(connection) => sqlite::first(connection, sql, values, read),
            Self::Postgres(session) => {
                session.rows(sql, values)?.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// Returns all rows of an answer.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        values: &[&dyn Bind],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(connection) => sqlite::all(connection, sql, values, read),
            Self::Postgres(session) => {
                session.rows(sql, values)?.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    /// Runs a statement once for each row of values. PostgreSQL is not waited for in between.
    pub(crate) fn run_each(&self, sql: &str, rows: &Rows) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                rows.each().try_for_each(|values| sqlite::run(connection, sql, &values).map(drop))
            }
            Self::Postgres(session) => session.run_each(sql, rows),
        }
    }

    /// Runs a statement once for each row of values, and returns all rows of each answer. PostgreSQL is not waited for in
    /// between.
    pub(crate) fn all_of_each<T>(
        &self,
        sql: &str,
        rows: &Rows,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<Vec<T>>> {
        match self {
            Self::Sqlite(connection) => {
                rows.each().map(|values| sqlite::all(connection, sql, &values, &mut read)).collect()
            }
            Self::Postgres(session) => {
                let answers = session.rows_of_each(sql, rows)?;
                let mut all = answers
                    .iter()
                    .map(|rows| rows.iter().map(|row| read(&Row::Postgres(row))).collect::<Result<Vec<T>>>());
                all.by_ref().collect()
            }
        }
    }

    /// Refuses a server that is older than known to work.
    pub(crate) fn check_server(&self) -> Result<()> {
        match self {
            Self::Sqlite(_) => sqlite::check_version(),
            Self::Postgres(_) => {
                let sql = "SELECT current_setting('server_encoding')";
                let encoding: Option<String> = self.first(sql, &[], |row| row.get(0))?;
                if let Some(found) = encoding.filter(|encoding| encoding != "UTF8") {
                    return Err(StoreError::Encoding { found });
                }
                let sql =
                    "SELECT current_setting('server_version_num')::BIGINT, current_setting('server_version')";
                let found = self.first(sql, &[], |row| Ok((row.get::<i64>(0)?, row.get(1)?)))?;
                match found {
                    Some((number, found)) if number < postgres::VERSION_MIN => {
                        Err(StoreError::OldPostgres { found })
                    }
                    _ => Ok(()),
                }
            }
        }
    }
}

impl Row<'_> {
    /// The value of a column.
    pub(crate) fn get<T: Column>(&self, index: usize) -> Result<T> {
        T::of(self.value(index)?)
    }

    /// The value of a column, as it lies in the row.
    pub(crate) fn value(&self, index: usize) -> Result<Value<'_>> {
        match self {
            Self::Sqlite(row) => sqlite::value(row, index),
            Self::Postgres(row) => postgres::value(row, index),
        }
    }
}
