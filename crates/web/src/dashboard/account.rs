//! One's own account: name, time zone, password, and where one is signed in.

use askama::Template;
use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::Response,
};
use jiff::tz::TimeZone;
use store::{Session, User};

use super::{
    failure::Failure,
    first_run::name,
    flash::Flash,
    form::{Form, Posted},
    frame::{Frame, page},
    password,
    session::{self, SignedIn},
    sign_in,
};
use crate::{
    api::problem::Problem,
    app::{App, Shared},
};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    form: Form,
    user: User,
    sessions: Vec<Session>,
    own: [u8; 32],
    zones: Vec<String>,
    chars_min: usize,
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::internal().into())
    }
}

async fn show_account(
    app: &App,
    me: SignedIn,
    flash: Option<Flash>,
    form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let mut frame = Frame::around(app, &me, "/account").await?;
    frame.flash = flash;
    let sessions = app.web.store.sessions(me.user.id, session::lives(app)).await?;
    let mut zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    zones.sort();
    let chars_min = password::CHARS_MIN;
    let template = AccountPage { frame, form, sessions, own: me.hash, user: me.user, zones, chars_min };
    Ok(page(status, &template))
}

/// Shows one's own account.
pub async fn show(State(app): State<Shared>, me: SignedIn, headers: HeaderMap) -> Result<Response, Failure> {
    let flash = Flash::brought(&app, &headers);
    show_account(&app, me, flash, Form::default(), StatusCode::OK).await
}

/// Changes name and time zone.
pub async fn change(State(app): State<Shared>, me: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let changed = name(&posted, &me.user.email).and_then(|name| {
        let time_zone = posted.given("time_zone").map(str::to_owned);
        match &time_zone {
            Some(zone) if TimeZone::get(zone).is_err() => {
                Err(Problem::invalid("time_zone", "is not a time zone"))
            }
            _ => Ok(User { name, time_zone, ..me.user.clone() }),
        }
    });
    match changed {
        Ok(user) => {
            app.web.store.update_user(user).await?;
            Ok(Flash::done("Your account was changed.").on(&app, "/account"))
        }
        Err(problem) => {
            let status = problem.status();
            let form = Form::refused(&posted, &["name", "time_zone"], problem);
            show_account(&app, me, None, form, status).await
        }
    }
}

/// Changes the password and signs out everywhere else.
pub async fn change_password(
    State(app): State<Shared>,
    me: SignedIn,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    match changed_password(&app, &me, &posted).await {
        Ok(user) => {
            app.web.store.update_user(user.clone()).await?;
            app.web.store.end_sessions(user.id, None).await?;
            // This browser goes on, under a new token.
            sign_in::begin(&app, &user, &headers, "/account").await
        }
        Err(problem) => {
            let status = problem.status();
            let form = Form::refused(&posted, &[], problem);
            show_account(&app, me, None, form, status).await
        }
    }
}

async fn changed_password(app: &App, me: &SignedIn, posted: &Posted) -> Result<User, Problem> {
    // Whoever sits at an open browser must not be able to try passwords without end.
    app.attempts.begin(&me.user.email, None, app.now()).map_err(sign_in::too_many)?;
    let hash = Some(me.user.password.clone());
    if !app.passwords.verify(posted.password("current"), hash).await? {
        return Err(Problem::invalid("current", "is not your password"));
    }
    app.attempts.forgive(&me.user.email, None);
    let password = app.passwords.hash(posted.password("password"), (app.web.entropy)()).await?;
    Ok(User { password, ..me.user.clone() })
}

/// Ends all sessions of this person, this one too.
pub async fn sign_out_everywhere(State(app): State<Shared>, me: SignedIn) -> Result<Response, Failure> {
    app.web.store.end_sessions(me.user.id, None).await?;
    Ok(Flash::done("You are signed out everywhere.").on(&app, "/sign-in"))
}
