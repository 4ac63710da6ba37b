//! Who calls, and what the caller may do.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use domain::ids::WorkspaceId;
use store::Role;
use subtle::ConstantTimeEq;

use super::problem::Problem;
use crate::app::{App, Shared, digest};

/// Somebody with a valid token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The token's name, for the audit.
    pub who: String,
    /// What the token may do.
    pub role: Role,
    /// The only workspace it reaches; `None`: all.
    pub workspace: Option<WorkspaceId>,
}

/// Lets through who has a valid token, and a viewer only to read.
pub async fn admit(State(app): State<Shared>, mut request: Request, next: Next) -> Result<Response, Problem> {
    let token = bearer(request.headers()).ok_or_else(|| Problem::unauthorized(false))?;
    let caller = caller(&app, token).await?;
    if caller.role == Role::Viewer && !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::forbidden());
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// The token that was sent.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Who holds a token.
pub async fn caller(app: &App, token: &str) -> Result<Caller, Problem> {
    let digest = digest(token);
    if app.admin.is_some_and(|admin| bool::from(admin.ct_eq(&digest))) {
        return Ok(Caller { who: "operator".to_owned(), role: Role::Admin, workspace: None });
    }
    let token = app.web.store.token(digest).await?.ok_or_else(|| Problem::unauthorized(true))?;
    Ok(Caller { who: token.name, role: token.role, workspace: token.workspace })
}
