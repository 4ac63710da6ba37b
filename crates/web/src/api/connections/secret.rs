//! What a connection to a source keeps sealed: one JSON text for each. The engine reads the same fields.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};

use crate::api::problem::Problem;

/// Aircall's.
#[derive(Clone, Serialize, Deserialize)]
pub struct Aircall {
    /// The API id.
    pub api_id: String,
    /// The API token.
    #[serde(serialize_with = "exposed")]
    pub api_token: SecretString,
    /// The token in the body of each webhook; `None`: the admin gave none and nothing was registered.
    #[serde(default, serialize_with = "exposed_if_any")]
    pub webhook_token: Option<SecretString>,
    /// The token of the webhook before this one: what it sent and Aircall repeats is still let in.
    #[serde(default, serialize_with = "exposed_if_any")]
    pub webhook_token_before: Option<SecretString>,
}

/// A scheduler's.
#[derive(Serialize, Deserialize)]
pub struct Signing {
    /// What its webhooks are signed with.
    #[serde(serialize_with = "exposed")]
    pub signing_secret: SecretString,
    /// For its API, where one is used.
    #[serde(default, serialize_with = "exposed_if_any")]
    pub api_token: Option<SecretString>,
}

/// Reads a stored secret; `None` if there is none of this shape.
pub fn read<T: DeserializeOwned>(secret: Option<&SecretString>) -> Option<T> {
    serde_json::from_str(secret?.expose_secret()).ok()
}

/// Writes a secret for the store, which seals it.
pub fn write(secret: &impl Serialize) -> Result<SecretString, Problem> {
    serde_json::to_string(secret).map(SecretString::from).map_err(|_| Problem::internal())
}

fn exposed<S: Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret.expose_secret())
}

#[expect(clippy::ref_option, reason = "serde hands in the field")]
fn exposed_if_any<S: Serializer>(secret: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => exposed(secret, to),
        None => to.serialize_none(),
    }
}
