//! Cal.com's API, version 2: our webhook.
//!
//! By its documents of 2026: `https://cal.com/docs/api-reference/v2/webhooks/create-a-webhook`.

use domain::fault::Fault;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::wire::TRIGGERS;
use crate::{bearer::Api, http::Client, source::Field};

/// How many webhooks are asked for at a time; the most that a page holds (unconfirmed).
const TAKE: usize = 250;

/// No account has more webhooks than this; it only bounds the paging.
const PAGES_MAX: usize = 20;

/// An account at Cal.com.
#[derive(Debug, Clone)]
pub struct Calcom(Api);

impl Calcom {
    /// A client of the API at `origin`, an address without a path.
    pub fn new(client: Client, origin: Url, token: SecretString) -> Self {
        Self(Api { client, origin, token, name: "Cal.com" })
    }

    /// Makes Cal.com call `url` for what we read and for nothing else, signed with `secret`; returns its id of the webhook.
    ///
    /// A webhook with the same address is used again, whoever made it.
    pub async fn register(&self, url: &str, secret: &SecretString) -> Result<String, Fault> {
        let fields = json!({
            "subscriberUrl": url, "active": true, "triggers": TRIGGERS, "secret": secret.expose_secret(),
        });
        let answer = match self.find(url).await? {
            Some(id) => self.0.ask(Method::PATCH, &["v2", "webhooks", &id], &[], Some(&fields)).await?,
            None => self.0.ask(Method::POST, &["v2", "webhooks"], &[], Some(&fields)).await?,
        };
        Field::at(&answer, "data.id")
            .id()
            .ok_or_else(|| Fault::never("Cal.com made the webhook but did not tell its id."))
    }

    /// Removes a webhook; one that is gone already is fine.
    pub async fn unregister(&self, id: &str) -> Result<(), Fault> {
        self.0.delete(&["v2", "webhooks", id]).await
    }

    async fn find(&self, url: &str) -> Result<Option<String>, Fault> {
        for page in 0..PAGES_MAX {
            let (take, skip) = (TAKE.to_string(), (page * TAKE).to_string());
            let query = [("take", take.as_str()), ("skip", skip.as_str())];
            let answer = self.0.ask(Method::GET, &["v2", "webhooks"], &query, None).await?;
            let webhooks = Field::at(&answer, "data").list();
            let is_ours = |webhook: &&Value| webhook["subscriberUrl"] == url;
            if let Some(ours) = webhooks.iter().find(is_ours) {
                return Ok(Field::at(ours, "id").id());
            }
            if webhooks.len() < TAKE {
                break;
            }
        }
        Ok(None)
    }
}
