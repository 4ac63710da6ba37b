//! Lists: what a query asks of them, and how a page of one is answered.

use std::collections::HashMap;

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;

/// How many items a page holds if nobody asks.
const LIMIT: usize = 50;
/// How many items a page may hold (PRODUCT §8).
const LIMIT_MAX: usize = 200;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Items<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page; null at the end.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> Items<T> {
    /// A page of a list that is at hand whole, each item of which has an id.
    pub fn cut(mut items: Vec<T>, asked: Cut, id: impl Fn(&T) -> &str) -> Self {
        let start = asked.after.map_or(0, |Place { number, id: last }| {
            // If the last item is gone since, what came after it has moved up.
            items.iter().position(|item| id(item) == last).map_or(number - 1, |place| place + 1)
        });
        let total = items.len();
        let end = asked.limit.map_or(total, |limit| start.saturating_add(limit).min(total));
        items.truncate(end);
        let next =
            items.last().filter(|_| end < total).map(|last| Place { number: end, id: id(last).to_owned() });
        Self { items: items.into_iter().skip(start).collect(), next: next.map(|place| place.text()) }
    }
}

/// What is asked of a list that is at hand whole.
pub struct Cut {
    /// How many items the page may hold; `None` for all.
    limit: Option<usize>,
    /// The item that the page before ended with.
    after: Option<Place>,
}

/// An item's place in a list: its number, counted from 1, and its id.
struct Place {
    number: usize,
    id: String,
}

impl Place {
    fn text(&self) -> String {
        format!("{}.{}", self.number, self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (number, id) = text.split_once('.')?;
        let number = number.parse().ok().filter(|number| *number > 0)?;
        Some(Self { number, id: id.to_owned() })
    }
}

/// What a query asks for.
#[derive(Default)]
pub struct Asked(HashMap<String, String>);

impl Asked {
    /// A parameter; an empty one counts as none.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|word| !word.is_empty())
    }

    /// How many items the page may hold.
    pub fn limit(&self) -> Result<usize, Problem> {
        Ok(self.limit_if_any()?.unwrap_or(LIMIT))
    }

    fn limit_if_any(&self) -> Result<Option<usize>, Problem> {
        let wrong = || Problem::invalid("limit", format!("must be a number from 1 to {LIMIT_MAX}"));
        let read =
            |word: &str| word.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(wrong);
        self.word("limit").map(read).transpose()
    }

    /// Which part of a list that is at hand whole. Nobody who asks for no page has to turn one.
    pub fn cut(&self) -> Result<Cut, Problem> {
        let wrong = || Problem::invalid("cursor", "is not one of this list");
        let after = self.word("cursor").map(|text| Place::read(text).ok_or_else(wrong)).transpose()?;
        Ok(Cut { limit: self.limit_if_any()?, after })
    }

    /// A moment, written as RFC 3339 says.
    pub fn moment(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        self.word(name).map(|word| moment(name, word)).transpose()
    }

    /// Where the page begins.
    pub fn cursor(&self) -> Option<String> {
        self.word("cursor").map(str::to_owned)
    }
}

/// Reads a moment that a body or a query names.
pub fn moment(field: &str, text: &str) -> Result<Timestamp, Problem> {
    text.parse().map_err(|_| Problem::invalid(field, "must be a moment such as 2026-11-20T10:00:00Z"))
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Query::from_request_parts(parts, state)
            .await
            .map(|Query(asked)| Self(asked))
            .map_err(|_| Problem::unreadable("The query cannot be read."))
    }
}
