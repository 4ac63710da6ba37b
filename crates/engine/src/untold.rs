//! What a scheduler's webhook left out is asked for, where there is a token.

use std::time::Duration;

use connectors::calendly::Calendly;
use domain::{
    event::Event,
    fault::Fault,
    ids::WorkspaceId,
    record::Facts,
    source::{Source, System},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use store::{Status, StoreError};

use crate::{Engine, work::Work};

/// A lane waits no longer for a scheduler's answer: its other records are HubSpot's.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct SchedulerSecret {
    api_token: Option<SecretString>,
}

impl Engine {
    /// Asks Calendly for the events that its webhooks of 2020 lack. Without a token they are waited for.
    pub(crate) async fn ask_for_untold(
        &self,
        workspace: WorkspaceId,
        works: &mut [Work],
    ) -> Result<(), StoreError> {
        let mut calendly = None;
        for work in works.iter_mut().filter(|work| work.record.source == Source::Calendly) {
            let Facts::Booking(booking) = &work.record.facts else { continue };
            let untold: Vec<String> = booking.untold().into_iter().map(str::to_owned).collect();
            if untold.is_empty() {
                continue;
            }
            if calendly.is_none() {
                calendly = self.calendly(workspace).await?;
            }
            let Some(calendly) = &calendly else { return Ok(()) };
            for invitee in untold {
                let asked = tokio::time::timeout(PATIENCE, calendly.event(&invitee)).await;
                match asked.unwrap_or_else(|_| Err(Fault::later("Calendly did not answer in time."))) {
                    Ok(told) => work.record.take(Event::Booking(Box::new(told))),
                    // Nobody is woken when Calendly is connected again: a person retries.
                    Err(Fault::SignIn { why }) => work.fail(&Fault::never(why), self.now()),
                    Err(fault) => work.fail(&fault, self.now()),
                }
            }
        }
        Ok(())
    }

    async fn calendly(&self, workspace: WorkspaceId) -> Result<Option<Calendly>, StoreError> {
        let connection = self.store.connection(workspace, System::Source(Source::Calendly)).await?;
        let secret = connection
            .filter(|connection| connection.status == Status::Connected)
            .and_then(|connection| connection.secret);
        let secret: Option<SchedulerSecret> =
            secret.and_then(|secret| serde_json::from_str(secret.expose_secret()).ok());
        let token = secret.and_then(|secret| secret.api_token);
        let origin = || self.settings.calendly_origin.clone();
        Ok(token.map(|token| Calendly::new(self.http.clone(), origin(), token)))
    }
}
