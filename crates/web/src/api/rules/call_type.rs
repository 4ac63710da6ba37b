//! Call type rules (C16): like outcome rules, without their delay.

use axum::{Json, extract::State, http::StatusCode};
use domain::{
    catalog::OutcomeCatalog,
    ids::TagId,
    rule::{Rule, Target},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Asked, Change, Lists, Matter, RuleHead, check_tag, find, head, rules};
use crate::{
    api::{
        body::{Sent, present},
        id::Id,
        lists::reading,
        page::{self, Items},
        problem::Problem,
        scope::Scope,
        settings::calls::check_call_type,
    },
    app::{App, Shared},
};

const MATTER: Matter = Matter::CallType;

/// A call type rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallTypeRuleView {
    #[serde(flatten)]
    pub head: RuleHead,
    /// HubSpot's value of the call type.
    pub call_type: String,
}

/// A new call type rule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCallTypeRule {
    /// Aircall's id of the tag.
    tag_id: Id,
    /// HubSpot's value of the call type.
    call_type: String,
    /// The place in the order; the last one if it is left out.
    position: Option<i64>,
}

/// A change to a call type rule; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallTypeRuleChange {
    /// Aircall's id of the tag.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    tag_id: Option<Id>,
    /// HubSpot's value of the call type.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    call_type: Option<String>,
    /// The place in the order.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    position: Option<i64>,
}

/// Lists the call type rules in the admin's order, each with how it stands.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/call-type-rules", tag = "rules",
    operation_id = "list_call_type_rules",
    params(("limit" = Option<u32>, Query, description = "1 to 200; all if it is left out", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Items<CallTypeRuleView>)))]
pub async fn list(
    State(app): State<Shared>,
    scope: Scope,
    asked: page::Asked,
) -> Result<Json<Items<CallTypeRuleView>>, Problem> {
    let cut = asked.cut()?;
    let lists = lists(&app, &scope).await?;
    Ok(Json(Items::cut(all(&app, &scope, &lists).await?, cut, |rule| &rule.head.id)))
}

/// All of them, in the admin's order, as they stand by these lists.
pub async fn all(app: &App, scope: &Scope, lists: &Lists) -> Result<Vec<CallTypeRuleView>, Problem> {
    let rules = rules(app, scope, MATTER).await?;
    Ok(rules.iter().map(|rule| view(app, rule, lists)).collect())
}

/// Shows one call type rule.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/call-type-rules/{id}", tag = "rules",
    operation_id = "show_call_type_rule", responses((status = 200, body = CallTypeRuleView)))]
pub async fn show(State(app): State<Shared>, scope: Scope) -> Result<Json<CallTypeRuleView>, Problem> {
    let rule = find(&rules(&app, &scope, MATTER).await?, &scope)?;
    Ok(Json(view(&app, &rule, &lists(&app, &scope).await?)))
}

/// Adds a call type rule.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/call-type-rules", tag = "rules",
    operation_id = "add_call_type_rule", request_body = NewCallTypeRule,
    responses((status = 201, body = CallTypeRuleView)))]
pub async fn add(
    State(app): State<Shared>,
    scope: Scope,
    sent: Sent,
) -> Result<(StatusCode, Json<CallTypeRuleView>), Problem> {
    Ok((StatusCode::CREATED, Json(add_rule(&app, &scope, sent).await?)))
}

/// Adds a call type rule.
pub async fn add_rule(app: &App, scope: &Scope, sent: Sent) -> Result<CallTypeRuleView, Problem> {
    let new: NewCallTypeRule = sent.read()?;
    let (listed, tags) = tokio::join!(reading::call_types(app, scope.ws()), reading::tags(app, scope.ws()));
    let tags = tags?;
    check_tag(&TagId(new.tag_id.0.clone()), &tags)?;
    check_call_type("call_type", &new.call_type, &listed?)?;
    let asked = Asked { tag: new.tag_id, target: Target::CallType(new.call_type), position: new.position };
    let rule = super::add(app, scope, asked).await?;
    let lists = Lists { outcomes: OutcomeCatalog::default(), tags: tags.catalog };
    Ok(view(app, &rule, &lists))
}

/// Changes a call type rule.
#[utoipa::path(patch, path = "/api/v1/workspaces/{ws}/call-type-rules/{id}", tag = "rules",
    operation_id = "change_call_type_rule", request_body = CallTypeRuleChange,
    responses((status = 200, body = CallTypeRuleView)))]
pub async fn change(
    State(app): State<Shared>,
    scope: Scope,
    sent: Sent,
) -> Result<Json<CallTypeRuleView>, Problem> {
    Ok(Json(change_rule(&app, &scope, sent).await?))
}

/// Changes the rule that the address names.
pub async fn change_rule(app: &App, scope: &Scope, sent: Sent) -> Result<CallTypeRuleView, Problem> {
    let change: CallTypeRuleChange = sent.read()?;
    let before = find(&rules(app, scope, MATTER).await?, scope)?;
    let lists = match change.tag_id.as_ref().map(|id| TagId(id.0.clone())).filter(|tag| *tag != before.tag) {
        Some(tag) => {
            let tags = reading::tags(app, scope.ws()).await?;
            check_tag(&tag, &tags)?;
            Lists { outcomes: OutcomeCatalog::default(), tags: tags.catalog }
        }
        None => known_lists(app, scope).await?,
    };
    let target = change.call_type.map(Target::CallType);
    if let Some(Target::CallType(value)) = target.as_ref().filter(|target| **target != before.target) {
        check_call_type("call_type", value, &reading::call_types(app, scope.ws()).await?)?;
    }
    let change = Change { tag: change.tag_id, target, position: change.position };
    let rule = super::change(app, scope, MATTER, change).await?;
    Ok(view(app, &rule, &lists))
}

/// Removes a call type rule. Calls that are logged keep their call type (C8).
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/call-type-rules/{id}", tag = "rules",
    operation_id = "remove_call_type_rule", responses((status = 204, description = "Removed")))]
pub async fn remove(State(app): State<Shared>, scope: Scope) -> Result<StatusCode, Problem> {
    remove_rule(&app, &scope).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the rule that the address names.
pub async fn remove_rule(app: &App, scope: &Scope) -> Result<(), Problem> {
    super::remove(app, scope, MATTER).await
}

async fn lists(app: &App, scope: &Scope) -> Result<Lists, Problem> {
    let tags = reading::tags(app, scope.ws()).await?.catalog;
    Ok(Lists { outcomes: OutcomeCatalog::default(), tags })
}

async fn known_lists(app: &App, scope: &Scope) -> Result<Lists, Problem> {
    Ok(Lists { outcomes: OutcomeCatalog::default(), tags: app.web.store.tag_catalog(scope.ws()).await? })
}

fn view(app: &App, rule: &Rule, lists: &Lists) -> CallTypeRuleView {
    let call_type = match &rule.target {
        Target::CallType(value) => value.clone(),
        Target::Outcome(outcome) => outcome.0.clone(),
    };
    CallTypeRuleView { head: head(app, rule, lists), call_type }
}
