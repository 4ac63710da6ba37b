//! Rules, and the rulebook that decisions go by.

use domain::{
    decision::Rulebook,
    ids::{RuleId, WorkspaceId},
    rule::Rule,
};
use jiff::SignedDuration;

use crate::{Result, Store};

impl Store {
    /// The rules of both kinds, in the admin's order.
    pub async fn rules(&self, workspace: WorkspaceId) -> Result<Vec<Rule>> {
        todo!()
    }
    /// Adds a rule; `Taken` if its tag has one of the same kind of target, or the id is in use.
    pub async fn add_rule(&self, workspace: WorkspaceId, rule: Rule) -> Result<()> {
        todo!()
    }
    /// Changes a rule; says whether there was one. `Taken` as for adding.
    pub async fn update_rule(&self, workspace: WorkspaceId, rule: Rule) -> Result<bool> {
        todo!()
    }
    /// Removes a rule; says whether there was one.
    pub async fn remove_rule(&self, workspace: WorkspaceId, id: RuleId) -> Result<bool> {
        todo!()
    }
    /// All that decisions go by, as it stood at one moment.
    pub async fn rulebook(&self, workspace: WorkspaceId, delay: SignedDuration) -> Result<Rulebook> {
        todo!()
    }
}
