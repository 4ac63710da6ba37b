//! Patience: how long those who ask are kept waiting for the database. After that the answer is 503, whatever the database
//! does: it may stand still without a word, and whoever waits for it must know soon.

use std::time::Duration;

use store::StoreError;

/// A webhook. Aircall hangs up after five seconds, and counts that among the failures after which it disables the webhook
/// (hookdeck/webhook-skills, "aircall-webhooks"; unconfirmed by Aircall): with the way there and back it is to be refused
/// before that, and knows to come again.
pub const HOOK: Duration = Duration::from_millis(3_500);

/// Whoever asks whether this node is ready, to send requests elsewhere if it is not.
pub const READY: Duration = Duration::from_millis(2_500);

/// One question of the API or a page. The first that is not answered ends the request; a page of that failure asks once more.
pub const QUESTION: Duration = Duration::from_secs(4);

/// Waits for all of something no longer than that.
pub async fn within<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(patience, answer).await.unwrap_or(Err(StoreError::Late))
}
