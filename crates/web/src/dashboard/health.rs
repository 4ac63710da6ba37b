//! Health: what was done today, what waits, what is left of HubSpot's allowance, how long things take.

mod chart;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::source::System;
use jiff::Timestamp;

use self::chart::{Chart, Slot, round_up};
use super::{
    failure::Failure,
    frame::{Frame, Visit, page},
    integrations::{self, Card},
};
use crate::api::{
    load::{self, LoadView, SampleView},
    records::Hold,
};

/// The greatest of the sizes by which spans are counted: `store::Spans` doubles from 125 ms on.
const SPAN_SIZES: u64 = 16;

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage {
    frame: Frame,
    load: LoadView,
    /// How long half of today's writes took at most, and 95 of 100.
    spans: Option<(String, String)>,
    /// What is left of the day at HubSpot.
    day_left: Option<String>,
    cards: Vec<Card>,
    hold: Option<String>,
    charts: Vec<Chart>,
}

/// Shows how the workspace does.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    let load = load::read(&visit.app, &visit.scope, visit.frame.zone()).await?;
    let hold = Hold::read(&visit.app, &visit.scope).await?;
    let mut cards = Vec::new();
    for system in System::ALL {
        cards.push(integrations::card(&visit, system).await?);
    }
    let now = visit.frame.now;
    let charts = vec![written(&load.samples, now), spans(&load.samples, now), allowance(&load.samples, now)];
    let hold = hold.sentence().map(str::to_owned);
    let day_left = load.today.left.and_then(|left| left.day).map(grouped);
    let spans = load.today.p50_ms.map(words).zip(load.today.p95_ms.map(words));
    Ok(page(StatusCode::OK, &HealthPage { load, spans, day_left, cards, hold, charts, frame: visit.frame }))
}

fn chart(id: &'static str, title: &'static str, keys: [&'static str; 2], summary: String) -> Chart {
    Chart { id, title, summary, keys, bars: Vec::new(), marks: Vec::new(), rows: Vec::new() }
}

fn written(samples: &[SampleView], now: Timestamp) -> Chart {
    let counts = samples.iter().map(|sample| (sample.done.calls + sample.done.meetings, sample.done.changes));
    let slots = counts.clone().zip(samples).map(|((new, changed), sample)| Slot {
        at: sample.at,
        values: [new, changed],
        words: [new.to_string(), changed.to_string()],
    });
    let all: u64 = counts.clone().map(|(new, changed)| new + changed).sum();
    let most = counts.map(|(new, changed)| new + changed).max().unwrap_or(0);
    let summary = match all {
        0 => "Nothing was written in the last 24 hours.".to_owned(),
        1 => "One write in the last 24 hours.".to_owned(),
        all => format!("{all} writes in the last 24 hours, {most} within five minutes at the most."),
    };
    let mut chart = chart("written", "Written to HubSpot", ["New calls and meetings", "Changes"], summary);
    let scale = round_up(most);
    chart.draw(slots.collect(), scale, true, now);
    chart.mark(scale, scale, scale.to_string());
    chart
}

fn spans(samples: &[SampleView], now: Timestamp) -> Chart {
    let of = |sample: &SampleView| sample.done.p50_ms.zip(sample.done.p95_ms);
    let timed: Vec<_> = samples.iter().filter_map(|sample| Some((sample.at, of(sample)?))).collect();
    let slots = timed.iter().map(|(at, (half, most))| Slot {
        at: *at,
        values: [size(*half), size(*most)],
        words: [words(*half), words(*most)],
    });
    let slowest = timed.iter().map(|(_, (_, most))| *most).max();
    let summary = slowest.map_or_else(
        || "Nothing was written in the last 24 hours.".to_owned(),
        |slowest| format!("In the slowest five minutes, 95 of 100 writes took at most {}.", words(slowest)),
    );
    let keys = ["Half of them took at most", "95 of 100 took at most"];
    let mut chart = chart("spans", "From webhook to HubSpot", keys, summary);
    chart.draw(slots.collect(), SPAN_SIZES, false, now);
    for (ms, label) in [(1_000, "1 s"), (64_000, "1 min"), (1_024_000, "17 min")] {
        chart.mark(size(ms), SPAN_SIZES, label);
    }
    chart
}

fn allowance(samples: &[SampleView], now: Timestamp) -> Chart {
    let sent: Vec<_> = samples.iter().filter_map(|sample| Some((sample.at, sample.done.left?))).collect();
    let percent = |left: u64, max: u64| (left * 100).checked_div(max).unwrap_or(0).min(100);
    let slots = sent.iter().map(|(at, left)| Slot {
        at: *at,
        values: [percent(left.burst, left.burst_max), 0],
        words: [format!("{} of {}", left.burst, left.burst_max), left.day.map_or_else(String::new, grouped)],
    });
    let least = sent.iter().map(|(_, left)| percent(left.burst, left.burst_max)).min();
    let summary = least.map_or_else(
        || "Nothing was sent to HubSpot in the last 24 hours.".to_owned(),
        |least| format!("At the least, {least} % of the requests of a short span were left."),
    );
    let mut chart = chart(
        "allowance",
        "Left of HubSpot's allowance",
        ["Least left of a short span", "Left of the day"],
        summary,
    );
    chart.draw(slots.collect(), 100, false, now);
    chart.mark(50, 100, "50 %");
    chart.mark(100, 100, "100 %");
    chart
}

/// How often a span doubles from 125 ms on, and one more: each of these is one step of the chart.
fn size(ms: i64) -> u64 {
    let mut bound = 125;
    let mut size = 1;
    while bound < ms && size < SPAN_SIZES {
        bound *= 2;
        size += 1;
    }
    size
}

fn words(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{} s", ms / 1_000),
        _ => format!("{} min", ms / 60_000),
    }
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn great_numbers_are_told_by_their_thousands() {
        assert_eq!(
            [7, 190, 1_000, 624_968, 1_000_000].map(grouped),
            ["7", "190", "1,000", "624,968", "1,000,000"]
        );
    }

    #[test]
    fn spans_are_told_as_people_say_them() {
        assert_eq!(
            [125, 1_000, 16_000, 64_000, 1_024_000].map(words),
            ["125 ms", "1 s", "16 s", "1 min", "17 min"]
        );
        assert_eq!([1, 125, 126, 1_000, 4_096_000, i64::MAX].map(size), [1, 1, 2, 4, 16, 16]);
    }
}
