//! Where HubSpot sends the browser back to after a person granted access, or did not.

mod page;

use std::collections::HashMap;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use connectors::hubspot::{Denied, Secret};
use store::Grant;

use self::page::Page;
use crate::{
    api::{connections::hubspot, problem::Problem},
    app::{App, Shared, digest},
};

/// The path that the browser comes back to.
pub const PATH: &str = "/oauth/hubspot/callback";

/// Said where the operator set no app.
pub const NO_APP: &str = "HubSpot's access cannot be granted here: the client id and the client secret of an app must \
    both be set (PATCHBAY_HUBSPOT_CLIENT_ID, PATCHBAY_HUBSPOT_CLIENT_SECRET). Connect with a service key instead.";

const COOKIE: &str = "patchbay_grant";

/// The cookie that binds a grant to the browser that asked; with no value and 0 seconds it is dropped.
pub fn cookie(app: &App, value: &str, seconds: i64) -> Result<HeaderValue, Problem> {
    let secure = if app.web.settings.public_url.scheme() == "https" { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path={PATH}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut cookie = HeaderValue::from_str(&cookie).map_err(|_| Problem::internal())?;
    cookie.set_sensitive(true);
    Ok(cookie)
}

/// Takes the code that HubSpot gave the browser, exchanges it, and connects.
pub async fn callback(
    State(app): State<Shared>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let grant = match grant(&app, &query, &headers).await {
        Ok(Some(grant)) => grant,
        Ok(None) => return Page::stale().into_response(),
        Err(problem) => return Page::problem(&problem).into_response(),
    };
    let code = match (query.get("error"), query.get("code")) {
        (None, Some(code)) if !code.is_empty() => code.clone(),
        (error, _) => return done(&app, Page::not_granted(error.map(String::as_str))),
    };
    let connecting = tokio::spawn({
        let app = app.clone();
        async move { connect(&app, grant, &code).await }
    });
    // Goes on if the browser leaves: what HubSpot gave is not asked for twice.
    let page = connecting.await.unwrap_or_else(|_| Page::problem(&Problem::internal()));
    done(&app, page)
}

/// The grant that the browser asked for, taken: it is good once.
async fn grant(
    app: &App,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
) -> Result<Option<Grant>, Problem> {
    let (Some(state), Some(cookie)) = (query.get("state"), bound(headers)) else { return Ok(None) };
    Ok(app.web.store.take_grant(digest(state), digest(cookie), app.now()).await?)
}

/// The value of our cookie.
fn bound(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs =
        cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == COOKIE).then_some(value))
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
    let secret = Secret::Granted(granted.tokens(asked_at, &refresh_token));
    match hubspot::establish(app, grant.workspace, &grant.who, secret).await {
        Ok(()) => Page::connected(),
        Err(problem) => Page::problem(&problem),
    }
}

/// The last page of a grant: its cookie is of no more use.
fn done(app: &App, page: Page) -> Response {
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
