//! The boot of the machine that an embedded store is worked on: what clock is never set is reckoned from it.

use jiff::Timestamp;

use crate::{Result, Store, column, database::Connection, installation};

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
    let word = installation::word(connection, ROW)?;
    let kept = word.and_then(|word| serde_json::from_str::<(String, Timestamp)>(&word).ok());
    Ok(kept.filter(|(name, _)| name == boot).map(|(_, began)| began))
}

fn keep(connection: &Connection, boot: &str, began: Timestamp) -> Result<Timestamp> {
    installation::put(connection, ROW, &column::to_json(&(boot, began), "installation")?)?;
    Ok(began)
}
