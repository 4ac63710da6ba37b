//! The ledger: attempts and receipts, only ever added to.

use domain::ids::{RecordId, WorkspaceId};
use jiff::Timestamp;

use crate::{
    Result, Store, column,
    database::{Connection, Row, Rows, params},
};

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It is about to be sent.
    Begun,
    /// It was carried out.
    Done,
    /// It was refused.
    Refused,
    /// No answer came: it may have been carried out.
    InDoubt,
    /// It was found to have been carried out.
    Found,
    /// It had to wait before it was sent.
    Waited,
    /// It is to be sent.
    Queued,
    /// It is not to be sent any more.
    Dropped,
}

/// One attempt or receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Of which record.
    pub record: RecordId,
    /// When.
    pub at: Timestamp,
    /// The step's key.
    pub step: String,
    /// What was done, in plain words, e.g. `Create call`.
    pub what: String,
    /// How far it is.
    pub phase: Phase,
    /// HubSpot's word for the object, and its id.
    pub object: Option<(String, String)>,
    /// What was sent.
    pub request: serde_json::Value,
    /// What was answered.
    pub answer: serde_json::Value,
}

impl Phase {
    /// The word in the table and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::InDoubt => "in_doubt",
            Self::Found => "found",
            Self::Waited => "waited",
            Self::Queued => "queued",
            Self::Dropped => "dropped",
        }
    }

    /// The phase of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        use Phase::{Begun, Done, Dropped, Found, InDoubt, Queued, Refused, Waited};
        [Begun, Done, Refused, InDoubt, Found, Waited, Queued, Dropped]
            .into_iter()
            .find(|phase| phase.word() == word)
    }
}

/// The entries of a record and of those it absorbed.
const OF_RECORD: &str = "SELECT record, at, step, what, phase, object, object_id, request, answer FROM ledger
    WHERE workspace = $1 AND record IN (
        SELECT CAST($2 AS TEXT) UNION ALL SELECT absorbed FROM absorptions WHERE workspace = $1 AND record = $2)
    ORDER BY seq";

/// Whose object of HubSpot it is or was, by the ledger; of an absorbed record, its heir's.
const HOLDERS: &str = "SELECT DISTINCT COALESCE(a.record, l.record)
    FROM ledger l LEFT JOIN absorptions a ON a.workspace = l.workspace AND a.absorbed = l.record
    WHERE l.workspace = $1 AND l.object_id = $2 AND l.object = $3 AND l.phase IN ('done', 'found')";

impl Store {
    /// The records that hold or held an object in HubSpot, given by HubSpot's word for its kind and its id.
    pub async fn holders(&self, workspace: WorkspaceId, object: &str, id: &str) -> Result<Vec<RecordId>> {
        let (object, id) = (object.to_owned(), id.to_owned());
        self.read(move |connection| {
            connection.all(HOLDERS, params![workspace.0, id, object], |row| {
                column::uuid(row, 0, "ledger").map(RecordId)
            })
        })
        .await
    }

    /// What was done for a record and for those it absorbed, oldest first.
    pub async fn ledger_of(&self, workspace: WorkspaceId, record: RecordId) -> Result<Vec<LedgerEntry>> {
        self.read(move |connection| {
            connection.all(OF_RECORD, params![workspace.0, record.to_string()], of_row)
        })
        .await
    }
}

/// Adds entries, in their order.
pub(crate) fn add(connection: &Connection, workspace: WorkspaceId, entries: &[LedgerEntry]) -> Result<()> {
    let sql = "INSERT INTO ledger
            (workspace, record, at, step, what, phase, object, object_id, request, answer)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let mut rows = Rows::default();
    for entry in entries {
        let (object, object_id) = entry.object.as_ref().map(|(object, id)| (object, id)).unzip();
        rows.add(params![
            workspace.0,
            entry.record.to_string(),
            column::micros(entry.at),
            entry.step,
            entry.what,
            entry.phase.word(),
            object,
            object_id,
            column::to_json(&entry.request, "ledger")?,
            column::to_json(&entry.answer, "ledger")?,
        ]);
    }
    connection.run_each(sql, &rows)
}

fn of_row(row: &Row<'_>) -> Result<LedgerEntry> {
    let object: Option<String> = row.get(5)?;
    Ok(LedgerEntry {
        record: RecordId(column::uuid(row, 0, "ledger")?),
        at: column::timestamp(row, 1, "ledger")?,
        step: row.get(2)?,
        what: row.get(3)?,
        phase: column::word(row, 4, "ledger", Phase::from_word)?,
        object: object.zip(row.get(6)?),
        request: column::json(row, 7, "ledger")?,
        answer: column::json(row, 8, "ledger")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_of_a_record_is_found_without_walking_that_of_others() {
        let plan = crate::plans::plan(OF_RECORD);
        assert_eq!(plan[0], "SEARCH ledger USING INDEX ledger_of_record (workspace=? AND record=?)");
        let scans: Vec<&String> = plan.iter().filter(|line| line.starts_with("SCAN")).collect();
        assert_eq!(scans, ["SCAN CONSTANT ROW"]);
    }

    #[test]
    fn the_holder_of_an_object_is_found_without_walking_the_ledger() {
        let plan = crate::plans::plan(HOLDERS);
        assert_eq!(plan[0], "SEARCH l USING INDEX ledger_of_object (workspace=? AND object_id=?)");
    }
}
