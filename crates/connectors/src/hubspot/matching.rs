//! Finding out which row of a create each result and each error is about; never by position.

use super::{
    KEY_PROPERTY,
    contact::time,
    create::Made,
    refusal::Trouble,
    wire::{Batch, NewObject, Object},
};

/// What an answer tells of the rows that were sent.
pub(super) struct Matched<Id> {
    /// Rows of which it tells what became, by trace.
    pub made: Vec<(String, Made<Id>)>,
    /// Rows that were certainly refused, without it being told which for what.
    pub again: Vec<NewObject>,
}

/// Reads the answer to a create, entry by entry.
///
/// Results are matched by trace id, else by key or address, else by what only one row has; what no result and no error
/// can be matched to is in doubt.
pub(super) fn matched<Id: From<String>>(rows: Vec<NewObject>, batch: Batch) -> Matched<Id> {
    let mut left = rows;
    let mut made = Vec::new();
    let mut results: Vec<Object> =
        batch.results.unwrap_or_default().into_iter().filter(|result| !result.id.is_empty()).collect();
    // A single row needs no likeness.
    let is_single = left.len() == 1 && results.len() == 1;
    let any: fn(&NewObject, &Object) -> bool = |_, _| true;
    let likenesses = if is_single { vec![any] } else { vec![by_trace, by_unique_property, by_what_differs] };
    for is_same in likenesses {
        results.retain(|result| {
            let mut same = left.iter().enumerate().filter(|(_, row)| is_same(row, result));
            let (Some((at, _)), None) = (same.next(), same.next()) else { return true };
            let row = left.swap_remove(at);
            let created = Made::Created { id: result.id.clone().into(), url: result.url.clone() };
            made.push((row.object_write_trace_id, created));
            false
        });
    }
    let mut loose = Vec::new();
    for error in batch.errors {
        let traces = error.context("objectWriteTraceId");
        let (about, others): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|row| traces.contains(&row.object_write_trace_id));
        left = others;
        let trouble = Trouble::entry(error);
        if traces.is_empty() {
            loose.push(trouble.clone());
        }
        let told = |row: NewObject| (row.object_write_trace_id, Made::not(trouble.clone()));
        made.extend(about.into_iter().map(told));
    }
    if results.is_empty() && left.len() == 1 && loose.len() == 1 {
        let row = left.remove(0);
        made.extend(loose.pop().map(|trouble| (row.object_write_trace_id, Made::not(trouble))));
    }
    // As many refusals as rows, and no result to spare: none of them was made, so each may be sent alone.
    let is_refused = |trouble: &Trouble| matches!(trouble, Trouble::Refused(_));
    let all_refused = results.is_empty() && loose.len() == left.len() && loose.iter().all(is_refused);
    let again = if all_refused { std::mem::take(&mut left) } else { Vec::new() };
    let doubt = |row: NewObject| {
        (
            row.object_write_trace_id,
            Made::InDoubt("HubSpot's answer does not say what became of it.".to_owned()),
        )
    };
    made.extend(left.into_iter().map(doubt));
    Matched { made, again }
}

fn by_trace(row: &NewObject, result: &Object) -> bool {
    result.object_write_trace_id.as_ref() == Some(&row.object_write_trace_id)
}

/// The key and the address are unique in HubSpot; it puts addresses in lower case.
fn by_unique_property(row: &NewObject, result: &Object) -> bool {
    [KEY_PROPERTY, "email"].iter().any(|name| {
        let sent = row.properties.get(*name).map(|value| value.to_lowercase());
        sent.is_some() && sent == result.property(name).map(|value| value.to_lowercase())
    })
}

/// Something of the row came back and nothing came back otherwise.
fn by_what_differs(row: &NewObject, result: &Object) -> bool {
    if result.object_write_trace_id.is_some() {
        return false;
    }
    let mut compared = row
        .properties
        .iter()
        .filter_map(|(name, sent)| Some((sent, result.property(name)?)))
        .map(|(sent, held)| is_same_value(sent, &held))
        .peekable();
    compared.peek().is_some() && compared.all(|is_same| is_same)
}

/// HubSpot gives times back with milliseconds, and may change the case of what it takes for an address.
fn is_same_value(sent: &str, held: &str) -> bool {
    let times = || time(sent).zip(time(held)).is_some_and(|(sent, held)| sent == held);
    sent.trim().to_lowercase() == held.trim().to_lowercase() || times()
}
