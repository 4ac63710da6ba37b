//! Keeping envelopes on PostgreSQL: one thread with one session, and many envelopes in one statement.
//!
//! Invariant: an envelope is answered only after the statement that holds it was committed. If that cannot be told, because
//! the session broke, it is refused: its source sends it again, and what was kept all the same folds away.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use crate::{
    Appended, NewEnvelope, Result, StoreError,
    bell::Bell,
    column,
    database::{Connection, Session, without_nul},
    postgres::Server,
    writer::{Append, Job},
};

/// Envelopes in one statement at most, as in the writer's commit.
const GROUP_MAX: usize = 512;

/// Bytes of bodies in one statement, about: what comes after waits for the next.
const GROUP_BYTES: usize = 8 << 20;

/// How long after a failed begin of a session none is tried: what comes meanwhile is refused at once.
const REST: Duration = Duration::from_millis(250);

const INSERT: &str = "INSERT INTO envelopes (workspace, source, state, subject, event, dedup, received_at, body)
    SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::BIGINT[],
        $8::BYTEA[])
    ON CONFLICT (workspace, source, dedup) WHERE dedup IS NOT NULL DO NOTHING
    RETURNING seq, workspace, source, dedup";

pub(crate) struct Intake {
    server: Arc<Server>,
    connection: Option<Connection>,
    rests_until: Option<Instant>,
    bell: Arc<Bell>,
}

/// A row that was added: its number, and what tells it from others that may be repeated.
struct Added {
    seq: i64,
    workspace: i64,
    source: String,
    dedup: Option<String>,
}

impl Intake {
    pub(crate) fn new(server: Arc<Server>, connection: Connection, bell: Arc<Bell>) -> Self {
        Self { server, connection: Some(connection), rests_until: None, bell }
    }

    /// Works until told to stop, with what is queued done.
    pub(crate) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut closing = Vec::new();
        while let Some(first) = jobs.blocking_recv() {
            let mut group: Vec<Append> = Vec::new();
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Append(append) => {
                        bytes += append.envelope.body.len();
                        group.push(append);
                    }
                    Job::Stop(tell) => {
                        jobs.close();
                        closing.push(tell);
                    }
                    // Other writes go to the pool: see `Store::write_then`.
                    Job::Write(write) | Job::Long(_, write) => write.tell(Err(StoreError::Gone)),
                }
                let has_room = group.len() < GROUP_MAX && bytes < GROUP_BYTES;
                next = if has_room { jobs.try_recv().ok() } else { None };
            }
            // What was refused has been told so.
            let _ = self.keep(group);
        }
        drop(self.connection);
        for tell in closing {
            let _ = tell.send(());
        }
    }

    /// Keeps a group and answers each; fails if PostgreSQL takes nothing. Where one of them is at fault the others are not:
    /// each half is tried, down to the one alone.
    fn keep(&mut self, mut group: Vec<Append>) -> Result<()> {
        if group.is_empty() {
            return Ok(());
        }
        let envelopes: Vec<&NewEnvelope> = group.iter().map(|append| &append.envelope).collect();
        match self.insert(&envelopes) {
            Ok(kept) => {
                let mut kept = kept.into_iter();
                for append in group {
                    let kept = kept.next().ok_or(StoreError::RolledBack);
                    self.answer(append, kept);
                }
                Ok(())
            }
            Err(StoreError::Postgres { .. }) if group.len() > 1 => {
                let half = group.split_off(group.len() / 2);
                match self.keep(group) {
                    Ok(()) => self.keep(half),
                    Err(error) => self.refuse(half, error),
                }
            }
            Err(error) => self.refuse(group, error),
        }
    }

    fn refuse(&self, group: Vec<Append>, error: StoreError) -> Result<()> {
        for append in group {
            self.answer(append, Err(error.clone()));
        }
        // What is at fault alone says nothing of the others.
        if matches!(error, StoreError::Postgres { .. }) { Ok(()) } else { Err(error) }
    }

    fn answer(&self, mut append: Append, answer: Result<Appended>) {
        append.answer = Some(answer);
        append.tell(Ok(()), &self.bell);
    }

    fn insert(&mut self, envelopes: &[&NewEnvelope]) -> Result<Vec<Appended>> {
        let session = self.session()?;
        let inserted = insert(session, envelopes);
        if self.connection.as_ref().is_some_and(Connection::is_lost) {
            self.connection = None;
        }
        inserted
    }

    /// The session; a new one if the last broke.
    fn session(&mut self) -> Result<&Session> {
        if self.connection.as_ref().is_none_or(Connection::is_lost) {
            self.connection = None;
            if self.rests_until.is_some_and(|until| Instant::now() < until) {
                return Err(StoreError::Away("it could not be reached a moment ago".to_owned()));
            }
            match self.server.connect() {
                Ok(connection) => self.connection = Some(connection),
                Err(error) => {
                    self.rests_until = Some(Instant::now() + REST);
                    return Err(error);
                }
            }
        }
        match &self.connection {
            Some(Connection::Postgres(session)) => Ok(session),
            _ => Err(StoreError::Gone),
        }
    }
}

fn insert(session: &Session, envelopes: &[&NewEnvelope]) -> Result<Vec<Appended>> {
    let workspaces: Vec<i64> = envelopes.iter().map(|envelope| envelope.workspace.0).collect();
    let sources: Vec<&str> = envelopes.iter().map(|envelope| envelope.source.word()).collect();
    let states: Vec<&str> = envelopes.iter().map(|envelope| envelope.state.word()).collect();
    let subjects: Vec<_> = envelopes.iter().map(|envelope| without_nul(&envelope.subject)).collect();
    let events: Vec<_> = envelopes.iter().map(|envelope| without_nul(&envelope.event)).collect();
    let dedups: Vec<_> =
        envelopes.iter().map(|envelope| envelope.dedup.as_deref().map(without_nul)).collect();
    let times: Vec<i64> = envelopes.iter().map(|envelope| column::micros(envelope.received_at)).collect();
    let bodies: Vec<&[u8]> = envelopes.iter().map(|envelope| envelope.body.as_slice()).collect();
    let rows = session
        .query(INSERT, &[&workspaces, &sources, &states, &subjects, &events, &dedups, &times, &bodies])?;
    let mut added = Vec::with_capacity(rows.len());
    for row in &rows {
        let row = crate::database::Row::Postgres(row);
        added.push(Added {
            seq: row.get(0)?,
            workspace: row.get(1)?,
            source: row.get(2)?,
            dedup: row.get(3)?,
        });
    }
    Ok(matched(envelopes, &added))
}

/// Which of the envelopes were added: the rows come in their order, without the repeated ones.
fn matched(envelopes: &[&NewEnvelope], added: &[Added]) -> Vec<Appended> {
    let mut rows = added.iter().peekable();
    let mut appended = Vec::with_capacity(envelopes.len());
    for envelope in envelopes {
        let row = rows.next_if(|row| {
            row.workspace == envelope.workspace.0
                && row.source == envelope.source.word()
                && row.dedup.as_deref() == envelope.dedup.as_deref().map(without_nul).as_deref()
        });
        appended.push(row.map_or(Appended::Repeated, |row| Appended::New { seq: row.seq }));
    }
    appended
}
