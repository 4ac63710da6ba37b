//! A link that is there: halted, taken up again, moved to another address, cut.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::source::System;

use super::{Card, card};
use crate::{
    api::{connections, replay},
    dashboard::{
        failure::Failure,
        form::Posted,
        frame::{Frame, Visit, page},
    },
};

#[derive(Template)]
#[template(path = "disconnect.html")]
struct DisconnectPage {
    frame: Frame,
    card: Card,
}

/// Halts the link.
pub async fn pause(visit: Visit) -> Result<Response, Failure> {
    let system = visit.scope.system()?;
    connections::pause_system(&visit.app, &visit.scope, system).await?;
    Ok(visit.done(&own(system), format!("{} is paused.", system.name())))
}

/// Takes the link up again and, if asked, logs what was kept meanwhile (I5).
pub async fn resume(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let system = visit.scope.system()?;
    let paused_at = connections::resume_system(&visit.app, &visit.scope, system).await?;
    let mut said = format!("{} goes on.", system.name());
    if let (System::Source(source), true) = (system, posted.has("log_missed")) {
        let now = visit.app.now();
        let envelopes = replay::of_span(&visit.app, &visit.scope, paused_at, now, Some(source)).await?;
        said = format!("{said} What it sent meanwhile is being logged ({envelopes}).");
    }
    Ok(visit.done(&own(system), said))
}

/// Gives the hook another address.
pub async fn rotate(visit: Visit) -> Result<Response, Failure> {
    let source = visit.scope.source()?;
    connections::rotate_key(&visit.app, &visit.scope, source).await?;
    let said = format!("{} has a new address. The old one works for 24 hours more.", source.name());
    Ok(visit.done(&own(System::Source(source)), said))
}

/// Asks whether the link is to be cut, and says what that means.
pub async fn ask_to_disconnect(visit: Visit) -> Result<Response, Failure> {
    let card = card(&visit, visit.scope.system()?).await?;
    Ok(page(StatusCode::OK, &DisconnectPage { frame: visit.frame, card }))
}

/// Cuts the link.
pub async fn disconnect(visit: Visit) -> Result<Response, Failure> {
    let system = visit.scope.system()?;
    connections::disconnect_system(&visit.app, &visit.scope, system).await?;
    Ok(visit.done("integrations", format!("{} is disconnected.", system.name())))
}

fn own(system: System) -> String {
    format!("integrations/{}", system.word())
}
