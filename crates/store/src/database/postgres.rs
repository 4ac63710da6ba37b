//! Statements on PostgreSQL.
//!
//! Its client speaks asynchronously; the store's work is done on threads that may wait, so each statement is waited for, and
//! no longer than a bound: a server that does not answer must not hold anybody up.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::HashMap,
    error::Error as StdError,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::{join, try_join_all};
use tokio::runtime::Runtime;
use tokio_postgres::{
    Client, Error, Row, Statement,
    types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};

use super::{Access, Bind, Rows, Value, value::wrong};
use crate::{Result, StoreError};

/// The oldest PostgreSQL that this is tried on.
pub(super) const VERSION_MIN: i64 = 150_000;

/// How long an answer is waited for. The server's own bound on a statement is shorter, so that it tells what it was at.
const PATIENCE: Duration = Duration::from_secs(12);

/// More than there are different statements, so that each is prepared once.
const STATEMENTS_KEPT: usize = 512;

/// How long a session keeps its plans. One that was made while a table was small goes by any index, and the server itself
/// makes none anew before it has counted the rows again, a minute later: a first burst of webhooks would be walked whole for
/// each of its calls. Forgetting them costs some milliseconds.
const PLANS_AGE_MAX: Duration = Duration::from_secs(2);

/// Where the connections' traffic runs: a thread apart from those that wait for it.
pub(crate) struct Net(Option<Runtime>);

impl Net {
    pub(crate) fn start() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("store-net")
            .enable_all()
            .build()
            .map_err(|error| StoreError::Away(format!("no thread for it: {error}")))?;
        Ok(Self(Some(runtime)))
    }

    /// Waits on a thread that may wait.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T> {
        self.0.as_ref().map(|runtime| runtime.block_on(future)).ok_or(StoreError::Gone)
    }

    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            runtime.spawn(future);
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Waiting for its end is not allowed where the last store may be let go of.
            runtime.shutdown_background();
        }
    }
}

/// A session with the server.
pub(crate) struct Session {
    client: Client,
    net: Arc<Net>,
    statements: RefCell<HashMap<String, Statement>>,
    /// The begin of a transaction that goes out with its first statement.
    begin: Cell<Option<&'static str>>,
    /// When plans were last forgotten.
    planned_at: Cell<Instant>,
    is_open: Cell<bool>,
    is_lost: Cell<bool>,
}

impl Session {
    pub(crate) fn new(client: Client, net: Arc<Net>) -> Self {
        Self {
            client,
            net,
            statements: RefCell::default(),
            begin: Cell::default(),
            planned_at: Cell::new(Instant::now()),
            is_open: Cell::default(),
            is_lost: Cell::default(),
        }
    }

    pub(super) fn begin(&self, access: Access) {
        let is_old = self.planned_at.get().elapsed() > PLANS_AGE_MAX;
        if is_old {
            self.planned_at.set(Instant::now());
        }
        self.begin.set(Some(match (access, is_old) {
            (Access::Read, false) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            (Access::Read, true) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; DISCARD PLANS",
            // Whatever the database's default: more than this would refuse what several lanes do beside each other.
            (Access::Write, false) => "BEGIN ISOLATION LEVEL READ COMMITTED",
            (Access::Write, true) => "BEGIN ISOLATION LEVEL READ COMMITTED; DISCARD PLANS",
        }));
    }

    /// Commits. Where the answer is lost it is not known whether it was done: the caller is told that it failed.
    pub(super) fn commit(&self) -> Result<()> {
        self.end("COMMIT")
    }

    pub(super) fn roll_back(&self) -> Result<()> {
        self.end("ROLLBACK")
    }

    fn end(&self, sql: &str) -> Result<()> {
        self.begin.set(None);
        if self.is_open.replace(false) { self.wait(self.client.batch_execute(sql)) } else { Ok(()) }
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.begin.get().is_none() && !self.is_open.get()
    }

    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.get() || self.client.is_closed()
    }

    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        self.after_begin(self.client.batch_execute(sql))
    }

    pub(super) fn run(&self, sql: &str, values: &[&dyn Bind]) -> Result<usize> {
        let statement = self.statement(sql)?;
        let values = bound(&statement, values)?;
        let values = borrowed(&values);
        let changed = self.after_begin(self.client.execute(&statement, &values))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(super) fn rows(&self, sql: &str, values: &[&dyn Bind]) -> Result<Vec<Row>> {
        let statement = self.statement(sql)?;
        let values = bound(&statement, values)?;
        let values = borrowed(&values);
        self.after_begin(self.client.query(&statement, &values))
    }

    pub(super) fn run_each(&self, sql: &str, rows: &Rows) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = self.statement(sql)?;
        let rows = rows.each().map(|values| bound(&statement, &values)).collect::<Result<Vec<_>>>()?;
        let rows: Vec<_> = rows.iter().map(|values| borrowed(values)).collect();
        let runs = rows.iter().map(|values| self.client.execute(&statement, values));
        self.after_begin(try_join_all(runs)).map(drop)
    }

    pub(super) fn rows_of_each(&self, sql: &str, rows: &Rows) -> Result<Vec<Vec<Row>>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let statement = self.statement(sql)?;
        let rows = rows.each().map(|values| bound(&statement, &values)).collect::<Result<Vec<_>>>()?;
        let rows: Vec<_> = rows.iter().map(|values| borrowed(values)).collect();
        let queries = rows.iter().map(|values| self.client.query(&statement, values));
        self.after_begin(try_join_all(queries))
    }

    /// Runs a statement of PostgreSQL's own, with values of its own.
    pub(crate) fn query(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let statement = self.statement(sql)?;
        self.after_begin(self.client.query(&statement, values))
    }

    fn statement(&self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.after_begin(self.client.prepare(sql))?;
        let mut kept = self.statements.borrow_mut();
        if kept.len() >= STATEMENTS_KEPT {
            kept.clear();
        }
        kept.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Sends what comes first in a transaction together with its begin.
    fn after_begin<T>(&self, request: impl Future<Output = Result<T, Error>>) -> Result<T> {
        let Some(begin) = self.begin.take() else { return self.wait(request) };
        self.is_open.set(true);
        self.wait(async {
            let (opened, answer) = join(self.client.batch_execute(begin), request).await;
            opened.and(answer)
        })
    }

    fn wait<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T> {
        let answer = self.net.wait(async { tokio::time::timeout(PATIENCE, answer).await })?;
        let Ok(answer) = answer else {
            self.is_lost.set(true);
            return Err(StoreError::Away(format!("no answer within {} s", PATIENCE.as_secs())));
        };
        answer.map_err(|error| {
            let error = StoreError::of_postgres(&error);
            if matches!(error, StoreError::Away(_)) && self.client.is_closed() {
                self.is_lost.set(true);
            }
            error
        })
    }
}

/// A value on its way to the server, in the type that it asks for.
struct Bound<'a>(Value<'a>);

/// The client logs what it sends; what people are called and reached by is not to stand there.
impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

fn bound<'a>(statement: &Statement, values: &[&'a dyn Bind]) -> Result<Vec<Bound<'a>>> {
    if statement.params().len() != values.len() {
        return Err(wrong("as many values as the statement takes"));
    }
    Ok(values.iter().map(|value| Bound(Bind::value(*value))).collect())
}

fn borrowed<'a>(values: &'a [Bound<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// PostgreSQL's texts hold no NUL: it is left out, and so it is where a text is looked for.
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Number(number) => match *ty {
                Type::BOOL => (number != 0).to_sql(ty, out),
                Type::INT4 => i32::try_from(number)?.to_sql(ty, out),
                Type::INT8 => number.to_sql(ty, out),
                _ => Err(format!("a number given for {ty}").into()),
            },
            Value::Text(text) if matches!(*ty, Type::TEXT | Type::VARCHAR | Type::NAME) => {
                without_nul(text).as_ref().to_sql(ty, out)
            }
            Value::Bytes(bytes) if *ty == Type::BYTEA => bytes.to_sql(ty, out),
            Value::Text(_) => Err(format!("a text given for {ty}").into()),
            Value::Bytes(_) => Err(format!("bytes given for {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Each value says for itself.
        true
    }

    to_sql_checked!();
}

/// The value of a column.
pub(super) fn value(row: &Row, index: usize) -> Result<Value<'_>> {
    let ty = row
        .columns()
        .get(index)
        .map(tokio_postgres::Column::type_)
        .ok_or_else(|| wrong("so many columns"))?;
    let value = match *ty {
        Type::INT8 => row.try_get::<_, Option<i64>>(index).map(|value| value.map(Value::Number)),
        Type::INT4 => {
            row.try_get::<_, Option<i32>>(index).map(|value| value.map(|number| Value::Number(number.into())))
        }
        Type::BOOL => {
            row.try_get::<_, Option<bool>>(index).map(|value| value.map(|is| Value::Number(is.into())))
        }
        Type::TEXT | Type::VARCHAR | Type::NAME => {
            row.try_get::<_, Option<&str>>(index).map(|value| value.map(Value::Text))
        }
        Type::BYTEA => row.try_get::<_, Option<&[u8]>>(index).map(|value| value.map(Value::Bytes)),
        _ => return Err(wrong("a column of a type that both databases have")),
    };
    Ok(value.map_err(|error| StoreError::of_postgres(&error))?.unwrap_or(Value::Null))
}

/// A schema in PostgreSQL's words. Texts are compared by their bytes, as SQLite compares them.
pub(super) fn schema(sql: &str) -> String {
    sql.replace("INTEGER PRIMARY KEY", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
        .replace(" BLOB", " BYTEA")
        .replace(" TEXT", " TEXT COLLATE \"C\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_keeps_numbers_bytes_and_the_order_of_texts() {
        let sqlite = "CREATE TABLE a (seq INTEGER PRIMARY KEY, b BLOB NOT NULL, c TEXT);";
        let postgres = "CREATE TABLE a (seq BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, \
            b BYTEA NOT NULL, c TEXT COLLATE \"C\");";
        assert_eq!(schema(sqlite), postgres);
    }

    #[test]
    fn a_nul_in_a_text_is_left_out() {
        assert_eq!(without_nul("a\0b"), "ab");
        assert_eq!(without_nul("ab"), "ab");
    }
}
