//! Speaking to Patchbay's admin API and to the sandbox, as any script would.

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The addresses of the demo.
pub struct Script {
    client: connectors::http::Client,
    dashboard: String,
    api: String,
    token: String,
    hubspot: String,
    aircall: String,
    scheduler: String,
    mailbox: String,
}

/// One side of the demo.
#[derive(Debug, Clone, Copy)]
pub enum Side {
    /// Patchbay's admin API, below the default workspace.
    Patchbay,
    /// The sandbox's HubSpot: orders that are given below `/_sandbox`.
    Hubspot,
    /// The sandbox's Aircall, likewise.
    Aircall,
    /// The sandbox's scheduler, likewise.
    Scheduler,
    /// The sandbox's mailbox, likewise.
    Mailbox,
}

impl Script {
    /// Knows the addresses; sends nothing.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(patchbay: &str, token: &str, world: &sandbox::Sandbox) -> Result<Self> {
        Ok(Self {
            client: connectors::http::client()?,
            dashboard: patchbay.to_owned(),
            api: format!("{patchbay}/api/v1/workspaces/default"),
            token: token.to_owned(),
            hubspot: format!("{}/_sandbox", world.hubspot_url()),
            aircall: format!("{}/_sandbox", world.aircall_url()),
            scheduler: format!("{}/_sandbox", world.scheduler_url()),
            mailbox: format!("{}/_sandbox", world.mailbox_url()),
        })
    }

    /// Makes the first admin, as a person would on the dashboard's first page.
    ///
    /// # Errors
    /// No answer, or the form is refused.
    pub async fn make_admin(&self, name: &str, email: &str, password: &str) -> Result<()> {
        let address = format!("{}/first-run", self.dashboard);
        let form = [("token", self.token.as_str()), ("name", name), ("email", email), ("password", password)];
        let answer = self.client.post(&address).form(&form).send().await.context("first-run")?;
        if !answer.status().is_redirection() {
            bail!("POST {address} answered {}", answer.status());
        }
        Ok(())
    }

    /// Asks.
    ///
    /// # Errors
    /// No answer, or one that is not a success: its body is in the message.
    pub async fn get(&self, side: Side, path: &str) -> Result<Value> {
        self.send(reqwest::Method::GET, side, path, None).await
    }

    /// Tells.
    ///
    /// # Errors
    /// As for `get`.
    pub async fn post(&self, side: Side, path: &str, body: Value) -> Result<Value> {
        self.send(reqwest::Method::POST, side, path, Some(body)).await
    }

    /// Sets.
    ///
    /// # Errors
    /// As for `get`.
    pub async fn put(&self, side: Side, path: &str, body: Value) -> Result<Value> {
        self.send(reqwest::Method::PUT, side, path, Some(body)).await
    }

    /// Takes away.
    ///
    /// # Errors
    /// As for `get`.
    pub async fn delete(&self, side: Side, path: &str) -> Result<Value> {
        self.send(reqwest::Method::DELETE, side, path, None).await
    }

    async fn send(
        &self,
        method: reqwest::Method,
        side: Side,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value> {
        let base = match side {
            Side::Patchbay => &self.api,
            Side::Hubspot => &self.hubspot,
            Side::Aircall => &self.aircall,
            Side::Scheduler => &self.scheduler,
            Side::Mailbox => &self.mailbox,
        };
        let address = format!("{base}/{path}");
        let mut request = self.client.request(method.clone(), &address);
        if matches!(side, Side::Patchbay) {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.with_context(|| format!("{method} {address}"))?;
        let status = answer.status();
        let text = answer.text().await.with_context(|| format!("{method} {address}"))?;
        if !status.is_success() {
            bail!("{method} {address} answered {status}: {text}");
        }
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }
}
