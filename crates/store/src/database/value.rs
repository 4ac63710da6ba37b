//! Values: what a statement is given, and what a row holds. Whole numbers, texts, bytes, and nothing.

use crate::{Result, StoreError};

/// A value in one of the few types that both databases keep alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Number(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// What can be given to a statement.
pub(crate) trait Bind {
    fn value(&self) -> Value<'_>;
}

/// What can be read from a row.
pub(crate) trait Column: Sized {
    fn of(value: Value<'_>) -> Result<Self>;
}

/// The values of a statement, in the order of their numbers.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$(&$value as &dyn $crate::database::Bind),*] as &[&dyn $crate::database::Bind] };
}
pub(crate) use params;

pub(super) fn wrong(wanted: &str) -> StoreError {
    StoreError::Corrupt { table: "answer", what: format!("something else than {wanted}") }
}

impl Bind for i64 {
    fn value(&self) -> Value<'_> {
        Value::Number(*self)
    }
}

impl Bind for bool {
    fn value(&self) -> Value<'_> {
        Value::Number(i64::from(*self))
    }
}

impl Bind for u32 {
    fn value(&self) -> Value<'_> {
        Value::Number(i64::from(*self))
    }
}

impl Bind for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Bind for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Bind for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl Bind for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<const N: usize> Bind for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<T: Bind> Bind for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Bind::value)
    }
}

impl<T: Bind + ?Sized> Bind for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl Column for i64 {
    fn of(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Number(number) => Ok(number),
            _ => Err(wrong("a number")),
        }
    }
}

impl Column for u32 {
    fn of(value: Value<'_>) -> Result<Self> {
        Self::try_from(i64::of(value)?).map_err(|_| wrong("a small number"))
    }
}

impl Column for bool {
    fn of(value: Value<'_>) -> Result<Self> {
        Ok(i64::of(value)? != 0)
    }
}

impl Column for String {
    fn of(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Text(text) => Ok(text.to_owned()),
            _ => Err(wrong("text")),
        }
    }
}

impl Column for Vec<u8> {
    fn of(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Bytes(bytes) => Ok(bytes.to_vec()),
            _ => Err(wrong("bytes")),
        }
    }
}

impl<const N: usize> Column for [u8; N] {
    fn of(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Bytes(bytes) => bytes.try_into().map_err(|_| wrong("bytes of that length")),
            _ => Err(wrong("bytes")),
        }
    }
}

impl<T: Column> Column for Option<T> {
    fn of(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            value => T::of(value).map(Some),
        }
    }
}
