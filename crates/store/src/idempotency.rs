//! POSTs under an `Idempotency-Key`: carried out by one, answered alike to all who send it again.

use domain::ids::WorkspaceId;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    Result, Store, column,
    database::{Bind, Connection, Row, params},
};

/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How long a request counts as under way unless its lease is renewed: after a crash, nobody renews.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// A POST with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed {
    /// The workspace that it is about.
    pub workspace: WorkspaceId,
    /// SHA-256 of caller, method, address and key.
    pub hash: [u8; 32],
    /// SHA-256 of the body.
    pub body: [u8; 32],
}

/// A POST that its holder carries out; good until its lease runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    keyed: Keyed,
    began_at: Timestamp,
}

/// What is known of a POST with a key.
#[derive(Debug)]
pub enum Standing {
    /// Nothing, or only that it broke off: the caller carries it out.
    New(Turn),
    /// Somebody carries it out now.
    Running,
    /// It was answered so.
    Answered(SecretString),
    /// The key stands for another body.
    OtherBody,
}

const FIND: &str = "SELECT body, leased_until, answer FROM idempotency WHERE workspace = $1 AND hash = $2 AND expires_at > $3";

const EXPIRED: &str = "DELETE FROM idempotency WHERE expires_at <= $1";

/// A row as it is found.
struct Found {
    body: [u8; 32],
    leased_until: Timestamp,
    answer: Option<Vec<u8>>,
}

impl Store {
    /// Begins a POST, or says what became of it before. Drops what is older than a day, of all workspaces.
    pub async fn begin_keyed(&self, keyed: Keyed, now: Timestamp) -> Result<Standing> {
        let key = self.key();
        self.write(move |rows| {
            rows.hold(keyed.workspace)?;
            rows.run(EXPIRED, params![column::micros(now)])?;
            let values = params![keyed.workspace.0, keyed.hash, column::micros(now)];
            let Some(found) = rows.first(FIND, values, of_row)? else {
                return begin(rows, keyed, now);
            };
            if found.body != keyed.body {
                return Ok(Standing::OtherBody);
            }
            match found.answer {
                Some(sealed) => Ok(Standing::Answered(key.unseal(&place(&keyed), &sealed)?.into())),
                None if found.leased_until > now => Ok(Standing::Running),
                None => begin(rows, keyed, now),
            }
        })
        .await
    }

    /// Says that a POST is still under way.
    pub async fn renew_keyed(&self, turn: Turn, now: Timestamp) -> Result<()> {
        let sql = "UPDATE idempotency SET leased_until = $4
            WHERE workspace = $1 AND hash = $2 AND began_at = $3 AND answer IS NULL";
        self.set_keyed(turn, sql, column::micros(now + LEASE)).await
    }

    /// Keeps the answer of a POST; nothing, if another has taken it over meanwhile.
    pub async fn answer_keyed(&self, turn: Turn, answer: &SecretString) -> Result<()> {
        let sealed = self.key().seal(&place(&turn.keyed), answer.expose_secret())?;
        let sql = "UPDATE idempotency SET answer = $4 WHERE workspace = $1 AND hash = $2 AND began_at = $3";
        self.set_keyed(turn, sql, sealed).await
    }

    /// Forgets a POST that may be sent again as if for the first time.
    pub async fn release_keyed(&self, turn: Turn) -> Result<()> {
        let Turn { keyed, began_at } = turn;
        self.write(move |rows| {
            let sql = "DELETE FROM idempotency WHERE workspace = $1 AND hash = $2 AND began_at = $3";
            let values = params![keyed.workspace.0, keyed.hash, column::micros(began_at)];
            rows.run(sql, values).map(|_| ())
        })
        .await
    }

    async fn set_keyed(
        &self,
        Turn { keyed, began_at }: Turn,
        sql: &'static str,
        value: impl Bind + Send + 'static,
    ) -> Result<()> {
        self.write(move |rows| {
            let values = params![keyed.workspace.0, keyed.hash, column::micros(began_at), value];
            rows.run(sql, values).map(|_| ())
        })
        .await
    }
}

fn begin(rows: &Connection, keyed: Keyed, now: Timestamp) -> Result<Standing> {
    let sql = "INSERT INTO idempotency (workspace, hash, body, began_at, leased_until, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (workspace, hash) DO UPDATE SET began_at = excluded.began_at, leased_until = excluded.leased_until";
    let values = params![
        keyed.workspace.0,
        keyed.hash,
        keyed.body,
        column::micros(now),
        column::micros(now + LEASE),
        column::micros(now + KEPT),
    ];
    rows.run(sql, values)?;
    Ok(Standing::New(Turn { keyed, began_at: now }))
}

fn of_row(row: &Row<'_>) -> Result<Found> {
    Ok(Found {
        body: row.get(0)?,
        leased_until: column::timestamp(row, 1, "idempotency")?,
        answer: row.get(2)?,
    })
}

/// What an answer is sealed for.
fn place(keyed: &Keyed) -> String {
    format!("idempotency/{}/{}", keyed.workspace.0, hex::encode(keyed.hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    #[test]
    fn keys_are_found_and_swept_without_walking_all() {
        assert!(plan(FIND)[0].starts_with("SEARCH idempotency USING INDEX"), "{:?}", plan(FIND));
        assert!(plan(EXPIRED)[0].contains("idempotency_expired (expires_at<?)"), "{:?}", plan(EXPIRED));
    }
}
