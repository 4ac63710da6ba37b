//! Attempts to sign in: after some that failed, each next one has to wait, by account and by address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::app::digest;

/// So many failures of one account are a matter of typing.
const FREE_OF_ACCOUNT: u32 = 5;
/// So many failures from one address are a matter of an office.
const FREE_OF_ADDRESS: u32 = 20;
/// The first wait; it doubles with each failure.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(5);
/// No wait is longer: whoever knows an address could else lock its owner out.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(5);
/// After this, failures are forgotten.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// More than this are not kept; the oldest go.
const KEPT_MAX: usize = 20_000;

/// Failed attempts, kept in memory: a restart forgives them.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<Who, Failures>>);

/// Whose attempts are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    /// By SHA-256 of the address that was typed, so that nothing long is kept.
    Account([u8; 32]),
    /// One IPv4 address, or an IPv6 network such as one customer gets.
    Address([u8; 16]),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last_at: Timestamp,
}

impl Attempts {
    /// Begins an attempt, which counts as failed until it is `forgiven`; or says how many seconds are to be waited.
    pub fn begin(&self, email: &str, from: Option<IpAddr>, now: Timestamp) -> Result<(), i64> {
        let whose = [Some(account(email)), from.map(address)].into_iter().flatten();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let whose: Vec<Who> = whose.collect();
        let wait = whose.iter().filter_map(|who| kept.get(who)?.wait(who.free(), now)).max();
        if let Some(wait) = wait {
            return Err(wait.as_secs().max(0) + 1);
        }
        make_room(&mut kept, now);
        for who in whose {
            let failures = kept.entry(who).or_insert(Failures { count: 0, last_at: now });
            failures.count =
                if now.duration_since(failures.last_at) > FORGOTTEN_AFTER { 1 } else { failures.count + 1 };
            failures.last_at = now;
        }
        Ok(())
    }

    /// The attempt succeeded: the account starts anew, and the address has one failure less.
    pub fn forgive(&self, email: &str, from: Option<IpAddr>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&account(email));
        if let Some(failures) = from.and_then(|from| kept.get_mut(&address(from))) {
            failures.count = failures.count.saturating_sub(1);
        }
    }
}

impl Who {
    const fn free(&self) -> u32 {
        match self {
            Self::Account(_) => FREE_OF_ACCOUNT,
            Self::Address(_) => FREE_OF_ADDRESS,
        }
    }
}

impl Failures {
    /// How long is still to be waited.
    fn wait(self, free: u32, now: Timestamp) -> Option<SignedDuration> {
        let over = self.count.checked_sub(free)?;
        let wait = FIRST_WAIT.checked_mul(1 << over.min(16)).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        let left = wait - now.duration_since(self.last_at);
        left.is_positive().then_some(left)
    }
}

fn account(email: &str) -> Who {
    Who::Account(digest(&email.to_lowercase()))
}

fn address(from: IpAddr) -> Who {
    Who::Address(match from.to_canonical() {
        IpAddr::V4(from) => from.to_ipv6_mapped().octets(),
        IpAddr::V6(from) => {
            let mut network = from.octets();
            network[8..].fill(0);
            network
        }
    })
}

fn make_room(kept: &mut HashMap<Who, Failures>, now: Timestamp) {
    if kept.len() < KEPT_MAX {
        return;
    }
    kept.retain(|_, failures| now.duration_since(failures.last_at) <= FORGOTTEN_AFTER);
    while kept.len() >= KEPT_MAX {
        let oldest = kept.iter().min_by_key(|(_, failures)| failures.last_at).map(|(who, _)| who.clone());
        match oldest {
            Some(oldest) => kept.remove(&oldest),
            None => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn after_five_failures_an_account_waits_longer_each_time_up_to_five_minutes() {
        let attempts = Attempts::default();
        for _ in 0..5 {
            assert_eq!(attempts.begin("ada@example.com", None, at(0)), Ok(()));
        }
        assert_eq!(attempts.begin("Ada@Example.com", None, at(0)), Err(6));
        assert_eq!(attempts.begin("kim@example.com", None, at(0)), Ok(()), "another account");
        assert_eq!(attempts.begin("ada@example.com", None, at(5)), Ok(()));
        assert_eq!(attempts.begin("ada@example.com", None, at(5)), Err(11));
        let mut now = 5;
        for _ in 0..10 {
            now += 300;
            assert_eq!(attempts.begin("ada@example.com", None, at(now)), Ok(()));
        }
        assert_eq!(attempts.begin("ada@example.com", None, at(now)), Err(301));
    }

    #[test]
    fn success_and_time_forgive() {
        let attempts = Attempts::default();
        for _ in 0..5 {
            attempts.begin("ada@example.com", None, at(0)).unwrap();
        }
        attempts.forgive("ada@example.com", None);
        assert_eq!(attempts.begin("ada@example.com", None, at(0)), Ok(()));
    }

    #[test]
    fn one_address_cannot_try_many_accounts() {
        let attempts = Attempts::default();
        let one = "2001:db8::1".parse().ok();
        for n in 0..20 {
            assert_eq!(attempts.begin(&format!("{n}@example.com"), one, at(0)), Ok(()));
        }
        let neighbour = "2001:db8::2".parse().ok();
        assert_eq!(attempts.begin("20@example.com", neighbour, at(0)), Err(6), "the same network");
        assert_eq!(attempts.begin("20@example.com", "192.0.2.1".parse().ok(), at(0)), Ok(()));
    }
}
