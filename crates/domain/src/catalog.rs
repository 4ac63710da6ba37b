//! What we have seen of the lists that others keep: HubSpot's outcomes, Aircall's tags.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{OutcomeId, TagId};

/// HubSpot's outcomes, with when we first saw each change (C11).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCatalog {
    /// When the list was last read; `None` before the first reading.
    pub read_at: Option<Timestamp>,
    /// Every outcome ever seen.
    pub outcomes: BTreeMap<OutcomeId, SeenOutcome>,
}

/// One outcome, as we saw it over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenOutcome {
    /// Its label as last seen.
    pub label: String,
    /// When we first saw it; `None` if it stood in the first ever reading.
    pub new_at: Option<Timestamp>,
    /// When we last saw its label changed.
    pub renamed_at: Option<Timestamp>,
    /// When we saw its label changed before that, oldest first: a rule that waits for one rename waits on after the next.
    #[serde(default)]
    pub renamed_before: Vec<Timestamp>,
    /// When we first saw it gone; `None` while it is there.
    pub gone_at: Option<Timestamp>,
}

impl OutcomeCatalog {
    /// Returns what is known after reading the whole list at `now`.
    #[must_use]
    pub fn observed(&self, listed: &[(OutcomeId, String)], now: Timestamp) -> Self {
        let is_first = self.read_at.is_none();
        let mut next = self.clone();
        next.read_at = Some(now);
        let known = |id| self.outcomes.get(id).map(|seen: &SeenOutcome| seen.label.as_str());
        let listed: BTreeMap<&OutcomeId, String> =
            listed.iter().map(|(id, label)| (id, named(label, known(id), &id.0))).collect();
        for (id, label) in &listed {
            match next.outcomes.get_mut(*id) {
                None => {
                    let seen = SeenOutcome {
                        label: label.clone(),
                        new_at: (!is_first).then_some(now),
                        renamed_at: None,
                        renamed_before: Vec::new(),
                        gone_at: None,
                    };
                    next.outcomes.insert((*id).clone(), seen);
                }
                Some(seen) => {
                    if seen.label != *label || seen.gone_at.is_some() {
                        seen.renamed_before.extend(seen.renamed_at.replace(now));
                    }
                    seen.label.clone_from(label);
                    seen.gone_at = None;
                }
            }
        }
        for (id, seen) in &mut next.outcomes {
            if seen.gone_at.is_none() && !listed.contains_key(id) {
                seen.gone_at = Some(now);
            }
        }
        next
    }

    /// The outcomes that can be picked now.
    pub fn choices(&self) -> impl Iterator<Item = (&OutcomeId, &SeenOutcome)> {
        self.outcomes.iter().filter(|(_, seen)| seen.gone_at.is_none())
    }

    /// Whether the outcome can be picked now.
    pub fn has(&self, id: &OutcomeId) -> bool {
        self.outcomes.get(id).is_some_and(|seen| seen.gone_at.is_none())
    }

    /// The label last seen.
    pub fn label(&self, id: &OutcomeId) -> Option<&str> {
        self.outcomes.get(id).map(|seen| seen.label.as_str())
    }
}

/// Aircall's tags, with when we first saw one gone (C9).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagCatalog {
    /// When the list was last read; `None` before the first reading.
    pub read_at: Option<Timestamp>,
    /// Every tag ever seen.
    pub tags: BTreeMap<TagId, SeenTag>,
}

/// One tag, as we saw it over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenTag {
    /// Its name as last seen.
    pub label: String,
    /// When we first saw it gone; `None` while it is there.
    pub gone_at: Option<Timestamp>,
}

impl TagCatalog {
    /// Returns what is known after reading the whole list at `now`.
    #[must_use]
    pub fn observed(&self, listed: &[(TagId, String)], now: Timestamp) -> Self {
        let mut next = self.clone();
        next.read_at = Some(now);
        for (id, seen) in &mut next.tags {
            if seen.gone_at.is_none() && !listed.iter().any(|(listed, _)| listed == id) {
                seen.gone_at = Some(now);
            }
        }
        for (id, label) in listed {
            let known = next.tags.get(id).map(|seen| seen.label.as_str());
            let label = named(label, known, &id.0);
            next.tags.insert(id.clone(), SeenTag { label, gone_at: None });
        }
        next
    }

    /// The tags that can be picked now.
    pub fn choices(&self) -> impl Iterator<Item = (&TagId, &SeenTag)> {
        self.tags.iter().filter(|(_, seen)| seen.gone_at.is_none())
    }

    /// Whether the tag can be picked now.
    pub fn has(&self, id: &TagId) -> bool {
        self.tags.get(id).is_some_and(|seen| seen.gone_at.is_none())
    }

    /// Whether we saw the tag deleted. A tag that we never saw is not deleted: the list may not have been read.
    pub fn is_deleted(&self, id: &TagId) -> bool {
        self.tags.get(id).is_some_and(|seen| seen.gone_at.is_some())
    }

    /// The name last seen.
    pub fn label(&self, id: &TagId) -> Option<&str> {
        self.tags.get(id).map(|seen| seen.label.as_str())
    }
}

/// The name of what is listed: without one, the name known, else its id. Nobody can pick an empty line.
fn named(listed: &str, known: Option<&str>, id: &str) -> String {
    if listed.is_empty() { known.unwrap_or(id).to_owned() } else { listed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_can_be_picked_no_more_and_keeps_its_name() {
        let (at, one, other) = (Timestamp::UNIX_EPOCH, TagId::from("1"), TagId::from("2"));
        let both = [(one.clone(), "bad call".to_owned()), (other.clone(), "demo".to_owned())];
        let tags = TagCatalog::default().observed(&both, at).observed(&both[1..], at);
        assert_eq!(
            (tags.has(&one), tags.is_deleted(&one), tags.label(&one)),
            (false, true, Some("bad call"))
        );
        assert_eq!((tags.has(&other), tags.is_deleted(&other)), (true, false));
        assert!(tags.choices().map(|(id, _)| id).eq([&other]));
        let later = tags.observed(&both[1..], at + jiff::SignedDuration::from_hours(1));
        assert_eq!(later.tags, tags.tags, "it went when it was first seen gone");
        let never_seen = TagId::from("3");
        assert_eq!((tags.has(&never_seen), tags.is_deleted(&never_seen)), (false, false));

        let (one, other) = (OutcomeId::from("1"), OutcomeId::from("2"));
        let both = [(one.clone(), "Busy".to_owned()), (other.clone(), "Connected".to_owned())];
        let outcomes = OutcomeCatalog::default().observed(&both, at).observed(&both[1..], at);
        assert_eq!((outcomes.has(&one), outcomes.label(&one)), (false, Some("Busy")));
        assert!(outcomes.has(&other));
        assert!(outcomes.choices().map(|(id, _)| id).eq([&other]));
    }

    #[test]
    fn what_is_listed_without_a_name_keeps_the_one_it_had_and_is_not_gone() {
        let listed = |label: &str| vec![(TagId::from("1"), label.to_owned())];
        let at = Timestamp::UNIX_EPOCH;
        let tags = TagCatalog::default().observed(&listed("bad call"), at).observed(&listed(""), at);
        assert_eq!((tags.label(&TagId::from("1")), tags.has(&TagId::from("1"))), (Some("bad call"), true));
        let outcomes = OutcomeCatalog::default().observed(&[(OutcomeId::from("x"), String::new())], at);
        assert_eq!(outcomes.label(&OutcomeId::from("x")), Some("x"));
    }
}
