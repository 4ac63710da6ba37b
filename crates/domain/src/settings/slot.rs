//! The outcome chosen for a kind of call, with what stands until the choice takes effect (C11).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    catalog::OutcomeCatalog,
    ids::OutcomeId,
    rule::{RuleState, outcome_state},
};

/// A choice for one kind of call, "None" being a choice too, with the choices before it that still stand in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Newest first; there is always one.
    choices: Vec<Choice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Choice {
    outcome: Option<OutcomeId>,
    /// `None`: since ever.
    set_at: Option<Timestamp>,
}

impl Slot {
    /// A choice that stands since ever.
    pub fn standing(outcome: Option<OutcomeId>) -> Self {
        Self { choices: vec![Choice { outcome, set_at: None }] }
    }

    /// What the admin chose last.
    pub fn chosen(&self) -> Option<&OutcomeId> {
        self.choices.first().and_then(|choice| choice.outcome.as_ref())
    }

    /// Returns the slot with a new choice at `now`; what no longer can stand in is forgotten.
    #[must_use]
    pub fn choose(
        &self,
        outcome: Option<OutcomeId>,
        outcomes: &OutcomeCatalog,
        delay: SignedDuration,
        now: Timestamp,
    ) -> Self {
        if self.chosen() == outcome.as_ref() {
            return self.clone();
        }
        let mut choices = vec![Choice { outcome, set_at: Some(now) }];
        for old in &self.choices {
            choices.push(old.clone());
            if !matches!(old.state(outcomes, delay, now), Some(RuleState::Pending { .. })) {
                break;
            }
        }
        Self { choices }
    }

    /// The outcome that counts at `now`, and how the admin's own choice stands.
    pub fn outcome(
        &self,
        outcomes: &OutcomeCatalog,
        delay: SignedDuration,
        now: Timestamp,
    ) -> (Option<&OutcomeId>, Option<RuleState>) {
        let own = self.choices.first().and_then(|choice| choice.state(outcomes, delay, now));
        let counting = self
            .choices
            .iter()
            .find(|choice| !matches!(choice.state(outcomes, delay, now), Some(RuleState::Pending { .. })));
        let outcome = counting.and_then(|choice| match choice.state(outcomes, delay, now) {
            Some(state) if !state.counts() => None,
            _ => choice.outcome.as_ref(),
        });
        (outcome, own)
    }
}

impl Choice {
    /// How the choice stands; `None` for "None", which always stands, and while the list was never read: then nothing
    /// counts as deleted.
    fn state(&self, outcomes: &OutcomeCatalog, delay: SignedDuration, now: Timestamp) -> Option<RuleState> {
        let outcome = self.outcome.as_ref()?;
        outcomes.read_at?;
        let set_at = self.set_at.unwrap_or(Timestamp::MIN);
        Some(outcome_state(outcome, set_at, outcomes, delay, now))
    }
}
