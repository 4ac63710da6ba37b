//! From webhook to HubSpot's write in a quiet workspace: alone, and beside one that floods.

use std::{collections::HashMap, path::Path, time::Duration};

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::{
    calls,
    customers::{self, Customer},
    figure::{Figure, Of, number as rounded},
    options::{number, stores},
    process::Process,
    world::{World, now},
};

const LATENCY_MS: u32 = 50;
/// A webhook every so often.
const PACE: Duration = Duration::from_millis(200);
const AT_ONCE: usize = 1_000;
/// Where the flood's calls begin to count: none began in the second of a quiet one.
const FLOOD: usize = 10_000_000;

pub async fn measure(folder: &Path) {
    let (webhooks, flood) = (number("--webhooks", 200), number("--calls", 100_000));
    println!("HubSpot answers after {LATENCY_MS} ms; a quiet webhook every {} ms", PACE.as_millis());
    for store in stores(&["sqlite", "postgres"]) {
        let world = World::start(folder, store).await;
        let serve = world.run("serve");
        let customers = customers::connect(&world, &serve, 2).await;
        let [quiet, loud] = &customers[..] else { unreachable!("two were connected") };
        world.latency(LATENCY_MS.into()).await;
        let alone = latencies(&world, &serve, quiet, 0..webhooks).await;
        println!("{store}, alone: {}", told(&alone));
        tell(store, &alone);
        if flood == 0 {
            continue;
        }

        let kept = stream::iter(FLOOD..FLOOD + flood)
            .map(|n| world.store.append(calls::envelope(loud, n, now())))
            .buffer_unordered(AT_ONCE);
        kept.for_each(async |kept| assert!(kept.is_ok(), "{kept:?}")).await;
        // The store of this process has no bell that the other one hears: a webhook of the flood's own wakes its lane.
        post(&world, &serve, loud, FLOOD + flood).await;
        let beside = latencies(&world, &serve, quiet, webhooks..webhooks * 2).await;
        let stats = world.store.stats().await.expect("numbers");
        println!("{store}, beside {flood} calls that came at once: {}", told(&beside));
        println!(
            "  p99 {:.2} times that of alone (aim: at most 2); {} of the flood were still to be read or written at the end",
            at(&beside, 0.99).as_secs_f64() / at(&alone, 0.99).as_secs_f64(),
            stats.unread.max(stats.waiting)
        );
    }
}

/// Posts one webhook after the other; how long after its begin HubSpot had carried out the write of each, shortest first.
async fn latencies(
    world: &World,
    serve: &Process,
    quiet: &Customer,
    calls: std::ops::Range<usize>,
) -> Vec<SignedDuration> {
    let mut posted = HashMap::new();
    let mut pace = tokio::time::interval(PACE);
    for n in calls.clone() {
        pace.tick().await;
        let start = Timestamp::from_second(i64::try_from(calls::started(n)).expect("a second"));
        posted.insert(start.expect("a moment"), now());
        post(world, serve, quiet, n).await;
    }
    let mut look = tokio::time::interval(Duration::from_millis(500));
    loop {
        look.tick().await;
        let objects = world.look("objects/calls?portal_id=1").await;
        if objects["items"].as_array().expect("a list").len() >= calls.end {
            break;
        }
    }
    let asked = world.look("requests?since=0").await;
    let mut took = Vec::new();
    for request in asked["items"].as_array().expect("a list") {
        if !request["path"].as_str().is_some_and(|path| path.ends_with("/calls/batch/create")) {
            continue;
        }
        let at: Timestamp = request["at"].as_str().and_then(|at| at.parse().ok()).expect("a moment");
        let inputs = request["body"]["inputs"].as_array().into_iter().flatten();
        let starts = inputs.filter_map(|input| input["properties"]["hs_timestamp"].as_str()?.parse().ok());
        took.extend(starts.filter_map(|start: Timestamp| Some(at.duration_since(posted.remove(&start)?))));
    }
    assert!(posted.is_empty(), "{} calls are not in HubSpot's record", posted.len());
    took.sort_unstable();
    took
}

async fn post(world: &World, serve: &Process, customer: &Customer, n: usize) {
    let answer = world.http.post(customer.hook(serve)).json(&calls::webhook(n)).send().await;
    assert_eq!(answer.expect("an answer").status(), 202);
}

fn at(took: &[SignedDuration], share: f64) -> SignedDuration {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into a short list")]
    let index = ((took.len() - 1) as f64 * share) as usize;
    took[index]
}

fn told(took: &[SignedDuration]) -> String {
    let ms = |share| at(took, share).as_secs_f64() * 1_000.0;
    format!("p50 {:.0} ms, p99 {:.0} ms of {} webhooks", ms(0.5), ms(0.99), took.len())
}

/// The least is one question, who the caller is, and one write, one after the other.
fn tell(store: &str, alone: &[SignedDuration]) {
    let least = f64::from(2 * LATENCY_MS);
    let name = if store == "sqlite" { "SQLite" } else { "PostgreSQL" };
    Figure {
        what: format!("from a webhook to HubSpot's write, on {name}"),
        came_to: told(alone),
        limit: format!(
            "{} ms: a question and a write, answered after {LATENCY_MS} ms each",
            rounded(least, 0)
        ),
        of: Of::Possible,
        share: least / (at(alone, 0.5).as_secs_f64() * 1_000.0),
        aim: None,
    }
    .tell();
}
