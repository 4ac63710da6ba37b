//! Values of many rows, for one statement that is run for each of them.

use super::{Bind, Value};

/// Values for a statement that is run once for each row.
#[derive(Debug, Default)]
pub(crate) struct Rows(Vec<Vec<Kept>>);

/// A value that outlives what it was taken from.
#[derive(Debug)]
enum Kept {
    Null,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Rows {
    /// Adds a row.
    pub(crate) fn add(&mut self, values: &[&dyn Bind]) {
        self.0.push(values.iter().map(|value| Kept::of(value.value())).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values of each row, as a statement takes them.
    pub(super) fn each(&self) -> impl Iterator<Item = Vec<&dyn Bind>> {
        self.0.iter().map(|row| row.iter().map(|value| value as &dyn Bind).collect())
    }
}

impl Kept {
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Number(number) => Self::Number(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl Bind for Kept {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}
