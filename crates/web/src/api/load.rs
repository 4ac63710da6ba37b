//! How a workspace does: today's counts, what waits, what is left of HubSpot's allowance, how long things take.

use axum::{Json, extract::State};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;
use store::{SAMPLE_LENGTH, Sample};
use utoipa::ToSchema;

use super::{page::Asked, problem::Problem, scope::Scope};
use crate::app::{App, Shared};

/// How far back the samples go.
const SHOWN: SignedDuration = SignedDuration::from_hours(24);

/// How a workspace does.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoadView {
    /// When the day that is counted began.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// What was done since then.
    pub today: Done,
    /// Webhooks that were kept and not read yet.
    pub unread: u64,
    /// When the oldest of them came.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub oldest_unread: Option<Timestamp>,
    /// Calls and meetings of which something could not be written yet.
    pub unwritten: u64,
    /// Since when the oldest of them waits.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub oldest_unwritten: Option<Timestamp>,
    /// The last 24 hours in spans of five minutes, without those in which nothing was done.
    pub samples: Vec<SampleView>,
}

/// What was done within a span.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Done {
    /// Webhooks that were read.
    pub webhooks: u64,
    /// Calls that were written to HubSpot for the first time.
    pub calls: u64,
    /// Meetings that were written to HubSpot for the first time.
    pub meetings: u64,
    /// Later writes to calls and meetings that HubSpot held.
    pub changes: u64,
    /// Problems that arose.
    pub problems: u64,
    /// How long half of the writes took at most, from the webhook on; right to a factor of two.
    #[schema(required)]
    pub p50_ms: Option<i64>,
    /// How long 95 of 100 took at most.
    #[schema(required)]
    pub p95_ms: Option<i64>,
    /// The least that was left of HubSpot's allowance; null where nothing was sent.
    #[schema(required)]
    pub left: Option<LeftView>,
}

/// What was done within five minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct SampleView {
    /// When they began.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[serde(flatten)]
    pub done: Done,
}

/// What was left of HubSpot's allowance.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct LeftView {
    /// Requests in the burst window.
    pub burst: u64,
    /// Of so many.
    pub burst_max: u64,
    /// Searches in a second.
    pub search: u64,
    /// Of so many.
    pub search_max: u64,
    /// Requests until the account's midnight, where HubSpot tells.
    #[schema(required)]
    pub day: Option<u64>,
}

impl From<&Sample> for Done {
    fn from(sample: &Sample) -> Self {
        let within = |percent| {
            let span: SignedDuration = sample.spans.within(percent)?;
            i64::try_from(span.as_millis()).ok()
        };
        Self {
            webhooks: sample.webhooks,
            calls: sample.calls,
            meetings: sample.meetings,
            changes: sample.changes,
            problems: sample.problems,
            p50_ms: within(50),
            p95_ms: within(95),
            left: sample.left.map(|left| LeftView {
                burst: left.burst,
                burst_max: left.burst_max,
                search: left.search,
                search_max: left.search_max,
                day: left.day,
            }),
        }
    }
}

/// Shows how the workspace does.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/health", tag = "health", operation_id = "show_health",
    params(("time_zone" = Option<String>, Query, description = "Whose day is counted, e.g. `Europe/Vienna`; UTC if it is left out")),
    responses((status = 200, body = LoadView)))]
pub async fn show(State(app): State<Shared>, scope: Scope, asked: Asked) -> Result<Json<LoadView>, Problem> {
    let zone = match asked.word("time_zone") {
        Some(name) => TimeZone::get(name)
            .map_err(|_| Problem::invalid("time_zone", "is not a time zone such as Europe/Vienna"))?,
        None => TimeZone::UTC,
    };
    Ok(Json(read(&app, &scope, &zone).await?))
}

/// How the workspace does; its day is that of a zone.
pub async fn read(app: &App, scope: &Scope, zone: &TimeZone) -> Result<LoadView, Problem> {
    let now = app.now();
    let since = now.to_zoned(zone.clone()).start_of_day().map_err(|_| Problem::internal())?.timestamp();
    let from = since.min(now - SHOWN);
    let samples = app.web.store.samples(scope.ws(), from, now + SAMPLE_LENGTH).await?;
    let load = app.web.store.load(scope.ws()).await?;
    let mut today = Sample::default();
    for (_, sample) in samples.iter().filter(|(at, _)| *at >= since) {
        today.add(sample);
    }
    let shown = samples.iter().filter(|(at, _)| *at >= now - SHOWN);
    Ok(LoadView {
        since,
        today: Done::from(&today),
        unread: load.unread,
        oldest_unread: load.oldest_unread,
        unwritten: load.unwritten,
        oldest_unwritten: load.oldest_unwritten,
        samples: shown.map(|(at, sample)| SampleView { at: *at, done: Done::from(sample) }).collect(),
    })
}
