//! Catalogs: what was seen of the lists that others keep.

use domain::{
    catalog::{OutcomeCatalog, TagCatalog},
    ids::{OutcomeId, TagId, WorkspaceId},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Result, Store, column,
    database::{Connection, params},
};

const OUTCOMES: &str = "outcomes";
const TAGS: &str = "tags";

impl Store {
    /// What was seen of HubSpot's outcomes.
    pub async fn outcome_catalog(&self, workspace: WorkspaceId) -> Result<OutcomeCatalog> {
        self.read(move |connection| outcomes(connection, workspace)).await
    }

    /// What was seen of Aircall's tags.
    pub async fn tag_catalog(&self, workspace: WorkspaceId) -> Result<TagCatalog> {
        self.read(move |connection| tags(connection, workspace)).await
    }

    /// Takes in a whole reading of HubSpot's outcomes and returns what is known after it. One that was asked for before the
    /// last was taken in tells nothing: it would show as gone what is there.
    pub async fn observe_outcomes(
        &self,
        workspace: WorkspaceId,
        listed: Vec<(OutcomeId, String)>,
        asked_at: Timestamp,
        now: Timestamp,
    ) -> Result<OutcomeCatalog> {
        self.write(move |connection| {
            connection.hold(workspace)?;
            let before = outcomes(connection, workspace)?;
            if before.read_at > Some(asked_at) {
                return Ok(before);
            }
            let catalog = before.observed(&listed, now);
            save(connection, workspace, OUTCOMES, &catalog)?;
            Ok(catalog)
        })
        .await
    }

    /// Takes in a whole reading of Aircall's tags, likewise.
    pub async fn observe_tags(
        &self,
        workspace: WorkspaceId,
        listed: Vec<(TagId, String)>,
        asked_at: Timestamp,
        now: Timestamp,
    ) -> Result<TagCatalog> {
        self.write(move |connection| {
            connection.hold(workspace)?;
            let before = tags(connection, workspace)?;
            if before.read_at > Some(asked_at) {
                return Ok(before);
            }
            let catalog = before.observed(&listed, now);
            save(connection, workspace, TAGS, &catalog)?;
            Ok(catalog)
        })
        .await
    }

    /// Forgets the outcomes: another portal was connected.
    pub async fn forget_outcomes(&self, workspace: WorkspaceId) -> Result<()> {
        self.forget(workspace, OUTCOMES).await
    }

    /// Forgets the tags: another Aircall account was connected.
    pub async fn forget_tags(&self, workspace: WorkspaceId) -> Result<()> {
        self.forget(workspace, TAGS).await
    }

    async fn forget(&self, workspace: WorkspaceId, name: &'static str) -> Result<()> {
        self.write(move |connection| {
            let sql = "DELETE FROM catalogs WHERE workspace = $1 AND name = $2";
            connection.run(sql, params![workspace.0, name]).map(|_| ())
        })
        .await
    }
}

pub(crate) fn outcomes(connection: &Connection, workspace: WorkspaceId) -> Result<OutcomeCatalog> {
    saved(connection, workspace, OUTCOMES)
}

pub(crate) fn tags(connection: &Connection, workspace: WorkspaceId) -> Result<TagCatalog> {
    saved(connection, workspace, TAGS)
}

fn saved<T: Default + DeserializeOwned>(
    connection: &Connection,
    workspace: WorkspaceId,
    name: &str,
) -> Result<T> {
    let sql = "SELECT body FROM catalogs WHERE workspace = $1 AND name = $2";
    let saved = connection.first(sql, params![workspace.0, name], |row| column::json(row, 0, "catalogs"))?;
    Ok(saved.unwrap_or_default())
}

fn save<T: Serialize>(
    connection: &Connection,
    workspace: WorkspaceId,
    name: &str,
    catalog: &T,
) -> Result<()> {
    let sql = "INSERT INTO catalogs (workspace, name, body) VALUES ($1, $2, $3)
        ON CONFLICT (workspace, name) DO UPDATE SET body = excluded.body";
    let body = column::to_json(catalog, "catalogs")?;
    connection.run(sql, params![workspace.0, name, body]).map(|_| ())
}
