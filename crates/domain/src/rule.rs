//! Outcome rules and call type rules, and whether one counts (C4, C9, C11, C16).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    catalog::{OutcomeCatalog, TagCatalog},
    ids::{OutcomeId, RuleId, TagId},
};

/// What a tag leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A call outcome.
    Outcome(OutcomeId),
    /// A call type: a value of HubSpot's `hs_activity_type`.
    CallType(String),
}

/// One Aircall tag to one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Ours.
    pub id: RuleId,
    /// The tag.
    pub tag: TagId,
    /// What it leads to.
    pub target: Target,
    /// When the rule last got its tag or target.
    pub set_at: Timestamp,
    /// The admin's order, the lowest first.
    pub position: i64,
}

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum RuleState {
    /// It counts.
    Active,
    /// It will count: its outcome is new, or was renamed before the rule was set.
    Pending {
        /// When it begins to count.
        effective_at: Timestamp,
    },
    /// It counts for no further decision: the tag is gone from Aircall.
    TagDeleted,
    /// It still counts for a while: the outcome is gone from HubSpot.
    OutcomeLeaving {
        /// When it ceases to count.
        until: Timestamp,
    },
    /// It counts no more: the outcome is gone from HubSpot.
    OutcomeDeleted,
}

impl RuleState {
    /// Whether a rule in this state counts.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Active | Self::OutcomeLeaving { .. })
    }

    /// The word in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending { .. } => "pending",
            Self::TagDeleted => "tag_deleted",
            Self::OutcomeLeaving { .. } => "outcome_leaving",
            Self::OutcomeDeleted => "outcome_deleted",
        }
    }
}

/// How an outcome chosen at `set_at` stands at `now`; the tag apart.
pub fn outcome_state(
    outcome: &OutcomeId,
    set_at: Timestamp,
    outcomes: &OutcomeCatalog,
    delay: SignedDuration,
    now: Timestamp,
) -> RuleState {
    if outcomes.read_at.is_none() {
        return RuleState::Active; // A list that was not read deletes nothing.
    }
    let Some(seen) = outcomes.outcomes.get(outcome) else { return RuleState::OutcomeDeleted };
    let renamed_before =
        seen.renamed_at.iter().chain(&seen.renamed_before).copied().filter(|at| *at <= set_at).max();
    let effective_at = seen.new_at.max(renamed_before).map(|at| at + delay);
    match (seen.gone_at.map(|at| at + delay), effective_at) {
        (Some(until), _) if now >= until => RuleState::OutcomeDeleted,
        (_, Some(effective_at)) if now < effective_at => RuleState::Pending { effective_at },
        (Some(until), _) => RuleState::OutcomeLeaving { until },
        (None, _) => RuleState::Active,
    }
}

impl Rule {
    /// How the rule stands at `now`.
    pub fn state(
        &self,
        outcomes: &OutcomeCatalog,
        tags: &TagCatalog,
        delay: SignedDuration,
        now: Timestamp,
    ) -> RuleState {
        if tags.is_deleted(&self.tag) {
            return RuleState::TagDeleted;
        }
        match &self.target {
            Target::Outcome(outcome) => outcome_state(outcome, self.set_at, outcomes, delay, now),
            Target::CallType(_) => RuleState::Active,
        }
    }
}
