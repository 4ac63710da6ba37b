//! Workspaces: the organisations served by this installation.

use domain::ids::WorkspaceId;
use jiff::Timestamp;

use crate::{
    Result, Store, StoreError, column,
    database::{Connection, Row, params},
};

/// One organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Ours.
    pub id: WorkspaceId,
    /// Its word in addresses.
    pub slug: String,
    /// What people call it; at first the slug.
    pub name: String,
}

impl Store {
    /// Returns the workspace of that slug, made if there is none.
    pub async fn ensure_workspace(&self, slug: &str, now: Timestamp) -> Result<Workspace> {
        let slug = slug.to_owned();
        self.write(move |connection| {
            let sql =
                "INSERT INTO workspaces (slug, name, created_at) VALUES ($1, $1, $2) ON CONFLICT DO NOTHING";
            connection.run(sql, params![slug, column::micros(now)])?;
            find(connection, &slug)?.ok_or_else(|| StoreError::Corrupt {
                table: "workspaces",
                what: "a row just made is missing".to_owned(),
            })
        })
        .await
    }

    /// Makes a workspace; `Taken` if there is one of that slug.
    pub async fn add_workspace(&self, slug: &str, name: &str, now: Timestamp) -> Result<Workspace> {
        let (slug, name) = (slug.to_owned(), name.to_owned());
        self.write(move |connection| {
            let sql = "INSERT INTO workspaces (slug, name, created_at) VALUES ($1, $2, $3)
                ON CONFLICT DO NOTHING RETURNING id, slug, name";
            connection.first(sql, params![slug, name, column::micros(now)], of_row)?.ok_or(StoreError::Taken)
        })
        .await
    }

    /// The workspace of that slug.
    pub async fn workspace(&self, slug: &str) -> Result<Option<Workspace>> {
        let slug = slug.to_owned();
        self.read(move |connection| find(connection, &slug)).await
    }

    /// The workspace of that id.
    pub async fn workspace_by_id(&self, id: WorkspaceId) -> Result<Option<Workspace>> {
        let sql = "SELECT id, slug, name FROM workspaces WHERE id = $1";
        self.read(move |connection| connection.first(sql, params![id.0], of_row)).await
    }

    /// All workspaces, in the order they were made.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>> {
        self.read(|connection| {
            connection.all("SELECT id, slug, name FROM workspaces ORDER BY id", &[], of_row)
        })
        .await
    }
}

fn find(connection: &Connection, slug: &str) -> Result<Option<Workspace>> {
    connection.first("SELECT id, slug, name FROM workspaces WHERE slug = $1", params![slug], of_row)
}

fn of_row(row: &Row<'_>) -> Result<Workspace> {
    Ok(Workspace { id: WorkspaceId(row.get(0)?), slug: row.get(1)?, name: row.get(2)? })
}
