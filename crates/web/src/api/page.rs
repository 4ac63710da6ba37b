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
    /// A list that is always answered whole.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
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
        let Some(word) = self.word("limit") else { return Ok(LIMIT) };
        word.parse()
            .ok()
            .filter(|limit| (1..=LIMIT_MAX).contains(limit))
            .ok_or_else(|| Problem::invalid("limit", format!("must be a number from 1 to {LIMIT_MAX}")))
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
