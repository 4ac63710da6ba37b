//! Sources that post webhooks of calls one after the other whatever becomes of the server, and what must have come of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::world::{World, ended_call, until};

/// Calls of one unknown number come again and again: they must make one contact all the same.
const NUMBERS: u64 = 40;

/// Senders at work.
pub struct Senders {
    told: Arc<Told>,
    tasks: Vec<JoinHandle<()>>,
}

/// What the server has told them so far.
#[derive(Default)]
struct Told {
    is_over: AtomicBool,
    next: AtomicU64,
    acknowledged: Mutex<BTreeSet<u64>>,
    refused: AtomicU64,
    odd: Mutex<Vec<String>>,
    longest: Mutex<Duration>,
}

/// What came of a load.
pub struct Outcome {
    /// The calls whose webhook was answered 202.
    pub acknowledged: BTreeSet<u64>,
    /// Webhooks answered 503, with the word when to come again.
    pub refused: u64,
    /// Answers that no source should get.
    pub odd: Vec<String>,
    /// The longest that an answer took.
    pub longest: Duration,
}

impl Senders {
    /// So many at once, each every ten milliseconds or as fast as it is answered.
    pub fn start(world: &World, hook: &str, count: u64) -> Self {
        let told = Arc::<Told>::default();
        let sender = |_| {
            let (http, hook, told) = (world.http.clone(), hook.to_owned(), Arc::clone(&told));
            tokio::spawn(async move {
                let mut pace = tokio::time::interval(Duration::from_millis(10));
                while !told.is_over.load(Ordering::Relaxed) {
                    pace.tick().await;
                    let id = told.next.fetch_add(1, Ordering::Relaxed) + 1;
                    let begun = Instant::now();
                    // A server that is killed answers nobody; what it kept all the same is no harm.
                    if let Ok(answer) = http.post(&hook).json(&ended_call(id, &number(id), &[])).send().await
                    {
                        let again = answer.headers().contains_key("retry-after");
                        told.answered(id, answer.status().as_u16(), again, begun.elapsed());
                    }
                }
            })
        };
        let tasks = (0..count).map(sender).collect();
        Self { told, tasks }
    }

    /// How many webhooks were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.told.acknowledged.lock().unwrap().len()
    }

    /// How many were refused so far.
    pub fn refused(&self) -> u64 {
        self.told.refused.load(Ordering::Relaxed)
    }

    /// Waits until so many more are acknowledged.
    pub async fn go_on_for(&self, more: usize) {
        let target = self.acknowledged() + more;
        let mut look = tokio::time::interval(Duration::from_millis(1));
        let begun = Instant::now();
        while self.acknowledged() < target {
            assert!(begun.elapsed() < Duration::from_mins(1), "webhooks are not acknowledged any more");
            look.tick().await;
        }
    }

    pub async fn stop(self) -> Outcome {
        self.told.is_over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        let told = &self.told;
        Outcome {
            acknowledged: told.acknowledged.lock().unwrap().clone(),
            refused: told.refused.load(Ordering::Relaxed),
            odd: told.odd.lock().unwrap().clone(),
            longest: *told.longest.lock().unwrap(),
        }
    }
}

impl Told {
    fn answered(&self, id: u64, status: u16, again: bool, took: Duration) {
        match (status, again) {
            (202, _) => drop(self.acknowledged.lock().unwrap().insert(id)),
            (503, true) => drop(self.refused.fetch_add(1, Ordering::Relaxed)),
            _ => self.odd.lock().unwrap().push(format!("{status}, with Retry-After: {again}")),
        }
        let mut longest = self.longest.lock().unwrap();
        *longest = took.max(*longest);
    }
}

/// Waits until HubSpot has all that was acknowledged; then it has each call once, and one contact for each number.
pub async fn nothing_lost_nothing_doubled(world: &World, acknowledged: &BTreeSet<u64>) {
    until("all that was acknowledged is in HubSpot", async || {
        let calls = calls_by_start(world).await;
        acknowledged.iter().all(|id| calls.contains_key(&start(*id)))
    })
    .await;
    let calls = calls_by_start(world).await;
    println!("{} acknowledged, {} calls in HubSpot", acknowledged.len(), calls.len());
    let doubled: Vec<_> = calls.iter().filter(|(_, count)| **count > 1).collect();
    assert_eq!(doubled, Vec::<(&String, &usize)>::new());
    let contacts = world.objects("contacts").await;
    let phone = |contact: &Value| contact["properties"]["phone"].as_str().unwrap().to_owned();
    let numbers: BTreeSet<String> = contacts.iter().map(phone).collect();
    assert_eq!(numbers.len(), contacts.len(), "one contact for each number");
}

async fn calls_by_start(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in world.objects("calls").await {
        let at = call["properties"]["hs_timestamp"].as_str().unwrap();
        let second = at.parse::<jiff::Timestamp>().unwrap().as_second();
        *counts.entry(second.to_string()).or_default() += 1;
    }
    counts
}

fn start(id: u64) -> String {
    (1_780_000_000 + id * 60).to_string()
}

fn number(id: u64) -> String {
    format!("+1 415-556-{:04}", id % NUMBERS)
}
