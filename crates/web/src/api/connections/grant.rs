//! Granting access on HubSpot's own page (OAuth): where to send the browser, and what it brings along (I1).

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
};
use domain::source::System;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use store::Grant;
use utoipa::ToSchema;

use crate::{
    api::{problem::Problem, scope::Scope},
    app::{App, Shared, digest},
    oauth,
};

/// How long a person may take on HubSpot's page.
const LASTS: SignedDuration = SignedDuration::from_mins(10);

/// Where to send the browser.
#[derive(Debug, Serialize, ToSchema)]
pub struct Granting {
    /// HubSpot's page. It sends the browser back to `/oauth/hubspot/callback`; only the browser that holds this answer's
    /// cookie can come back.
    authorize_url: String,
}

/// Begins to ask HubSpot's own page for access (OAuth). The answer sets a cookie: the browser that goes to the page must
/// be the one that asked.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/connections/hubspot/grant", tag = "connections",
    operation_id = "grant_hubspot",
    responses((status = 200, body = Granting)))]
pub async fn start(State(app): State<Shared>, scope: Scope) -> Result<(HeaderMap, Json<Granting>), Problem> {
    let System::Hubspot = scope.system()? else { return Err(Problem::not_found("address")) };
    let cookie = app.new_key();
    let authorize_url = ask(&app, &scope, digest(&cookie)).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::SET_COOKIE, oauth::cookie(&app, &cookie, LASTS.as_secs())?);
    Ok((headers, Json(Granting { authorize_url })))
}

/// Begins a grant for the browser whose cookie, grant's or session's, has this SHA-256; returns where to send it.
pub async fn ask(app: &App, scope: &Scope, cookie: [u8; 32]) -> Result<String, Problem> {
    let Some(hubspot) = &app.web.oauth else { return Err(Problem::refused(oauth::NO_APP)) };
    let (state, verifier) = (app.new_key(), SecretString::from(app.new_key()));
    let authorize_url = hubspot.authorize_url(&state, &verifier);
    let grant = Grant {
        workspace: scope.ws(),
        state: digest(&state),
        cookie,
        verifier,
        who: scope.caller.who.clone(),
        expires_at: app.now() + LASTS,
    };
    app.web.store.add_grant(grant, app.now()).await?;
    scope.audit("connection.grant_asked", json!({ "connection": "hubspot" })).await?;
    Ok(authorize_url)
}
