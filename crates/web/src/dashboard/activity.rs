//! Activity: calls and meetings as they come in, and what became of each in HubSpot (N1).

mod item;
pub mod live;
pub mod record;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use jiff::{Timestamp, Unit, civil::Date, tz::TimeZone};
use store::Filter;
use url::form_urlencoded;

pub use item::Item;

use super::{
    failure::Failure,
    frame::{Frame, Visit, page},
};
use crate::api::{
    page::Asked,
    problem::Problem,
    records::{self, Hold},
};

/// The choices of a list to filter by: the word in the address, and what people read.
const KINDS: [(&str, &str); 2] = [("call", "Calls"), ("meeting", "Meetings")];
const STATES: [(&str, &str); 3] = [("logged", "Logged"), ("waiting", "Waiting"), ("problem", "Problem")];
const SOURCES: [(&str, &str); 4] =
    [("aircall", "Aircall"), ("calendar", "Calendar.com"), ("calcom", "Cal.com"), ("calendly", "Calendly")];

/// What the address asks for, in the order of the form.
const FILTERS: [&str; 6] = ["search", "kind", "source", "state", "from", "to"];

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    frame: Frame,
    items: Vec<Item>,
    asked: Chosen,
    /// Where the page after this one is.
    older: Option<String>,
    /// Where the newest are, if these are not.
    newest: Option<String>,
    /// Where changes are told; only the newest page changes by itself.
    stream: Option<String>,
    /// Why nothing is shown, if the address asks for what cannot be.
    trouble: String,
}

/// What was chosen in the form of filters.
pub struct Chosen(Vec<(&'static str, String)>);

impl Chosen {
    fn of(asked: &Asked) -> Self {
        let chosen = |name| asked.word(name).map(|word| (name, word.to_owned()));
        Self(FILTERS.into_iter().filter_map(chosen).collect())
    }

    /// What was chosen of a filter.
    pub fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| value)
    }

    /// Whether anything was chosen.
    pub fn is_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The same choice as a query, with more.
    fn query(&self, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.0).extend_pairs(more);
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

/// Lists what matches, newest first.
pub async fn list(visit: Visit, asked: Asked) -> Result<Response, Failure> {
    let chosen = Chosen::of(&asked);
    let (status, found, trouble) = match filter(&asked, visit.frame.zone()) {
        Ok(filter) => {
            let found = visit.app.web.store.records(visit.scope.ws(), filter).await?;
            (StatusCode::OK, Some(found), String::new())
        }
        Err(problem) => (problem.status(), None, problem.detail().to_owned()),
    };
    let hold = Hold::read(&visit.app, &visit.scope).await?;
    let (found, next) = found.map(|found| (found.items, found.next)).unwrap_or_default();
    let here = visit.path("activity");
    let is_newest = asked.cursor().is_none();
    let has_stream = is_newest && trouble.is_empty();
    Ok(page(
        status,
        &ActivityPage {
            items: found.iter().map(|stored| Item::of(stored, &hold)).collect(),
            older: next.map(|next| format!("{here}{}", chosen.query(&[("cursor", &next)]))),
            newest: (!is_newest).then(|| format!("{here}{}", chosen.query(&[]))),
            stream: has_stream.then(|| format!("{here}/live{}", chosen.query(&[]))),
            asked: chosen,
            trouble,
            frame: visit.frame,
        },
    ))
}

/// What the address asks for; days are those of the reader's zone.
fn filter(asked: &Asked, zone: &TimeZone) -> Result<Filter, Problem> {
    let day = |name: &str| {
        let no_day = || Problem::invalid(name, "must be a day such as 2026-11-20");
        asked.word(name).map(|word| word.parse::<Date>().map_err(|_| no_day())).transpose()
    };
    let start = |day: Date| start_of(day, zone);
    let after = |day: Date| day.tomorrow().ok().and_then(start);
    Ok(Filter {
        from: day("from")?.and_then(start),
        to: day("to")?.and_then(after),
        ..records::filter(asked)?
    })
}

fn start_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let start = day.to_zoned(zone.clone()).ok()?.start_of_day().ok()?;
    start.timestamp().round(Unit::Microsecond).ok()
}
