//! Rules on the Calls page: added, changed, moved in the order, deleted (C4–C9, C16).

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde_json::json;

use super::{
    section::{Matter, RuleRow, Section, sections},
    show_with,
};
use crate::{
    api::{
        problem::Problem,
        rules::{call_type, outcome},
    },
    dashboard::{
        failure::Failure,
        form::{Form, Posted},
        frame::{Frame, Visit, page},
    },
};

#[derive(Template)]
#[template(path = "rule.html")]
struct RulePage {
    frame: Frame,
    section: Section,
    rule: RuleRow,
}

/// Adds a rule, as the last one.
pub async fn add(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let matter = Matter::of(&visit)?;
    let body = json!({ "tag_id": posted.text("tag_id"), matter.field(): posted.text(matter.field()) });
    let (app, scope) = (&visit.app, &visit.scope);
    let added = match matter {
        Matter::Outcome => outcome::add_rule(app, scope, body.into()).await.map(|rule| rule.head),
        Matter::CallType => call_type::add_rule(app, scope, body.into()).await.map(|rule| rule.head),
    };
    match added {
        Ok(head) => Ok(visit.done("calls", format!("The rule for “{}” is added.", head.tag.label))),
        Err(problem) => {
            let status = problem.status();
            let form = Form::refused(&posted, &["tag_id", matter.field()], problem);
            show_with(visit, status, Some((matter, form))).await
        }
    }
}

/// Shows one rule, to be changed.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    show_rule(visit, StatusCode::OK, Form::default()).await
}

async fn show_rule(visit: Visit, status: StatusCode, form: Form) -> Result<Response, Failure> {
    let (mut section, at) = standing(&visit).await?;
    section.form = form;
    let rule = section.rules.swap_remove(at);
    Ok(page(status, &RulePage { frame: visit.frame, section, rule }))
}

/// The section of the rule that the address names, and where the rule stands in it.
async fn standing(visit: &Visit) -> Result<(Section, usize), Problem> {
    let matter = Matter::of(visit)?;
    let (sections, _) = sections(visit).await?;
    let section = sections.into_iter().find(|section| section.matter == matter);
    let section = section.ok_or_else(Problem::internal)?;
    let at = section.rules.iter().position(|rule| rule.id == visit.scope.param("id"));
    Ok((section, at.ok_or_else(|| Problem::not_found("rule"))?))
}

/// Gives a rule another tag or target.
pub async fn change(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let matter = Matter::of(&visit)?;
    let body = json!({ "tag_id": posted.text("tag_id"), matter.field(): posted.text(matter.field()) });
    match changed(&visit, matter, body).await {
        Ok(label) => Ok(visit.done("calls", format!("The rule for “{label}” is changed."))),
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => Err(problem.into()),
        Err(problem) => {
            let status = problem.status();
            let form = Form::refused(&posted, &["tag_id", matter.field()], problem);
            show_rule(visit, status, form).await
        }
    }
}

async fn changed(visit: &Visit, matter: Matter, body: serde_json::Value) -> Result<String, Problem> {
    let (app, scope) = (&visit.app, &visit.scope);
    let head = match matter {
        Matter::Outcome => outcome::change_rule(app, scope, body.into()).await?.head,
        Matter::CallType => call_type::change_rule(app, scope, body.into()).await?.head,
    };
    Ok(head.tag.label)
}

/// Moves a rule one place up or down; at the end of the list it stays.
pub async fn shift(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let (section, at) = standing(&visit).await?;
    let neighbour = match posted.text("to") {
        "up" => at.checked_sub(1),
        _ => at.checked_add(1),
    };
    if let Some(neighbour) = neighbour.and_then(|at| section.rules.get(at)) {
        changed(&visit, section.matter, json!({ "position": neighbour.position })).await?;
    }
    Ok(visit.done("calls", format!("The rule for “{}” is moved.", section.rules[at].tag.label)))
}

/// Deletes a rule, in whatever state it is.
pub async fn remove(visit: Visit) -> Result<Response, Failure> {
    let matter = Matter::of(&visit)?;
    match matter {
        Matter::Outcome => outcome::remove_rule(&visit.app, &visit.scope).await?,
        Matter::CallType => call_type::remove_rule(&visit.app, &visit.scope).await?,
    }
    let said = format!("The rule is deleted. Calls that are logged keep their {}.", matter.noun());
    Ok(visit.done("calls", said))
}
