//! Passwords: Argon2id, worked out apart from the webhooks' threads and a few at a time.

use std::{sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::api::problem::Problem;

/// Shorter ones are refused.
pub const CHARS_MIN: usize = 10;
/// Longer ones are refused: each costs work.
const BYTES_MAX: usize = 1_000;
/// At once; each takes 19 MiB and a processor.
const AT_ONCE: usize = 2;
/// Nobody waits longer for a turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// 19 MiB, two passes, one lane: OWASP's first choice for Argon2id (Password Storage Cheat Sheet).
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// A hash of a password that nobody knows: an address that nobody has takes as long as one that somebody has.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The place where passwords are worked out.
#[derive(Debug, Clone)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// Checks that a password can be chosen, and hashes it with a salt.
    pub async fn hash(&self, password: SecretString, salt: [u8; 32]) -> Result<String, Problem> {
        if password.expose_secret().chars().count() < CHARS_MIN {
            return Err(Problem::invalid("password", format!("must have at least {CHARS_MIN} characters")));
        }
        if password.expose_secret().len() > BYTES_MAX {
            return Err(Problem::invalid("password", "is too long"));
        }
        self.work(move || hash(&password, &salt[..16])).await?
    }

    /// Whether a password is the one of a hash. Without a hash as much work is done, and it is not.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Problem> {
        if password.expose_secret().len() > BYTES_MAX {
            return Ok(false);
        }
        self.work(move || {
            let is_right = verify(&password, hash.as_deref().unwrap_or(NOBODYS));
            is_right && hash.is_some()
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(Problem::unavailable("Too many people are signing in at this moment."));
        };
        let worked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        worked.await.map_err(|_| Problem::internal())
    }
}

fn argon2() -> Argon2<'static> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &SecretString, salt: &[u8]) -> Result<String, Problem> {
    let salt = SaltString::encode_b64(salt).map_err(|_| Problem::internal())?;
    let hash = argon2().hash_password(password.expose_secret().as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|_| Problem::internal())
}

fn verify(password: &SecretString, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    argon2().verify_password(password.expose_secret().as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_hash_costs_what_a_new_one_costs() {
        let new = hash(&SecretString::from("x"), &[0; 16]).unwrap();
        let cost = |hash: &str| hash.rsplitn(3, '$').last().unwrap().to_owned();
        assert_eq!(cost(NOBODYS), cost(&new));
        assert!(PasswordHash::new(NOBODYS).is_ok(), "{new}");
    }
}
