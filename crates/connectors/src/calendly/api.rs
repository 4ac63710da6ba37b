//! Calendly's API, version 2: our webhook subscription, and the event that a webhook leaves out.
//!
//! By its documents of 2026: `https://developer.calendly.com/api-docs/calendly-api/webhooks/create-webhook-subscription`.

use domain::{booking::BookingEvent, fault::Fault};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::{read::told, wire::EVENTS};
use crate::{bearer::Api, http::Client, source::Field};

/// The most that a page of subscriptions holds.
const COUNT: &str = "100";

/// Subscriptions with our address that are looked through; it only bounds the paging.
const PAGES_MAX: usize = 20;

/// An account at Calendly.
#[derive(Debug, Clone)]
pub struct Calendly(Api);

/// Whose events a subscription is of.
#[derive(Debug, Clone)]
struct Scope {
    organization: String,
    /// Only the bearer's own events: who is no admin of the organization gets no others.
    user: Option<String>,
}

impl Scope {
    fn word(&self) -> &'static str {
        if self.user.is_some() { "user" } else { "organization" }
    }
}

impl Calendly {
    /// A client of the API at `origin`, an address without a path.
    pub fn new(client: Client, origin: Url, token: SecretString) -> Self {
        Self(Api { client, origin, token, name: "Calendly" })
    }

    /// Makes Calendly call `url` for what we read and for nothing else, signed with `secret`; returns its id of the
    /// subscription.
    ///
    /// Of the whole organization where the bearer may, else of the bearer's own events. A subscription cannot be changed:
    /// one with the same address makes way.
    pub async fn register(&self, url: &str, secret: &SecretString) -> Result<String, Fault> {
        let me = self.0.ask(Method::GET, &["users", "me"], &[], None).await?;
        let (organization, user) =
            (Field::at(&me, "resource.current_organization").id(), Field::at(&me, "resource.uri").id());
        let (Some(organization), Some(user)) = (organization, user) else {
            return Err(Fault::later("Calendly's answer tells neither user nor organization."));
        };
        let whole = Scope { organization, user: None };
        match self.subscribe(url, secret, &whole).await {
            Err(Fault::SignIn { .. }) => {
                self.subscribe(url, secret, &Scope { user: Some(user), ..whole }).await
            }
            done => done,
        }
    }

    /// Removes a subscription; one that is gone already is fine.
    pub async fn unregister(&self, id: &str) -> Result<(), Fault> {
        self.0.delete(&["webhook_subscriptions", id]).await
    }

    /// Asks for the scheduled event of an invitee; `Never` if Calendly does not have it, or does not tell when it is.
    pub async fn event(&self, invitee: &str) -> Result<BookingEvent, Fault> {
        let unknown =
            || Fault::never("Calendly does not tell when the meeting is, and its webhook did not either.");
        let event = invitee.rsplit_once("/invitees/").and_then(|(event, _)| last_part(event));
        let event = event.ok_or_else(unknown)?;
        let answer = self.0.ask(Method::GET, &["scheduled_events", &event], &[], None).await?;
        told(invitee, &answer["resource"]).map_err(|_| unknown())
    }

    async fn subscribe(&self, url: &str, secret: &SecretString, scope: &Scope) -> Result<String, Fault> {
        for id in self.with_address(url, scope).await? {
            self.unregister(&id).await?;
        }
        let mut fields = json!({
            "url": url, "events": EVENTS, "organization": scope.organization, "scope": scope.word(),
            "signing_key": secret.expose_secret(),
        });
        if let Some(user) = &scope.user {
            fields["user"] = json!(user);
        }
        let made = self.0.ask(Method::POST, &["webhook_subscriptions"], &[], Some(&fields)).await?;
        Field::at(&made, "resource.uri")
            .id()
            .as_deref()
            .and_then(last_part)
            .ok_or_else(|| Fault::never("Calendly made the subscription but did not tell its address."))
    }

    /// The ids of the subscriptions that call `url`.
    async fn with_address(&self, url: &str, scope: &Scope) -> Result<Vec<String>, Fault> {
        let mut ids = Vec::new();
        let mut page: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut query = vec![
                ("organization", scope.organization.as_str()),
                ("scope", scope.word()),
                ("count", COUNT),
            ];
            query.extend(scope.user.as_deref().map(|user| ("user", user)));
            query.extend(page.as_deref().map(|page| ("page_token", page)));
            let answer = self.0.ask(Method::GET, &["webhook_subscriptions"], &query, None).await?;
            let all = Field::at(&answer, "collection").list();
            let ours = all.iter().filter(|one| one["callback_url"] == url);
            ids.extend(ours.filter_map(|one| last_part(&Field::at(one, "uri").id()?)));
            page = Field::at(&answer, "pagination.next_page_token").text();
            if page.is_none() {
                break;
            }
        }
        Ok(ids)
    }
}

/// The id at the end of a resource's address. The address itself is not followed: it is somebody else's word.
fn last_part(uri: &str) -> Option<String> {
    let id = uri.rsplit('/').next()?;
    let is_id =
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_id.then(|| id.to_owned())
}
