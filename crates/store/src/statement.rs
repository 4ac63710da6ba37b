//! Statements: prepared once per connection, their `$1` filled as PostgreSQL fills them.
//!
//! SQLite numbers `$n` by first appearance, not by `n`: a value bound by position could land in another place.

use rusqlite::{Connection, Error, Row, Rows, Statement, ToSql};

use crate::Result;

/// Runs a statement; returns how many rows it changed.
pub(crate) fn run(connection: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<usize> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    Ok(statement.raw_execute()?)
}

/// Returns the first row.
pub(crate) fn first<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    query(&mut statement, values)?.next()?.map(&mut read).transpose()
}

/// Returns all rows.
pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    query(&mut statement, values)?.and_then(read).collect()
}

/// Starts a query, to be read row by row.
pub(crate) fn query<'a>(statement: &'a mut Statement<'_>, values: &[&dyn ToSql]) -> Result<Rows<'a>> {
    bind(statement, values)?;
    Ok(statement.raw_query())
}

fn bind(statement: &mut Statement<'_>, values: &[&dyn ToSql]) -> Result<()> {
    let places = statement.parameter_count();
    if places != values.len() {
        return Err(Error::InvalidParameterCount(values.len(), places).into());
    }
    for index in 1..=places {
        let name = statement.parameter_name(index).unwrap_or_default();
        let number = name.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
        let value = number.and_then(|number| values.get(number.checked_sub(1)?));
        let Some(value) = value else { return Err(Error::InvalidParameterName(name.to_owned()).into()) };
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::params;

    #[test]
    fn values_go_where_their_number_stands_whatever_the_order() {
        let connection = Connection::open_in_memory().unwrap();
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let row = first(&connection, "SELECT $2, $1, $2", params![1, 2], read).unwrap();
        assert_eq!(row, Some((2, 1, 2)));
    }

    #[test]
    fn a_value_too_few_or_too_many_is_refused() {
        let connection = Connection::open_in_memory().unwrap();
        assert!(run(&connection, "SELECT $1, $2", params![1]).is_err());
        assert!(run(&connection, "SELECT $1", params![1, 2]).is_err());
        assert!(run(&connection, "SELECT $1, $3", params![1, 2]).is_err());
    }
}
