//! A JSON API behind a bearer token, Cal.com's and Calendly's: its answers, and what its refusals ask of us.

use domain::fault::Fault;
use jiff::SignedDuration;
use reqwest::{Method, header::HeaderMap};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::{
    http::{self, Answer, Client, Unanswered},
    source,
};

/// How long to wait when a refusal for haste does not say: both count by the minute (reference/scheduling.md §3.3).
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// No header may park us for longer than this.
const WAIT_MAX: SignedDuration = SignedDuration::from_hours(1);

/// An account at a scheduler.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    /// The shared client.
    pub client: Client,
    /// An address without a path.
    pub origin: Url,
    /// The token.
    pub token: SecretString,
    /// The scheduler's name, for sentences.
    pub name: &'static str,
}

impl Api {
    /// Sends a request; returns the answer's JSON, null if it has no body.
    pub async fn ask(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, Fault> {
        self.read(&self.send(method, path, query, body).await?)
    }

    /// Deletes; what is gone already is fine.
    pub async fn delete(&self, path: &[&str]) -> Result<(), Fault> {
        let answer = self.send(Method::DELETE, path, &[], None).await?;
        if answer.status == 404 { Ok(()) } else { self.read(&answer).map(|_| ()) }
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Fault> {
        let url = http::address(&self.origin, path);
        let mut request =
            self.client.request(method, url).query(query).bearer_auth(self.token.expose_secret());
        if let Some(body) = body {
            request =
                request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        self.client.send(request).await.map_err(|unanswered| match unanswered {
            Unanswered::NotSent(why) => Fault::later(format!("{} could not be reached: {why}.", self.name)),
            Unanswered::InDoubt(why) => Fault::later(format!("{} did not answer: {why}.", self.name)),
        })
    }

    fn read(&self, answer: &Answer) -> Result<Value, Fault> {
        let name = self.name;
        Err(match answer.status {
            200..300 if answer.body.is_empty() => return Ok(Value::Null),
            200..300 => {
                return source::parse(&answer.body)
                    .map_err(|_| Fault::later(format!("{name} answered with something else than JSON.")));
            }
            status @ (401 | 403) => Fault::SignIn {
                why: format!("{name} refused the API token ({status}){}", words(&answer.body)),
            },
            429 => Fault::Later {
                after: Some(wait(&answer.headers).unwrap_or(WINDOW)),
                why: format!("{name}'s limit of requests is reached."),
            },
            status @ (408 | 423 | 425 | 500..) => Fault::Later {
                after: wait(&answer.headers),
                why: format!("{name} is not available ({status})."),
            },
            status => Fault::never(format!("{name} refused ({status}){}", words(&answer.body))),
        })
    }
}

/// What the answer says for people: Calendly's `{"title", "message"}`, Cal.com's `{"error": {"message"}}`.
fn words(body: &[u8]) -> String {
    let body = source::parse(body).unwrap_or_default();
    let places = [&body["error"]["message"], &body["message"], &body["title"]];
    let words = places.into_iter().find_map(source::text);
    words.map_or_else(|| ".".to_owned(), |words| format!(": {}", domain::text::title(&words)))
}

fn wait(headers: &HeaderMap) -> Option<SignedDuration> {
    let seconds: i64 = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(SignedDuration::from_secs(seconds).clamp(SignedDuration::from_secs(1), WAIT_MAX))
}
