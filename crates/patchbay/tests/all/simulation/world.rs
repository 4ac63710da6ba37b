//! The world of one seed: its weather, its offices, its storm and the calm after it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use sandbox::Enclosed;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{runtime::Builder, sync::Notify};

use super::{
    chance::Chance,
    clock::Clock,
    judge::Seen,
    network::{Parcel, Weather},
    node::Node,
    office::{Office, Rush, order},
    post::{Answer, Letter, sleep_until},
    story::{TAG, Teller},
};

/// How long faults, crashes and stories last.
const STORM: SignedDuration = SignedDuration::from_secs(300);
/// How long the calm may last until all is written: the longest back-off many times over.
const CALM_MAX: SignedDuration = SignedDuration::from_hours(6);
const CALM_LOOK: SignedDuration = SignedDuration::from_mins(2);
/// When a rush begins: after the usual calls.
const RUSH_S: u64 = 190;
/// A clock that jumps stays within what signatures allow (PRODUCT §8: five minutes).
const JUMP_MAX_MS: u64 = 240_000;
/// Steps within which a crash falls after a start.
const CRASH_WITHIN: u64 = 400;
/// The same where only those count that follow a webhook at once: what was promised is at stake there.
const CRASH_WITHIN_AT_THE_DOOR: u64 = 60;
/// How long after a webhook has come in a step follows it at once: it is kept by the commit under way or the one after it.
const AT_THE_DOOR: SignedDuration = SignedDuration::from_millis(60);
/// In fair weather a booking is in HubSpot this long after it was acknowledged, whatever befalls others.
const PROMPT: SignedDuration = SignedDuration::from_secs(15);

pub struct World {
    pub clock: Clock,
    /// When the offices had their connections and rules.
    connected_at: OnceLock<Timestamp>,
    pub weather: Weather,
    pub offices: Vec<Office>,
    pub aircall: Enclosed,
    pub letters: Mutex<Vec<Letter>>,
    /// How often each was answered 202, whether or not that arrived.
    pub promised: Mutex<BTreeMap<usize, usize>>,
    /// Answers to them that are under way.
    pub answers: Mutex<Vec<Answer>>,
    /// How many requests were sent.
    pub parcels: AtomicU64,
    /// Requests of a process that has died.
    pub adrift: Mutex<Vec<Parcel>>,
    pub seen: Mutex<Vec<Seen>>,
    pub findings: Mutex<Vec<String>>,
    chance: Mutex<Chance>,
    on_reschedule: &'static str,
    tag: String,
    jumps: Vec<(Timestamp, i64)>,
    hooks: Mutex<Vec<Vec<(&'static str, String)>>>,
    is_calm: AtomicBool,
    lives: AtomicU64,
    /// Steps until the process dies; zero: it does not.
    steps_left: AtomicU64,
    /// Whether only steps that follow a webhook at once count.
    is_crash_at_the_door: AtomicBool,
    /// When the last webhook came in.
    pub knocked_at: Mutex<Timestamp>,
    crashed: Notify,
    crashes_left: AtomicU64,
    trace: Mutex<Vec<String>>,
    storm_ends: Timestamp,
}

/// What came of a seed.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    /// What happened, line by line.
    pub trace: Vec<String>,
    /// What was not as it must be.
    pub findings: Vec<String>,
}

/// How a life of the process ended.
enum End {
    Crashed,
    Judged,
}

/// Lets a seed happen.
pub fn run(seed: u64) -> Run {
    let folder = folder();
    let world = Arc::new(World::of(seed));
    loop {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let end = runtime.block_on(async {
            let end = world.live(folder.path()).await;
            // Here, as the runtime's time is told inside of it alone.
            world.clock.stop();
            end
        });
        drop(runtime);
        world.land_what_is_adrift();
        match end {
            End::Crashed => world.lie_dead(),
            End::Judged => break,
        }
    }
    let trace = std::mem::take(&mut *world.trace.lock().unwrap());
    let findings = std::mem::take(&mut *world.findings.lock().unwrap());
    Run { trace, findings }
}

/// A folder in memory where there is one: what a power cut leaves is not what is tried here.
fn folder() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}

/// When the clock jumps, and how far it is off from then on.
fn jumps(chance: &mut Chance, began: Timestamp) -> Vec<(Timestamp, i64)> {
    let mut jumps: Vec<_> = (0..chance.pick(&[0, 0, 2]))
        .map(|_| {
            let skew_ms = chance.between(0, 2 * JUMP_MAX_MS);
            (later(began, chance.between(10_000, 250_000)), signed(skew_ms) - signed(JUMP_MAX_MS))
        })
        .collect();
    jumps.sort_unstable();
    jumps
}

fn later(moment: Timestamp, ms: u64) -> Timestamp {
    moment + SignedDuration::from_millis(signed(ms))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap()
}

impl World {
    fn of(seed: u64) -> Self {
        let mut chance = Chance::of(seed);
        let began: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let weather = Weather::of(&mut chance);
        let mut offices = vec![
            Office::new("default", "pat-na1-sandbox", "0123456789abcdef0123456789abcdef"),
            Office::new("other", "pat-na1-other", "fedcba9876543210fedcba9876543210"),
        ];
        let (aircall, scheduler) = (Enclosed::aircall(), Enclosed::scheduler());
        let tags = order(&aircall, began, "GET", "tags", &Value::Null);
        let tag = tags["items"].as_array().unwrap().iter().find(|tag| tag["name"] == TAG).unwrap()["id"]
            .to_string();
        // Not of the second office: its HubSpot may be broken for good.
        offices[0].rush = Rush::of(seed);
        let mut letters = Vec::new();
        for (which, office) in offices.iter_mut().enumerate() {
            office.open(began, which, &mut chance);
            let mut teller = Teller {
                chance: &mut chance,
                aircall: &aircall,
                scheduler: &scheduler,
                letters: &mut letters,
            };
            // Calls begin in seconds of their own: by them they are known again.
            for number in 0..teller.chance.between(2, 9) {
                let second = 5 + 20 * number + teller.chance.between(0, 20);
                let begins = later(began, second * 1_000);
                teller.call(office, which, begins, None);
            }
            for number in 0..office.rush.map_or(0, |rush| rush.calls) {
                let begins = later(began, (RUSH_S + 2 * number) * 1_000);
                // With one of the few people it takes no search, so that the requests of a window are of one kind.
                let unknown = (number % 4 == 0).then(|| format!("+1415556{number:04}"));
                teller.call(office, which, begins, unknown);
            }
            for number in 0..teller.chance.between(2, 9) {
                let made = later(began, teller.chance.between(5_000, 200_000));
                teller.booking(office, which, number, made);
            }
        }
        let jumps = if weather.is_fair() { Vec::new() } else { jumps(&mut chance, began) };
        // Who has the wrong time cannot know when HubSpot's day ends.
        let has_day = offices.iter().any(|office| office.rush.is_some_and(|rush| rush.daily_max.is_some()));
        let jumps = if has_day { Vec::new() } else { jumps };
        Self {
            clock: Clock::at(began),
            connected_at: OnceLock::new(),
            offices,
            aircall,
            letters: Mutex::new(letters),
            promised: Mutex::default(),
            parcels: AtomicU64::default(),
            adrift: Mutex::default(),
            answers: Mutex::default(),
            seen: Mutex::new(vec![Seen::default(), Seen::default()]),
            findings: Mutex::default(),
            on_reschedule: chance.pick(&["replace", "update"]),
            tag,
            jumps,
            hooks: Mutex::default(),
            is_calm: AtomicBool::new(true),
            lives: AtomicU64::new(0),
            steps_left: AtomicU64::new(0),
            is_crash_at_the_door: AtomicBool::new(false),
            knocked_at: Mutex::new(began),
            crashed: Notify::new(),
            crashes_left: AtomicU64::new(weather.crashes),
            trace: Mutex::default(),
            storm_ends: began + STORM,
            weather,
            chance: Mutex::new(chance),
        }
    }

    pub fn with_chance<T>(&self, draw: impl FnOnce(&mut Chance) -> T) -> T {
        draw(&mut self.chance.lock().unwrap())
    }

    pub fn is_calm(&self) -> bool {
        self.is_calm.load(Ordering::Relaxed)
    }

    pub fn note(&self, line: impl AsRef<str>) {
        let line = format!("{} {}", self.clock.now(), line.as_ref());
        self.trace.lock().unwrap().push(line);
    }

    /// A number for each life of the process.
    pub fn new_life(&self) -> u64 {
        self.lives.fetch_add(1, Ordering::Relaxed)
    }

    pub fn hook(&self, letter: &Letter) -> String {
        let hooks = self.hooks.lock().unwrap();
        let (_, path) = hooks[letter.office].iter().find(|(source, _)| *source == letter.source).unwrap();
        path.clone()
    }

    /// A point at which the process may die: then nothing goes on from here.
    pub async fn step(&self, what: impl FnOnce() -> String) {
        let left = self.steps_left.load(Ordering::Relaxed);
        let is_elsewhere = self.is_crash_at_the_door.load(Ordering::Relaxed)
            && self.clock.now().duration_since(*self.knocked_at.lock().unwrap()) > AT_THE_DOOR;
        if left == 0 || is_elsewhere {
            return;
        }
        self.steps_left.store(left - 1, Ordering::Relaxed);
        if left == 1 {
            self.note(format!("crash as it {}", what()));
            self.crashed.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// The disk takes its time before and after a commit, and the process may die in between.
    pub async fn disk(&self) {
        let (before_ms, after_ms) = self.with_chance(|chance| (chance.between(0, 10), chance.between(0, 10)));
        tokio::time::sleep(Duration::from_millis(before_ms)).await;
        self.step(|| "commits".to_owned()).await;
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
    }

    async fn live(self: &Arc<Self>, folder: &Path) -> End {
        self.clock.start();
        let is_first = self.lives.load(Ordering::Relaxed) == 0;
        let node = Node::start(self, folder).await;
        if is_first {
            let mut hooks = Vec::new();
            for office in &self.offices {
                hooks.push(node.connect(office, &self.tag, self.on_reschedule).await);
            }
            *self.hooks.lock().unwrap() = hooks;
            self.connected_at.set(self.clock.now()).unwrap();
        }
        self.is_calm.store(false, Ordering::Relaxed);
        if self.crashes_left.load(Ordering::Relaxed) > 0 {
            let is_at_the_door = self.with_chance(|chance| chance.happens(50));
            let within = if is_at_the_door { CRASH_WITHIN_AT_THE_DOOR } else { CRASH_WITHIN };
            self.is_crash_at_the_door.store(is_at_the_door, Ordering::Relaxed);
            self.steps_left.store(self.with_chance(|chance| chance.between(1, within)), Ordering::Relaxed);
        }
        tokio::select! {
            biased;
            () = self.crashed.notified() => return End::Crashed,
            () = self.storm(&node) => {}
        }
        self.calm(&node).await;
        End::Judged
    }

    async fn storm(self: &Arc<Self>, node: &Node) {
        let jumps = async {
            for (at, skew_ms) in &self.jumps {
                if *at > self.clock.now() {
                    sleep_until(self, *at).await;
                }
                // A rule counts from when it was made (C11), by whatever clock: back to before that is not what is judged.
                let made = self.clock.now().duration_since(*self.connected_at.get().unwrap());
                let skew_ms = *skew_ms.max(&-signed(made.as_millis().try_into().unwrap()));
                self.clock.jump(skew_ms);
                self.note(format!("the clock is off by {skew_ms} ms"));
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = jumps => {}
            () = self.deliver(node, self.storm_ends) => {}
        }
    }

    async fn calm(self: &Arc<Self>, node: &Node) {
        self.steps_left.store(0, Ordering::Relaxed);
        self.is_calm.store(true, Ordering::Relaxed);
        self.note("calm");
        self.settle(node).await;
        self.judge_inbox(node).await;
        self.judge(self.on_reschedule);
        self.judge_promptness();
        let now = self.clock.now();
        let before: Vec<Value> = self.offices.iter().map(|office| office.stand(now)).collect();
        for office in &self.offices {
            node.replay(office).await;
        }
        self.settle(node).await;
        for (office, before) in self.offices.iter().zip(before) {
            if office.stand(self.clock.now()) != before {
                self.find(9, &format!("replaying all of {} changed HubSpot", office.name));
            }
        }
    }

    /// Waits until all is delivered, read and written.
    async fn settle(self: &Arc<Self>, node: &Node) {
        let begun = self.clock.now();
        loop {
            self.deliver(node, self.clock.now() + CALM_LOOK).await;
            let stats = node.store.stats().await.unwrap();
            if self.is_delivered() && stats.unread == 0 && stats.waiting == 0 {
                return;
            }
            if self.clock.now() > begun + CALM_MAX {
                self.find(5, &format!("not all is written {CALM_MAX} after the storm: {stats:?}"));
                return;
            }
        }
    }

    /// In fair weather nothing that befalls the second office holds up the first, unless its own limits do.
    fn judge_promptness(&self) {
        if !self.weather.is_fair() || self.offices[0].rush.is_some() {
            return;
        }
        let (letters, seen) = (self.letters.lock().unwrap(), self.seen.lock().unwrap());
        for name in self.offices[0].bookings.keys() {
            let told = letters.iter().filter(|letter| letter.body.contains(name.as_str()));
            let (Some(told), Some(first)) =
                (told.filter_map(|letter| letter.acknowledged).min(), seen[0].first.get(name))
            else {
                continue;
            };
            let took = first.duration_since(told);
            if took > PROMPT {
                self.find(5, &format!("{name} took {took} though its HubSpot was well"));
            }
        }
    }

    /// The process is dead for a while.
    fn lie_dead(&self) {
        self.crashes_left.fetch_sub(1, Ordering::Relaxed);
        self.steps_left.store(0, Ordering::Relaxed);
        self.hear_last_words();
        let ms = self.with_chance(|chance| chance.between(500, 20_000));
        self.clock.pass(SignedDuration::from_millis(signed(ms)));
        self.note("starts again");
    }
}
