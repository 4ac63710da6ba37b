//! Retention: what goes by a workspace's settings, in small parts, and what stays all the same.
//!
//! Of a record that goes its external ids stay, so that a webhook which comes late for it makes no second activity.

use domain::{
    ids::{RecordId, WorkspaceId},
    record::Record,
    retention::Retention,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Result, Store, column,
    database::{Connection, params},
    settings,
};

/// How long after a part the sweeping of a workspace counts as broken off, or done: then it is due again.
const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Old {
    /// Webhooks that are done with.
    Webhooks,
    /// Records that are settled, with their words, ledger and notices.
    Records,
    /// What is known of contacts by address and number; HubSpot is asked again.
    Contacts,
}

/// Where the next part begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    at: i64,
    id: String,
}

/// What came of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// How many went.
    pub gone: u64,
    /// Where to go on; `None` if there is no more.
    pub next: Option<Place>,
}

impl Old {
    /// All of them, in the order in which they go.
    pub const ALL: [Self; 3] = [Self::Webhooks, Self::Records, Self::Contacts];

    /// The word in the metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks",
            Self::Records => "records",
            Self::Contacts => "contacts",
        }
    }

    /// Rows that are looked at in one write, so that webhooks need not wait for it: of a record, much else goes along.
    const fn part(self) -> usize {
        match self {
            Self::Webhooks | Self::Contacts => 300,
            Self::Records => 40,
        }
    }
}

impl Store {
    /// How long a workspace keeps what it has.
    pub async fn retention(&self, workspace: WorkspaceId) -> Result<Retention> {
        self.read(move |connection| settings::retention(connection, workspace)).await
    }

    /// Keeps how long a workspace keeps what it has, in place of what was read; false if somebody else has changed it since.
    /// From the answer on nothing goes by what was set before; by what is set now it goes with the next look.
    pub async fn change_retention(
        &self,
        workspace: WorkspaceId,
        before: Retention,
        after: Retention,
    ) -> Result<bool> {
        self.write(move |connection| {
            let is_changed = settings::change(connection, workspace, "retention", &before, &after)?;
            if is_changed {
                connection.run("DELETE FROM sweeps WHERE workspace = $1", params![workspace.0])?;
            }
            Ok(is_changed)
        })
        .await
    }

    /// The workspaces that keep less than all and are due to be swept.
    pub async fn due_sweeps(&self, now: Timestamp) -> Result<Vec<WorkspaceId>> {
        self.read(move |connection| {
            connection.all(DUE, params![column::micros(now)], |row| Ok(WorkspaceId(row.get(0)?)))
        })
        .await
    }

    /// Takes it on to sweep a workspace; false if somebody else has.
    pub async fn take_sweep(&self, workspace: WorkspaceId, now: Timestamp) -> Result<bool> {
        self.write(move |connection| {
            let values = params![workspace.0, column::micros(now + EVERY), column::micros(now)];
            Ok(connection.run(TAKE, values)? > 0)
        })
        .await
    }

    /// Sweeps a part of a workspace, from a place on, by what is set at this moment.
    pub async fn sweep(
        &self,
        workspace: WorkspaceId,
        old: Old,
        from: Option<Place>,
        now: Timestamp,
    ) -> Result<Swept> {
        let sweep = move |connection: &Connection| {
            connection.hold(workspace)?;
            let retention = settings::retention(connection, workspace)?;
            let since = match old {
                Old::Webhooks => retention.webhooks_since(now),
                Old::Records | Old::Contacts => retention.records_since(now),
            };
            let Some(since) = since else { return Ok(Swept { gone: 0, next: None }) };
            let swept = match old {
                Old::Webhooks => webhooks(connection, workspace, from, since)?,
                Old::Records => records(connection, workspace, from, since)?,
                Old::Contacts => contacts(connection, workspace, since)?,
            };
            if swept.gone > 0 {
                let sql = "UPDATE sweeps SET due_at = $2 WHERE workspace = $1";
                connection.run(sql, params![workspace.0, column::micros(now + EVERY)])?;
            }
            Ok(swept)
        };
        self.write_long(workspace, sweep, |_| {}).await
    }
}

const DUE: &str = "SELECT s.workspace FROM settings s LEFT JOIN sweeps w ON w.workspace = s.workspace
    WHERE s.name = 'retention' AND (w.due_at IS NULL OR w.due_at <= $1) ORDER BY s.workspace";

const TAKE: &str = "INSERT INTO sweeps (workspace, due_at) VALUES ($1, $2)
    ON CONFLICT (workspace) DO UPDATE SET due_at = excluded.due_at WHERE sweeps.due_at <= $3";

/// The first webhook after a part.
const NEXT_WEBHOOK: &str = "SELECT received_at, seq FROM envelopes
    WHERE workspace = $1 AND (received_at, seq) >= ($2, $3) AND received_at < $4
    ORDER BY received_at, seq LIMIT 1 OFFSET $5";

/// What is to be read, what is kept for a replay and what is a problem stays.
const WEBHOOKS: &str = "DELETE FROM envelopes
    WHERE workspace = $1 AND (received_at, seq) >= ($2, $3) AND (received_at, seq) < ($4, $5)
        AND state IN ('read', 'ignored')";

fn webhooks(
    connection: &Connection,
    workspace: WorkspaceId,
    from: Option<Place>,
    since: Timestamp,
) -> Result<Swept> {
    let (at, seq) = match from {
        Some(place) => (place.at, place.id.parse().unwrap_or(i64::MIN)),
        None => (i64::MIN, i64::MIN),
    };
    let since = column::micros(since);
    let values = params![workspace.0, at, seq, since, column::limit(Old::Webhooks.part())];
    let next: Option<(i64, i64)> =
        connection.first(NEXT_WEBHOOK, values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (end_at, end_seq) = next.unwrap_or((since, i64::MIN));
    let gone = connection.run(WEBHOOKS, params![workspace.0, at, seq, end_at, end_seq])?;
    let next = next.map(|(at, seq)| Place { at, id: seq.to_string() });
    Ok(Swept { gone: column::rows(gone), next })
}

/// The first record after a part.
const NEXT_RECORD: &str = "SELECT created_at, id FROM records
    WHERE workspace = $1 AND (created_at, id) >= ($2, $3) AND created_at < $4
    ORDER BY created_at, id LIMIT 1 OFFSET $5";

/// The records of a part that may go: settled for long, with nothing begun, nothing to be sent and no webhook that is to be read,
/// was kept for a replay or is a problem. The state of those is wrapped for the same reason as in claiming; they are joined
/// across, which to SQLite says that a record's keys come first, and not all webhooks of the workspace.
const RECORDS: &str = "SELECT r.id, r.record FROM records r
    WHERE r.workspace = $1 AND (r.created_at, r.id) >= ($2, $3) AND (r.created_at, r.id) < ($4, $5)
        AND r.changed_at < $6 AND r.state = 'logged' AND r.due_at IS NULL AND r.unwritten_since IS NULL
        AND NOT EXISTS (SELECT 1 FROM open_steps s WHERE s.workspace = r.workspace AND s.record = r.id)
        AND NOT EXISTS (SELECT 1 FROM notices n
            WHERE n.workspace = r.workspace AND n.record = r.id AND n.state NOT IN ('sent', 'dropped'))
        AND NOT EXISTS (SELECT 1 FROM record_keys k CROSS JOIN envelopes e
            WHERE k.workspace = r.workspace AND k.record = r.id
                AND e.workspace = k.workspace AND e.source = k.source AND e.subject = k.external_id
                AND COALESCE(e.state, '') NOT IN ('read', 'ignored'))";

fn records(
    connection: &Connection,
    workspace: WorkspaceId,
    from: Option<Place>,
    since: Timestamp,
) -> Result<Swept> {
    let from = from.unwrap_or(Place { at: i64::MIN, id: String::new() });
    let micros = column::micros(since);
    let values = params![workspace.0, from.at, from.id, micros, column::limit(Old::Records.part())];
    let next = connection.first(NEXT_RECORD, values, |row| Ok(Place { at: row.get(0)?, id: row.get(1)? }))?;
    let end = next.clone().unwrap_or(Place { at: micros, id: String::new() });
    let values = params![workspace.0, from.at, from.id, end.at, end.id, micros];
    let settled = connection.all(RECORDS, values, |row| {
        Ok((RecordId(column::uuid(row, 0, "records")?), column::json::<Record>(row, 1, "records")?))
    })?;
    let mut gone = 0;
    // A meeting is not over because nobody has spoken of it: its cancel is still to find it.
    for (id, _) in settled.into_iter().filter(|(_, record)| !record.is_ahead(since)) {
        forget(connection, workspace, id)?;
        gone += 1;
    }
    Ok(Swept { gone, next })
}

/// Removes a record with all that hangs on it but its external ids.
fn forget(connection: &Connection, workspace: WorkspaceId, id: RecordId) -> Result<()> {
    for sql in [
        "DELETE FROM ledger WHERE workspace = $1 AND record IN (
            SELECT CAST($2 AS TEXT) UNION ALL SELECT absorbed FROM absorptions WHERE workspace = $1 AND record = $2)",
        "DELETE FROM absorptions WHERE workspace = $1 AND record = $2",
        "DELETE FROM record_words WHERE workspace = $1 AND record = $2",
        "DELETE FROM notices WHERE workspace = $1 AND record = $2",
        "DELETE FROM records WHERE workspace = $1 AND id = $2",
    ] {
        connection.run(sql, params![workspace.0, id.to_string()])?;
    }
    Ok(())
}

/// What is being made is left out: it is in doubt until somebody has looked.
const CONTACTS: &str = "DELETE FROM contacts WHERE workspace = $1 AND key IN (
    SELECT key FROM contacts WHERE workspace = $1 AND known_at < $2 AND begun_at IS NULL ORDER BY known_at LIMIT $3)";

fn contacts(connection: &Connection, workspace: WorkspaceId, since: Timestamp) -> Result<Swept> {
    let part = Old::Contacts.part();
    let values = params![workspace.0, column::micros(since), column::limit(part)];
    let gone = connection.run(CONTACTS, values)?;
    let next = (gone == part).then(|| Place { at: i64::MIN, id: String::new() });
    Ok(Swept { gone: column::rows(gone), next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    #[test]
    fn a_part_walks_no_further_than_the_part() {
        for (sql, index) in [
            (NEXT_WEBHOOK, "SEARCH envelopes USING COVERING INDEX envelopes_received"),
            (WEBHOOKS, "SEARCH envelopes USING INDEX envelopes_received"),
            (NEXT_RECORD, "SEARCH records USING COVERING INDEX records_newest"),
            (RECORDS, "SEARCH r USING INDEX records_newest"),
        ] {
            let plan = plan(sql);
            assert!(plan[0].starts_with(&format!("{index} (workspace=? AND ")), "{plan:?}");
            // From both ends.
            assert!(plan[0].contains('>') && plan[0].contains('<'), "{plan:?}");
            assert!(plan.iter().all(|line| !line.starts_with("SCAN")), "{plan:?}");
        }
        let contacts = plan(CONTACTS);
        assert!(contacts.iter().any(|line| line.contains("contacts_known")), "{contacts:?}");
        assert!(contacts.iter().all(|line| !line.starts_with("SCAN")), "{contacts:?}");
    }

    #[test]
    fn workspaces_that_keep_all_are_not_walked() {
        let due = plan(DUE);
        assert!(due[0].contains("settings_of_retention"), "{due:?}");
        assert!(due[1].starts_with("SEARCH w USING"), "{due:?}");
    }
}
