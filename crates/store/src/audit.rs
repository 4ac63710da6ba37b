//! The audit: who changed what, when.

use domain::ids::WorkspaceId;
use jiff::Timestamp;

use crate::{
    Page, Result, Store, StoreError, column,
    database::{Connection, Row, params},
    page::Cursor,
};

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

/// Which entries are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those of this person or token.
    pub who: Option<String>,
    /// Only those about this: a whole word such as `outcome_rule.added`, or its beginning, `outcome_rule`.
    pub what: Option<String>,
    /// Only those from then on.
    pub from: Option<Timestamp>,
    /// Only those before then.
    pub to: Option<Timestamp>,
    /// How many at most.
    pub limit: usize,
    /// Where the page begins.
    pub cursor: Option<String>,
}

const NEWEST: &str = "SELECT workspace, at, who, what, detail, seq FROM audits
    WHERE workspace IS NOT DISTINCT FROM $1 AND (at, seq) < ($2, $3) AND at >= $4
        AND (CAST($5 AS TEXT) IS NULL OR who = $5) AND (CAST($6 AS TEXT) IS NULL OR what = $6 OR what LIKE $7 ESCAPE '!')
    ORDER BY at DESC, seq DESC LIMIT $8";

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
            connection.run(sql, values).map(|_| ())
        })
        .await
    }

    /// The entries of a workspace (`None`: those of the installation), newest first.
    pub async fn audits(
        &self,
        workspace: impl Into<Option<WorkspaceId>>,
        filter: AuditFilter,
    ) -> Result<Page<Audit>> {
        let workspace: Option<WorkspaceId> = workspace.into();
        self.read(move |connection| list(connection, workspace, &filter)).await
    }
}

fn list(
    connection: &Connection,
    workspace: Option<WorkspaceId>,
    filter: &AuditFilter,
) -> Result<Page<Audit>> {
    let (at, seq) = match &filter.cursor {
        Some(cursor) => {
            let cursor = Cursor::read(cursor)?;
            (cursor.at, cursor.id.parse().map_err(|_| StoreError::Cursor)?)
        }
        None => (filter.to.map_or(i64::MAX, column::micros), i64::MIN),
    };
    let values = params![
        workspace.map(|workspace| workspace.0),
        at,
        seq,
        filter.from.map_or(i64::MIN, column::micros),
        filter.who,
        filter.what,
        filter.what.as_deref().map(begins_with),
        column::limit(filter.limit.saturating_add(1)),
    ];
    let entries = connection.all(NEWEST, values, |row| Ok((of_row(row)?, row.get(5)?)))?;
    let page = Page::cut(entries, filter.limit, |(last, seq): &(Audit, i64)| Cursor {
        at: column::micros(last.at),
        id: seq.to_string(),
    });
    Ok(Page { items: page.items.into_iter().map(|(audit, _)| audit).collect(), next: page.next })
}

/// The pattern of words that begin with this one.
fn begins_with(word: &str) -> String {
    let escaped: String =
        word.chars().flat_map(|c| "!%_".contains(c).then_some('!').into_iter().chain([c])).collect();
    format!("{escaped}.%")
}

fn of_row(row: &Row<'_>) -> Result<Audit> {
    Ok(Audit {
        workspace: row.get::<Option<i64>>(0)?.map(WorkspaceId),
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
        assert_eq!(plan, ["SEARCH audits USING INDEX audits_newest (workspace=? AND at>? AND at<?)"]);
    }
}
