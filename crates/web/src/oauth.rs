//! Where HubSpot sends the browser back to after a person granted access, or did not.

mod page;

use std::collections::HashMap;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use connectors::hubspot::{Denied, Secret};
use store::{Grant, Role};

use self::page::Page;
use crate::{
    api::{connections::hubspot, problem::Problem},
    app::{App, Shared, digest},
    cookie,
    dashboard::{self, Flash},
};

/// The path that the browser comes back to.
pub const PATH: &str = "/oauth/hubspot/callback";

/// Said where the operator set no app.
pub const NO_APP: &str = "HubSpot's access cannot be granted here: the client id and the client secret of an app must \
    both be set (PATCHBAY_HUBSPOT_CLIENT_ID, PATCHBAY_HUBSPOT_CLIENT_SECRET). Connect with a service key instead.";

const COOKIE: &str = "patchbay_grant";

/// The cookie that binds a grant to the browser that asked; with no value and 0 seconds it is dropped.
pub fn cookie(app: &App, value: &str, seconds: i64) -> Result<HeaderValue, Problem> {
    cookie::set(app, COOKIE, value, PATH, seconds).ok_or_else(Problem::internal)
}

/// Takes the code that HubSpot gave the browser, exchanges it, and connects.
pub async fn callback(
    State(app): State<Shared>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let (grant, back) = match grant(&app, &query, &headers).await {
        Ok(Some(taken)) => taken,
        Ok(None) => return Page::stale().into_response(),
        Err(problem) => return Page::problem(&problem).into_response(),
    };
    let code = match (query.get("error"), query.get("code")) {
        (None, Some(code)) if !code.is_empty() => code.clone(),
        (error, _) => return done(&app, Page::not_granted(error.map(String::as_str)), back),
    };
    let connecting = tokio::spawn({
        let app = app.clone();
        async move { connect(&app, grant, &code).await }
    });
    // Goes on if the browser leaves: what HubSpot gave is not asked for twice.
    let page = connecting.await.unwrap_or_else(|_| Page::problem(&Problem::internal()));
    done(&app, page, back)
}

/// The grant that the browser asked for, taken: it is good once. With it the page of the dashboard where it was asked
/// for, if it was there.
async fn grant(
    app: &App,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
) -> Result<Option<(Grant, Option<String>)>, Problem> {
    let Some(state) = query.get("state").map(|state| digest(state)) else { return Ok(None) };
    let take = async |cookie: [u8; 32]| app.web.store.take_grant(state, cookie, app.now()).await;
    if let Some(session) = dashboard::bound(app, headers)
        && let Some(grant) = take(session).await?
    {
        return Ok(still_admins(app, headers, &grant).await?.map(|back| (grant, Some(back))));
    }
    let Some(cookie) = cookie::find(headers, COOKIE).map(digest) else { return Ok(None) };
    Ok(take(cookie).await?.map(|grant| (grant, None)))
}

/// The page to go back to, if the session that asked is still one of an admin of the workspace.
async fn still_admins(app: &App, headers: &HeaderMap, grant: &Grant) -> Result<Option<String>, Problem> {
    let Some(user) = dashboard::signed_in(app, headers).await?.map(|me| me.user) else { return Ok(None) };
    let reaches = user.workspace.is_none_or(|only| only == grant.workspace);
    if user.role != Role::Admin || !reaches {
        return Ok(None);
    }
    let workspace = app.web.store.workspace_by_id(grant.workspace).await?;
    Ok(workspace.map(|workspace| format!("/w/{}/integrations/hubspot", workspace.slug)))
}

async fn connect(app: &App, grant: Grant, code: &str) -> Page {
    let Some(oauth) = &app.web.oauth else { return Page::problem(&Problem::refused(NO_APP)) };
    let asked_at = app.now();
    let granted = match oauth.exchange(code, &grant.verifier).await {
        Ok(granted) => granted,
        Err(denied) => {
            if let Denied::Ours { .. } = &denied {
                tracing::error!("HubSpot's code is not exchanged: {denied}");
            } else {
                tracing::warn!("HubSpot's code is not exchanged: {denied}");
            }
            return Page::denied(&denied);
        }
    };
    // Without it the connection would end within the hour.
    let Some(refresh_token) = granted.refresh_token.clone() else { return Page::without_refresh() };
    let portal = Some(granted.hub_id.clone()).filter(|portal| !portal.is_empty());
    let secret = Secret::Granted(granted.tokens(asked_at, &refresh_token));
    match hubspot::establish(app, grant.workspace, &grant.who, secret, portal.as_deref()).await {
        Ok(()) => Page::connected(),
        Err(problem) => Page::problem(&problem),
    }
}

/// The end of a grant: a page, or the page of the dashboard where it began. Its cookie is of no more use.
fn done(app: &Shared, page: Page, back: Option<String>) -> Response {
    if let Some(back) = back {
        let said = if page.status.is_success() { Flash::done } else { Flash::wrong };
        return said(page.words()).on(app, &back);
    }
    let mut response = page.into_response();
    if let Ok(cookie) = cookie(app, "", 0) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let status: StatusCode = self.status;
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        (status, [(header::CONTENT_TYPE, html)], self.html()).into_response()
    }
}
