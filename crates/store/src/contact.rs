//! What is known of contacts by e-mail or phone, so that no contact is made twice.

use std::collections::HashMap;

use domain::{
    contact::ContactKey,
    email::Email,
    ids::{ContactId, WorkspaceId},
};
use jiff::Timestamp;

use crate::{
    Result, Store, column,
    database::{Connection, Rows, params},
};

/// What is known of one contact key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactEntry {
    /// HubSpot's id, once known.
    pub id: Option<ContactId>,
    /// When its making was begun; `None` once it is known.
    pub begun_at: Option<Timestamp>,
    /// When the id became known.
    pub known_at: Option<Timestamp>,
    /// The address it was begun for, of a number that came with one.
    pub made_as: Option<Email>,
}

impl Store {
    /// What is known of these keys; those of which nothing is known are left out.
    pub async fn contacts(
        &self,
        workspace: WorkspaceId,
        keys: &[ContactKey],
    ) -> Result<HashMap<ContactKey, ContactEntry>> {
        let keys = keys.to_vec();
        self.read(move |connection| {
            let found = find(connection, workspace, &keys)?;
            Ok(keys.into_iter().zip(found).filter_map(|(key, entry)| Some((key, entry?))).collect())
        })
        .await
    }

    /// Forgets all contacts: another portal was connected.
    pub async fn forget_contacts(&self, workspace: WorkspaceId) -> Result<()> {
        self.write(move |connection| {
            let sql = "DELETE FROM contacts WHERE workspace = $1";
            connection.run(sql, params![workspace.0]).map(|_| ())
        })
        .await
    }
}

fn find(
    connection: &Connection,
    workspace: WorkspaceId,
    keys: &[ContactKey],
) -> Result<Vec<Option<ContactEntry>>> {
    let sql = "SELECT contact, begun_at, known_at, made_as FROM contacts WHERE workspace = $1 AND key = $2";
    let mut rows = Rows::default();
    for key in keys {
        rows.add(params![workspace.0, key.text()]);
    }
    let found = connection.all_of_each(sql, &rows, |row| {
        Ok(ContactEntry {
            id: row.get::<Option<String>>(0)?.map(ContactId),
            begun_at: column::maybe_timestamp(row, 1, "contacts")?,
            known_at: column::maybe_timestamp(row, 2, "contacts")?,
            made_as: row.get::<Option<String>>(3)?.and_then(|email| Email::read(&email)),
        })
    })?;
    Ok(found.into_iter().map(|entries| entries.into_iter().next()).collect())
}

/// Enters that contacts are about to be made, each under its key or for an address.
pub(crate) fn begin<'a>(
    connection: &Connection,
    workspace: WorkspaceId,
    contacts: impl Iterator<Item = (&'a ContactKey, Option<&'a Email>)>,
    now: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO contacts (workspace, key, begun_at, made_as) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace, key) DO UPDATE SET begun_at = excluded.begun_at, made_as = excluded.made_as";
    let mut rows = Rows::default();
    for (key, made_as) in contacts {
        rows.add(params![workspace.0, key.text(), column::micros(now), made_as.map(Email::as_str)]);
    }
    connection.run_each(sql, &rows)
}

/// Enters contacts that were made or found.
pub(crate) fn link(
    connection: &Connection,
    workspace: WorkspaceId,
    made: &[(ContactKey, ContactId)],
    now: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO contacts (workspace, key, contact, known_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace, key) DO UPDATE SET
            contact = excluded.contact, begun_at = NULL, made_as = NULL, known_at = excluded.known_at";
    let mut rows = Rows::default();
    for (key, id) in made {
        rows.add(params![workspace.0, key.text(), id.0, column::micros(now)]);
    }
    connection.run_each(sql, &rows)
}

/// Forgets what is known of keys.
pub(crate) fn unlink(connection: &Connection, workspace: WorkspaceId, keys: &[ContactKey]) -> Result<()> {
    let sql = "DELETE FROM contacts WHERE workspace = $1 AND key = $2";
    let mut rows = Rows::default();
    for key in keys {
        rows.add(params![workspace.0, key.text()]);
    }
    connection.run_each(sql, &rows)
}
