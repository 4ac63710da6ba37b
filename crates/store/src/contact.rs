//! What is known of contacts by e-mail or phone, so that no contact is made twice.

use std::collections::HashMap;

use domain::{
    contact::ContactKey,
    ids::{ContactId, WorkspaceId},
};
use jiff::Timestamp;

use crate::{Result, Store};

/// What is known of one contact key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactEntry {
    /// HubSpot's id, once known.
    pub id: Option<ContactId>,
    /// When its making was begun; `None` once it is known.
    pub begun_at: Option<Timestamp>,
    /// When the id became known.
    pub known_at: Option<Timestamp>,
}

impl Store {
    /// What is known of these keys; those of which nothing is known are left out.
    pub async fn contacts(
        &self,
        workspace: WorkspaceId,
        keys: &[ContactKey],
    ) -> Result<HashMap<ContactKey, ContactEntry>> {
        todo!()
    }
}
