//! Outcome rules (C4–C11).

use axum::{Json, extract::State, http::StatusCode};
use domain::{
    catalog::OutcomeCatalog,
    ids::{OutcomeId, TagId},
    rule::{Rule, Target},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Asked, Change, Lists, Matter, RuleHead, check_tag, find, head, missing, read_lists, rules};
use crate::{
    api::{
        body::{Sent, present},
        id::Id,
        lists::{
            Choice,
            reading::{self, Reading},
        },
        page::{self, Items},
        problem::Problem,
        scope::Scope,
    },
    app::{App, Shared},
};

const MATTER: Matter = Matter::Outcome;

/// An outcome rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeRuleView {
    #[serde(flatten)]
    pub head: RuleHead,
    /// HubSpot's GUID of the outcome.
    pub outcome_id: String,
    /// The outcome, by its label as last seen.
    pub outcome: Choice,
}

/// A new outcome rule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOutcomeRule {
    /// Aircall's id of the tag.
    tag_id: Id,
    /// HubSpot's GUID of the outcome.
    outcome_id: Id,
    /// The place in the order; the last one if it is left out.
    position: Option<i64>,
}

/// A change to an outcome rule; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutcomeRuleChange {
    /// Aircall's id of the tag.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    tag_id: Option<Id>,
    /// HubSpot's GUID of the outcome.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    outcome_id: Option<Id>,
    /// The place in the order.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    position: Option<i64>,
}

/// Lists the outcome rules in the admin's order, each with how it stands.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/outcome-rules", tag = "rules", operation_id = "list_outcome_rules",
    params(("limit" = Option<u32>, Query, description = "1 to 200; all if it is left out", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Items<OutcomeRuleView>)))]
pub async fn list(
    State(app): State<Shared>,
    scope: Scope,
    asked: page::Asked,
) -> Result<Json<Items<OutcomeRuleView>>, Problem> {
    let cut = asked.cut()?;
    let lists = lists(&app, &scope).await?;
    Ok(Json(Items::cut(all(&app, &scope, &lists).await?, cut, |rule| &rule.head.id)))
}

/// All of them, in the admin's order, as they stand by these lists.
pub async fn all(app: &App, scope: &Scope, lists: &Lists) -> Result<Vec<OutcomeRuleView>, Problem> {
    let rules = rules(app, scope, MATTER).await?;
    Ok(rules.iter().map(|rule| view(app, rule, lists)).collect())
}

/// Shows one outcome rule.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/outcome-rules/{id}", tag = "rules",
    operation_id = "show_outcome_rule", responses((status = 200, body = OutcomeRuleView)))]
pub async fn show(State(app): State<Shared>, scope: Scope) -> Result<Json<OutcomeRuleView>, Problem> {
    let rule = find(&rules(&app, &scope, MATTER).await?, &scope)?;
    Ok(Json(view(&app, &rule, &lists(&app, &scope).await?)))
}

/// Adds an outcome rule.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/outcome-rules", tag = "rules", operation_id = "add_outcome_rule",
    request_body = NewOutcomeRule, responses((status = 201, body = OutcomeRuleView)))]
pub async fn add(
    State(app): State<Shared>,
    scope: Scope,
    sent: Sent,
) -> Result<(StatusCode, Json<OutcomeRuleView>), Problem> {
    Ok((StatusCode::CREATED, Json(add_rule(&app, &scope, sent).await?)))
}

/// Adds an outcome rule.
pub async fn add_rule(app: &App, scope: &Scope, sent: Sent) -> Result<OutcomeRuleView, Problem> {
    let new: NewOutcomeRule = sent.read()?;
    let (outcomes, tags) = read_lists(app, scope).await?;
    check_tag(&TagId(new.tag_id.0.clone()), &tags)?;
    let outcome = OutcomeId(new.outcome_id.0);
    check_outcome(&outcome, &outcomes)?;
    let asked = Asked { tag: new.tag_id, target: Target::Outcome(outcome), position: new.position };
    let rule = super::add(app, scope, asked).await?;
    let lists = Lists { outcomes: outcomes.catalog, tags: tags.catalog };
    Ok(view(app, &rule, &lists))
}

/// Changes an outcome rule: another tag or outcome takes effect from now, by the list's delay; a position only moves it.
#[utoipa::path(patch, path = "/api/v1/workspaces/{ws}/outcome-rules/{id}", tag = "rules",
    operation_id = "change_outcome_rule", request_body = OutcomeRuleChange,
    responses((status = 200, body = OutcomeRuleView)))]
pub async fn change(
    State(app): State<Shared>,
    scope: Scope,
    sent: Sent,
) -> Result<Json<OutcomeRuleView>, Problem> {
    Ok(Json(change_rule(&app, &scope, sent).await?))
}

/// Changes the rule that the address names.
pub async fn change_rule(app: &App, scope: &Scope, sent: Sent) -> Result<OutcomeRuleView, Problem> {
    let change: OutcomeRuleChange = sent.read()?;
    let before = find(&rules(app, scope, MATTER).await?, scope)?;
    let target = change.outcome_id.map(|id| Target::Outcome(OutcomeId(id.0)));
    let lists = if change.tag_id.is_some() || target.is_some() {
        let (outcomes, tags) = read_lists(app, scope).await?;
        if let Some(tag) =
            change.tag_id.as_ref().map(|id| TagId(id.0.clone())).filter(|tag| *tag != before.tag)
        {
            check_tag(&tag, &tags)?;
        }
        if let Some(Target::Outcome(outcome)) = target.as_ref().filter(|target| **target != before.target) {
            check_outcome(outcome, &outcomes)?;
        }
        Lists { outcomes: outcomes.catalog, tags: tags.catalog }
    } else {
        known_lists(app, scope).await?
    };
    let change = Change { tag: change.tag_id, target, position: change.position };
    let rule = super::change(app, scope, MATTER, change).await?;
    Ok(view(app, &rule, &lists))
}

/// Removes an outcome rule. Calls that are logged keep their outcome (C8).
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/outcome-rules/{id}", tag = "rules",
    operation_id = "remove_outcome_rule", responses((status = 204, description = "Removed")))]
pub async fn remove(State(app): State<Shared>, scope: Scope) -> Result<StatusCode, Problem> {
    remove_rule(&app, &scope).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the rule that the address names.
pub async fn remove_rule(app: &App, scope: &Scope) -> Result<(), Problem> {
    super::remove(app, scope, MATTER).await
}

fn check_outcome(outcome: &OutcomeId, outcomes: &Reading<OutcomeCatalog>) -> Result<(), Problem> {
    if outcomes.catalog.has(outcome) {
        return Ok(());
    }
    let read_at = outcomes.catalog.read_at;
    Err(missing("outcome_id", "is not an outcome of the HubSpot account", outcomes, read_at))
}

async fn lists(app: &App, scope: &Scope) -> Result<Lists, Problem> {
    let (outcomes, tags) = tokio::join!(reading::outcomes(app, scope.ws()), reading::tags(app, scope.ws()));
    Ok(Lists { outcomes: outcomes?.catalog, tags: tags?.catalog })
}

async fn known_lists(app: &App, scope: &Scope) -> Result<Lists, Problem> {
    let outcomes = app.web.store.outcome_catalog(scope.ws()).await?;
    Ok(Lists { outcomes, tags: app.web.store.tag_catalog(scope.ws()).await? })
}

fn view(app: &App, rule: &Rule, lists: &Lists) -> OutcomeRuleView {
    let outcome_id = match &rule.target {
        Target::Outcome(outcome) => outcome.clone(),
        Target::CallType(value) => OutcomeId(value.clone()),
    };
    let label = lists.outcomes.label(&outcome_id).unwrap_or(outcome_id.as_str()).to_owned();
    OutcomeRuleView {
        head: head(app, rule, lists),
        outcome: Choice::new(outcome_id.as_str(), label),
        outcome_id: outcome_id.0,
    }
}
