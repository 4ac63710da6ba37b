//! The boot of the machine that an embedded store is worked on: what clock is never set is reckoned from it.

use jiff::Timestamp;

use crate::{
    Result, Store, column,
    database::{Connection, params},
};

const ROW: &str = "boot";

impl Store {
    /// When the machine booted, as the first process of that boot took it to be: `began` if this is the first one.
    ///
    /// A boot is one by its name. On PostgreSQL nodes are on machines of their own, and go by the server's clock: nothing is
    /// kept there.
    pub async fn boot_began(&self, boot: String, began: Timestamp) -> Result<Timestamp> {
        if self.is_shared() {
            return Ok(began);
        }
        let name = boot.clone();
        if let Some(known) = self.read(move |connection| known(connection, &name)).await? {
            return Ok(known);
        }
        self.write(move |connection| match known(connection, &boot)? {
            // Another process was first.
            Some(known) => Ok(known),
            None => keep(connection, &boot, began),
        })
        .await
    }
}

fn known(connection: &Connection, boot: &str) -> Result<Option<Timestamp>> {
    let sql = "SELECT value FROM installation WHERE name = $1";
    let value: Option<Vec<u8>> = connection.first(sql, params![ROW], |row| row.get(0))?;
    let Some((name, began)) =
        value.and_then(|value| serde_json::from_slice::<(String, Timestamp)>(&value).ok())
    else {
        return Ok(None);
    };
    Ok((name == boot).then_some(began))
}

fn keep(connection: &Connection, boot: &str, began: Timestamp) -> Result<Timestamp> {
    let value = column::to_json(&(boot, began), "installation")?;
    let sql = "INSERT INTO installation (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    connection.run(sql, params![ROW, value.as_bytes()])?;
    Ok(began)
}
