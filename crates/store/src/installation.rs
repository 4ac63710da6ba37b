//! What an installation knows of itself: words, each under a name.

use crate::{
    Result,
    database::{Connection, params},
};

/// The word that stands under a name.
pub(crate) fn word(connection: &Connection, name: &str) -> Result<Option<String>> {
    let sql = "SELECT value FROM installation WHERE name = $1";
    let value: Option<Vec<u8>> = connection.first(sql, params![name], |row| row.get(0))?;
    Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
}

/// Keeps a word under a name, in place of the one before.
pub(crate) fn put(connection: &Connection, name: &str, value: &str) -> Result<()> {
    let sql = "INSERT INTO installation (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    connection.run(sql, params![name, value.as_bytes()]).map(drop)
}
