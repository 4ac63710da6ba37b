//! Forms: what was posted, and how a form is shown again with what was wrong.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use secrecy::SecretString;
use url::form_urlencoded;

use super::failure::Failure;
use crate::api::problem::Problem;

/// A form as it was posted.
#[derive(Clone, Default)]
pub struct Posted(Arc<Vec<(String, String)>>);

impl Posted {
    /// Reads a form's body.
    pub fn read(bytes: &[u8]) -> Self {
        Self(Arc::new(form_urlencoded::parse(bytes).into_owned().collect()))
    }

    /// A field without the white space around it; empty if it is missing.
    pub fn text(&self, name: &str) -> &str {
        self.as_sent(name).trim()
    }

    /// A field as it was sent.
    fn as_sent(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.as_str())
    }

    /// A password, in which white space counts.
    pub fn password(&self, name: &str) -> SecretString {
        SecretString::from(self.as_sent(name))
    }

    /// A field, `None` if it was left empty.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Whether a box was ticked.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// All values of a field that may come several times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.trim())
    }

    /// The fields whose names begin so: the rest of the name, and the value.
    pub fn beginning_with<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(own, value)| Some((own.strip_prefix(start)?, value.trim())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Posted {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        // Admission has read it, and checked its token.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::internal().into())
    }
}

/// A form as it is shown: what stands in its fields, and what was wrong with them.
#[derive(Default)]
pub struct Form {
    values: BTreeMap<String, String>,
    problem: Option<Problem>,
}

impl Form {
    /// A form that was refused. Of what was sent, the named fields are shown again: secrets are not.
    pub fn refused(posted: &Posted, shown: &[&str], problem: Problem) -> Self {
        let values = shown.iter().map(|name| ((*name).to_owned(), posted.text(name).to_owned())).collect();
        Self { values, problem: Some(problem) }
    }

    /// What stands in a field.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// What is wrong with a field.
    pub fn wrong(&self, name: &str) -> &str {
        let errors = self.problem.as_ref().map_or(&[][..], Problem::errors);
        errors.iter().find(|wrong| wrong.field == name).map_or("", |wrong| wrong.problem.as_str())
    }

    /// What is wrong with the form, in one sentence; empty if nothing is.
    pub fn trouble(&self) -> &str {
        self.problem.as_ref().map_or("", Problem::detail)
    }
}
