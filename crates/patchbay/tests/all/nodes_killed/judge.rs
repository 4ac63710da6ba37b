//! What the sandbox's record must say after the kills.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    Customer, Limits,
    sources::{COMMENTS, PEOPLE, Told, note, started},
};
use crate::world::World;

/// How long all that was acknowledged may take to be written, once the last node is back.
const WRITTEN_WITHIN: Duration = Duration::from_mins(2);

/// Waits until all is written; then looks for what was lost, doubled, written out of order, or sent beyond a limit.
pub async fn judge(world: &World, customers: &[Customer], limits: Limits, told: &Told) {
    let begun = Instant::now();
    let mut expected: BTreeMap<u64, BTreeSet<i64>> = BTreeMap::new();
    for (customer, id) in told.calls.lock().unwrap().iter() {
        expected.entry(*customer).or_default().insert(started(*id));
    }
    let (mut calls, mut contacts) = (0, 0);
    for customer in customers {
        let expected = &expected[&customer.number];
        let mut look = tokio::time::interval(Duration::from_millis(250));
        while !is_written(world, customer, expected).await {
            assert!(begun.elapsed() < WRITTEN_WITHIN, "customer {} is not written", customer.number);
            look.tick().await;
        }
        // With what was archived: a call that was made twice and taken back is doubled all the same.
        let made = objects(world, customer, "calls?archived=true&").await;
        assert_eq!(made.len(), expected.len(), "customer {}: each call once", customer.number);
        let people = objects(world, customer, "contacts?archived=true&").await.len() as u64;
        assert!(people <= PEOPLE, "customer {}: {people} contacts", customer.number);
        calls += made.len();
        contacts += people;
    }
    println!(
        "{} webhooks acknowledged, {} sent again; {calls} calls and {contacts} contacts in HubSpot, each once",
        told.acknowledged.load(Ordering::Relaxed),
        told.repeated.load(Ordering::Relaxed)
    );
    println!("all written {:.1} s after the last webhook", begun.elapsed().as_secs_f64());
    in_order(world).await;
    within_limits(world, customers, limits).await;
}

async fn objects(world: &World, customer: &Customer, path: &str) -> Vec<Value> {
    let order = customer.order(&format!("objects/{path}"));
    let all = world.hubspot(reqwest::Method::GET, &order, Value::Null).await;
    all["items"].as_array().unwrap().clone()
}

/// Whether HubSpot has each call with all of its comments.
async fn is_written(world: &World, customer: &Customer, expected: &BTreeSet<i64>) -> bool {
    let calls = objects(world, customer, "calls?").await;
    let whole = calls.iter().filter(|call| notes(&call["properties"]) == COMMENTS);
    let at = |call: &Value| {
        let at: jiff::Timestamp = call["properties"]["hs_timestamp"].as_str().unwrap().parse().unwrap();
        at.as_second()
    };
    let whole: BTreeSet<i64> = whole.map(at).collect();
    expected.is_subset(&whole)
}

/// How many comments the properties of a call tell of.
fn notes(properties: &Value) -> usize {
    let body = properties["hs_call_body"].as_str().unwrap_or_default();
    (1..=COMMENTS).filter(|n| body.contains(&note(*n))).count()
}

/// Each call's writes, in the order in which HubSpot carried them out, tell of ever more comments.
async fn in_order(world: &World) {
    let asked = world.hubspot(reqwest::Method::GET, "requests?since=0", Value::Null).await;
    let asked = asked["items"].as_array().unwrap();
    let (mut told, mut writes, mut repeated) = (BTreeMap::<&str, usize>::new(), 0, 0);
    for request in asked {
        let path = request["path"].as_str().unwrap();
        // A create is known by its answer, which has the ids; an update by what it says.
        let written = match path {
            _ if path.ends_with("/calls/batch/create") => &request["answer"]["results"],
            _ if path.ends_with("/calls/batch/update") => &request["body"]["inputs"],
            _ => continue,
        };
        for one in written.as_array().into_iter().flatten() {
            let Some(id) = one["id"].as_str() else { continue };
            let (before, now) = (told.get(id).copied(), notes(&one["properties"]));
            assert!(before.is_none_or(|before| before <= now), "call {id}: {before:?} comments, then {now}");
            writes += 1;
            repeated += usize::from(before == Some(now) && now > 0);
            told.insert(id, now);
        }
    }
    println!(
        "{} requests to HubSpot, {writes} writes of {} calls, each call's in order; {repeated} updates sent again",
        asked.len(),
        told.len()
    );
    assert!(!told.is_empty());
}

/// No account refused a request for its rate, nor saw more than its limits allow.
async fn within_limits(world: &World, customers: &[Customer], limits: Limits) {
    let Limits { burst_max, searches_a_second, .. } = limits;
    let (mut burst, mut search) = (0, 0);
    for customer in customers {
        let limits = world.hubspot(reqwest::Method::GET, &customer.order("limits?"), Value::Null).await;
        assert_eq!(limits["refused_total"], 0, "customer {}: {limits}", customer.number);
        burst = limits["burst_peak"].as_u64().unwrap().max(burst);
        search = limits["search_peak"].as_u64().unwrap().max(search);
    }
    println!(
        "0 refused; at most {burst} of {burst_max} in a window, {search} of {searches_a_second} searches"
    );
    assert!(burst <= burst_max && search <= searches_a_second);
}
