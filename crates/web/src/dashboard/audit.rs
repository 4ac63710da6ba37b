//! Audit: who changed what, when, in words; as a page and as a file (N8).

mod export;
mod words;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use jiff::{SignedDuration, Timestamp, civil::Date};
use store::{Audit, AuditFilter};
use url::form_urlencoded;

pub use self::export::{csv, json};
use self::words::Words;
use super::{
    failure::Failure,
    frame::{Frame, Visit, page},
};
use crate::api::{page::Asked, problem::Problem};

/// So many on a page.
const PAGE: usize = 50;

/// What the entries can be about: the word's beginning, and its name.
const MATTERS: [(&str, &str); 7] = [
    ("connection", "Integrations"),
    ("settings", "Settings"),
    ("outcome_rule", "Outcome rules"),
    ("call_type_rule", "Call type rules"),
    ("problem", "Problems"),
    ("replay", "Replays"),
    ("user", "Users"),
];

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    asked: Question,
    entries: Vec<Entry>,
    matters: [(&'static str, &'static str); 7],
    /// Where the page of older entries is; empty at the end.
    older: String,
    /// What the addresses of the files end with.
    query: String,
}

/// One change.
struct Entry {
    at: Timestamp,
    who: String,
    what: String,
}

/// What was asked for, as it stands in the form.
#[derive(Default)]
struct Question {
    who: String,
    what: String,
    from: String,
    to: String,
}

impl Question {
    fn read(asked: &Asked) -> Self {
        let word = |name| asked.word(name).unwrap_or_default().to_owned();
        Self { who: word("who"), what: word("what"), from: word("from"), to: word("to") }
    }

    /// As the store is asked: whole days in the reader's zone, the last one included.
    fn filter(&self, frame: &Frame, limit: usize, cursor: Option<String>) -> Result<AuditFilter, Problem> {
        let word = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let day = |name: &str, text: &str| -> Result<Option<Date>, Problem> {
            let wrong = |_| Problem::invalid(name, "is not a day such as 2026-11-20");
            word(text).map(|text| text.parse().map_err(wrong)).transpose()
        };
        let after = |day: Date| day.checked_add(SignedDuration::from_hours(24)).unwrap_or(Date::MAX);
        Ok(AuditFilter {
            who: word(&self.who),
            what: word(&self.what),
            from: day("from", &self.from)?.map(|day| frame.day_begins(day)),
            to: day("to", &self.to)?.map(|day| frame.day_begins(after(day))),
            limit,
            cursor,
        })
    }

    /// As it stands in addresses.
    fn query(&self, cursor: Option<&str>) -> String {
        let fields = [("who", &self.who), ("what", &self.what), ("from", &self.from), ("to", &self.to)];
        let given = fields.into_iter().filter(|(_, text)| !text.is_empty());
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(given);
        query.extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
        query.finish()
    }
}

/// Lists changes, newest first.
pub async fn list(visit: Visit, asked: Asked) -> Result<Response, Failure> {
    let question = Question::read(&asked);
    let filter = question.filter(&visit.frame, PAGE, asked.cursor())?;
    let found = visit.app.web.store.audits(visit.scope.ws(), filter).await?;
    let words = Words::read(&visit).await?;
    let entry = |audit: Audit| Entry { what: words.of(&audit), at: audit.at, who: audit.who };
    let older = found.next.map(|next| format!("?{}", question.query(Some(&next)))).unwrap_or_default();
    Ok(page(
        StatusCode::OK,
        &AuditPage {
            entries: found.items.into_iter().map(entry).collect(),
            matters: MATTERS,
            older,
            query: question.query(None),
            asked: question,
            frame: visit.frame,
        },
    ))
}
