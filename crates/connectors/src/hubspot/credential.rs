//! What a client signs in with: a key that lasts, or a token that is renewed.

use std::sync::Arc;

use domain::{fault::Fault, ids::WorkspaceId};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use super::pace::BoxFuture;

/// Gives the token of each request.
pub trait Credential: Send + Sync {
    /// The token of the next request. A fault means that nothing is sent, and is what the caller gets.
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Fault>>;

    /// Another token in place of one that HubSpot answered with 401; `None`: there is none, and the refusal stands.
    fn renew<'a>(&'a self, refused: &'a SecretString) -> BoxFuture<'a, Result<Option<SecretString>, Fault>>;
}

/// Makes of what is kept of a connection what a client signs in with. The workspace and the moment of its connecting say
/// which connection it is: one to another account may have taken its place.
pub type SignIn = Arc<dyn Fn(WorkspaceId, Timestamp, Secret) -> Arc<dyn Credential> + Send + Sync>;

/// A token that is never renewed: a service key, or an access token that was just given.
pub struct Fixed(SecretString);

impl Fixed {
    /// Signs in with that token.
    pub fn of(token: SecretString) -> Arc<dyn Credential> {
        Arc::new(Self(token))
    }
}

impl Credential for Fixed {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Fault>> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }

    fn renew<'a>(&'a self, _: &'a SecretString) -> BoxFuture<'a, Result<Option<SecretString>, Fault>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// What is kept, sealed, of a connection.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Secret {
    /// A service key, or the token of a private app.
    Key {
        /// The key.
        #[serde(serialize_with = "exposed")]
        service_key: SecretString,
    },
    /// What a grant of access gave.
    Granted(Tokens),
}

/// The tokens of a grant.
#[derive(Clone, Serialize, Deserialize)]
pub struct Tokens {
    /// Good for the API until it expires.
    #[serde(serialize_with = "exposed")]
    pub access_token: SecretString,
    /// Good for new tokens until the app is uninstalled.
    #[serde(serialize_with = "exposed")]
    pub refresh_token: SecretString,
    /// When the access token expires.
    pub expires_at: Timestamp,
    /// From when on it is renewed.
    pub refresh_at: Timestamp,
}

impl Secret {
    /// Reads what was written; `None` if it is not of this shape.
    pub fn read(text: &SecretString) -> Option<Self> {
        serde_json::from_str(text.expose_secret()).ok()
    }

    /// One JSON text, to be sealed.
    ///
    /// Fails with `Never` if it cannot be written; no value is known that cannot.
    pub fn write(&self) -> Result<SecretString, Fault> {
        let text = serde_json::to_string(self).map(SecretString::from);
        text.map_err(|_| Fault::never("The HubSpot credential cannot be kept."))
    }
}

fn exposed<S: Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret.expose_secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_read_back_as_they_were_written() {
        let key = Secret::read(&r#"{"service_key":"pat-na1-x"}"#.into()).unwrap();
        assert_eq!(key.write().unwrap().expose_secret(), r#"{"service_key":"pat-na1-x"}"#);
        let text = r#"{"access_token":"a","refresh_token":"r","expires_at":"2026-11-20T10:30:00Z","refresh_at":"2026-11-20T10:25:00Z"}"#;
        let granted = Secret::read(&text.into()).unwrap();
        assert_eq!(granted.write().unwrap().expose_secret(), text);
        assert!(Secret::read(&r#"{"api_token":"x"}"#.into()).is_none());
    }
}
