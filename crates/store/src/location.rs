//! Where the rows are.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::{Address, BadAddress};

/// Where the rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a file of SQLite; made if it is missing.
    File(PathBuf),
    /// In memory, for tests and trials: gone with the store.
    Memory,
    /// On a PostgreSQL server, shared by several nodes.
    Postgres(Address),
}

/// A text that names no place. Does not repeat it: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLocation {
    /// It begins with no database's word.
    #[error("it is neither sqlite:PATH nor postgres://user:password@host:port/database")]
    Unknown,
    /// No file is named.
    #[error("it names no file: give sqlite:PATH")]
    NoPath,
    /// Not an address of PostgreSQL.
    #[error(transparent)]
    Postgres(#[from] BadAddress),
}

impl FromStr for Location {
    type Err = BadLocation;

    fn from_str(text: &str) -> Result<Self, BadLocation> {
        match text.split_once(':') {
            Some(("sqlite", path)) => match path.strip_prefix("//").unwrap_or(path) {
                "" => Err(BadLocation::NoPath),
                path => Ok(Self::File(PathBuf::from(path))),
            },
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.parse()?)),
            _ => Err(BadLocation::Unknown),
        }
    }
}

/// For people: without the password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Memory => f.write_str("memory"),
            Self::Postgres(address) => write!(f, "{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_or_a_server() {
        assert_eq!("sqlite:a.db".parse(), Ok(Location::File("a.db".into())));
        assert_eq!("sqlite:///var/a.db".parse(), Ok(Location::File("/var/a.db".into())));
        let server: Location = "postgresql://ada:secret@db/patchbay".parse().unwrap();
        assert_eq!(server.to_string(), "postgres://db:5432/patchbay");
    }

    #[test]
    fn what_names_no_place_is_refused_with_a_reason_that_does_not_repeat_it() {
        assert_eq!("sqlite:".parse::<Location>(), Err(BadLocation::NoPath));
        assert_eq!("mysql://ada:secret@db".parse::<Location>(), Err(BadLocation::Unknown));
        let odd = "postgres://ada:secret@db:port/a".parse::<Location>().unwrap_err();
        assert!(!odd.to_string().contains("secret"), "{odd}");
    }
}
