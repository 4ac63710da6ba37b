//! For tests: an empty database, and how SQLite would go about a statement.

use rusqlite::Connection;

use crate::migrate::migrate;

/// An empty database of the newest schema.
pub(crate) fn sample() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", "ON").unwrap();
    migrate(&mut connection).unwrap();
    connection
}

/// The lines of the query plan.
pub(crate) fn plan(sql: &str) -> Vec<String> {
    let connection = sample();
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let nothing: Vec<Option<i64>> = vec![None; statement.parameter_count()];
    statement
        .query_map(rusqlite::params_from_iter(nothing), |row| row.get("detail"))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}
