//! The accounts of this HubSpot: one to begin with, and as many more as orders name.

use std::collections::BTreeMap;

use super::key;
use super::portal::Portal;
use crate::asked::Asked;

#[derive(Debug, Default)]
pub struct Accounts {
    first: Portal,
    others: BTreeMap<u64, Portal>,
}

impl Accounts {
    pub fn first(&self) -> &Portal {
        &self.first
    }

    /// The account that gave out a request's key; the first one answers for keys that nobody gave out.
    pub fn of_key(&mut self, asked: &Asked) -> &mut Portal {
        let token = key::bearer(asked).unwrap_or_default();
        let other = self.others.values_mut().find(|portal| portal.keys.contains(token));
        other.unwrap_or(&mut self.first)
    }

    /// The account that an order is for: `portal_id` in its query names it, and makes it if there is none yet.
    pub fn of_order(&mut self, asked: &Asked) -> &mut Portal {
        match asked.param("portal_id").and_then(|id| id.parse().ok()) {
            Some(id) if id != self.first.account.portal_id => {
                self.others.entry(id).or_insert_with(|| Portal::another(id))
            }
            _ => &mut self.first,
        }
    }
}
