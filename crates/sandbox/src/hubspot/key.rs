//! Bearer tokens: service keys, and access tokens that OAuth has given out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::refusal::Refusal;
use crate::asked::Asked;
use crate::clock;

/// The service key that every fresh sandbox takes.
pub const FIRST_KEY: &str = "pat-na1-sandbox";

#[derive(Clone, Debug, Default)]
pub struct Key {
    pub expires_ms: Option<i64>,
    /// Given out by OAuth: no daily limit, and no daily headers.
    pub is_oauth: bool,
    /// None: every scope.
    pub scopes: Option<Vec<String>>,
}

/// Whose request it is, and what it may do.
pub struct Bearer {
    pub token: String,
    pub is_oauth: bool,
    scopes: Option<Vec<String>>,
}

impl Bearer {
    /// Refuses unless one of the scopes was granted; no scopes asks for none.
    pub fn needs_one_of(&self, scopes: &[&str]) -> Result<(), Refusal> {
        let Some(granted) = &self.scopes else { return Ok(()) };
        if scopes.is_empty() || scopes.iter().any(|scope| granted.iter().any(|one| one == scope)) {
            return Ok(());
        }
        Err(Refusal::missing_scopes(scopes))
    }
}

#[derive(Clone, Debug)]
pub struct Keys(BTreeMap<String, Key>);

impl Default for Keys {
    fn default() -> Self {
        Self(BTreeMap::from([(FIRST_KEY.to_owned(), Key::default())]))
    }
}

/// The token that a request was sent with.
pub fn bearer(asked: &Asked) -> Option<&str> {
    asked.header("authorization").and_then(|header| header.strip_prefix("Bearer ")).map(str::trim)
}

impl Keys {
    pub fn none() -> Self {
        Self(BTreeMap::new())
    }

    pub fn add(&mut self, token: &str, key: Key) {
        self.0.insert(token.to_owned(), key);
    }

    pub fn revoke(&mut self, token: &str) -> bool {
        self.0.remove(token).is_some()
    }

    pub fn expire(&mut self, token: &str) -> bool {
        self.0.get_mut(token).map(|key| key.expires_ms = Some(clock::now_ms() - 75_000)).is_some()
    }

    pub fn revoke_oauth(&mut self) {
        self.0.retain(|_, key| !key.is_oauth);
    }

    pub fn contains(&self, token: &str) -> bool {
        self.0.contains_key(token)
    }

    pub fn json(&self) -> Value {
        self.0
            .iter()
            .map(|(token, key)| json!({"key": token, "oauth": key.is_oauth, "expires_ms": key.expires_ms, "scopes": key.scopes}))
            .collect()
    }

    pub fn check(&self, asked: &Asked) -> Result<Bearer, Refusal> {
        let Some((token, key)) = bearer(asked).and_then(|token| self.0.get_key_value(token)) else {
            let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and \
                           you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
            return Err(Refusal::new(401, Some("INVALID_AUTHENTICATION"), message));
        };
        let late_ms = key.expires_ms.map_or(-1, |expires_ms| clock::now_ms() - expires_ms);
        if late_ms >= 0 {
            let message =
                format!("The OAuth token used to make this call expired {} second(s) ago.", late_ms / 1000);
            let expired = clock::iso(key.expires_ms.unwrap_or_default());
            return Err(
                Refusal::new(401, Some("EXPIRED_AUTHENTICATION"), message).context("expire time", &[expired])
            );
        }
        Ok(Bearer { token: token.clone(), is_oauth: key.is_oauth, scopes: key.scopes.clone() })
    }
}
