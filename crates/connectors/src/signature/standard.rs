//! Standard Webhooks, symmetric `v1`: what Calendar.com's hook asks for.
//!
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>, 2026-11-20.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::{Refused, Unusable, hmac_sha256, present, same, seconds_since};

const PREFIX: &str = "whsec_";
const VERSION: &str = "v1";

/// Secrets are pasted by people, with or without the `=` at the end.
const SECRET_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Checks the three `webhook-*` headers against the body.
///
/// The secret is base64 with or without `whsec_`. `signatures` may list several, separated by spaces: any right one
/// suffices, versions other than `v1` are passed over. The timestamp, in UNIX seconds, may be off by `tolerance`
/// either way.
pub fn verify(
    secret: &SecretString,
    id: Option<&str>,
    timestamp: Option<&str>,
    signatures: Option<&str>,
    body: &[u8],
    now: Timestamp,
    tolerance: SignedDuration,
) -> Result<(), Refused> {
    let (id, timestamp, signatures) = (present(id)?, present(timestamp)?, present(signatures)?);
    let signed_at: i64 = timestamp.parse().map_err(|_| Refused::Malformed)?;
    if seconds_since(signed_at, now).saturating_abs() > tolerance.as_secs() {
        return Err(Refused::Stale);
    }
    let key = secret_bytes(secret.expose_secret()).map_err(|_| Refused::Malformed)?;
    let right = hmac_sha256(&key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body])?;
    let is_right = signatures
        .split_ascii_whitespace()
        .filter_map(|one| one.split_once(','))
        .filter(|(version, _)| *version == VERSION)
        .filter_map(|(_, signature)| general_purpose::STANDARD.decode(signature).ok())
        .any(|signature| same(&signature, &right));
    if is_right { Ok(()) } else { Err(Refused::Wrong) }
}

/// Says whether a secret can be used: asked when a person connects.
pub fn check_secret(secret: &str) -> Result<(), Unusable> {
    secret_bytes(secret).map(|_| ())
}

fn secret_bytes(secret: &str) -> Result<Vec<u8>, Unusable> {
    let text = secret.trim();
    let text = text.strip_prefix(PREFIX).unwrap_or(text);
    let bytes = SECRET_BASE64.decode(text).map_err(|_| Unusable::NotBase64)?;
    if bytes.is_empty() { Err(Unusable::Empty) } else { Ok(bytes) }
}
