//! A page of a list, and the cursor that leads to the next.

use crate::{Result, StoreError};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of up to `limit` from items of which there is one more, if there is more.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let is_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| is_more).map(|last| cursor(last).text());
        Self { items, next }
    }
}

/// Where a page ended: the time that the list is ordered by, in microseconds, and the id there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) at: i64,
    pub(crate) id: String,
}

impl Cursor {
    fn text(&self) -> String {
        format!("{}.{}", self.at, self.id)
    }

    pub(crate) fn read(text: &str) -> Result<Self> {
        let (at, id) = text.split_once('.').ok_or(StoreError::Cursor)?;
        Ok(Self { at: at.parse().map_err(|_| StoreError::Cursor)?, id: id.to_owned() })
    }
}
