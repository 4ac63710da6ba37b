//! For tests: an empty database, and how SQLite would go about a statement.

use crate::{
    database::{Bind, Connection},
    migrate::migrate,
};

/// An empty database of the newest schema.
pub(crate) fn sample() -> Connection {
    let connection = Connection::Sqlite(rusqlite::Connection::open_in_memory().unwrap());
    connection.batch("PRAGMA foreign_keys = ON").unwrap();
    migrate(&connection).unwrap();
    connection
}

/// The lines of the query plan.
pub(crate) fn plan(sql: &str) -> Vec<String> {
    let nothing: Option<i64> = None;
    let places = (1..).take_while(|n| sql.contains(&format!("${n}")));
    let values: Vec<&dyn Bind> = places.map(|_| &nothing as &dyn Bind).collect();
    // id, parent, nothing, and the words.
    sample().all(&format!("EXPLAIN QUERY PLAN {sql}"), &values, |row| row.get(3)).unwrap()
}
