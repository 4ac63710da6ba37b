//! Cal.com: `X-Cal-Signature-256`, bare hex over the raw body; no timestamp, so no protection against replays.
//!
//! calcom/cal.com:packages/features/webhooks/lib/sendPayload.ts, 2026-11-20. A webhook without a secret sends the
//! literal `no-secret-provided`, which is not hex and is refused.

use secrecy::SecretString;

use super::{Refused, hmac_sha256, key, present, same};

/// Checks the header against the body.
pub fn verify(secret: &SecretString, header: Option<&str>, body: &[u8]) -> Result<(), Refused> {
    let signature = hex::decode(present(header)?).map_err(|_| Refused::Malformed)?;
    let right = hmac_sha256(key(secret)?, &[body])?;
    if same(&signature, &right) { Ok(()) } else { Err(Refused::Wrong) }
}
