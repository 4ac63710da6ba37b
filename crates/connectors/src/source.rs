//! Reading an envelope, whichever source it is of.

mod answer;
mod field;
mod parse;

use domain::{
    event::{Event, Unreadable},
    source::Source,
};
use jiff::Timestamp;
use serde_json::Value;

pub(crate) use answer::answer;
pub(crate) use field::{Field, name_parts, text};
pub use parse::{NotJson, parse};

use crate::{aircall, calcom, calendar, calendly};

/// An event's name longer than this is cut: it is stored and shown, and the source is free to send any.
const NAME_CHARS_MAX: usize = 100;

/// Reads an envelope's body into an event.
///
/// What bears on no call and no booking is `Event::Ignored`. What claims to, but lacks what we must know, is
/// `Unreadable` and names the field.
pub fn read(source: Source, body: &Value) -> Result<Event, Unreadable> {
    match source {
        Source::Aircall => aircall::read(body),
        Source::Calendar => calendar::read(body),
        Source::Calcom => calcom::read(body),
        Source::Calendly => calendly::read(body),
    }
}

/// Returns the source's id of the call or booking that an envelope is about; `None` if it is about neither.
///
/// Cheap: asked of each webhook before it is answered. Whatever `read` makes a call or a booking has its id here.
pub fn subject(source: Source, body: &Value) -> Option<String> {
    match source {
        Source::Aircall => aircall::subject(body),
        Source::Calendar => calendar::subject(body),
        Source::Calcom => calcom::subject(body),
        Source::Calendly => calendly::subject(body),
    }
}

/// Returns the source's own name of the event; `unknown` if the body has none.
pub fn event_name(source: Source, body: &Value) -> String {
    let name = match source {
        Source::Aircall => aircall::event_name(body),
        Source::Calendar => calendar::event_name(body),
        Source::Calcom => calcom::event_name(body),
        Source::Calendly => calendly::event_name(body),
    };
    name.text().map_or_else(
        || "unknown".to_owned(),
        |name| domain::text::cut(&domain::text::plain(&name), NAME_CHARS_MAX),
    )
}

/// The end of a meeting. One before its start is taken as missing, as is one that cannot be read.
pub(crate) fn end_after(start: Option<Timestamp>, end: Field<'_>) -> Option<Timestamp> {
    let end = end.rfc3339().ok().flatten()?;
    start.is_none_or(|start| end >= start).then_some(end)
}
