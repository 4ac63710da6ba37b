//! What an account is and what can be picked in it: owners, call outcomes, call types.

use domain::{contact::Owners, fault::Fault, ids::OutcomeId};

use super::Hubspot;

/// An account of HubSpot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub portal_id: String,
    /// Its time zone by IANA name, which may be an old one such as `US/Eastern`; its day ends by it.
    pub time_zone: String,
    /// Where people see it, e.g. `app-eu1.hubspot.com`.
    pub ui_domain: String,
}

impl Hubspot {
    /// Asks who the credential speaks for: the cheapest way to see that it works.
    pub async fn account(&self) -> Result<Account, Fault> {
        std::future::ready(Err(Fault::later("not yet"))).await
    }

    /// Lists the owners by address, all pages. Queues and deactivated users are left out.
    pub async fn owners(&self) -> Result<Owners, Fault> {
        std::future::ready(Err(Fault::later("not yet"))).await
    }

    /// Lists the call outcomes that can be picked, default and custom, with their labels.
    pub async fn outcomes(&self) -> Result<Vec<(OutcomeId, String)>, Fault> {
        std::future::ready(Err(Fault::later("not yet"))).await
    }

    /// Lists the call types as value and label; empty where the account has not turned them on.
    pub async fn call_types(&self) -> Result<Vec<(String, String)>, Fault> {
        std::future::ready(Err(Fault::later("not yet"))).await
    }
}
