//! Sessions of the dashboard: a browser that signed in. Only the hash of its token is kept.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Result, Store, User, column,
    database::{Row, params},
    user,
};

/// A browser that signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of its token.
    pub hash: [u8; 32],
    /// Who signed in.
    pub user: Uuid,
    /// The browser, in a few words.
    pub agent: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last used, to the minute or so.
    pub seen_at: Timestamp,
}

/// How long sessions are good.
#[derive(Debug, Clone, Copy)]
pub struct Lives {
    /// Those that were made before this moment are over.
    pub made_after: Timestamp,
    /// Those that were last used before this moment are over.
    pub seen_after: Timestamp,
}

const COLUMNS: &str = "hash, user_id, agent, created_at, seen_at";

impl Store {
    /// Keeps a new session and drops those that are over. `before` is the session that it takes the place of.
    pub async fn add_session(&self, session: Session, before: Option<[u8; 32]>, lives: Lives) -> Result<()> {
        self.write(move |rows| {
            let over = "DELETE FROM sessions WHERE seen_at <= $1 OR created_at <= $2 OR hash = $3";
            let values = params![column::micros(lives.seen_after), column::micros(lives.made_after), before];
            rows.run(over, values)?;
            let sql = "INSERT INTO sessions (hash, user_id, agent, created_at, seen_at)
                VALUES ($1, $2, $3, $4, $5)";
            let values = params![
                session.hash,
                session.user.to_string(),
                session.agent,
                column::micros(session.created_at),
                column::micros(session.seen_at),
            ];
            rows.run(sql, values).map(|_| ())
        })
        .await
    }

    /// The session of that hash with who signed in, if it is still good and its user may sign in.
    pub async fn session(&self, hash: [u8; 32], lives: Lives) -> Result<Option<(Session, User)>> {
        self.read(move |rows| {
            let sql = "SELECT s.hash, s.user_id, s.agent, s.created_at, s.seen_at,
                    u.id, u.email, u.name, u.password, u.role, u.workspace, u.time_zone, u.disabled, u.created_at
                FROM sessions s JOIN users u ON u.id = s.user_id
                WHERE s.hash = $1 AND s.created_at > $2 AND s.seen_at > $3 AND NOT u.disabled";
            let values = params![hash, column::micros(lives.made_after), column::micros(lives.seen_after)];
            rows.first(sql, values, |row| Ok((of_row(row)?, user::of_row(row, 5)?)))
        })
        .await
    }

    /// Notes that a session was used.
    pub async fn see_session(&self, hash: [u8; 32], now: Timestamp) -> Result<()> {
        self.write(move |rows| {
            let sql = "UPDATE sessions SET seen_at = $2 WHERE hash = $1";
            rows.run(sql, params![hash, column::micros(now)]).map(|_| ())
        })
        .await
    }

    /// A user's sessions that are still good, the last used first.
    pub async fn sessions(&self, user: Uuid, lives: Lives) -> Result<Vec<Session>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM sessions WHERE user_id = $1 AND created_at > $2 AND seen_at > $3
            ORDER BY seen_at DESC, hash"
        );
        self.read(move |rows| {
            let values =
                params![user.to_string(), column::micros(lives.made_after), column::micros(lives.seen_after)];
            rows.all(&sql, values, of_row)
        })
        .await
    }

    /// Ends a session.
    pub async fn end_session(&self, hash: [u8; 32]) -> Result<()> {
        self.write(move |rows| rows.run("DELETE FROM sessions WHERE hash = $1", params![hash]).map(|_| ()))
            .await
    }

    /// Ends all sessions of a user, but one if it is named; says how many.
    pub async fn end_sessions(&self, user: Uuid, but: Option<[u8; 32]>) -> Result<u64> {
        self.write(move |rows| {
            let sql = "DELETE FROM sessions WHERE user_id = $1 AND hash IS DISTINCT FROM $2";
            Ok(column::rows(rows.run(sql, params![user.to_string(), but])?))
        })
        .await
    }
}

fn of_row(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        hash: row.get(0)?,
        user: column::uuid(row, 1, "sessions")?,
        agent: row.get(2)?,
        created_at: column::timestamp(row, 3, "sessions")?,
        seen_at: column::timestamp(row, 4, "sessions")?,
    })
}
