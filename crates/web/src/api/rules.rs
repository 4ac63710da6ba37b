//! Outcome rules and call type rules: one Aircall tag to one target (C4, C16).

pub mod call_type;
mod order;
pub mod outcome;

use domain::{
    catalog::{OutcomeCatalog, TagCatalog},
    ids::{RuleId, TagId},
    rule::{Rule, RuleState, Target},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    id::Id,
    lists::{
        Choice,
        reading::{self, Reading},
    },
    problem::Problem,
    scope::Scope,
};
use crate::app::App;

/// What a deleted tag is called (C9).
const DELETED_TAG: &str = "Deleted tag";

/// What rules of one kind lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    Outcome,
    CallType,
}

impl Matter {
    const fn of(target: &Target) -> Self {
        match target {
            Target::Outcome(_) => Self::Outcome,
            Target::CallType(_) => Self::CallType,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Outcome => "outcome_rule",
            Self::CallType => "call_type_rule",
        }
    }
}

/// What rules of both kinds show alike.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleHead {
    /// Ours.
    pub id: String,
    /// Aircall's id of the tag.
    pub tag_id: String,
    /// The tag; "Deleted tag" if it is gone.
    pub tag: Choice,
    /// `active`, `pending`, `tag_deleted`, `outcome_leaving` or `outcome_deleted`.
    pub state: &'static str,
    /// When a pending rule begins to count.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub effective_at: Option<Timestamp>,
    /// When a rule to an outcome that was deleted in HubSpot ceases to count.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// The place in the admin's order, the lowest first.
    pub position: i64,
}

/// What the lists say, as rules are judged by it.
pub struct Lists {
    /// HubSpot's outcomes.
    pub outcomes: OutcomeCatalog,
    /// Aircall's tags.
    pub tags: TagCatalog,
}

fn head(app: &App, rule: &Rule, lists: &Lists) -> RuleHead {
    let state = rule.state(&lists.outcomes, &lists.tags, app.web.settings.outcome_delay, app.now());
    let label = if lists.tags.is_deleted(&rule.tag) {
        DELETED_TAG
    } else {
        lists.tags.label(&rule.tag).unwrap_or(rule.tag.as_str())
    };
    let (effective_at, until) = match state {
        RuleState::Pending { effective_at } => (Some(effective_at), None),
        RuleState::OutcomeLeaving { until } => (None, Some(until)),
        RuleState::Active | RuleState::TagDeleted | RuleState::OutcomeDeleted => (None, None),
    };
    RuleHead {
        id: rule.id.to_string(),
        tag_id: rule.tag.0.clone(),
        tag: Choice::new(rule.tag.as_str(), label),
        state: state.word(),
        effective_at,
        until,
        position: rule.position,
    }
}

/// The rules of one kind, in the admin's order.
async fn rules(app: &App, scope: &Scope, matter: Matter) -> Result<Vec<Rule>, Problem> {
    let mut rules = app.web.store.rules(scope.ws()).await?;
    rules.retain(|rule| Matter::of(&rule.target) == matter);
    rules.sort_by_key(|rule| (rule.position, rule.id));
    Ok(rules)
}

fn find(rules: &[Rule], scope: &Scope) -> Result<Rule, Problem> {
    let id = Uuid::parse_str(scope.param("id")).map_err(|_| Problem::not_found("rule"))?;
    find_in(rules, RuleId(id))
}

fn find_in(rules: &[Rule], id: RuleId) -> Result<Rule, Problem> {
    rules.iter().find(|rule| rule.id == id).cloned().ok_or_else(|| Problem::not_found("rule"))
}

/// Both lists, read now where that can be done.
async fn read_lists(
    app: &App,
    scope: &Scope,
) -> Result<(Reading<OutcomeCatalog>, Reading<TagCatalog>), Problem> {
    let (outcomes, tags) = tokio::join!(reading::outcomes(app, scope.ws()), reading::tags(app, scope.ws()));
    Ok((outcomes?, tags?))
}

fn check_tag(tag: &TagId, tags: &Reading<TagCatalog>) -> Result<(), Problem> {
    if tags.catalog.has(tag) {
        return Ok(());
    }
    Err(missing("tag_id", "is not a tag of the Aircall account", tags, tags.catalog.read_at))
}

/// Refuses what is not on a list; if the list was never read, says that it could not be.
fn missing<C>(field: &str, problem: &str, reading: &Reading<C>, read_at: Option<Timestamp>) -> Problem {
    match &reading.unread {
        Some(unread) if read_at.is_none() && unread.is_passing => unread.problem(),
        Some(unread) if read_at.is_none() => {
            Problem::invalid(field, format!("cannot be checked: {}", unread.reason))
        }
        _ => Problem::invalid(field, problem),
    }
}

fn check_free(tag: &TagId, rules: &[Rule], own: Option<RuleId>) -> Result<(), Problem> {
    let is_taken = rules.iter().any(|rule| rule.tag == *tag && Some(rule.id) != own);
    if is_taken {
        Err(Problem::conflict("The tag has a rule already: a tag has at most one."))
    } else {
        Ok(())
    }
}

/// What an admin asks of a new rule.
struct Asked {
    tag: Id,
    target: Target,
    position: Option<i64>,
}

/// Adds a rule: at its position, else as the last one. A position beyond the others is the last.
async fn add(app: &App, scope: &Scope, asked: Asked) -> Result<Rule, Problem> {
    let tag = TagId(asked.tag.0);
    let _turn = app.changes.hold(scope.ws()).await;
    let rules = rules(app, scope, Matter::of(&asked.target)).await?;
    check_free(&tag, &rules, None)?;
    let new = RuleId(app.new_id());
    let rule = Rule { id: new, tag, target: asked.target, set_at: app.now(), position: 0 };
    let placed = order::placed(rules.clone(), rule, asked.position);
    let rule = find_in(&placed, new)?;
    app.web.store.add_rule(scope.ws(), rule.clone()).await?;
    keep_order(app, scope, &rules, &placed).await?;
    audit(scope, "added", &rule).await?;
    Ok(rule)
}

/// Keeps the positions that have changed.
async fn keep_order(app: &App, scope: &Scope, before: &[Rule], after: &[Rule]) -> Result<(), Problem> {
    let has_moved =
        |rule: &&Rule| before.iter().any(|one| one.id == rule.id && one.position != rule.position);
    for rule in after.iter().filter(has_moved) {
        app.web.store.update_rule(scope.ws(), rule.clone()).await?;
    }
    Ok(())
}

/// What an admin asks to change of a rule.
struct Change {
    tag: Option<Id>,
    target: Option<Target>,
    position: Option<i64>,
}

/// Changes a rule. Another tag or target counts from now; another position moves it only.
async fn change(app: &App, scope: &Scope, matter: Matter, change: Change) -> Result<Rule, Problem> {
    let _turn = app.changes.hold(scope.ws()).await;
    let rules = rules(app, scope, matter).await?;
    let before = find(&rules, scope)?;
    let mut rule = before.clone();
    if let Some(tag) = change.tag {
        rule.tag = TagId(tag.0);
        check_free(&rule.tag, &rules, Some(rule.id))?;
    }
    rule.target = change.target.unwrap_or(rule.target);
    if (&rule.tag, &rule.target) != (&before.tag, &before.target) {
        rule.set_at = app.now();
    }
    let mut placed = rules.clone();
    if change.position.is_some() {
        placed.retain(|one| one.id != rule.id);
        placed = order::placed(placed, rule.clone(), change.position);
        rule.position = find_in(&placed, rule.id)?.position;
    }
    if rule == before {
        return Ok(rule);
    }
    if !app.web.store.update_rule(scope.ws(), rule.clone()).await? {
        return Err(Problem::not_found("rule"));
    }
    placed.retain(|one| one.id != rule.id);
    keep_order(app, scope, &rules, &placed).await?;
    audit(scope, "changed", &rule).await?;
    Ok(rule)
}

/// Removes a rule, whatever its state. No list is asked.
async fn remove(app: &App, scope: &Scope, matter: Matter) -> Result<(), Problem> {
    let _turn = app.changes.hold(scope.ws()).await;
    let before = rules(app, scope, matter).await?;
    let rule = find(&before, scope)?;
    app.web.store.remove_rule(scope.ws(), rule.id).await?;
    let left = before.iter().filter(|one| one.id != rule.id).cloned().collect();
    keep_order(app, scope, &before, &order::closed_up(left)).await?;
    audit(scope, "removed", &rule).await
}

async fn audit(scope: &Scope, what: &str, rule: &Rule) -> Result<(), Problem> {
    let detail =
        json!({ "rule": rule.id, "tag": rule.tag, "target": rule.target, "position": rule.position });
    scope.audit(&format!("{}.{what}", Matter::of(&rule.target).word()), detail).await
}
