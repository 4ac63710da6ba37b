//! Aircall's API: is the credential good, what is there to choose from, and our webhook.

use std::collections::BTreeSet;

use domain::{email::Email, fault::Fault, ids::TagId};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{fault, wire};
use crate::{
    http::{self, Answer, Client},
    source::Field,
};

/// The most that a page may hold (reference/aircall.md §1.4).
const PER_PAGE: u64 = 50;

/// Paging reaches no further than 10,000 rows, whatever the total says.
const PAGES_MAX: u64 = 10_000 / PER_PAGE;

/// A company's Aircall, by its API id and token.
#[derive(Debug, Clone)]
pub struct Aircall {
    client: Client,
    origin: Url,
    api_id: String,
    api_token: SecretString,
}

/// The credential in a stored secret.
#[derive(Deserialize)]
struct Credential {
    api_id: String,
    api_token: SecretString,
}

/// An agent, as the owner map lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Aircall's id.
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// Address.
    pub email: Option<Email>,
}

/// A number of the company, as the list of numbers to leave out shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Aircall's id.
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// Digits as displayed.
    pub digits: Option<String>,
    /// Country, two letters.
    pub country: Option<String>,
}

/// A webhook that Aircall knows.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Aircall's id of it.
    pub webhook_id: String,
    /// Where it calls.
    pub url: String,
    /// Whether Aircall calls it: after too many failures it does not.
    pub active: bool,
    /// What it tells.
    pub events: BTreeSet<String>,
    /// The token in each body it sends.
    pub token: Option<SecretString>,
}

/// Our webhook.
#[derive(Debug, Clone)]
pub struct Registered {
    /// Aircall's id of it.
    pub webhook_id: String,
    /// The token in each body it sends.
    pub token: SecretString,
}

impl Aircall {
    /// A client of the API at `origin`, an address without a path.
    pub fn new(client: Client, origin: Url, api_id: String, api_token: SecretString) -> Self {
        Self { client, origin, api_id, api_token }
    }

    /// A client of the API at `origin` by a stored secret, which may hold more than the credential; `None` if it holds none.
    pub fn of_secret(client: Client, origin: Url, secret: &SecretString) -> Option<Self> {
        let Credential { api_id, api_token } = serde_json::from_str(secret.expose_secret()).ok()?;
        Some(Self::new(client, origin, api_id, api_token))
    }

    /// Asks whether the credential is good.
    pub async fn ping(&self) -> Result<(), Fault> {
        self.ask(Method::GET, &["v1", "ping"], &[], None).await.map(|_| ())
    }

    /// Lists all tags; the name of one that has none is empty.
    ///
    /// # Errors
    /// Also where an entry says not which tag it is: the list may then lack one that is there.
    pub async fn tags(&self) -> Result<Vec<(TagId, String)>, Fault> {
        let tags = self.list("v1", "tags").await?;
        let tag = |entry| {
            let tag = wire::Tag::of(entry);
            Some((TagId(tag.id.id()?), tag.name.text().unwrap_or_default()))
        };
        let listed: Option<Vec<_>> = tags.iter().map(tag).collect();
        listed.ok_or_else(|| Fault::later("Aircall's list of tags holds one without an id."))
    }

    /// Lists all agents. The list of `v1` is on its way out.
    pub async fn users(&self) -> Result<Vec<User>, Fault> {
        let users = self.list("v2", "users").await?;
        let user = |entry| {
            let id = Field::at(entry, "id").id()?;
            Some(User { id, name: Field::at(entry, "name").text(), email: Field::at(entry, "email").email() })
        };
        Ok(users.iter().filter_map(user).collect())
    }

    /// Lists all numbers of the company.
    pub async fn numbers(&self) -> Result<Vec<Number>, Fault> {
        let numbers = self.list("v1", "numbers").await?;
        let number = |entry| {
            Some(Number {
                id: Field::at(entry, "id").id()?,
                name: Field::at(entry, "name").text(),
                digits: Field::at(entry, "digits").text(),
                country: Field::at(entry, "country").text(),
            })
        };
        Ok(numbers.iter().filter_map(number).collect())
    }

    /// Lists all webhooks, those of others too.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Fault> {
        Ok(self.list("v1", "webhooks").await?.iter().filter_map(webhook).collect())
    }

    /// Makes Aircall call `url` for the events that we read, and for no others.
    ///
    /// A webhook with the same address is used again: revived if Aircall disabled it, its events corrected.
    pub async fn register(&self, url: &str, name: &str) -> Result<Registered, Fault> {
        let mut ours: Vec<Webhook> = self.webhooks().await?;
        ours.retain(|webhook| webhook.url == url);
        ours.sort_by_key(|webhook| !webhook.active);
        let wanted = BTreeSet::from(wire::EVENTS.map(str::to_owned));
        // The list of events goes along each time: without one Aircall would send everything.
        let mut fields = json!({"url": url, "custom_name": name, "events": wanted});
        let known = ours.into_iter().next();
        let answer = match &known {
            Some(webhook) if webhook.active && webhook.events == wanted && webhook.token.is_some() => None,
            Some(webhook) => {
                fields["active"] = Value::Bool(true);
                let path = ["v1", "webhooks", &webhook.webhook_id];
                Some(self.ask(Method::PUT, &path, &[], Some(&fields)).await?)
            }
            None => Some(self.ask(Method::POST, &["v1", "webhooks"], &[], Some(&fields)).await?),
        };
        let made = answer.and_then(|answer| webhook(&answer["webhook"]));
        let webhook_id = made.as_ref().or(known.as_ref()).map(|webhook| webhook.webhook_id.clone());
        let token = made.and_then(|webhook| webhook.token).or(known.and_then(|webhook| webhook.token));
        match (webhook_id, token) {
            (Some(webhook_id), Some(token)) => Ok(Registered { webhook_id, token }),
            _ => Err(Fault::never("Aircall made the webhook but did not tell its id and token.")),
        }
    }

    /// Removes a webhook; one that is gone already is fine.
    pub async fn unregister(&self, webhook_id: &str) -> Result<(), Fault> {
        let path = ["v1", "webhooks", webhook_id];
        let answer = self.send(Method::DELETE, &path, &[], None).await?;
        if answer.status == 404 { Ok(()) } else { fault::of(&answer).map(|_| ()) }
    }

    /// Reads all pages of a list.
    async fn list(&self, version: &str, resource: &str) -> Result<Vec<Value>, Fault> {
        let mut all = Vec::new();
        for page in 1..=PAGES_MAX {
            let query = [("page", page.to_string()), ("per_page", PER_PAGE.to_string())];
            let answer = self.ask(Method::GET, &[version, resource], &query, None).await?;
            let Some(rows) = answer[resource].as_array() else {
                return Err(Fault::later(format!("Aircall's answer holds no list of {resource}.")));
            };
            all.extend_from_slice(rows);
            if rows.is_empty() || !has_next(&answer, page) {
                break;
            }
        }
        Ok(all)
    }

    async fn ask(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<Value, Fault> {
        fault::of(&self.send(method, path, query, body).await?)
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<Answer, Fault> {
        let url = http::address(&self.origin, path);
        let has_content_type = method != Method::GET;
        let mut request = self
            .client
            .request(method, url)
            .query(query)
            .basic_auth(&self.api_id, Some(self.api_token.expose_secret()));
        if has_content_type {
            // Asked for on DELETE too, which has no body.
            request = request.header(reqwest::header::CONTENT_TYPE, "application/json");
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        self.client.send(request).await.map_err(fault::unanswered)
    }
}

/// Whether another page follows. The webhooks' list has no link, so there the total tells.
fn has_next(answer: &Value, page: u64) -> bool {
    let meta = wire::Meta::of(answer);
    match (meta.next_page_link, meta.total) {
        (Some(link), _) => !link.is_null(),
        (None, Some(total)) => page.saturating_mul(meta.per_page.unwrap_or(PER_PAGE)) < total,
        (None, None) => false,
    }
}

fn webhook(entry: &Value) -> Option<Webhook> {
    let hook = wire::Hook::of(entry);
    Some(Webhook {
        webhook_id: hook.webhook_id.id()?,
        url: hook.url.text()?,
        active: hook.active,
        events: hook.events.into_iter().collect(),
        token: hook.token.text().map(SecretString::from),
    })
}
