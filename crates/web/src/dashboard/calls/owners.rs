//! Whose calls are whose in HubSpot: agents to owners, where the addresses do not tell (C13).

use std::collections::BTreeMap;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::ids::WorkspaceId;
use serde_json::{Value, json};

use super::section::said;
use crate::{
    api::{
        lists::{Choice, reading},
        problem::Problem,
        settings::calls::{self, CallSettingsView},
    },
    app::App,
    dashboard::{
        failure::Failure,
        form::{Form, Posted},
        frame::{Frame, Visit, page},
        merge::changes,
    },
};

/// What the name of an agent's field begins with; the address follows.
const FIELD: &str = "owner_map.";

#[derive(Template)]
#[template(path = "calls_owners.html")]
struct OwnersPage {
    frame: Frame,
    tab: &'static str,
    form: Form,
    as_shown: Value,
    agents: Vec<Agent>,
    owners: Vec<Choice>,
    stale: Vec<String>,
}

/// An agent with the owner that was chosen.
struct Agent {
    email: String,
    name: String,
    /// Empty: by address.
    chosen: String,
    /// The owner whose address is the agent's.
    by_address: bool,
    /// What is chosen, if HubSpot does not list it.
    gone: Option<String>,
}

/// Shows the map.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    show_with(visit, StatusCode::OK, Form::default()).await
}

async fn show_with(visit: Visit, status: StatusCode, form: Form) -> Result<Response, Failure> {
    let settings = calls::current(&visit.app, &visit.scope).await?;
    let (agents, owners, stale) = lists(&visit.app, visit.scope.ws()).await?;
    let (agents, as_shown) = (rows(&settings, agents, &owners), shown(&settings));
    let frame = visit.frame;
    Ok(page(status, &OwnersPage { frame, tab: "owners", form, as_shown, agents, owners, stale }))
}

async fn lists(app: &App, ws: WorkspaceId) -> Result<(Vec<Choice>, Vec<Choice>, Vec<String>), Problem> {
    let (agents, owners) = tokio::join!(reading::agents(app, ws), reading::owners(app, ws));
    let (agents, owners) = (agents?, owners?);
    let unread = [("Aircall's agents", agents.as_ref().err()), ("HubSpot's owners", owners.as_ref().err())];
    let stale = unread.into_iter().filter_map(|(list, unread)| said(list, unread)).collect();
    Ok((agents.unwrap_or_default(), owners.unwrap_or_default(), stale))
}

/// All agents that Aircall lists, and all that the map names.
fn rows(settings: &CallSettingsView, agents: Vec<Choice>, owners: &[Choice]) -> Vec<Agent> {
    let mut named: BTreeMap<String, String> =
        settings.owner_map.keys().map(|email| (email.clone(), email.clone())).collect();
    named.extend(agents.into_iter().map(|agent| (agent.id.0, agent.label)));
    let row = |(email, name): (String, String)| {
        let chosen = settings.owner_map.get(&email).cloned().unwrap_or_default();
        let is_gone = !chosen.is_empty() && owners.iter().all(|owner| owner.id.0 != chosen);
        let by_address = owners.iter().any(|owner| owner.label == email);
        Agent { gone: is_gone.then(|| chosen.clone()), email, name, chosen, by_address }
    };
    let mut rows: Vec<Agent> = named.into_iter().map(row).collect();
    rows.sort_by_cached_key(|agent| agent.name.to_lowercase());
    rows
}

/// What the form shows, as it is sent.
fn shown(settings: &CallSettingsView) -> Value {
    json!({ "owner_map": settings.owner_map })
}

/// Sets the map: the agents of the form; what it does not name stays.
pub async fn set(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let now = calls::current(&visit.app, &visit.scope).await?;
    let mut map = now.owner_map.clone();
    for (agent, owner) in posted.beginning_with(FIELD) {
        if owner.is_empty() {
            map.remove(agent);
        } else {
            map.insert(agent.to_owned(), owner.to_owned());
        }
    }
    if let Some(agent) = posted.given("agent") {
        map.insert(agent.to_owned(), posted.text("owner").to_owned());
    }
    let sent = changes(&posted, &json!({ "owner_map": map }), &shown(&now))?;
    match calls::set(&visit.app, &visit.scope, sent).await {
        Ok(_) => Ok(visit.done("calls/owners", "Saved. It holds for calls from now on.")),
        Err(problem) => {
            let status = problem.status();
            show_with(visit, status, Form::refused(&posted, &["agent", "owner"], problem)).await
        }
    }
}
