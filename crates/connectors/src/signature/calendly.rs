//! Calendly: `Calendly-Webhook-Signature: t=<UNIX seconds>,v1=<hex>`.
//!
//! <https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures>, 2026-11-20.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::{Refused, hmac_sha256, key, present, same, seconds_since};

/// Checks the header against the body. Any right `v1` suffices; the timestamp may be off by `tolerance` either way.
pub fn verify(
    secret: &SecretString,
    header: Option<&str>,
    body: &[u8],
    now: Timestamp,
    tolerance: SignedDuration,
) -> Result<(), Refused> {
    let parts: Vec<(&str, &str)> = present(header)?
        .split(',')
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let timestamp =
        parts.iter().find(|(name, _)| *name == "t").map(|(_, value)| *value).ok_or(Refused::Malformed)?;
    let signed_at: i64 = timestamp.parse().map_err(|_| Refused::Malformed)?;
    if !parts.iter().any(|(name, _)| *name == "v1") {
        return Err(Refused::Malformed);
    }
    if seconds_since(signed_at, now).saturating_abs() > tolerance.as_secs() {
        return Err(Refused::Stale);
    }
    let right = hmac_sha256(key(secret)?, &[timestamp.as_bytes(), b".", body])?;
    let is_right = parts
        .iter()
        .filter(|(name, _)| *name == "v1")
        .filter_map(|(_, value)| hex::decode(value).ok())
        .any(|signature| same(&signature, &right));
    if is_right { Ok(()) } else { Err(Refused::Wrong) }
}
