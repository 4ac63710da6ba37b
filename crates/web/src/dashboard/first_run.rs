//! The first run: nobody can sign in yet, and who holds the operator's token makes the first admin.

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

/// No name is longer.
pub const NAME_CHARS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "first_run.html")]
struct FirstRunPage {
    frame: Frame,
    form: Form,
    chars_min: usize,
    has_operators_token: bool,
}

fn show_form(app: &App, status: StatusCode, form: Form) -> Response {
    let has_operators_token = app.admin.is_some();
    let frame = Frame::bare(app);
    page(status, &FirstRunPage { frame, form, chars_min: password::CHARS_MIN, has_operators_token })
}

/// Shows the form, as long as nobody can sign in.
pub async fn show(State(app): State<Shared>) -> Result<Response, Failure> {
    if app.web.store.has_users().await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    Ok(show_form(&app, StatusCode::OK, Form::default()))
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
    let refused = |problem: Problem| {
        let status = problem.status();
        Ok(show_form(&app, status, Form::refused(&posted, &["name", "email"], problem)))
    };
    if let Err(seconds) = app.attempts.begin("the operator's token", peer, app.now()) {
        return refused(sign_in::too_many(seconds));
    }
    if !is_operators(&app, posted.text("token")).await? {
        return refused(Problem::invalid("token", "is not the token of an admin of this installation"));
    }
    app.attempts.forgive("the operator's token", peer);
    let user = match person(&app, &posted).await {
        Ok(user) => user,
        Err(problem) => return refused(problem),
    };
    app.web.store.add_first_user(user.clone()).await?;
    let audit = Audit {
        workspace: None,
        at: app.now(),
        who: user.email.clone(),
        what: "user.added".to_owned(),
        detail: json!({ "user": user.email, "role": user.role.word(), "first": true }),
    };
    app.web.store.audit(audit).await?;
    sign_in::begin(&app, &user, &headers, "/").await
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
