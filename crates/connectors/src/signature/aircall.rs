//! Aircall signs nothing: the secret is the `token` within the body (reference/aircall.md §2.2).

use secrecy::SecretString;
use serde_json::Value;

use super::{Refused, key, same};

/// Checks the body's token against the webhook's.
pub fn verify(token: &SecretString, body: &Value) -> Result<(), Refused> {
    let given = match &body["token"] {
        Value::Null => return Err(Refused::Missing),
        Value::String(given) => given,
        _ => return Err(Refused::Malformed),
    };
    if same(given.as_bytes(), key(token)?) { Ok(()) } else { Err(Refused::Wrong) }
}
