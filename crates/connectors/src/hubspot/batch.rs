//! Reading objects in batches: consistent, unlike a search.

use std::collections::BTreeSet;

use domain::fault::Fault;
use serde_json::json;

use super::{
    Class, Hubspot,
    exchange::unreadable,
    refusal::Trouble,
    wire::{Batch, Object},
};

/// Inputs of one batch; a hundred and one are refused (§1.3).
pub(super) const INPUTS_MAX: usize = 100;

impl Hubspot {
    /// Reads objects by id, or by a unique property. What is not there is left out; the order is HubSpot's.
    pub(super) async fn read_batch(
        &self,
        object: &str,
        by: Option<&str>,
        ids: &BTreeSet<String>,
        properties: &[&str],
    ) -> Result<Vec<Object>, Fault> {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut found = Vec::new();
        for ids in ids.chunks(INPUTS_MAX) {
            found.extend(self.read_chunk(object, by, ids, properties).await?);
        }
        Ok(found)
    }

    /// Reads at most a hundred objects.
    pub(super) async fn read_chunk(
        &self,
        object: &str,
        by: Option<&str>,
        ids: &[&str],
        properties: &[&str],
    ) -> Result<Vec<Object>, Trouble> {
        let path = format!("{}/batch/read", self.settings.version.objects(object));
        let inputs: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
        let mut body = json!({ "properties": properties, "propertiesWithHistory": [], "inputs": inputs });
        if let Some(by) = by {
            body["idProperty"] = by.into();
        }
        match self.post::<Batch>(Class::General, &path, &body).await {
            Ok(batch) => whole(batch),
            Err(Trouble::Refused(refusal)) if refusal.is_missing() => Ok(Vec::new()),
            Err(trouble) => Err(trouble),
        }
    }
}

/// The results, if the answer accounts for all that was asked: only "not found" may stand among its errors. Taking any
/// other error for "not there" would make duplicates.
fn whole(batch: Batch) -> Result<Vec<Object>, Trouble> {
    for error in batch.errors {
        // One entry names all that are missing (§1.3).
        let names_missing = !error.context("ids").is_empty() && error.message.contains("not exist");
        match Trouble::entry(error) {
            Trouble::Refused(refusal) if refusal.is_missing() || names_missing => {}
            trouble => return Err(trouble),
        }
    }
    let is_complete = batch.status.is_empty() || batch.status == "COMPLETE";
    batch.results.filter(|_| is_complete).ok_or_else(|| Trouble::InDoubt(unreadable()))
}
