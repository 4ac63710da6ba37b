//! Records as they are kept, and their lists for people.

mod list;

use domain::{
    ids::{RecordId, WorkspaceId},
    record::Record,
    source::Source,
};
use jiff::Timestamp;

use crate::{
    Envelope, Page, Result, Store, column,
    database::{Connection, Row, Rows, params},
    inbox,
};

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordState {
    /// HubSpot holds what it says, or nothing is to be held.
    Logged,
    /// Something is still to be done.
    Waiting,
    /// A person should look.
    Problem,
}

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// A call.
    Call,
    /// A booking.
    Meeting,
}

/// What a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What happened, in plain words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The record.
    pub record: Record,
    /// Whose.
    pub workspace: WorkspaceId,
    /// How it stands.
    pub state: RecordState,
    /// Why, in plain words.
    pub why: String,
    /// How often it was tried in a row.
    pub attempts: u32,
    /// When it will be looked at again.
    pub due_at: Option<Timestamp>,
    /// What a person should know.
    pub problem: Option<Problem>,
    /// Since when something of it could not be written.
    pub unwritten_since: Option<Timestamp>,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When it was last saved.
    pub changed_at: Timestamp,
}

impl StoredRecord {
    /// Whether HubSpot holds what it says, and nobody is to look at it again.
    pub fn is_settled(&self) -> bool {
        self.state == RecordState::Logged && self.due_at.is_none() && !self.record.held.is_empty()
    }
}

/// Which records to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Of this source.
    pub source: Option<Source>,
    /// Known by this id, the newest or an older one.
    pub external_id: Option<String>,
    /// Of this kind.
    pub kind: Option<RecordKind>,
    /// In this state.
    pub state: Option<RecordState>,
    /// First saved from then on.
    pub from: Option<Timestamp>,
    /// First saved before then.
    pub to: Option<Timestamp>,
    /// Known by these words: names, addresses, numbers, or an id; the beginnings of words suffice.
    pub search: Option<String>,
    /// How many at most.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            source: None,
            external_id: None,
            kind: None,
            state: None,
            from: None,
            to: None,
            search: None,
            limit: 50,
            cursor: None,
        }
    }
}

impl RecordKind {
    /// The word in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Meeting => "meeting",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Call, Self::Meeting].into_iter().find(|kind| kind.word() == word)
    }
}

impl RecordState {
    /// The word in the API and the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Logged => "logged",
            Self::Waiting => "waiting",
            Self::Problem => "problem",
        }
    }

    /// The state of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Logged, Self::Waiting, Self::Problem].into_iter().find(|state| state.word() == word)
    }
}

impl Store {
    /// The records that match, newest first.
    pub async fn records(&self, workspace: WorkspaceId, filter: Filter) -> Result<Page<StoredRecord>> {
        self.read(move |connection| list::records(connection, workspace, &filter)).await
    }

    /// Those of the records that match, in no order.
    pub async fn records_among(
        &self,
        workspace: WorkspaceId,
        ids: Vec<RecordId>,
        filter: Filter,
    ) -> Result<Vec<StoredRecord>> {
        self.read(move |connection| list::among(connection, workspace, &ids, &filter)).await
    }

    /// A record by its id, or by that of one it absorbed.
    pub async fn record(&self, workspace: WorkspaceId, id: RecordId) -> Result<Option<StoredRecord>> {
        self.read(move |connection| match find(connection, workspace, id)? {
            Some(record) => Ok(Some(record)),
            None => find_heir(connection, workspace, id),
        })
        .await
    }

    /// The record known by an external id, the newest or an older one.
    pub async fn record_by_key(
        &self,
        workspace: WorkspaceId,
        source: Source,
        external_id: &str,
    ) -> Result<Option<StoredRecord>> {
        let external_id = external_id.to_owned();
        self.read(move |connection| match id_of(connection, workspace, source.word(), &external_id)? {
            Some(id) => find(connection, workspace, id),
            None => Ok(None),
        })
        .await
    }

    /// The envelopes of a record, oldest first.
    pub async fn envelopes_of(&self, workspace: WorkspaceId, id: RecordId) -> Result<Vec<Envelope>> {
        self.read(move |connection| {
            let mut envelopes = Vec::new();
            for (external_id, source) in keys(connection, workspace, id)? {
                let sql = format!(
                    "SELECT {} FROM envelopes WHERE workspace = $1 AND source = $2 AND subject = $3",
                    inbox::COLUMNS
                );
                let values = params![workspace.0, source, external_id];
                envelopes.extend(connection.all(&sql, values, inbox::of_row)?);
            }
            envelopes.sort_by_key(|envelope| envelope.seq);
            Ok(envelopes)
        })
        .await
    }
}

/// The columns that `of_row` reads, of the table by the name `r`.
pub(crate) const COLUMNS: &str = "r.workspace, r.state, r.why, r.attempts, r.due_at, r.problem, r.problem_since, \
    r.created_at, r.changed_at, r.record, r.unwritten_since";

pub(crate) fn of_row(row: &Row<'_>) -> Result<StoredRecord> {
    let reason: Option<String> = row.get(5)?;
    let since = column::maybe_timestamp(row, 6, "records")?;
    Ok(StoredRecord {
        workspace: WorkspaceId(row.get(0)?),
        state: column::word(row, 1, "records", RecordState::from_word)?,
        why: row.get(2)?,
        attempts: row.get(3)?,
        due_at: column::maybe_timestamp(row, 4, "records")?,
        problem: reason.zip(since).map(|(reason, since)| Problem { reason, since }),
        created_at: column::timestamp(row, 7, "records")?,
        changed_at: column::timestamp(row, 8, "records")?,
        record: column::json(row, 9, "records")?,
        unwritten_since: column::maybe_timestamp(row, 10, "records")?,
    })
}

pub(crate) fn find(
    connection: &Connection,
    workspace: WorkspaceId,
    id: RecordId,
) -> Result<Option<StoredRecord>> {
    Ok(find_each(connection, workspace, &[id])?.pop().flatten())
}

/// The records of these ids, each in its place.
pub(crate) fn find_each(
    connection: &Connection,
    workspace: WorkspaceId,
    ids: &[RecordId],
) -> Result<Vec<Option<StoredRecord>>> {
    let sql = format!("SELECT {COLUMNS} FROM records r WHERE r.workspace = $1 AND r.id = $2");
    let mut rows = Rows::default();
    for id in ids {
        rows.add(params![workspace.0, id.to_string()]);
    }
    let found = connection.all_of_each(&sql, &rows, of_row)?;
    Ok(found.into_iter().map(|mut records| records.pop()).collect())
}

/// The record that absorbed this one.
fn find_heir(
    connection: &Connection,
    workspace: WorkspaceId,
    absorbed: RecordId,
) -> Result<Option<StoredRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM absorptions a
            JOIN records r ON r.workspace = a.workspace AND r.id = a.record
            WHERE a.workspace = $1 AND a.absorbed = $2"
    );
    connection.first(&sql, params![workspace.0, absorbed.to_string()], of_row)
}

/// The record known by an external id; the source by its word.
pub(crate) fn id_of(
    connection: &Connection,
    workspace: WorkspaceId,
    source: &str,
    external_id: &str,
) -> Result<Option<RecordId>> {
    Ok(ids_of(connection, workspace, &[(source, external_id)])?.pop().flatten())
}

/// The records known by external ids, each given after its source's word, each in its place.
pub(crate) fn ids_of(
    connection: &Connection,
    workspace: WorkspaceId,
    names: &[(&str, &str)],
) -> Result<Vec<Option<RecordId>>> {
    let sql = "SELECT record FROM record_keys WHERE workspace = $1 AND external_id = $2 AND source = $3";
    let mut rows = Rows::default();
    for (source, external_id) in names {
        rows.add(params![workspace.0, external_id, source]);
    }
    let found =
        connection.all_of_each(sql, &rows, |row| column::uuid(row, 0, "record_keys").map(RecordId))?;
    Ok(found.into_iter().map(|mut ids| ids.pop()).collect())
}

/// The external ids that a record is known by, each with its source's word.
pub(crate) fn keys(
    connection: &Connection,
    workspace: WorkspaceId,
    id: RecordId,
) -> Result<Vec<(String, String)>> {
    Ok(keys_of_each(connection, workspace, &[id])?.pop().unwrap_or_default())
}

/// The external ids that records are known by, each with its source's word, for each of the records.
pub(crate) fn keys_of_each(
    connection: &Connection,
    workspace: WorkspaceId,
    ids: &[RecordId],
) -> Result<Vec<Vec<(String, String)>>> {
    let sql = "SELECT external_id, source FROM record_keys WHERE workspace = $1 AND record = $2";
    let mut rows = Rows::default();
    for id in ids {
        rows.add(params![workspace.0, id.to_string()]);
    }
    connection.all_of_each(sql, &rows, |row| Ok((row.get(0)?, row.get(1)?)))
}
