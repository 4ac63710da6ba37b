//! The machine's clock and randomness: read here and handed to everything else.

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use store::Store;

/// Another one each time the machine boots (Linux, `proc_sys_kernel(5)`).
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// What a clock shows that goes on from one process to the next, whatever the machine's is set to meanwhile.
///
/// It showed the time when a process first asked for it since the machine booted. Where a boot has no name, or the store does
/// not tell, it shows the time now.
pub async fn steady(store: &Store) -> Timestamp {
    let (time, up) = (now(), up());
    let Ok(boot) = std::fs::read_to_string(BOOT) else { return time };
    let began = store.boot_began(boot.trim().to_owned(), time - up).await;
    began.map_or(time, |began| began + up)
}

/// How long the machine has run, as the clock counts that waits are measured by.
fn up() -> SignedDuration {
    let up = clock_gettime(ClockId::Monotonic);
    SignedDuration::new(up.tv_sec, i32::try_from(up.tv_nsec).unwrap_or_default())
}

/// Thirty-two random bytes.
pub fn entropy() -> [u8; 32] {
    rand::random()
}
