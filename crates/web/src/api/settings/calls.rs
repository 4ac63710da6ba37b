//! Settings for calls (C1–C5, C12–C17).

mod part;

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, extract::State};
use domain::{kind::Kind, rule::RuleState, settings::CallSettings};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use self::part::Part;
pub use self::part::{check_call_type, check_template};
use crate::{
    api::{body::Sent, lists::reading, problem::Problem, scope::Scope},
    app::{App, Shared},
};

/// Settings for calls, whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallSettingsView {
    /// The outcome of each kind of call: a GUID, or null for None.
    pub outcomes: BTreeMap<&'static str, Option<String>>,
    /// The outcomes that do not count yet, or not for long, or not at all any more.
    pub outcome_states: BTreeMap<&'static str, SlotState>,
    /// `answered` or `ended`.
    #[schema(value_type = String)]
    pub log_when: domain::settings::LogWhen,
    /// `call_outcome` or `first_rule`.
    #[schema(value_type = String)]
    pub on_conflict: domain::settings::OnConflict,
    /// Whether an unknown caller becomes a contact: for all kinds of call, or by kind where they differ.
    pub create_contacts: CreateContacts,
    /// Aircall's ids of numbers whose calls are left out.
    pub exclude_numbers: BTreeSet<String>,
    /// Agents' addresses to HubSpot owners.
    pub owner_map: BTreeMap<String, String>,
    /// The title, with places such as `{party}`.
    pub title_template: String,
    /// The call type of each kind of call, or null for none.
    pub call_types: BTreeMap<&'static str, Option<String>>,
    /// Whether a missed call opens a task.
    pub missed_call_task: bool,
    /// Aircall's hang-up causes to kinds of call.
    pub outcome_causes: BTreeMap<String, &'static str>,
}

/// One answer for all kinds of call, or one for each.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CreateContacts {
    /// For all.
    All(bool),
    /// By kind.
    ByKind(BTreeMap<&'static str, bool>),
}

/// How a chosen outcome stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotState {
    /// `pending`, `outcome_leaving` or `outcome_deleted`.
    pub state: &'static str,
    /// When it begins to count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub effective_at: Option<Timestamp>,
    /// When it ceases to count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

/// Shows the settings.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/settings/calls", tag = "settings",
    operation_id = "show_call_settings",
    responses((status = 200, body = CallSettingsView)))]
pub async fn show(State(app): State<Shared>, scope: Scope) -> Result<Json<CallSettingsView>, Problem> {
    Ok(Json(current(&app, &scope).await?))
}

/// The settings as they are.
pub async fn current(app: &App, scope: &Scope) -> Result<CallSettingsView, Problem> {
    let settings = app.web.store.call_settings(scope.ws()).await?;
    view(app, scope, settings).await
}

/// Changes any part of the settings.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/settings/calls", tag = "settings",
    operation_id = "change_call_settings",
    request_body = Part, responses((status = 200, body = CallSettingsView)))]
pub async fn change(
    State(app): State<Shared>,
    scope: Scope,
    sent: Sent,
) -> Result<Json<CallSettingsView>, Problem> {
    Ok(Json(set(&app, &scope, sent).await?))
}

/// Sets any part of the settings; returns the whole.
pub async fn set(app: &App, scope: &Scope, sent: Sent) -> Result<CallSettingsView, Problem> {
    let part: Part = sent.read()?;
    // The lists are read before the turn: the network is slow, and changes wait for each other.
    let outcomes = match part.outcomes {
        Some(_) => Some(reading::outcomes(app, scope.ws()).await?),
        None => None,
    };
    let call_types = match part.call_types {
        Some(_) => Some(reading::call_types(app, scope.ws()).await?),
        None => None,
    };
    let owners = match part.owner_map {
        Some(_) => Some(reading::owners(app, scope.ws()).await?),
        None => None,
    };
    let _turn = app.changes.hold(scope.ws()).await;
    loop {
        let before = app.web.store.call_settings(scope.ws()).await?;
        let mut settings = before.clone();
        if let (Some(chosen), Some(reading)) = (&part.outcomes, &outcomes) {
            part::outcomes(chosen, &mut settings, reading, app.web.settings.outcome_delay, app.now())?;
        }
        if let (Some(chosen), Some(listed)) = (&part.call_types, &call_types) {
            part::call_types(chosen, &mut settings, listed)?;
        }
        if let (Some(map), Some(listed)) = (&part.owner_map, &owners) {
            part::owner_map(map, &mut settings, listed)?;
        }
        part.clone().apply(&mut settings)?;
        if settings == before {
            return view(app, scope, settings).await;
        }
        // Somebody may have changed them at another node: then the part is set upon that.
        if app.web.store.change_call_settings(scope.ws(), &before, &settings).await? {
            scope.audit("settings.calls_changed", json!({ "fields": part.names() })).await?;
            return view(app, scope, settings).await;
        }
    }
}

async fn view(app: &App, scope: &Scope, settings: CallSettings) -> Result<CallSettingsView, Problem> {
    let catalog = app.web.store.outcome_catalog(scope.ws()).await?;
    let (delay, now) = (app.web.settings.outcome_delay, app.now());
    let chosen =
        |kind: Kind| settings.outcomes.get(&kind).and_then(|slot| slot.chosen()).map(|id| id.0.clone());
    let state = |kind: Kind| {
        let (_, own) = settings.outcomes.get(&kind)?.outcome(&catalog, delay, now);
        own.filter(|own| *own != RuleState::Active).map(|own| (kind.word(), slot_state(own)))
    };
    let creates = Kind::ALL.map(|kind| (kind.word(), settings.creates_contact(kind)));
    let all_alike = creates.iter().all(|(_, creates_one)| *creates_one == creates[0].1);
    Ok(CallSettingsView {
        outcomes: Kind::ALL.map(|kind| (kind.word(), chosen(kind))).into(),
        outcome_states: Kind::ALL.into_iter().filter_map(state).collect(),
        log_when: settings.log_when,
        on_conflict: settings.on_conflict,
        create_contacts: if all_alike {
            CreateContacts::All(creates[0].1)
        } else {
            CreateContacts::ByKind(creates.into())
        },
        call_types: Kind::ALL
            .map(|kind| (kind.word(), settings.call_types.get(&kind).cloned().flatten()))
            .into(),
        exclude_numbers: settings.exclude_numbers,
        owner_map: settings.owner_map.into_iter().map(|(agent, owner)| (agent, owner.0)).collect(),
        title_template: settings.title_template,
        missed_call_task: settings.missed_call_task,
        outcome_causes: settings
            .outcome_causes
            .into_iter()
            .map(|(cause, kind)| (cause, kind.word()))
            .collect(),
    })
}

fn slot_state(state: RuleState) -> SlotState {
    let (effective_at, until) = match state {
        RuleState::Pending { effective_at } => (Some(effective_at), None),
        RuleState::OutcomeLeaving { until } => (None, Some(until)),
        RuleState::Active | RuleState::TagDeleted | RuleState::OutcomeDeleted => (None, None),
    };
    SlotState { state: state.word(), effective_at, until }
}
