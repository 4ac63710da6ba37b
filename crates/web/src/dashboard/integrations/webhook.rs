//! Our webhook at Aircall, as Aircall sees it: after too many failures it switches it off (I2).

use domain::source::{Source, System};
use serde_json::Value;

use crate::{
    api::{lists::reading, problem::Problem},
    dashboard::frame::Visit,
};

/// How our webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Webhook {
    /// Somebody made it by hand.
    Foreign,
    /// Aircall calls it.
    Active,
    /// Aircall knows it and does not call it.
    Off,
    /// Aircall does not know it any more.
    Gone,
    /// Aircall could not be asked.
    Unread,
}

impl Webhook {
    /// Asks Aircall.
    pub async fn read(visit: &Visit) -> Result<Self, Problem> {
        let (app, ws) = (&visit.app, visit.scope.ws());
        let connection = app.web.store.connection(ws, System::Source(Source::Aircall)).await?;
        let id = connection.as_ref().and_then(|connection| connection.details.get("webhook_id"));
        let Some(id) = id.and_then(Value::as_str) else { return Ok(Self::Foreign) };
        let Ok(known) = reading::webhooks(app, ws).await? else { return Ok(Self::Unread) };
        Ok(match known.iter().find(|webhook| webhook.webhook_id == id) {
            Some(webhook) if webhook.active => Self::Active,
            Some(_) => Self::Off,
            None => Self::Gone,
        })
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Foreign => "Made by hand in Aircall; it has to call the address below.",
            Self::Active => "Registered with Aircall by Patchbay, with just the events that are read.",
            Self::Off => {
                "Aircall has switched it off, as it does after too many failures. Choose “Change the address” to \
                 register it again."
            }
            Self::Gone => {
                "Aircall does not know it any more. Choose “Change the address” to register it again."
            }
            Self::Unread => {
                "Registered with Aircall by Patchbay; Aircall could not be asked just now how it stands."
            }
        }
    }

    /// Whether somebody has to do something.
    pub const fn is_wrong(self) -> bool {
        matches!(self, Self::Off | Self::Gone)
    }
}
