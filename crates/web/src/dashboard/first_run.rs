//! The first run, when nobody can sign in yet, and the way back in when no admin can: both by the operator's token.

use std::net::IpAddr;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use domain::email::Email;
use serde_json::json;
use store::{Audit, Role, User};

use super::{
    address::Peer,
    failure::Failure,
    form::{Form, Posted},
    frame::{Frame, page},
    password, sign_in,
};
use crate::{
    api::{auth, problem::Problem},
    app::{App, Shared},
};

/// The account under which attempts with the operator's token are counted.
const OPERATOR: &str = "the operator's token";

/// No name is longer.
pub const NAME_CHARS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "first_run.html")]
struct FirstRunPage {
    frame: Frame,
    form: Form,
    chars_min: usize,
    has_operators_token: bool,
    is_first: bool,
}

fn show_form(app: &App, status: StatusCode, form: Form, is_first: bool) -> Response {
    let has_operators_token = app.admin.is_some();
    let frame = Frame::bare(app);
    page(status, &FirstRunPage { frame, form, chars_min: password::CHARS_MIN, has_operators_token, is_first })
}

/// Shows the form, as long as nobody can sign in.
pub async fn show(State(app): State<Shared>) -> Result<Response, Failure> {
    if app.web.store.has_users().await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    Ok(show_form(&app, StatusCode::OK, Form::default(), true))
}

/// Shows the way back in.
pub async fn show_recovery(State(app): State<Shared>) -> Result<Response, Failure> {
    if !app.web.store.has_users().await? {
        return Ok(Redirect::to("/first-run").into_response());
    }
    Ok(show_form(&app, StatusCode::OK, Form::default(), false))
}

/// Makes the first admin and signs them in.
pub async fn begin(
    State(app): State<Shared>,
    Peer(peer): Peer,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    if app.web.store.has_users().await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    let user = match admitted(&app, &posted, peer).await {
        Ok(user) => user,
        Err(problem) => return Ok(refused(&app, &posted, problem, true)),
    };
    app.web.store.add_first_user(user.clone()).await?;
    audit(&app, "user.added", &user).await?;
    sign_in::begin(&app, &user, &headers, "/").await
}

/// Makes somebody an admin with a new password, whoever they were, and signs them in.
pub async fn recover(
    State(app): State<Shared>,
    Peer(peer): Peer,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    let mut user = match admitted(&app, &posted, peer).await {
        Ok(user) => user,
        Err(problem) => return Ok(refused(&app, &posted, problem, false)),
    };
    if let Some(before) = app.web.store.user_by_email(&user.email).await? {
        let name = if posted.text("name").is_empty() { before.name } else { user.name };
        user =
            User { id: before.id, name, time_zone: before.time_zone, created_at: before.created_at, ..user };
        app.web.store.update_user(user.clone()).await?;
        app.web.store.end_sessions(user.id, None).await?;
    } else {
        app.web.store.add_user(user.clone()).await?;
    }
    tracing::warn!(user = %user.id, "the operator's token made an admin");
    audit(&app, "user.recovered", &user).await?;
    sign_in::begin(&app, &user, &headers, "/").await
}

/// The admin that the form describes, if it carries the operator's token.
async fn admitted(app: &App, posted: &Posted, peer: Option<IpAddr>) -> Result<User, Problem> {
    app.attempts.begin(OPERATOR, peer, app.now()).map_err(sign_in::too_many)?;
    if !is_operators(app, posted.text("token")).await? {
        return Err(Problem::invalid("token", "is not the token of an admin of this installation"));
    }
    app.attempts.forgive(OPERATOR, peer);
    person(app, posted).await
}

fn refused(app: &App, posted: &Posted, problem: Problem, is_first: bool) -> Response {
    let status = problem.status();
    show_form(app, status, Form::refused(posted, &["name", "email"], problem), is_first)
}

/// Enters what the operator's token did: it is of no workspace.
async fn audit(app: &App, what: &str, user: &User) -> Result<(), Problem> {
    let audit = Audit {
        workspace: None,
        at: app.now(),
        who: user.email.clone(),
        what: what.to_owned(),
        detail: json!({ "user": user.email, "role": user.role.word() }),
    };
    Ok(app.web.store.audit(audit).await?)
}

/// Whether a token is one that may do everything everywhere.
async fn is_operators(app: &App, token: &str) -> Result<bool, Problem> {
    if token.is_empty() {
        return Ok(false);
    }
    match auth::caller(app, token).await {
        Ok(caller) => Ok(caller.role == Role::Admin && caller.workspace.is_none()),
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => Ok(false),
        Err(problem) => Err(problem),
    }
}

async fn person(app: &App, posted: &Posted) -> Result<User, Problem> {
    let email = email(posted)?;
    Ok(User {
        id: app.new_id(),
        name: name(posted, &email)?,
        password: app.passwords.hash(posted.password("password"), (app.web.entropy)()).await?,
        email,
        role: Role::Admin,
        workspace: None,
        time_zone: None,
        is_disabled: false,
        created_at: app.now(),
    })
}

/// The e-mail address of a form, in lower case.
pub fn email(posted: &Posted) -> Result<String, Problem> {
    Email::read(posted.text("email"))
        .map(|email| email.as_str().to_owned())
        .ok_or_else(|| Problem::invalid("email", "is not an e-mail address"))
}

/// The name of a form, else the address.
pub fn name(posted: &Posted, email: &str) -> Result<String, Problem> {
    let name = posted.given("name").unwrap_or(email);
    let is_short = name.chars().count() <= NAME_CHARS_MAX;
    if !is_short || name.chars().any(char::is_control) {
        return Err(Problem::invalid("name", format!("must have at most {NAME_CHARS_MAX} characters")));
    }
    Ok(name.to_owned())
}
