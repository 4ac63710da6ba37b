//! A connection to the database, and what its statements give: the rest of the store knows no other.
//!
//! The store's SQL is what SQLite and PostgreSQL both read. What they tell differently is told alike here.

mod value;

use rusqlite::{Error, Statement, types::ValueRef};

use crate::Result;

pub(crate) use value::{Bind, Column, Value, params};

/// A connection.
pub(crate) struct Connection(rusqlite::Connection);

/// A row of an answer.
pub(crate) struct Row<'a>(&'a rusqlite::Row<'a>);

impl Connection {
    /// A connection to SQLite.
    pub(crate) const fn sqlite(connection: rusqlite::Connection) -> Self {
        Self(connection)
    }

    /// Runs statements that take no values.
    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.0.execute_batch(sql)?)
    }

    /// Whether no transaction is open: none was begun, or the database gave it up by itself.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.is_autocommit()
    }

    /// Runs a statement; returns how many rows it changed.
    pub(crate) fn run(&self, sql: &str, values: &[&dyn Bind]) -> Result<usize> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, values)?;
        Ok(statement.raw_execute()?)
    }

    /// Returns the first row of an answer.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        values: &[&dyn Bind],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, values)?;
        statement.raw_query().next()?.map(|row| read(&Row(row))).transpose()
    }

    /// Returns all rows of an answer.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        values: &[&dyn Bind],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, values)?;
        statement.raw_query().and_then(|row| read(&Row(row))).collect()
    }
}

impl Row<'_> {
    /// The value of a column.
    pub(crate) fn get<T: Column>(&self, index: usize) -> Result<T> {
        T::of(self.value(index)?)
    }

    /// The value of a column, as it lies in the row.
    pub(crate) fn value(&self, index: usize) -> Result<Value<'_>> {
        Ok(match self.0.get_ref(index)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Number(number),
            ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(|_| value::wrong("text"))?),
            ValueRef::Blob(bytes) => Value::Bytes(bytes),
            ValueRef::Real(_) => return Err(value::wrong("a number without a fraction")),
        })
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

    fn connection() -> Connection {
        Connection::sqlite(rusqlite::Connection::open_in_memory().unwrap())
    }

    #[test]
    fn values_go_where_their_number_stands_whatever_the_order() {
        let read = |row: &Row<'_>| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?));
        let row = connection().first("SELECT $2, $1, $2", params![1_i64, 2_i64], read).unwrap();
        assert_eq!(row, Some((2, 1, 2)));
    }

    #[test]
    fn a_value_too_few_or_too_many_is_refused() {
        let connection = connection();
        assert!(connection.run("SELECT $1, $2", params![1_i64]).is_err());
        assert!(connection.run("SELECT $1", params![1_i64, 2_i64]).is_err());
        assert!(connection.run("SELECT $1, $3", params![1_i64, 2_i64]).is_err());
    }
}
