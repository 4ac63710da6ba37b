//! The condition of a database before it is opened: looked at, and left as it is.

use crate::{
    Location, Result, StoreError,
    database::{Access, Connection},
    migrate,
    postgres::Server,
    sqlite, transfer,
};

/// What there is in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: an installation can begin there.
    Empty,
    /// An installation, sealed with its key. `is_current` says whether its schema is the newest that this binary knows.
    Installed {
        /// Whether a start leaves the schema as it is.
        is_current: bool,
    },
}

impl Location {
    /// Looks at what is there. Blocks for a moment, and changes nothing.
    ///
    /// # Errors
    /// Why it cannot be opened: it is not ours, newer than this binary, or a transfer's end of which none opens.
    pub fn condition(&self) -> Result<Condition> {
        match self {
            Self::File(path) if std::fs::metadata(path).is_ok_and(|file| file.len() > 0) => {
                look(&sqlite::reader(path)?)
            }
            Self::File(_) | Self::Memory => Ok(Condition::Empty),
            // On a thread of its own: the caller's may be one that must not wait.
            Self::Postgres(address) => std::thread::scope(|scope| {
                let look = || {
                    let connection = Server::new(address.clone())?.connect()?;
                    connection.check_server()?;
                    look(&connection)
                };
                scope.spawn(look).join().map_err(|_| StoreError::Gone)?
            }),
        }
    }
}

fn look(connection: &Connection) -> Result<Condition> {
    connection.within(Access::Read, |connection| {
        let Some(schema) = migrate::found(connection)? else { return Ok(Condition::Empty) };
        transfer::check(connection)?;
        Ok(Condition::Installed { is_current: schema == migrate::known() })
    })
}
