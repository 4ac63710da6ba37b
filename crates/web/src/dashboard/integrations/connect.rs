//! Connecting a system from its form, or by HubSpot's own page.

use axum::response::{IntoResponse, Redirect, Response};
use domain::source::{Source, System};
use serde_json::{Value, json};

use super::show_with;
use crate::{
    api::{connections, connections::grant, problem::Problem},
    dashboard::{
        failure::Failure,
        form::{Form, Posted},
        frame::Visit,
    },
    oauth,
};

/// The fields that are shown again when a form is refused: none of them is secret.
const SHOWN: [&str; 2] = ["api_id", "plan"];

/// Connects a system as its form says.
pub async fn connect(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let system = visit.scope.system()?;
    match connections::connect_system(&visit.app, &visit.scope, system, body(system, &posted).into()).await {
        Ok(()) => {
            let said = format!("{} is connected.", system.name());
            Ok(visit.done(&format!("integrations/{}", system.word()), said))
        }
        Err(problem) => {
            let status = problem.status();
            show_with(visit, status, Form::refused(&posted, &SHOWN, problem)).await
        }
    }
}

/// The form, as the API takes it.
fn body(system: System, posted: &Posted) -> Value {
    match system {
        System::Hubspot => json!({ "service_key": posted.text("service_key") }),
        System::Source(Source::Aircall) => {
            let mut body = json!({ "api_id": posted.text("api_id"), "api_token": posted.text("api_token") });
            if let Some(token) = posted.given("webhook_token") {
                body["webhook_token"] = json!(token);
            }
            body
        }
        System::Source(Source::Calendar) => {
            json!({ "signing_secret": posted.text("signing_secret"), "plan": posted.text("plan") })
        }
        System::Source(Source::Calcom | Source::Calendly) => {
            let mut body = json!({ "signing_secret": posted.text("signing_secret") });
            if let Some(token) = posted.given("api_token") {
                body["api_token"] = json!(token);
            }
            body
        }
    }
}

/// Goes to HubSpot's page, where access is granted. The browser comes back as this session, or not at all.
pub async fn grant(visit: Visit) -> Result<Response, Failure> {
    let System::Hubspot = visit.scope.system()? else { return Err(Failure::no_page()) };
    if visit.app.web.oauth.is_none() {
        let problem = Problem::refused(oauth::NO_APP);
        let status = problem.status();
        return show_with(visit, status, Form::refused(&Posted::default(), &[], problem)).await;
    }
    let page = grant::ask(&visit.app, &visit.scope, visit.me.hash).await?;
    Ok(Redirect::to(&page).into_response())
}
