//! Records: all that is known of a call or a booking, and why HubSpot holds what it holds (N1).

use axum::{Json, extract::State};
use domain::{
    ids::RecordId,
    record::Facts,
    source::{Source, System},
};
use jiff::Timestamp;
use serde::Serialize;
use store::{Envelope, Filter, RecordKind, RecordState, StoredRecord};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    connections::hubspot,
    page::{Asked, Items},
    portal::Portal,
    problem::Problem,
    scope::Scope,
    timeline::{self, Moment},
};
use crate::app::{App, Shared};

/// A record.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordView {
    /// Ours.
    id: String,
    /// `call` or `meeting`.
    kind: &'static str,
    /// Where it comes from.
    source: &'static str,
    /// The source's newest id of it.
    external_id: String,
    /// `logged`, `waiting` or `problem`.
    state: &'static str,
    /// What HubSpot holds of it.
    hubspot: Vec<InHubspot>,
    /// HubSpot's id of its contact.
    #[schema(required)]
    contact_id: Option<String>,
    /// Why it is as it is, in one sentence.
    why: String,
    /// How often it was tried in a row.
    attempts: u32,
    /// When it is looked at again.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// When it was first saved.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last saved.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
}

/// An object in HubSpot.
#[derive(Debug, Serialize, ToSchema)]
pub struct InHubspot {
    /// `calls`, `meetings` or `tasks`.
    object: &'static str,
    /// HubSpot's id.
    id: String,
}

/// A record with all that happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordDetail {
    #[serde(flatten)]
    record: RecordView,
    /// What happened, oldest first.
    timeline: Vec<Moment>,
}

/// Lists records, newest first.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/records", tag = "records", operation_id = "list_records",
    params(
        ("source" = Option<String>, Query), ("external_id" = Option<String>, Query, description = "Older ids find it, too"),
        ("state" = Option<String>, Query, description = "`logged`, `waiting` or `problem`"),
        ("kind" = Option<String>, Query, description = "`call` or `meeting`"),
        ("search" = Option<String>, Query, description = "Beginnings of names, addresses or numbers of the other party, or an id"),
        ("from" = Option<String>, Query, description = "First seen from then on, RFC 3339"),
        ("to" = Option<String>, Query, description = "First seen before then, RFC 3339"),
        ("limit" = Option<u32>, Query, description = "1 to 200", minimum = 1, maximum = 200), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Items<RecordView>)))]
pub async fn list(
    State(app): State<Shared>,
    scope: Scope,
    asked: Asked,
) -> Result<Json<Items<RecordView>>, Problem> {
    let filter = Filter { from: asked.moment("from")?, to: asked.moment("to")?, ..filter(&asked)? };
    let page = app.web.store.records(scope.ws(), filter).await?;
    let hold = Hold::read(&app, &scope).await?;
    let items = page.items.iter().map(|stored| view(stored, &hold)).collect();
    Ok(Json(Items { items, next: page.next }))
}

/// What a query asks for, but for moments.
pub fn filter(asked: &Asked) -> Result<Filter, Problem> {
    let no_source = || Problem::invalid("source", "is not aircall, calendar, calcom or calendly");
    let no_state = || Problem::invalid("state", "is not logged, waiting or problem");
    let no_kind = || Problem::invalid("kind", "is not call or meeting");
    Ok(Filter {
        source: asked.word("source").map(|word| Source::from_word(word).ok_or_else(no_source)).transpose()?,
        external_id: asked.word("external_id").map(str::to_owned),
        kind: asked.word("kind").map(|word| RecordKind::from_word(word).ok_or_else(no_kind)).transpose()?,
        state: asked
            .word("state")
            .map(|word| RecordState::from_word(word).ok_or_else(no_state))
            .transpose()?,
        search: asked.word("search").map(str::to_owned),
        limit: asked.limit()?,
        cursor: asked.cursor(),
        ..Filter::default()
    })
}

/// Shows a record with its timeline.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/records/{id}", tag = "records", operation_id = "show_record",
    responses((status = 200, body = RecordDetail)))]
pub async fn show(State(app): State<Shared>, scope: Scope) -> Result<Json<RecordDetail>, Problem> {
    let story = story(&app, &scope).await?;
    Ok(Json(RecordDetail { record: view(&story.stored, &story.hold), timeline: story.timeline }))
}

/// A record with all that happened to it.
pub struct Story {
    /// The record.
    pub stored: StoredRecord,
    /// What holds it up, if it waits.
    pub hold: Hold,
    /// The webhooks, oldest first.
    pub envelopes: Vec<Envelope>,
    /// Where people see what HubSpot holds.
    pub portal: Portal,
    /// What happened, oldest first.
    pub timeline: Vec<Moment>,
}

/// The record that the address names, with all that happened to it.
pub async fn story(app: &App, scope: &Scope) -> Result<Story, Problem> {
    let no_record = || Problem::not_found("record");
    let id = Uuid::parse_str(scope.param("id")).map(RecordId).map_err(|_| no_record())?;
    let stored = app.web.store.record(scope.ws(), id).await?.ok_or_else(no_record)?;
    let envelopes = app.web.store.envelopes_of(scope.ws(), stored.record.id).await?;
    let ledger = app.web.store.ledger_of(scope.ws(), stored.record.id).await?;
    let hold = Hold::read(app, scope).await?;
    let hubspot = app.web.store.connection(scope.ws(), System::Hubspot).await?;
    let portal = Portal::of(hubspot.as_ref(), &stored.record);
    let timeline = timeline::of(&stored, hold.why(&stored), &envelopes, ledger, &portal);
    Ok(Story { stored, hold, envelopes, portal, timeline })
}

/// What holds up all of a workspace's writing, if anything does.
pub struct Hold(Option<String>);

impl Hold {
    /// Why a record is as it is, in one sentence.
    pub fn why<'a>(&'a self, stored: &'a StoredRecord) -> &'a str {
        self.0.as_deref().filter(|_| stored.state == RecordState::Waiting).unwrap_or(&stored.why)
    }

    /// What holds up all writing, in a sentence.
    pub fn sentence(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// What holds up the writing now.
    pub async fn read(app: &App, scope: &Scope) -> Result<Self, Problem> {
        let connection = app.web.store.connection(scope.ws(), System::Hubspot).await?;
        if let Some(reason) = hubspot::closed_because(connection.as_ref()) {
            return Ok(Self(Some(format!("Waiting: {reason}"))));
        }
        let lane = app.web.store.lane(scope.ws()).await?;
        let parked = lane.parked_until.filter(|until| *until > app.now());
        Ok(Self(parked.map(|until| {
            format!("Waiting until {}: {}", until.strftime("%H:%M UTC on %-d %B %Y"), lane.why)
        })))
    }
}

fn view(stored: &StoredRecord, hold: &Hold) -> RecordView {
    let record = &stored.record;
    RecordView {
        id: record.id.to_string(),
        kind: match record.facts {
            Facts::Call(_) => "call",
            Facts::Booking(_) => "meeting",
        },
        source: record.source.word(),
        external_id: record.external_id.clone(),
        state: stored.state.word(),
        hubspot: record
            .held
            .iter()
            .map(|held| InHubspot { object: held.object.word(), id: held.id.0.clone() })
            .collect(),
        contact_id: record.contact.as_ref().map(|contact| contact.id.0.clone()),
        why: hold.why(stored).to_owned(),
        attempts: stored.attempts,
        due_at: stored.due_at,
        created_at: stored.created_at,
        changed_at: stored.changed_at,
    }
}
