//! The audit: who changed what, when.

use domain::ids::WorkspaceId;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::{Result, Store, column, statement};

/// One change by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The workspace; `None` for what concerns the installation.
    pub workspace: Option<WorkspaceId>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub who: String,
    /// What, in plain words.
    pub what: String,
    /// The particulars; nothing secret.
    pub detail: serde_json::Value,
}

const NEWEST: &str = "SELECT workspace, at, who, what, detail FROM audits
    WHERE workspace IS NOT DISTINCT FROM $1 AND at < $2 ORDER BY at DESC, seq DESC";

impl Store {
    /// Keeps an entry.
    pub async fn audit(&self, entry: Audit) -> Result<()> {
        self.write(move |connection| {
            let sql = "INSERT INTO audits (workspace, at, who, what, detail) VALUES ($1, $2, $3, $4, $5)";
            let values = params![
                entry.workspace.map(|workspace| workspace.0),
                column::micros(entry.at),
                entry.who,
                entry.what,
                column::to_json(&entry.detail, "audits")?,
            ];
            statement::run(connection, sql, values).map(|_| ())
        })
        .await
    }

    /// The entries of a workspace (`None`: those of the installation), newest first, older than `before`.
    ///
    /// Entries of one instant are not torn apart, so that `before` = the last one's `at` misses nothing: there
    /// may be a few more than `limit`.
    pub async fn audits(
        &self,
        workspace: impl Into<Option<WorkspaceId>>,
        limit: usize,
        before: Option<Timestamp>,
    ) -> Result<Vec<Audit>> {
        let workspace: Option<WorkspaceId> = workspace.into();
        self.read(move |connection| list(connection, workspace, limit, before)).await
    }
}

fn list(
    connection: &Connection,
    workspace: Option<WorkspaceId>,
    limit: usize,
    before: Option<Timestamp>,
) -> Result<Vec<Audit>> {
    let before = before.map_or(i64::MAX, column::micros);
    let mut statement = connection.prepare_cached(NEWEST)?;
    let mut rows = statement::query(&mut statement, params![workspace.map(|workspace| workspace.0), before])?;
    let mut audits: Vec<Audit> = Vec::new();
    while let Some(row) = rows.next()? {
        let audit = of_row(row)?;
        if audits.len() >= limit && audits.last().is_none_or(|last| last.at != audit.at) {
            break;
        }
        audits.push(audit);
    }
    Ok(audits)
}

fn of_row(row: &Row<'_>) -> Result<Audit> {
    Ok(Audit {
        workspace: row.get::<_, Option<i64>>(0)?.map(WorkspaceId),
        at: column::timestamp(row, 1, "audits")?,
        who: row.get(2)?,
        what: row.get(3)?,
        detail: column::json(row, 4, "audits")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_is_walked_from_its_newest_entry() {
        let plan = crate::plans::plan(NEWEST);
        assert_eq!(plan, ["SEARCH audits USING INDEX audits_newest (workspace=? AND at<?)"]);
    }
}
