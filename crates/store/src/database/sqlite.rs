//! Statements on SQLite.

use rusqlite::{
    Connection, Error, Statement, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use super::{Bind, Row, Value, value::wrong};
use crate::{Result, StoreError};

/// The oldest SQLite trusted: before it a WAL reset could corrupt the database (sqlite.org/wal.html, 2026).
const VERSION_MIN: i32 = 3_051_003;

pub(super) fn check_version() -> Result<()> {
    if rusqlite::version_number() >= VERSION_MIN {
        return Ok(());
    }
    Err(StoreError::OldSqlite { found: rusqlite::version().to_owned(), needed: "3.51.3".to_owned() })
}

pub(super) fn run(connection: &Connection, sql: &str, values: &[&dyn Bind]) -> Result<usize> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    Ok(statement.raw_execute()?)
}

pub(super) fn first<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn Bind],
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    statement.raw_query().next()?.map(|row| read(&Row::Sqlite(row))).transpose()
}

pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn Bind],
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    statement.raw_query().and_then(|row| read(&Row::Sqlite(row))).collect()
}

pub(super) fn value<'a>(row: &'a rusqlite::Row<'_>, index: usize) -> Result<Value<'a>> {
    Ok(match row.get_ref(index)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Number(number),
        ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(|_| wrong("text"))?),
        ValueRef::Blob(bytes) => Value::Bytes(bytes),
        ValueRef::Real(_) => return Err(wrong("a number without a fraction")),
    })
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Number(number) => ValueRef::Integer(number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn bind(statement: &mut Statement<'_>, values: &[&dyn Bind]) -> Result<()> {
    let places = statement.parameter_count();
    if places != values.len() {
        return Err(Error::InvalidParameterCount(values.len(), places).into());
    }
    // SQLite numbers `$n` by first appearance, not by `n`: a value bound by position could land in another place.
    for index in 1..=places {
        let name = statement.parameter_name(index).unwrap_or_default();
        let number = name.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
        let value = number.and_then(|number| values.get(number.checked_sub(1)?));
        let Some(value) = value else { return Err(Error::InvalidParameterName(name.to_owned()).into()) };
        statement.raw_bind_parameter(index, value.value())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::params;

    fn connection() -> Connection {
        Connection::open_in_memory().unwrap()
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
