//! The schedulers that have an API: our webhook is registered there and taken back, whichever it is.

use domain::fault::Fault;
use secrecy::SecretString;

use crate::{calcom::Calcom, calendly::Calendly};

/// An account at a scheduler.
#[derive(Debug, Clone)]
pub enum Scheduler {
    /// Cal.com.
    Calcom(Calcom),
    /// Calendly.
    Calendly(Calendly),
}

impl Scheduler {
    /// Makes the scheduler call `url`, signed with `secret`; returns its id of the webhook.
    pub async fn register(&self, url: &str, secret: &SecretString) -> Result<String, Fault> {
        match self {
            Self::Calcom(calcom) => calcom.register(url, secret).await,
            Self::Calendly(calendly) => calendly.register(url, secret).await,
        }
    }

    /// Removes a webhook; one that is gone already is fine.
    pub async fn unregister(&self, id: &str) -> Result<(), Fault> {
        match self {
            Self::Calcom(calcom) => calcom.unregister(id).await,
            Self::Calendly(calendly) => calendly.unregister(id).await,
        }
    }
}
