//! Signing in and out.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::email::Email;
use serde::Deserialize;
use store::User;

use super::{
    address::{Peer, local},
    failure::Failure,
    flash::Flash,
    form::{Form, Posted},
    frame::{Frame, page},
    session,
};
use crate::{
    api::problem::Problem,
    app::{App, Shared},
};

/// Said alike whether the address or the password is wrong.
const REFUSED: &str = "The e-mail address or the password is not right.";

/// Where to go on to.
#[derive(Default, Deserialize)]
pub struct Onward {
    /// A path on this server.
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    form: Form,
    next: String,
}

/// Leads to where somebody begins: to their first workspace, to the sign-in, or to the first run.
pub async fn home(State(app): State<Shared>, headers: HeaderMap) -> Result<Redirect, Failure> {
    let Some(me) = session::signed_in(&app, &headers).await? else {
        let is_first = !app.web.store.has_users().await?;
        return Ok(Redirect::to(if is_first { "/first-run" } else { "/sign-in" }));
    };
    Ok(Redirect::to(&first_path(&app, &me.user).await?))
}

/// Shows the form.
pub async fn show(
    State(app): State<Shared>,
    onward: Result<Query<Onward>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if !app.web.store.has_users().await? {
        return Ok(Redirect::to("/first-run").into_response());
    }
    let next = onward.map(|Query(onward)| onward.next).unwrap_or_default();
    if let Some(me) = session::signed_in(&app, &headers).await? {
        let path = first_path(&app, &me.user).await?;
        return Ok(Redirect::to(local(&next).unwrap_or(&path)).into_response());
    }
    let mut frame = Frame::bare(&app);
    frame.flash = Flash::brought(&app, &headers);
    Ok(page(StatusCode::OK, &SignInPage { frame, form: Form::default(), next }))
}

/// Signs in.
pub async fn sign_in(
    State(app): State<Shared>,
    Peer(peer): Peer,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    let email = posted.text("email").to_lowercase();
    let refused = |status: StatusCode, problem: Problem| {
        let form = Form::refused(&posted, &["email"], problem);
        page(status, &SignInPage { frame: Frame::bare(&app), form, next: posted.text("next").to_owned() })
    };
    if let Err(seconds) = app.attempts.begin(&email, peer, app.now()) {
        let mut response = refused(StatusCode::TOO_MANY_REQUESTS, too_many(seconds));
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        return Ok(response);
    }
    let user = match Email::read(&email) {
        Some(email) => app.web.store.user_by_email(email.as_str()).await?,
        None => None,
    };
    let hash = user.as_ref().map(|user| user.password.clone());
    let is_right = app.passwords.verify(posted.password("password"), hash).await?;
    let Some(user) = user.filter(|user| is_right && !user.is_disabled) else {
        return Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, Problem::refused(REFUSED)));
    };
    app.attempts.forgive(&email, peer);
    let path = first_path(&app, &user).await?;
    begin(&app, &user, &headers, local(posted.text("next")).unwrap_or(&path)).await
}

/// Said to who has to wait.
pub fn too_many(seconds: i64) -> Problem {
    Problem::refused(format!("That was tried too often. Wait {seconds} seconds, then try again."))
}

/// Begins a session and goes on to a page.
pub async fn begin(app: &App, user: &User, headers: &HeaderMap, path: &str) -> Result<Response, Failure> {
    let cookie = session::begin(app, user, headers).await?;
    let mut response = Redirect::to(path).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Ends the session. Its own token is not asked for: at worst, another site could sign somebody out.
pub async fn sign_out(State(app): State<Shared>, headers: HeaderMap) -> Result<Response, Failure> {
    if let Some(hash) = session::bound(&app, &headers) {
        app.web.store.end_session(hash).await?;
    }
    let mut response = Flash::done("You are signed out.").on(&app, "/sign-in");
    response.headers_mut().extend(session::ended(&app).map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// Where somebody begins.
async fn first_path(app: &App, user: &User) -> Result<String, Problem> {
    let mut workspaces = app.web.store.workspaces().await?;
    workspaces.retain(|workspace| user.workspace.is_none_or(|only| only == workspace.id));
    Ok(workspaces.first().map_or_else(|| "/account".to_owned(), |first| format!("/w/{}", first.slug)))
}
