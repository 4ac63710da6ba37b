//! What a sender must prove: a signature over the bytes or, for Aircall, a token within them.

use axum::http::HeaderMap;
use connectors::signature::{self, Refused, TOLERANCE};
use domain::source::Source;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::api::connections::secret;

/// What a sender must prove.
#[derive(Debug)]
pub enum Proof {
    /// Standard Webhooks headers (Calendar.com).
    Standard(SecretString),
    /// `X-Cal-Signature-256`.
    Calcom(SecretString),
    /// `Calendly-Webhook-Signature`.
    Calendly(SecretString),
    /// One of these tokens in the body.
    Tokens(Vec<SecretString>),
    /// The stored secret cannot be read: nobody can prove anything.
    Impossible,
}

impl Proof {
    /// What a source's connection asks for.
    pub fn of(source: Source, secret: Option<&SecretString>) -> Self {
        let signing = || secret::read::<secret::Signing>(secret).map(|secret| secret.signing_secret);
        let proof = match source {
            Source::Aircall => secret::read::<secret::Aircall>(secret).map(|secret| {
                Self::Tokens(secret.webhook_token.into_iter().chain(secret.webhook_token_before).collect())
            }),
            Source::Calendar => signing().map(Self::Standard),
            Source::Calcom => signing().map(Self::Calcom),
            Source::Calendly => signing().map(Self::Calendly),
        };
        proof.unwrap_or(Self::Impossible)
    }

    /// Checks what is proved by headers over the bytes, before they are read as JSON.
    pub fn check_bytes(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Refused> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match self {
            Self::Standard(secret) => signature::standard::verify(
                secret,
                header("webhook-id"),
                header("webhook-timestamp"),
                header("webhook-signature"),
                body,
                now,
                TOLERANCE,
            ),
            Self::Calcom(secret) => signature::calcom::verify(secret, header("x-cal-signature-256"), body),
            Self::Calendly(secret) => signature::calendly::verify(
                secret,
                header("calendly-webhook-signature"),
                body,
                now,
                TOLERANCE,
            ),
            Self::Tokens(_) => Ok(()),
            Self::Impossible => Err(Refused::Malformed),
        }
    }

    /// Checks what is proved within the body.
    pub fn check_body(&self, body: &Value) -> Result<(), Refused> {
        let Self::Tokens(tokens) = self else { return Ok(()) };
        let mut result = Err(Refused::Missing);
        for token in tokens {
            result = signature::aircall::verify(token, body);
            if result.is_ok() {
                break;
            }
        }
        result
    }
}
