//! The chain of a booking's moves: which one is the last, whatever the order of arrival.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::event::{BookingEvent, BookingWhat};

/// The last move of a booking.
pub struct LastMove<'a> {
    /// What was said of it last.
    pub event: &'a BookingEvent,
    /// When it was first said: a repetition under a later time is no other move.
    pub said_at: Timestamp,
}

/// Finds the last move.
///
/// Each move names the start or the id before it. Where they form an open chain, its end is the last, whatever the
/// clocks say. Where it is closed (moved there and back) or broken (a webhook is missing), the moves are walked in the
/// order of their times.
pub fn last_move(said: &BTreeSet<BookingEvent>) -> Option<LastMove<'_>> {
    let moves: Vec<&BookingEvent> =
        said.iter().filter(|one| matches!(one.what, BookingWhat::Moved { .. })).collect();
    let ends: Vec<&BookingEvent> =
        moves.iter().filter(|one| !moves.iter().any(|other| other.follows(one))).copied().collect();
    let (last, said_at) = match ends.first() {
        Some(end) if ends.iter().all(|other| other.is_same_move(end)) => {
            (*end, ends.iter().map(|one| one.at).min()?)
        }
        _ => {
            let last = walk(said, &moves)?;
            (last, last.at)
        }
    };
    let event = moves.into_iter().filter(|one| one.is_same_move(last)).max_by_key(|one| (one.at, *one))?;
    Some(LastMove { event, said_at })
}

/// Walks the moves from the booking on. A move that was seen before and does not set out from where the walk stands is a
/// repetition; one that does not set out from there and is new follows a move that is missing.
fn walk<'a>(said: &'a BTreeSet<BookingEvent>, moves: &[&'a BookingEvent]) -> Option<&'a BookingEvent> {
    let mut left: Vec<&BookingEvent> = moves.to_vec();
    left.sort_by_key(|one| (one.at, *one));
    let mut stands: Option<&BookingEvent> =
        said.iter().filter(|one| one.what == BookingWhat::Booked).max_by_key(|one| (one.at, *one));
    let mut walked: Vec<&BookingEvent> = Vec::new();
    while let Some(earliest) = left.first().map(|one| one.at) {
        let follows = |one: &&BookingEvent| stands.is_some_and(|stands| one.follows(stands));
        let n = left.iter().take_while(|one| one.at == earliest).position(follows).unwrap_or(0);
        let next = left.remove(n);
        let is_repeated = walked.iter().any(|one| one.is_same_move(next));
        if !is_repeated || follows(&next) {
            stands = Some(next);
            walked.push(next);
        }
    }
    walked.last().copied()
}
