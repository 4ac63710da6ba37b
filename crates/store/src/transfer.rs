//! A transfer: all rows of an installation on SQLite brought to PostgreSQL, part by part, and compared at the end.
//!
//! How far it has come is kept in the target, in the transaction of the rows themselves: killed at any point, it goes on from
//! there. Until its end the target opens for nobody else, from then on the source does not: at no moment do both.

mod table;
mod tally;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{
    Address, MasterKey, Result, StoreError,
    database::{Access, Connection, params},
    installation::{put, word},
    key, migrate,
    node::Door,
    postgres::Server,
    sqlite,
};

use self::table::Table;

/// What an installation whose rows were brought elsewhere holds: where.
const MOVED: &str = "moved_to";
/// What an installation that rows are being brought to holds: whose.
const COMING: &str = "coming_from";
/// What an installation says of its being brought.
const OWN_WORDS: &str = "name IN ('moved_to', 'coming_from')";

/// Rows that are brought nowhere: the schema has its own version there, and nodes end with their database.
const LEFT_OUT: [&str; 2] = ["schema_version", "nodes"];

/// What keeps an installation from being brought elsewhere.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransferError {
    /// There is nothing to bring.
    #[error("there is no database at {}", .0.display())]
    NotThere(PathBuf),
    /// Its rows are elsewhere already.
    #[error("its rows were brought to {0} before: go on there, or take that back by --undo in place of --to")]
    Elsewhere(String),
    /// The target is in use.
    #[error("there are rows in {0} already: only an empty database takes those of another")]
    NotEmpty(String),
    /// The target is half filled with the rows of something else.
    #[error("the rows of another installation are on their way to it: give an empty database")]
    Another,
    /// Two at once bring the same rows.
    #[error("somebody else is bringing the same rows there at this moment")]
    Twice,
    /// A table is not what it was brought from.
    #[error("the table {0} is not the same on both sides: bring all again, to an empty database")]
    Differs(String),
    /// A database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far a transfer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The table.
    pub table: String,
    /// Whether it is compared by now; before, it is brought.
    pub is_compared: bool,
    /// How many of its rows were brought, or compared.
    pub rows: u64,
    /// How many it has.
    pub of: u64,
    /// How much of all is done, in thousandths.
    pub permille: u64,
}

/// What a transfer has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brought {
    /// In how many tables.
    pub tables: usize,
    /// How many rows.
    pub rows: u64,
}

/// A transfer, with both ends open. For threads that may wait.
pub struct Transfer {
    from: Connection,
    to: Connection,
    /// Where to, for people: without a password.
    address: String,
    key: MasterKey,
    tables: Vec<Table>,
    is_done: bool,
    /// Keeps servers off the source as long as this lasts.
    _door: Door,
}

impl Transfer {
    /// Opens both ends, and brings both schemas up to date.
    ///
    /// # Errors
    /// What keeps the rows from being brought there; nothing was changed then but the schemas.
    pub fn open(file: &Path, to: Address, key: MasterKey) -> Result<Self, TransferError> {
        // An empty file would become a database by being opened.
        if std::fs::metadata(file).map_or(0, |file| file.len()) == 0 {
            return Err(TransferError::NotThere(file.to_owned()));
        }
        let door = Door::default();
        door.lock(file)?;
        let from = sqlite::writer(Some(file))?;
        from.check_server()?;
        migrate::migrate(&from)?;
        key::check(&from, &key)?;
        let address = to.to_string();
        let is_done = match word(&from, MOVED)? {
            Some(elsewhere) if elsewhere != address => return Err(TransferError::Elsewhere(elsewhere)),
            moved => moved.is_some(),
        };
        let to = Server::new(to)?.connect()?;
        to.check_server()?;
        migrate::migrate(&to)?;
        let tables = table::list(&from, &to)?;
        let mut transfer = Self { from, to, address, key, tables, is_done, _door: door };
        transfer.is_done &= !transfer.begin()?;
        Ok(transfer)
    }

    /// Whether the rows were brought there before, whole: there is nothing to do.
    pub const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Sees to it that nobody else opens the target. Says whether rows are to be brought.
    fn begin(&self) -> Result<bool, TransferError> {
        let whose = identity(&self.from)?;
        match word(&self.to, COMING)? {
            Some(coming) if coming == whose => return Ok(true),
            Some(_) => return Err(TransferError::Another),
            None => {}
        }
        if self.is_done && identity(&self.to)? == whose {
            return Ok(false);
        }
        for table in &self.tables {
            if !table.is_empty(&self.to)? {
                return Err(TransferError::NotEmpty(format!("{}, table {}", self.address, table.name)));
            }
        }
        self.to.within(Access::Write, |to| {
            to.batch(
                "CREATE TABLE IF NOT EXISTS transfers (name TEXT PRIMARY KEY, last BIGINT NOT NULL, rows BIGINT NOT NULL)",
            )?;
            put(to, COMING, &whose)
        })?;
        Ok(true)
    }

    /// Brings all rows, compares them, and closes the source for the target. Tells how far it is.
    ///
    /// # Errors
    /// What came between. What was brought stays there, and the next run goes on from it.
    pub fn run(&self, mut tell: impl FnMut(Progress)) -> Result<Brought, TransferError> {
        let all: u64 = self.tables.iter().map(|table| table.rows).sum();
        let mut done = 0;
        let mut tell_of = |table: &Table, is_compared, rows: u64, done: u64| {
            // Each row is brought and compared.
            let permille = (done + rows).saturating_mul(500).checked_div(all).unwrap_or(0).min(1_000);
            tell(Progress { table: table.name.clone(), is_compared, rows, of: table.rows, permille });
        };
        for table in &self.tables {
            self.bring(table, |rows| tell_of(table, false, rows, done))?;
            done += table.rows;
        }
        for table in &self.tables {
            let theirs = tally::of_target(&self.to, table, |rows| tell_of(table, true, rows, done))?;
            if tally::of_source(&self.from, table)? != theirs {
                return Err(TransferError::Differs(table.name.clone()));
            }
            done += table.rows;
        }
        // Secrets are brought sealed: they are of use with the same key alone.
        key::check(&self.to, &self.key)?;
        // The source first: a crash in between leaves neither open, and this is run once more.
        self.from.within(Access::Write, |from| put(from, MOVED, &self.address))?;
        self.to.within(Access::Write, |to| {
            to.run("DELETE FROM installation WHERE name = $1", params![COMING])?;
            to.batch("DROP TABLE transfers")
        })?;
        Ok(Brought { tables: self.tables.len(), rows: all })
    }

    /// Brings what is left of a table.
    fn bring(&self, table: &Table, mut tell: impl FnMut(u64)) -> Result<(), TransferError> {
        let sql = "SELECT last, rows FROM transfers WHERE name = $1";
        let far = self.to.first(sql, params![table.name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (mut last, mut rows) = far.unwrap_or((i64::MIN, 0_i64));
        while let Some(end) = table.end_of_part(&self.from, last)? {
            let cells = table.read(&self.from, last, end)?;
            let more = i64::try_from(cells.rows()).unwrap_or(i64::MAX);
            self.to.within(Access::Write, |to| {
                // Whoever else brings this part has moved the place on, and waits here for us, or we for them.
                let sql = "INSERT INTO transfers (name, last, rows) VALUES ($1, $2, $3)
                    ON CONFLICT (name) DO UPDATE SET last = excluded.last, rows = excluded.rows
                        WHERE transfers.last = $4";
                if to.run(sql, params![table.name, end, rows + more, last])? == 0 {
                    return Err(TransferError::Twice);
                }
                Ok(table.add(to, &cells)?)
            })?;
            (last, rows) = (end, rows + more);
            tell(rows.unsigned_abs());
        }
        Ok(table.count_on(&self.to)?)
    }
}

/// Lets a database whose rows were brought elsewhere be opened again; says where they went.
///
/// # Errors
/// It is not there, in use, or cannot be written.
pub fn undo_transfer(file: &Path) -> Result<Option<String>, TransferError> {
    if !file.exists() {
        return Err(TransferError::NotThere(file.to_owned()));
    }
    let door = Door::default();
    door.lock(file)?;
    let connection = sqlite::writer(Some(file))?;
    migrate::migrate(&connection)?;
    let moved = word(&connection, MOVED)?;
    connection.within(Access::Write, |connection| {
        connection.run("DELETE FROM installation WHERE name = $1", params![MOVED]).map(drop)
    })?;
    Ok(moved)
}

/// Refuses a database whose rows are on their way, or have gone.
pub(crate) fn check(connection: &Connection) -> Result<()> {
    if word(connection, COMING)?.is_some() {
        return Err(StoreError::Coming);
    }
    word(connection, MOVED)?.map_or(Ok(()), |to| Err(StoreError::BroughtTo { to }))
}

/// What tells an installation from all others: the sealed check of its key, which no two have alike.
fn identity(connection: &Connection) -> Result<String> {
    let sql = "SELECT value FROM installation WHERE name = 'master_key_check'";
    let sealed: Option<Vec<u8>> = connection.first(sql, &[], |row| row.get(0))?;
    Ok(sealed.map(|sealed| hex::encode(Sha256::digest(sealed))).unwrap_or_default())
}
