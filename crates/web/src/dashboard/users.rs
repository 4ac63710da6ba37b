//! Users: who signs in, what they may do, and how they are kept out.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::{Role, StoreError, User};
use uuid::Uuid;

use super::{
    failure::Failure,
    first_run,
    form::{Form, Posted},
    frame::{Frame, Visit, page},
};
use crate::{api::problem::Problem, app::App};

/// Bytes of a password that we make up: nobody guesses it.
const PASSWORD_BYTES: usize = 15;

#[derive(Template)]
#[template(path = "users.html")]
struct ListPage {
    frame: Frame,
    form: Form,
    users: Vec<User>,
    own: Uuid,
    reaches_all: bool,
}

#[derive(Template)]
#[template(path = "user.html")]
struct ShowPage {
    frame: Frame,
    form: Form,
    user: User,
    is_own: bool,
    reaches_all: bool,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    user: User,
    password: String,
    is_new: bool,
}

/// Lists all who reach the workspace.
pub async fn list(visit: Visit) -> Result<Response, Failure> {
    list_with(visit, StatusCode::OK, Form::default()).await
}

async fn list_with(visit: Visit, status: StatusCode, form: Form) -> Result<Response, Failure> {
    let users = visit.app.web.store.users(visit.scope.ws()).await?;
    let (own, reaches_all) = (visit.me.user.id, visit.me.user.workspace.is_none());
    Ok(page(status, &ListPage { frame: visit.frame, form, users, own, reaches_all }))
}

/// Adds somebody, with a password that is shown once.
pub async fn add(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    match added(&visit, &posted).await {
        Ok((user, password)) => Ok(show_password(visit, user, &password, true)),
        Err(problem) => {
            let status = problem.status();
            let form = Form::refused(&posted, &["name", "email", "role"], problem);
            list_with(visit, status, form).await
        }
    }
}

async fn added(visit: &Visit, posted: &Posted) -> Result<(User, SecretString), Problem> {
    let app = &visit.app;
    let email = first_run::email(posted)?;
    let (password, hash) = new_password(app).await?;
    let user = User {
        id: app.new_id(),
        name: first_run::name(posted, &email)?,
        role: role(posted)?,
        // Who reaches one workspace cannot let somebody into others.
        workspace: match visit.me.user.workspace {
            None if posted.text("reach") == "all" => None,
            _ => Some(visit.scope.ws()),
        },
        email,
        password: hash,
        time_zone: None,
        is_disabled: false,
        created_at: app.now(),
    };
    app.web.store.add_user(user.clone()).await.map_err(|error| match error {
        StoreError::Taken => Problem::invalid("email", "is somebody's already"),
        error => error.into(),
    })?;
    visit.scope.audit("user.added", json!({ "user": user.email, "role": user.role.word() })).await?;
    Ok((user, password))
}

fn role(posted: &Posted) -> Result<Role, Problem> {
    Role::from_word(posted.text("role")).ok_or_else(|| Problem::invalid("role", "is not admin or viewer"))
}

/// A password that nobody chose, and its hash.
async fn new_password(app: &App) -> Result<(SecretString, String), Problem> {
    let drawn = (app.web.entropy)();
    let password = SecretString::from(URL_SAFE_NO_PAD.encode(&drawn[..PASSWORD_BYTES]));
    let hash = app.passwords.hash(password.clone(), (app.web.entropy)()).await?;
    Ok((password, hash))
}

/// Shows a password, once.
fn show_password(visit: Visit, user: User, password: &SecretString, is_new: bool) -> Response {
    let password = password.expose_secret().to_owned();
    page(StatusCode::OK, &PasswordPage { frame: visit.frame, user, password, is_new })
}

/// Shows one user.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    let user = find(&visit).await?;
    Ok(show_with(visit, user, StatusCode::OK, Form::default()))
}

fn show_with(visit: Visit, user: User, status: StatusCode, form: Form) -> Response {
    let is_own = user.id == visit.me.user.id;
    let reaches_all = visit.me.user.workspace.is_none();
    page(status, &ShowPage { frame: visit.frame, form, user, is_own, reaches_all })
}

/// The user that the address names, if they are among those that this admin looks after.
async fn find(visit: &Visit) -> Result<User, Problem> {
    let no_user = || Problem::not_found("user");
    let id = Uuid::parse_str(visit.scope.param("id")).map_err(|_| no_user())?;
    let user = visit.app.web.store.user(id).await?.ok_or_else(no_user)?;
    let is_here = user.workspace.is_none_or(|only| only == visit.scope.ws());
    is_here.then_some(user).ok_or_else(no_user)
}

/// The same, to be changed: who reaches one workspace changes nobody who reaches others.
async fn find_to_change(visit: &Visit) -> Result<User, Failure> {
    let user = find(visit).await?;
    let may = visit.me.user.workspace.is_none() || user.workspace == visit.me.user.workspace;
    if may { Ok(user) } else { Err(Failure::forbidden()) }
}

/// Changes name and role.
pub async fn change(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let before = find_to_change(&visit).await?;
    let is_own = before.id == visit.me.user.id;
    let changed = first_run::name(&posted, &before.email).and_then(|name| {
        // Nobody locks themselves out.
        let role = if is_own { before.role } else { role(&posted)? };
        Ok(User { name, role, ..before.clone() })
    });
    let detail = |user: &User| json!({ "user": user.email, "role": user.role.word() });
    let saved = match changed {
        Ok(user) => save(&visit, user.clone()).await.map(|()| user),
        Err(problem) => Err(problem),
    };
    match saved {
        Ok(user) => {
            visit.scope.audit("user.changed", detail(&user)).await?;
            Ok(visit.done("users", format!("{} is changed.", user.email)))
        }
        Err(problem) => {
            let status = problem.status();
            let form = Form::refused(&posted, &["name"], problem);
            Ok(show_with(visit, before, status, form))
        }
    }
}

async fn save(visit: &Visit, user: User) -> Result<(), Problem> {
    match visit.app.web.store.update_user(user).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Problem::not_found("user")),
        Err(StoreError::LastAdmin) => {
            Err(Problem::conflict("This is the only admin of the installation. Make another one first."))
        }
        Err(error) => Err(error.into()),
    }
}

/// Keeps somebody out, at once, or lets them in again.
pub async fn set_access(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let user = find_to_change(&visit).await?;
    let is_disabled = posted.text("access") == "off";
    if user.id == visit.me.user.id && is_disabled {
        return Err(Problem::conflict("You cannot keep yourself out. Another admin can.").into());
    }
    let user = User { is_disabled, ..user };
    save(&visit, user.clone()).await?;
    if is_disabled {
        visit.app.web.store.end_sessions(user.id, None).await?;
    }
    let (what, said) = if is_disabled {
        ("user.disabled", "cannot sign in any more")
    } else {
        ("user.enabled", "can sign in again")
    };
    visit.scope.audit(what, json!({ "user": user.email })).await?;
    Ok(visit.done("users", format!("{} {said}.", user.email)))
}

/// Gives somebody a new password, which is shown once, and signs them out everywhere.
pub async fn reset_password(visit: Visit) -> Result<Response, Failure> {
    let user = find_to_change(&visit).await?;
    let (password, hash) = new_password(&visit.app).await?;
    let user = User { password: hash, ..user };
    save(&visit, user.clone()).await?;
    visit.app.web.store.end_sessions(user.id, Some(visit.me.hash)).await?;
    visit.scope.audit("user.password_reset", json!({ "user": user.email })).await?;
    Ok(show_password(visit, user, &password, false))
}

/// Signs somebody out everywhere.
pub async fn sign_out(visit: Visit) -> Result<Response, Failure> {
    let user = find_to_change(&visit).await?;
    visit.app.web.store.end_sessions(user.id, Some(visit.me.hash)).await?;
    visit.scope.audit("user.signed_out", json!({ "user": user.email })).await?;
    Ok(visit.done("users", format!("{} is signed out everywhere.", user.email)))
}
