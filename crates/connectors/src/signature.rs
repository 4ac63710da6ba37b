//! The signatures of webhooks: each is checked on the raw bytes, in constant time, at a given moment.

use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

pub mod aircall;
pub mod calcom;
pub mod calendly;
pub mod hubspot;
pub mod standard;

/// How far a signed timestamp may be off: 5 minutes (PRODUCT §8).
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Why a webhook was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A header that the scheme asks for, or Aircall's token, is not there.
    #[error("the signature is missing")]
    Missing,
    /// A header, or our own secret, is not of the scheme's shape.
    #[error("the signature is malformed")]
    Malformed,
    /// The signed timestamp is too far from now.
    #[error("the signature's timestamp is too far from now")]
    Stale,
    /// No signature is the right one.
    #[error("the signature is wrong")]
    Wrong,
}

/// A secret that no signature can be checked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Nothing is left of it once its prefix is off.
    #[error("the signing secret is empty")]
    Empty,
    /// It is not base64, with or without `whsec_` before it.
    #[error("the signing secret is not base64")]
    NotBase64,
}

/// A header that must say something.
fn present(header: Option<&str>) -> Result<&str, Refused> {
    header.map(str::trim).filter(|text| !text.is_empty()).ok_or(Refused::Missing)
}

fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// Whole seconds on both sides: a header holds no fractions. Positive: signed in the past.
fn seconds_since(signed_at: i64, now: Timestamp) -> i64 {
    now.as_second().saturating_sub(signed_at)
}

/// HMAC-SHA256 of the parts, one after the other.
fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Result<Vec<u8>, Refused> {
    use hmac::Mac;
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).map_err(|_| Refused::Malformed)?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().to_vec())
}

/// A secret used as it is written, which must not be empty: anyone can sign with an empty key.
fn key(secret: &secrecy::SecretString) -> Result<&[u8], Refused> {
    use secrecy::ExposeSecret;
    let key = secret.expose_secret().as_bytes();
    if key.is_empty() { Err(Refused::Malformed) } else { Ok(key) }
}
