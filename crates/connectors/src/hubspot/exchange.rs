//! One request to HubSpot and its answer: paced, signed in, read.

use reqwest::{
    Method, RequestBuilder,
    header::{AUTHORIZATION, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};

use domain::fault::Fault;

use super::{
    Hubspot,
    pace::{Class, RateHeaders, Ticket},
    refusal::{Trouble, policy},
    wire,
};
use crate::http::{Answer, Unanswered};

impl Hubspot {
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Trouble> {
        self.exchange(Class::General, Method::GET, path, query, None::<&()>).await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        class: Class,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        self.exchange(class, Method::POST, path, &[], Some(body)).await
    }

    pub(super) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        self.exchange(Class::General, Method::PATCH, path, &[], Some(body)).await
    }

    pub(super) async fn put<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        self.exchange(Class::General, Method::PUT, path, &[], None::<&()>).await
    }

    pub(super) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        self.exchange(Class::General, Method::DELETE, path, &[], None::<&()>).await
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        class: Class,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&impl Serialize>,
    ) -> Result<T, Trouble> {
        let mut url = self.settings.origin.clone();
        url.set_path(path);
        let mut request = self.client.request(method.clone(), url);
        if !query.is_empty() {
            request = request.query(query);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let again = request.try_clone();
        // The token first: getting a new one takes time, and leave to send is for now.
        let token = self.credential.token().await.map_err(Trouble::NotSent)?;
        let mut ticket = self.pace.ask(class).await.map_err(Trouble::NotSent)?;
        let mut answer = self.send(request, &token, &method, path).await?;
        // A refused token: nothing was carried out, so the same request may go once more with another one.
        if answer.status == 401
            && let Some(again) = again
            && let Some(token) = self.credential.renew(&token).await.map_err(Trouble::NotSent)?
        {
            self.pace.saw(ticket, answer.status, RateHeaders::read(&answer.headers));
            ticket = self.pace.ask(class).await.map_err(Trouble::NotSent)?;
            answer = self.send(again, &token, &method, path).await?;
        }
        self.read(ticket, path, &answer)
    }

    fn read<T: DeserializeOwned>(&self, ticket: Ticket, path: &str, answer: &Answer) -> Result<T, Trouble> {
        let mut rate = RateHeaders::read(&answer.headers);
        if (200..300).contains(&answer.status) {
            self.pace.saw(ticket, answer.status, rate);
            // 204 has no body.
            let body = if answer.body.is_empty() { b"null" } else { answer.body.as_slice() };
            return serde_json::from_slice(body).map_err(|_| Trouble::InDoubt(unreadable()));
        }
        // A body that is no JSON comes from something in between: the status must do.
        let error: wire::Error = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 429 {
            rate.policy = policy(&error);
        }
        let mut trouble = Trouble::answered(answer.status, error, ticket.class, &rate);
        if self.settings.version.is_vital(path) {
            trouble = trouble.of_the_credential();
        }
        Err(self.pace.saw(ticket, answer.status, rate).map_or(trouble, Trouble::NotSent))
    }

    async fn send(
        &self,
        request: RequestBuilder,
        token: &SecretString,
        method: &Method,
        path: &str,
    ) -> Result<Answer, Trouble> {
        let request = request.header(AUTHORIZATION, authorization(token).map_err(Trouble::NotSent)?);
        let answer = self.client.send(request).await.map_err(|unanswered| {
            let (Unanswered::NotSent(why) | Unanswered::InDoubt(why)) = &unanswered;
            tracing::debug!(%method, path, why, "HubSpot did not answer");
            lost(unanswered)
        })?;
        tracing::debug!(%method, path, status = answer.status, "HubSpot answered");
        Ok(answer)
    }
}

fn authorization(token: &SecretString) -> Result<HeaderValue, Fault> {
    let bearer = format!("Bearer {}", token.expose_secret().trim());
    let mut header = HeaderValue::from_str(&bearer)
        .map_err(|_| Fault::SignIn { why: "The HubSpot credential is not a token.".to_owned() })?;
    header.set_sensitive(true);
    Ok(header)
}

/// An answer that makes no sense may come from a broken proxy: it may be another one later.
pub(super) fn unreadable() -> Fault {
    Fault::later("HubSpot's answer could not be read.")
}

fn lost(unanswered: Unanswered) -> Trouble {
    match unanswered {
        Unanswered::NotSent(why) => {
            Trouble::NotSent(Fault::later(format!("HubSpot could not be reached: {why}.")))
        }
        Unanswered::InDoubt(why) => {
            Trouble::InDoubt(Fault::later(format!("HubSpot's answer did not come: {why}.")))
        }
    }
}
