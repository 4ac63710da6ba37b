//! Columns: how they become values, and what is said when they cannot.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    Result, StoreError,
    database::{Row, Value},
};

/// A number of rows for `LIMIT`.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// A `COUNT`.
pub(crate) fn count(row: &Row<'_>, index: usize) -> Result<u64> {
    Ok(u64::try_from(row.get::<i64>(index)?).unwrap_or_default())
}

/// A count of changed rows.
pub(crate) fn rows(changed: usize) -> u64 {
    u64::try_from(changed).unwrap_or(u64::MAX)
}

/// A time as it is kept: microseconds since 1970, finer parts cut off.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn timestamp(row: &Row<'_>, index: usize, table: &'static str) -> Result<Timestamp> {
    Timestamp::from_microsecond(row.get(index)?).map_err(|_| corrupt(table, "a time out of range"))
}

pub(crate) fn maybe_timestamp(row: &Row<'_>, index: usize, table: &'static str) -> Result<Option<Timestamp>> {
    match row.value(index)? {
        Value::Null => Ok(None),
        _ => timestamp(row, index, table).map(Some),
    }
}

/// A word of a closed list.
pub(crate) fn word<T>(
    row: &Row<'_>,
    index: usize,
    table: &'static str,
    from_word: impl FnOnce(&str) -> Option<T>,
) -> Result<T> {
    from_word(text(row, index, table)?).ok_or_else(|| corrupt(table, "an unknown word"))
}

pub(crate) fn uuid(row: &Row<'_>, index: usize, table: &'static str) -> Result<Uuid> {
    text(row, index, table)?.parse().map_err(|_| corrupt(table, "an id that is no UUID"))
}

pub(crate) fn maybe_uuid(row: &Row<'_>, index: usize, table: &'static str) -> Result<Option<Uuid>> {
    match row.value(index)? {
        Value::Null => Ok(None),
        _ => uuid(row, index, table).map(Some),
    }
}

pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, index: usize, table: &'static str) -> Result<T> {
    from_json(text(row, index, table)?, table)
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str, table: &'static str) -> Result<T> {
    // The error's own words could repeat what the row holds.
    serde_json::from_str(text).map_err(|error| {
        corrupt(table, &format!("JSON of another shape at line {}, column {}", error.line(), error.column()))
    })
}

pub(crate) fn to_json<T: Serialize>(value: &T, table: &'static str) -> Result<String> {
    serde_json::to_string(value).map_err(|_| corrupt(table, "a value that JSON cannot hold"))
}

pub(crate) fn text<'a>(row: &'a Row<'_>, index: usize, table: &'static str) -> Result<&'a str> {
    match row.value(index)? {
        Value::Text(text) => Ok(text),
        _ => Err(corrupt(table, "something else than text")),
    }
}

fn corrupt(table: &'static str, what: &str) -> StoreError {
    StoreError::Corrupt { table, what: what.to_owned() }
}
