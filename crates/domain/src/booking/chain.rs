//! The chain of a booking's moves: which one is the last, whatever the order of arrival.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::event::{BookingEvent, BookingWhat};

/// The last move of a booking.
pub struct LastMove<'a> {
    /// What was said of it last.
    pub event: &'a BookingEvent,
    /// When it was first said: a repetition under a later time is no other move.
    pub said_at: Timestamp,
}

/// Which ids came right before and right after each, by all that was said.
#[derive(Default)]
pub struct Ties<'a> {
    before: BTreeMap<&'a str, BTreeSet<&'a str>>,
    after: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Ties<'a> {
    pub fn of(said: &'a BTreeSet<BookingEvent>) -> Self {
        let mut ties = Self::default();
        for (before, after) in said.iter().flat_map(BookingEvent::ties) {
            ties.before.entry(after).or_default().insert(before);
            ties.after.entry(before).or_default().insert(after);
        }
        ties
    }

    /// The id right before.
    pub fn before(&self, link: &str) -> Option<&'a str> {
        self.before.get(link)?.first().copied()
    }

    /// All ids after these, however far.
    pub fn all_after<'b>(&self, links: impl IntoIterator<Item = &'b str>) -> BTreeSet<&'a str> {
        reached(&self.after, links)
    }

    /// All ids before these, however far.
    fn all_before<'b>(&self, links: impl IntoIterator<Item = &'b str>) -> BTreeSet<&'a str> {
        reached(&self.before, links)
    }
}

fn reached<'a, 'b>(
    next: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    from: impl IntoIterator<Item = &'b str>,
) -> BTreeSet<&'a str> {
    let step = |link: &str| next.get(link).into_iter().flatten().copied();
    let mut left: Vec<&'a str> = from.into_iter().flat_map(step).collect();
    let mut reached = BTreeSet::new();
    while let Some(link) = left.pop() {
        if reached.insert(link) {
            left.extend(step(link));
        }
    }
    reached
}

/// Finds the last move.
///
/// Each move names the start or the id before it. Where they form an open chain, its end is the last, whatever the
/// clocks say; a move that is missing leaves the chain whole where the other half of it ties the ids. Where it is closed
/// (moved there and back) or broken (a webhook is missing), the moves are walked in the order of their times.
pub fn last_move(said: &BTreeSet<BookingEvent>) -> Option<LastMove<'_>> {
    let moves: Vec<&BookingEvent> =
        said.iter().filter(|one| matches!(one.what, BookingWhat::Moved { .. })).collect();
    let given = moves.iter().filter(|one| one.other_links().next().is_some());
    let left = Ties::of(said).all_before(given.map(|one| one.link.as_str()));
    let is_followed =
        |one: &BookingEvent| left.contains(one.link.as_str()) || moves.iter().any(|other| other.follows(one));
    let ends: Vec<&BookingEvent> = moves.iter().filter(|one| !is_followed(one)).copied().collect();
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
