//! HMAC-SHA256 in hex, as Cal.com and Calendly sign.

use std::fmt::Write;

use hmac::{Hmac, Mac};
use sha2::Sha256;

pub fn of(secret: &str, signed: &str) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
