//! Catalogs: what was seen of the lists that others keep.

use domain::{
    catalog::{OutcomeCatalog, TagCatalog},
    ids::{OutcomeId, TagId, WorkspaceId},
};
use jiff::Timestamp;

use crate::{Result, Store};

impl Store {
    /// What was seen of HubSpot's outcomes.
    pub async fn outcome_catalog(&self, workspace: WorkspaceId) -> Result<OutcomeCatalog> {
        todo!()
    }
    /// What was seen of Aircall's tags.
    pub async fn tag_catalog(&self, workspace: WorkspaceId) -> Result<TagCatalog> {
        todo!()
    }
    /// Takes in a whole reading of HubSpot's outcomes and returns what is known after it.
    pub async fn observe_outcomes(
        &self,
        workspace: WorkspaceId,
        listed: Vec<(OutcomeId, String)>,
        now: Timestamp,
    ) -> Result<OutcomeCatalog> {
        todo!()
    }
    /// Takes in a whole reading of Aircall's tags and returns what is known after it.
    pub async fn observe_tags(
        &self,
        workspace: WorkspaceId,
        listed: Vec<(TagId, String)>,
        now: Timestamp,
    ) -> Result<TagCatalog> {
        todo!()
    }
    /// Forgets the outcomes: another portal was connected.
    pub async fn forget_outcomes(&self, workspace: WorkspaceId) -> Result<()> {
        todo!()
    }
    /// Forgets the tags: another Aircall account was connected.
    pub async fn forget_tags(&self, workspace: WorkspaceId) -> Result<()> {
        todo!()
    }
}
