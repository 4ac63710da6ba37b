//! Connections: what a workspace is linked to, and how that link is made, halted and cut (I1–I5, M10).

pub mod aircall;
pub mod calendar;
pub mod grant;
pub mod hubspot;
pub mod scheduler;
pub mod secret;
mod view;

use axum::{Json, extract::State, http::StatusCode};
use domain::{
    ids::WorkspaceId,
    source::{Source, System},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};
use store::{Connection, Status};

pub use view::{ConnectionView, of as view};

use super::{
    body::Sent,
    page::{Asked, Items},
    problem::Problem,
    scope::Scope,
};
use crate::{
    app::{App, Shared},
    hearing,
};

/// How long a key that was replaced still works (PRODUCT §7).
const OLD_KEY_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// Lists all systems, connected or not.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/connections", tag = "connections",
    operation_id = "list_connections",
    params(("limit" = Option<u32>, Query, description = "1 to 200; all if it is left out", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Items<ConnectionView>)))]
pub async fn list(
    State(app): State<Shared>,
    scope: Scope,
    asked: Asked,
) -> Result<Json<Items<ConnectionView>>, Problem> {
    let cut = asked.cut()?;
    let mut items = Vec::new();
    for system in System::ALL {
        items.push(view::of(&app, &scope, system).await?);
    }
    Ok(Json(Items::cut(items, cut, |one| one.id)))
}

/// Shows one system.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/connections/{source}", tag = "connections",
    operation_id = "show_connection",
    responses((status = 200, body = ConnectionView)))]
pub async fn show(State(app): State<Shared>, scope: Scope) -> Result<Json<ConnectionView>, Problem> {
    Ok(Json(view::of(&app, &scope, scope.system()?).await?))
}

/// Connects a system, or connects it anew. What the system refuses is refused with 422.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/connections/{source}", tag = "connections",
    operation_id = "connect",
    request_body(content = hubspot::Connect, description = "What connects HubSpot; `ConnectAircall`, `ConnectCalendar` \
        and `ConnectScheduler` connect the others"),
    responses((status = 200, body = ConnectionView)))]
pub async fn connect(
    State(app): State<Shared>,
    scope: Scope,
    sent: Sent,
) -> Result<Json<ConnectionView>, Problem> {
    let system = scope.system()?;
    connect_system(&app, &scope, system, sent).await?;
    Ok(Json(view::of(&app, &scope, system).await?))
}

/// Connects a system, or connects it anew.
pub async fn connect_system(app: &App, scope: &Scope, system: System, sent: Sent) -> Result<(), Problem> {
    match system {
        System::Hubspot => return hubspot::connect(app, scope, sent.read()?).await,
        System::Source(Source::Aircall) => aircall::connect(app, scope, sent.read()?).await?,
        System::Source(Source::Calendar) => calendar::connect(app, scope, sent.read()?).await?,
        System::Source(source @ (Source::Calcom | Source::Calendly)) => {
            scheduler::connect(app, scope, source, sent.read()?).await?;
        }
    }
    hearing::everywhere(app).await
}

/// Cuts the link: from the answer on, nothing is passed on. Secrets and hook addresses are dropped.
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/connections/{source}", tag = "connections",
    operation_id = "disconnect",
    responses((status = 204, description = "Cut, or there was no link")))]
pub async fn disconnect(State(app): State<Shared>, scope: Scope) -> Result<StatusCode, Problem> {
    disconnect_system(&app, &scope, scope.system()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Cuts the link to a system, if there is one.
pub async fn disconnect_system(app: &App, scope: &Scope, system: System) -> Result<(), Problem> {
    let turn = app.changes.hold(scope.ws()).await;
    let Some(connection) = app.web.store.connection(scope.ws(), system).await? else { return Ok(()) };
    let cut = Connection {
        status: Status::Disconnected,
        details: hubspot::remembered(&connection),
        secret: None,
        changed_at: app.now(),
        ..connection.clone()
    };
    app.web.store.save_connection(cut).await?;
    match system {
        System::Hubspot => app.web.gates.close(scope.ws()),
        System::Source(source) => app.web.store.remove_hooks(scope.ws(), source).await?,
    }
    scope.audit("connection.disconnected", json!({ "connection": system.word() })).await?;
    drop(turn);
    hearing::everywhere(app).await?;
    match system {
        System::Source(Source::Aircall) => aircall::take_back(app, &connection).await,
        System::Source(Source::Calcom | Source::Calendly) => scheduler::take_back(app, &connection).await,
        System::Hubspot | System::Source(Source::Calendar) => {}
    }
    Ok(())
}

/// Halts the link: hooks are answered and kept, nothing is written.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/connections/{source}/pause", tag = "connections",
    operation_id = "pause",
    responses((status = 200, body = ConnectionView)))]
pub async fn pause(State(app): State<Shared>, scope: Scope) -> Result<Json<ConnectionView>, Problem> {
    let system = scope.system()?;
    pause_system(&app, &scope, system).await?;
    Ok(Json(view::of(&app, &scope, system).await?))
}

/// Halts the link to a system.
pub async fn pause_system(app: &App, scope: &Scope, system: System) -> Result<(), Problem> {
    let _turn = app.changes.hold(scope.ws()).await;
    standing(app, scope, system).await?;
    app.web.store.set_status(scope.ws(), system, Status::Paused, app.now()).await?;
    if system == System::Hubspot {
        app.web.gates.close(scope.ws());
    }
    hearing::everywhere(app).await?;
    scope.audit("connection.paused", json!({ "connection": system.word() })).await
}

/// Takes the link up again. What a source's hook kept meanwhile waits for a replay.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/connections/{source}/resume", tag = "connections",
    operation_id = "resume",
    responses((status = 200, body = ConnectionView)))]
pub async fn resume(State(app): State<Shared>, scope: Scope) -> Result<Json<ConnectionView>, Problem> {
    let system = scope.system()?;
    resume_system(&app, &scope, system).await?;
    Ok(Json(view::of(&app, &scope, system).await?))
}

/// Takes the link to a system up again; returns since when it had stood as it did.
pub async fn resume_system(app: &App, scope: &Scope, system: System) -> Result<Timestamp, Problem> {
    let _turn = app.changes.hold(scope.ws()).await;
    let before = standing(app, scope, system).await?;
    app.web.store.set_status(scope.ws(), system, Status::Connected, app.now()).await?;
    hearing::everywhere(app).await?;
    if system == System::Hubspot {
        app.web.gates.open(scope.ws());
        app.web.store.wake(scope.ws(), app.now()).await?;
    }
    scope.audit("connection.resumed", json!({ "connection": system.word() })).await?;
    Ok(before.changed_at)
}

/// Gives a source's hook another address; the old one works for 24 h more.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/connections/{source}/rotate-key", tag = "connections",
    operation_id = "rotate_hook_key",
    responses((status = 200, body = ConnectionView)))]
pub async fn rotate(State(app): State<Shared>, scope: Scope) -> Result<Json<ConnectionView>, Problem> {
    let source = scope.source()?;
    rotate_key(&app, &scope, source).await?;
    Ok(Json(view::of(&app, &scope, System::Source(source)).await?))
}

/// Gives a source's hook another address.
pub async fn rotate_key(app: &App, scope: &Scope, source: Source) -> Result<(), Problem> {
    let turn = app.changes.hold(scope.ws()).await;
    let connection = standing(app, scope, System::Source(source)).await?;
    let (key, now) = (app.new_key(), app.now());
    app.web.store.rotate_hook_key(scope.ws(), source, &key, now + OLD_KEY_LASTS, now).await?;
    scope.audit("connection.key_rotated", json!({ "connection": source.word() })).await?;
    drop(turn);
    let url = app.hook_url(&key, source);
    match source {
        Source::Aircall => aircall::move_webhook(app, &connection, &url).await?,
        Source::Calcom | Source::Calendly => scheduler::move_webhook(app, &connection, &url).await?,
        Source::Calendar => {}
    }
    hearing::everywhere(app).await
}

/// The connection, if there is one that is not cut.
async fn standing(app: &App, scope: &Scope, system: System) -> Result<Connection, Problem> {
    let connection = app.web.store.connection(scope.ws(), system).await?;
    connection
        .filter(|connection| connection.status != Status::Disconnected)
        .ok_or_else(|| Problem::conflict(format!("{} is not connected.", system.name())))
}

/// The key of a source's hook; made on the first connecting, kept by later ones.
async fn hook_key(app: &App, scope: &Scope, source: Source) -> Result<String, Problem> {
    if let Some(key) = app.web.store.hook_key(scope.ws(), source).await? {
        return Ok(key);
    }
    let key = app.new_key();
    app.web.store.add_hook_key(scope.ws(), source, &key, app.now()).await?;
    Ok(key)
}

/// A connection to a source that stands from now on.
fn connected(
    app: &App,
    scope: &Scope,
    source: Source,
    mut details: Value,
    secret: &impl serde::Serialize,
) -> Result<Connection, Problem> {
    details["connected_by"] = json!(scope.caller.who);
    Ok(standing_now(app, scope.ws(), System::Source(source), details, secret::write(secret)?))
}

/// A connection that stands from now on.
fn standing_now(
    app: &App,
    workspace: WorkspaceId,
    system: System,
    details: Value,
    secret: SecretString,
) -> Connection {
    let now = app.now();
    Connection {
        workspace,
        system,
        status: Status::Connected,
        details,
        secret: Some(secret),
        connected_at: now,
        changed_at: now,
    }
}
