//! Nodes: the processes that work on this database, and until when each counts as alive.
//!
//! On SQLite there is one: a lock on a file beside the database keeps others out, so that nobody has to count seconds.

use std::{
    fs::{File, TryLockError},
    path::Path,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    Result, Store, StoreError, column,
    database::{Connection, Row, params},
    sqlite, version,
};

/// A node that was silent for so long past its end is taken off the list: nobody asks any more what became of it.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What a node says of itself with each beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// Its id, another one for each process.
    pub node: Uuid,
    /// Its name, for people.
    pub name: String,
    /// How long it counts as alive without another beat; for good, if nobody else can work on the database.
    pub lasts: Option<SignedDuration>,
    /// Whether it takes no more lanes, as it is about to end.
    pub is_leaving: bool,
    /// The newest change of connections that it goes by.
    pub heard: i64,
}

/// What a node hears in answer to its beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roll {
    /// All nodes that are alive, this one among them.
    pub alive: Vec<Peer>,
    /// The number of the newest change of connections.
    pub version: i64,
    /// Whether it did not count as alive any more when it came: others may have taken its lanes.
    pub is_late: bool,
}

/// A node that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Whether it takes no more lanes.
    pub is_leaving: bool,
    /// How long it counts as alive without another beat.
    pub left: SignedDuration,
}

/// Keeps other processes out, where a file is the database.
#[derive(Default)]
pub(crate) struct Door(Mutex<Option<File>>);

impl Door {
    /// Locks the file beside the database; says whether it was open before. The lock goes with the process, however it ends.
    pub(crate) fn lock(&self, database: &Path) -> Result<bool> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(false);
        }
        let path = database.with_added_extension("lock");
        let unlockable =
            |error: &dyn std::fmt::Display| StoreError::Lock(format!("{}: {error}", path.display()));
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| unlockable(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Occupied),
            Err(TryLockError::Error(error)) => return Err(unlockable(&error)),
        }
        *held = Some(file);
        Ok(true)
    }

    /// Lets others in.
    pub(crate) fn open(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Store {
    /// Enters a node among those that work on the database.
    ///
    /// `Occupied` if the database is a file that another process works on. Who gets the file is the only one: what earlier
    /// nodes held is free at once.
    pub async fn join(&self, pulse: Pulse, now: Timestamp) -> Result<Roll> {
        let is_alone = match self.file() {
            Some(path) => self.door().lock(path)?,
            None => false,
        };
        if let Some(path) = self.file().filter(|_| is_alone) {
            sqlite::empty_log(path)?;
        }
        let forget = move |connection: &Connection| {
            let clock = connection.clock(now)?;
            let before = if is_alone { i64::MAX } else { column::micros(clock - FORGOTTEN_AFTER) };
            connection.run("DELETE FROM nodes WHERE until <= $1", params![before]).map(|_| ())
        };
        self.write(forget).await?;
        let roll = self.beat(pulse, now).await?;
        self.stir();
        Ok(roll)
    }

    /// Says that a node is alive; returns who else is.
    pub async fn beat(&self, pulse: Pulse, now: Timestamp) -> Result<Roll> {
        let roll = self.write_apart(move |connection| beat(connection, &pulse, now)).await?;
        self.heed(roll.version);
        Ok(roll)
    }

    /// Takes a node off the list: all lanes that it held are free.
    pub async fn leave(&self, node: Uuid) -> Result<()> {
        self.write(move |connection| {
            connection.run("DELETE FROM nodes WHERE id = $1", params![node.to_string()]).map(|_| ())
        })
        .await?;
        self.stir();
        Ok(())
    }
}

fn beat(connection: &Connection, pulse: &Pulse, now: Timestamp) -> Result<Roll> {
    let clock = connection.clock(now)?;
    let id = pulse.node.to_string();
    let before =
        connection.first("SELECT until FROM nodes WHERE id = $1", params![id], |row| row.get::<i64>(0))?;
    let is_late = before.is_none_or(|until| until <= column::micros(clock));
    let until = pulse.lasts.map_or(i64::MAX, |lasts| column::micros(clock + lasts));
    let sql =
        "INSERT INTO nodes (id, name, started_at, until, leaving, heard) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO UPDATE SET
            until = excluded.until, leaving = excluded.leaving, heard = excluded.heard";
    let values = params![id, pulse.name, column::micros(clock), until, pulse.is_leaving, pulse.heard,];
    connection.run(sql, values)?;
    let sql = "SELECT id, name, leaving, until FROM nodes WHERE until > $1 ORDER BY id";
    let clock = column::micros(clock);
    let alive = connection.all(sql, params![clock], |row| peer(row, clock))?;
    Ok(Roll { alive, version: version::newest(connection)?, is_late })
}

fn peer(row: &Row<'_>, clock: i64) -> Result<Peer> {
    let until: i64 = row.get(3)?;
    Ok(Peer {
        id: column::uuid(row, 0, "nodes")?,
        name: row.get(1)?,
        is_leaving: row.get(2)?,
        left: SignedDuration::from_micros(until.saturating_sub(clock)),
    })
}
