//! Webhooks on their way: sent until they are acknowledged, as the sources do.

use std::{sync::Arc, time::Duration};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

use super::{node::Node, world::World};
use crate::world::SIGNING_SECRET;

/// A webhook that nobody answered is sent again after this.
const UNHEARD: SignedDuration = SignedDuration::from_secs(15);
/// One that was refused is sent again after this, doubled with each try.
const REFUSED: SignedDuration = SignedDuration::from_secs(1);
const DOUBLINGS_MAX: u32 = 5;

/// A webhook.
#[derive(Clone)]
pub struct Letter {
    pub office: usize,
    pub source: &'static str,
    pub id: String,
    pub body: String,
    /// When it is sent next; none once it was acknowledged.
    pub due: Option<Timestamp>,
    pub acknowledged: Option<Timestamp>,
    tries: u32,
}

/// The answer to a webhook, on its way to whoever sent it.
pub struct Answer {
    letter: usize,
    status: u16,
}

impl Letter {
    pub fn new(office: usize, source: &'static str, id: String, body: String, at: Timestamp) -> Self {
        Self { office, source, id, body, due: Some(at), acknowledged: None, tries: 0 }
    }

    pub fn later(self, time: SignedDuration) -> Self {
        Self { due: self.due.map(|due| due + time), ..self }
    }
}

impl World {
    /// Delivers what falls due until a moment, or until nothing is left.
    pub async fn deliver(self: &Arc<Self>, node: &Node, until: Timestamp) {
        loop {
            let now = self.clock.now();
            for number in self.due(now) {
                let (world, node) = (Arc::clone(self), node.clone());
                tokio::spawn(async move { world.attempt(&node, number).await });
            }
            let next = self.letters.lock().unwrap().iter().filter_map(|letter| letter.due).min();
            let next = next.map_or(until, |next| next.min(until));
            if now >= until {
                return;
            }
            sleep_until(self, next).await;
        }
    }

    /// Whether all letters were acknowledged.
    pub fn is_delivered(&self) -> bool {
        self.letters.lock().unwrap().iter().all(|letter| letter.due.is_none())
    }

    /// The letters that are due; each is taken to be unheard until its answer comes.
    fn due(&self, now: Timestamp) -> Vec<usize> {
        let mut letters = self.letters.lock().unwrap();
        let due =
            letters.iter_mut().enumerate().filter(|(_, letter)| letter.due.is_some_and(|due| due <= now));
        due.map(|(number, letter)| {
            letter.due = Some(now + UNHEARD);
            letter.tries += 1;
            number
        })
        .collect()
    }

    async fn attempt(&self, node: &Node, number: usize) {
        let letter = self.letters.lock().unwrap()[number].clone();
        let (there_ms, back_ms, is_lost) = self.with_chance(|chance| {
            (chance.between(1, 300), chance.between(1, 300), chance.happens(self.weather.lost_percent))
        });
        tokio::time::sleep(Duration::from_millis(there_ms)).await;
        *self.knocked_at.lock().unwrap() = self.clock.now();
        let status = node.post(&self.hook(&letter), &letter, self.clock.now()).await;
        if status == 202 {
            *self.promised.lock().unwrap().entry(number).or_default() += 1;
        }
        if is_lost && !self.is_calm() {
            return self.note(format!("{} {}: {status}, which is lost", letter.source, letter.id));
        }
        self.answers.lock().unwrap().push(Answer { letter: number, status });
        tokio::time::sleep(Duration::from_millis(back_ms)).await;
        self.hear(|answer| answer.letter == number && answer.status == status);
    }

    /// What was under way at a crash arrives all the same: an answer that has left the process is out of its hands.
    pub fn hear_last_words(&self) {
        while self.hear(|_| true) {}
    }

    /// The first of the answers under way that is one of these arrives, if there is one.
    fn hear(&self, is_one: impl Fn(&Answer) -> bool) -> bool {
        let mut answers = self.answers.lock().unwrap();
        let Some(Answer { letter, status }) =
            answers.iter().position(is_one).map(|place| answers.remove(place))
        else {
            return false;
        };
        let letter = &mut self.letters.lock().unwrap()[letter];
        self.note(format!("{} {}: {status}", letter.source, letter.id));
        let now = self.clock.now();
        if status == 202 {
            letter.due = None;
            letter.acknowledged.get_or_insert(now);
        } else if letter.acknowledged.is_none() {
            letter.due = Some(now + REFUSED * (1 << letter.tries.min(DOUBLINGS_MAX)));
        }
        true
    }
}

/// Sleeps until a moment of the simulation.
pub async fn sleep_until(world: &World, moment: Timestamp) {
    let span = moment.duration_since(world.clock.now());
    // A millisecond at least: a moment within this one would be slept through in no time, again and again.
    let span = span.max(SignedDuration::from_millis(1)).unsigned_abs();
    tokio::time::sleep(span).await;
}

/// The headers that Standard Webhooks ask for.
pub fn signed(id: &str, body: &str, now: Timestamp) -> [(&'static str, String); 3] {
    let key = BASE64_STANDARD.decode(SIGNING_SECRET.trim_start_matches("whsec_")).unwrap();
    let timestamp = now.as_second().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    [("webhook-id", id.to_owned()), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]
}
