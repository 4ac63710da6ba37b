//! The machine's clock and randomness: read here and handed to everything else.

use jiff::Timestamp;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Thirty-two random bytes.
pub fn entropy() -> [u8; 32] {
    rand::random()
}
