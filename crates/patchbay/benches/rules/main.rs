//! The rules alone, on one core: decisions, folds and plans a second, beside reading the JSON of the same webhook.
//!
//! `cargo bench -p patchbay --bench rules`

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on ends")]
#![expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]

#[path = "../figures/figure.rs"]
mod figure;
mod office;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use domain::{
    decision::decide,
    plan::{Wishes, plan},
    question::questions,
    record::Facts,
    source::Source,
};
use figure::{Figure, Of, number};
use serde_json::Value;

/// How long each is measured, in rounds of which the middle one counts.
const ROUND: Duration = Duration::from_millis(400);
const ROUNDS: usize = 7;
/// How much is made ready before each stretch whose time is taken.
const READY: usize = 500;

fn main() {
    let bodies = office::webhooks();
    let last = bodies.last().expect("a webhook").clone();
    let json: Vec<Value> = bodies.iter().map(|body| parsed(body)).collect();
    let now = office::later();
    let (book, meetings) = (office::book(), office::meetings());
    let wishes = Wishes { calls: &book.settings, meetings: &meetings };
    let answers = office::answers();

    let reading = per_second(|| parsed(&last));
    println!(
        "reading the JSON of a webhook of {} bytes: {} a second on one core",
        last.len(),
        number(reading, 0)
    );

    let record = office::folded(&json);
    let Facts::Call(call) = &record.facts else { unreachable!("the webhooks are of a call") };
    let deciding = per_second(|| decide(call, None, &book, now).expect("a decision"));
    beside("outcome decisions", deciding, reading);

    let events = || json.iter().map(event).collect::<Vec<_>>();
    let ready = || (office::record(), events());
    let folding = per_second_of(json.len(), ready, |(mut record, events)| {
        for event in events {
            record.take(event);
        }
        record
    });
    beside("folds of an event", folding, reading);

    let mut decided = record.clone();
    assert!(decided.decide(&book, now), "the call has ended");
    let planning = per_second(|| plan(&decided, &wishes, &answers, now));
    assert!(!plan(&decided, &wishes, &answers, now).steps.is_empty(), "there is something to write");
    beside("plans", planning, reading);
    beside("folds with their plans", 1.0 / (1.0 / folding + 1.0 / planning), reading);

    let whole = per_second(|| {
        let mut record = office::record();
        record.take(event(&parsed(&last)));
        record.decide(&book, now);
        (questions(&record, &wishes, now), plan(&record, &wishes, &answers, now))
    });
    println!(
        "from the webhook to its plan: {} a second, {:.0} % of reading its JSON alone",
        number(whole, 0),
        whole / reading * 100.0
    );
    Figure {
        what: "webhooks read, folded, decided and planned, on one core".to_owned(),
        came_to: format!("{}/s", number(whole, 0)),
        limit: format!("{}/s if only their JSON is read", number(reading, 0)),
        of: Of::Possible,
        share: whole / reading,
        aim: None,
    }
    .tell();
}

fn parsed(body: &[u8]) -> Value {
    connectors::source::parse(body).expect("JSON")
}

fn event(body: &Value) -> domain::event::Event {
    connectors::read(Source::Aircall, body).expect("a webhook of a call")
}

/// How often a second something is done.
fn per_second<T>(mut work: impl FnMut() -> T) -> f64 {
    per_second_of(1, || (), |()| work())
}

/// The same, so many at once, for what uses up what has to be made ready before; only the work's time counts.
fn per_second_of<R, T>(each: usize, mut ready: impl FnMut() -> R, mut work: impl FnMut(R) -> T) -> f64 {
    let mut round = || {
        let (mut done, mut took) = (0, Duration::ZERO);
        while took < ROUND {
            let all: Vec<R> = (0..READY).map(|_| ready()).collect();
            let mut made = Vec::with_capacity(READY);
            let begun = Instant::now();
            for one in all {
                made.push(work(black_box(one)));
            }
            took += begun.elapsed();
            done += READY * each;
            // Letting go of what was made is not what is measured.
            drop(black_box(made));
        }
        done as f64 / took.as_secs_f64()
    };
    let _warm = round();
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| round()).collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

fn beside(what: &str, rate: f64, reading: f64) {
    let us = |rate: f64| number(1e6 / rate, 2);
    println!("{what}: {} a second on one core; {} µs each", number(rate, 0), us(rate));
    Figure {
        what: format!("{what}, on one core"),
        came_to: format!("{}/s, {} µs each", number(rate, 0), us(rate)),
        limit: format!("{} µs to read the webhook's JSON", us(reading)),
        of: Of::Reading,
        share: reading / rate,
        aim: None,
    }
    .tell();
}
