//! The way to HubSpot and Aircall: what becomes of each request is the seed's to say.
//!
//! A request arrives within `ARRIVES_WITHIN_MS` or not at all, as the budget takes it to (`crates/engine/src/budget/places.rs`);
//! its answer may take any time. One that is under way when the process dies arrives at that moment or not at all.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{HeaderMap, Request},
};
use connectors::{
    http::{Answer, Carrier, Unanswered},
    hubspot::BoxFuture,
};
use sandbox::Enclosed;
use serde_json::json;

use super::{chance::Chance, world::World};

pub const HUBSPOT: &str = "http://hubspot.test";
pub const AIRCALL: &str = "http://aircall.test";

const ARRIVES_WITHIN_MS: u64 = 440;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is carried out and answered.
    Fine,
    /// No connection: it was surely not sent.
    NotSent,
    /// It is lost on its way.
    LostBefore,
    /// It is carried out, and its answer is lost.
    LostAfter,
    /// It is carried out, and answered 500.
    FailedAfter,
    /// It is not carried out, and answered with this status.
    Refused(u16),
    /// It is carried out, and answered much later.
    Slow,
    /// It is carried out, and answered after nobody waits any more.
    Hangs,
}

const FAULTS: [Fate; 11] = [
    Fate::NotSent,
    Fate::LostBefore,
    Fate::LostAfter,
    Fate::FailedAfter,
    Fate::FailedAfter,
    Fate::Refused(500),
    Fate::Refused(502),
    Fate::Refused(503),
    Fate::Refused(429),
    Fate::Slow,
    Fate::Hangs,
];

/// What a seed's network and machine are like while the storm lasts.
pub struct Weather {
    /// Requests to a provider that do not go well.
    pub fault_percent: u64,
    /// Webhooks whose answer is lost.
    pub lost_percent: u64,
    /// How often the process dies.
    pub crashes: u64,
    /// What becomes of all requests to the HubSpot of the second office, if it is broken.
    pub broken: Option<Fate>,
}

const BROKEN: [Fate; 6] = [
    Fate::Refused(500),
    Fate::Refused(429),
    Fate::Refused(503),
    Fate::NotSent,
    Fate::LostBefore,
    Fate::Hangs,
];

impl Weather {
    /// Fair weather has no faults and no crashes, but a broken neighbour.
    pub fn of(chance: &mut Chance) -> Self {
        let is_fair = chance.happens(20);
        Self {
            fault_percent: if is_fair { 0 } else { chance.pick(&[2, 10, 30]) },
            lost_percent: chance.pick(&[0, 5, 25]),
            crashes: if is_fair { 0 } else { chance.between(0, 5) },
            broken: chance.happens(if is_fair { 100 } else { 20 }).then(|| chance.pick(&BROKEN)),
        }
    }

    /// Whether what is slow is to blame on something else than the weather.
    pub fn is_fair(&self) -> bool {
        self.fault_percent == 0
    }
}

/// The carrier of all requests of the process.
pub struct Wire(pub Arc<World>);

/// A request under way.
pub struct Parcel {
    world: Arc<World>,
    /// In the order of their sending.
    number: u64,
    /// The office whose HubSpot it is for; none: it is for Aircall.
    office: Option<usize>,
    request: Option<Request<Bytes>>,
    line: String,
    is_change: bool,
}

impl Carrier for Wire {
    fn carry(&self, request: reqwest::Request) -> BoxFuture<'_, Result<Answer, Unanswered>> {
        Box::pin(async move {
            let mut parcel = Parcel::of(&self.0, &request);
            let fate = self.0.fate(parcel.office);
            let (there_ms, back_ms) = self.0.with_chance(|chance| match fate {
                Fate::Slow => (chance.between(1, ARRIVES_WITHIN_MS), chance.between(5_000, 28_000)),
                Fate::Hangs => (chance.between(1, ARRIVES_WITHIN_MS), 60_000),
                _ => (chance.between(1, ARRIVES_WITHIN_MS), chance.between(1, 400)),
            });
            self.0.step(|| format!("asks {} ({fate:?})", parcel.line)).await;
            tokio::time::sleep(Duration::from_millis(there_ms)).await;
            let answer = match fate {
                Fate::NotSent => {
                    parcel.request = None;
                    return Err(Unanswered::NotSent("no connection".to_owned()));
                }
                Fate::LostBefore => {
                    parcel.request = None;
                    None
                }
                Fate::Refused(status) => {
                    parcel.request = None;
                    Some(refused(status))
                }
                Fate::LostAfter => {
                    parcel.arrive();
                    None
                }
                Fate::FailedAfter => {
                    parcel.arrive();
                    Some(refused(500))
                }
                Fate::Fine | Fate::Slow | Fate::Hangs => parcel.arrive(),
            };
            self.0.step(|| format!("hears of {}", parcel.line)).await;
            tokio::time::sleep(Duration::from_millis(back_ms)).await;
            answer.ok_or_else(|| Unanswered::InDoubt("the connection was lost".to_owned()))
        })
    }
}

impl Parcel {
    fn of(world: &Arc<World>, request: &reqwest::Request) -> Self {
        let url = request.url();
        let office = (url.as_str().starts_with(HUBSPOT)).then(|| {
            let bearer = request.headers()["authorization"].to_str().unwrap();
            let key = bearer.strip_prefix("Bearer ").unwrap();
            world.offices.iter().position(|office| office.service_key == key).unwrap()
        });
        let path = &url.as_str()[url.origin().ascii_serialization().len()..];
        let body = request.body().map(|body| Bytes::copy_from_slice(body.as_bytes().unwrap()));
        let mut sent = Request::builder().method(request.method().as_str()).uri(path);
        for (name, value) in request.headers() {
            sent = sent.header(name.as_str(), value.as_bytes());
        }
        let is_read = request.method() == "GET" || path.ends_with("/search") || path.ends_with("/read");
        Self {
            world: Arc::clone(world),
            number: world.parcels.fetch_add(1, Ordering::Relaxed),
            office,
            request: Some(sent.body(body.unwrap_or_default()).unwrap()),
            line: format!("{} {path}", request.method()),
            is_change: !is_read,
        }
    }

    fn land(&mut self) {
        if self.world.with_chance(|chance| chance.happens(50)) {
            self.arrive();
        }
        self.request = None;
    }

    /// Arrives, if it has not yet; what came of it.
    fn arrive(&mut self) -> Option<Answer> {
        let request = self.request.take()?;
        let now = self.world.clock.now();
        let provider: &Enclosed = match self.office {
            Some(office) => &self.world.offices[office].hubspot,
            None => &self.world.aircall,
        };
        let answer = provider.ask(now, request);
        self.world.note(format!("{} arrives: {}", self.line, answer.status()));
        if let Some(office) = self.office.filter(|_| self.is_change) {
            self.world.look(office);
        }
        let (head, body) = answer.into_parts();
        Some(Answer { status: head.status.as_u16(), headers: head.headers, body: body.into() })
    }
}

impl Drop for Parcel {
    /// Nobody waits for it any more: it arrives, or it does not. Those of a process that has died are adrift, since a runtime
    /// drops its tasks in an order that no seed decides.
    fn drop(&mut self) {
        let Some(request) = self.request.take() else { return };
        let mut parcel = Self {
            world: Arc::clone(&self.world),
            number: self.number,
            office: self.office,
            request: Some(request),
            line: std::mem::take(&mut self.line),
            is_change: self.is_change,
        };
        if self.world.clock.goes() {
            parcel.land();
        } else {
            self.world.adrift.lock().unwrap().push(parcel);
        }
    }
}

impl World {
    /// What the process that has died had sent arrives, or it does not.
    pub fn land_what_is_adrift(&self) {
        let mut adrift = std::mem::take(&mut *self.adrift.lock().unwrap());
        adrift.sort_unstable_by_key(|parcel| parcel.number);
        adrift.iter_mut().for_each(Parcel::land);
    }

    fn fate(&self, office: Option<usize>) -> Fate {
        if self.is_calm() {
            return Fate::Fine;
        }
        if let (Some(1), Some(fate)) = (office, self.weather.broken) {
            return fate;
        }
        self.with_chance(|chance| {
            if chance.happens(self.weather.fault_percent) { chance.pick(&FAULTS) } else { Fate::Fine }
        })
    }
}

/// A refusal that says nothing of the request: HubSpot's gateway, or a limit that others have used up.
fn refused(status: u16) -> Answer {
    let body = json!({"status": "error", "message": "not now", "policyName": "TEN_SECONDLY_ROLLING"});
    let mut headers = HeaderMap::new();
    if status == 429 {
        headers.insert("retry-after", "3".parse().unwrap());
    }
    Answer { status, headers, body: body.to_string().into_bytes() }
}
