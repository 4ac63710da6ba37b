//! The tags on a call, worked out from all the lists of tags that were seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::snapshot::CallEvent;
use crate::ids::TagId;

type Tags = BTreeMap<TagId, String>;

/// The list of tags as one webhook gave it.
///
/// All are kept: Aircall's clock counts whole seconds, so the newest alone cannot always be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TagsSeen {
    /// When the webhook was made.
    pub at: Timestamp,
    /// What it was about.
    pub event: CallEvent,
    /// All tags on the call then.
    pub tags: Tags,
}

/// More lists than this in one second are not tried in every order.
const ORDERS_TRIED_MAX: usize = 5;

/// Works out the tags on the call.
///
/// The newest second counts. If its webhooks disagree, they are put into the order that makes sense: a
/// `tagged` only adds, an `untagged` only takes away. Failing that, the event's rank decides.
pub fn current(seen: &BTreeSet<TagsSeen>) -> Tags {
    let mut standing = Tags::new();
    let mut rest: Vec<&TagsSeen> = seen.iter().collect();
    while let Some(at) = rest.first().map(|first| first.at) {
        let later = rest.iter().position(|one| one.at != at).unwrap_or(rest.len());
        let second: Vec<&TagsSeen> = rest.drain(..later).collect();
        standing = after_second(&standing, &second);
    }
    standing
}

fn after_second(before: &Tags, second: &[&TagsSeen]) -> Tags {
    let first = &second[0].tags;
    if second.iter().all(|one| one.tags == *first) {
        return first.clone();
    }
    if second.len() <= ORDERS_TRIED_MAX
        && let Some(last) = sensible_last(before, second)
    {
        return last.clone();
    }
    second
        .iter()
        .max_by_key(|one| (one.event.rank(), one.tags.len(), &one.tags))
        .map_or_else(Tags::new, |one| one.tags.clone())
}

/// The last list of the first order in which each step makes sense, if there is one.
fn sensible_last<'a>(before: &Tags, left: &[&'a TagsSeen]) -> Option<&'a Tags> {
    for (n, next) in left.iter().enumerate() {
        if !makes_sense(before, next) {
            continue;
        }
        let others: Vec<&TagsSeen> =
            left.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, one)| *one).collect();
        if others.is_empty() {
            return Some(&next.tags);
        }
        if let Some(last) = sensible_last(&next.tags, &others) {
            return Some(last);
        }
    }
    None
}

fn makes_sense(before: &Tags, next: &TagsSeen) -> bool {
    let adds = next.tags.keys().any(|tag| !before.contains_key(tag));
    let takes = before.keys().any(|tag| !next.tags.contains_key(tag));
    match next.event {
        CallEvent::Tagged => adds && !takes,
        CallEvent::Untagged => takes && !adds,
        _ => !adds && !takes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(second: i64, event: CallEvent, tags: &[&str]) -> TagsSeen {
        TagsSeen {
            at: Timestamp::from_second(second).unwrap(),
            event,
            tags: tags.iter().map(|tag| (TagId::from(*tag), (*tag).to_owned())).collect(),
        }
    }

    fn tags_of(seen: &[TagsSeen]) -> Vec<String> {
        current(&seen.iter().cloned().collect()).into_values().collect()
    }

    #[test]
    fn the_newest_second_counts() {
        assert_eq!(
            tags_of(&[seen(2, CallEvent::Untagged, &[]), seen(1, CallEvent::Tagged, &["a"])]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn put_on_and_taken_off_within_a_second_leaves_nothing() {
        assert!(tags_of(&[seen(1, CallEvent::Untagged, &[]), seen(1, CallEvent::Tagged, &["a"])]).is_empty());
    }

    #[test]
    fn one_taken_off_and_another_put_on_within_a_second_leaves_the_other() {
        let base = seen(1, CallEvent::Tagged, &["x"]);
        let off = seen(2, CallEvent::Untagged, &[]);
        let on = seen(2, CallEvent::Tagged, &["b"]);
        assert_eq!(tags_of(&[base, on, off]), ["b"]);
    }

    #[test]
    fn two_tags_put_on_within_a_second_both_count() {
        assert_eq!(
            tags_of(&[seen(1, CallEvent::Tagged, &["a", "b"]), seen(1, CallEvent::Tagged, &["a"])]),
            ["a", "b"]
        );
    }

    #[test]
    fn what_takes_one_tag_and_adds_another_is_no_untagging() {
        let (before, one) = (seen(0, CallEvent::Ended, &["a"]), seen(1, CallEvent::Untagged, &["b"]));
        assert_eq!(tags_of(&[before, one, seen(1, CallEvent::Tagged, &["b", "c"])]), ["b"]);
    }

    #[test]
    fn a_comment_of_the_same_second_takes_no_tag_away() {
        let (before, tagged) = (seen(0, CallEvent::Ended, &["a"]), seen(1, CallEvent::Tagged, &["a", "b"]));
        assert_eq!(tags_of(&[before, tagged, seen(1, CallEvent::Commented, &["a"])]), ["a", "b"]);
    }
}
