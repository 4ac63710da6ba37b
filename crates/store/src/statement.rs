//! Statements: run for what they change, or for what they tell.

use crate::{
    Result,
    database::{Bind, Connection, Next, Row},
};

/// Runs a statement; returns how many rows it changed.
pub(crate) fn run(connection: &Connection, sql: &str, values: &[&dyn Bind]) -> Result<usize> {
    connection.run(sql, values)
}

/// Returns the first row.
pub(crate) fn first<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn Bind],
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut first = None;
    connection.read(sql, values, |row| {
        first = Some(read(row)?);
        Ok(Next::Enough)
    })?;
    Ok(first)
}

/// Returns all rows.
pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn Bind],
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    connection.read(sql, values, |row| {
        all.push(read(row)?);
        Ok(Next::Row)
    })?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::params;

    fn connection() -> Connection {
        Connection::sqlite(rusqlite::Connection::open_in_memory().unwrap())
    }

    #[test]
    fn values_go_where_their_number_stands_whatever_the_order() {
        let read = |row: &Row<'_>| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?));
        let row = first(&connection(), "SELECT $2, $1, $2", params![1_i64, 2_i64], read).unwrap();
        assert_eq!(row, Some((2, 1, 2)));
    }

    #[test]
    fn a_value_too_few_or_too_many_is_refused() {
        let connection = connection();
        assert!(run(&connection, "SELECT $1, $2", params![1_i64]).is_err());
        assert!(run(&connection, "SELECT $1", params![1_i64, 2_i64]).is_err());
        assert!(run(&connection, "SELECT $1, $3", params![1_i64, 2_i64]).is_err());
    }
}
