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
        let listed: BTreeMap<&OutcomeId, &String> = listed.iter().map(|(id, label)| (id, label)).collect();
        for (id, label) in &listed {
            match next.outcomes.get_mut(*id) {
                None => {
                    let seen = SeenOutcome {
                        label: (*label).clone(),
                        new_at: (!is_first).then_some(now),
                        renamed_at: None,
                        renamed_before: Vec::new(),
                        gone_at: None,
                    };
                    next.outcomes.insert((*id).clone(), seen);
                }
                Some(seen) => {
                    if seen.label != **label || seen.gone_at.is_some() {
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
            next.tags.insert(id.clone(), SeenTag { label: label.clone(), gone_at: None });
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
