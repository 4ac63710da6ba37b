//! Answers that are young enough to be given again.

use std::collections::HashMap;

use domain::contact::{ContactAnswer, ContactQuery};
use jiff::{SignedDuration, Timestamp};

/// How long an answer is given again while a lane works off a backlog. HubSpot's search is behind by as much itself, as
/// others tell (reference/hubspot.md §1.4), so that asking again sooner would rarely tell more.
const AGE_MAX: SignedDuration = SignedDuration::from_secs(10);

/// Contacts found for the batches that a lane takes up in one go: a backlog holds many calls of the same people.
///
/// Only what was found is kept. A contact that is deleted meanwhile is refused when it is written to, and asked for again.
#[derive(Debug, Default)]
pub struct Young {
    /// When the connection that answered was last changed: another one may be another account's.
    changed_at: Option<Timestamp>,
    known: HashMap<ContactQuery, (Timestamp, ContactAnswer)>,
}

impl Young {
    /// Forgets all that another connection answered.
    pub fn bind(&mut self, changed_at: Timestamp) {
        if self.changed_at != Some(changed_at) {
            *self = Self { changed_at: Some(changed_at), known: HashMap::new() };
        }
    }

    /// The answer given to this query a short while ago.
    pub fn recall(&self, query: &ContactQuery, now: Timestamp) -> Option<ContactAnswer> {
        let (at, answer) = self.known.get(query)?;
        (now.duration_since(*at) < AGE_MAX).then(|| answer.clone())
    }

    /// Keeps answers, and drops those that have grown old.
    pub fn keep(&mut self, answers: impl Iterator<Item = (ContactQuery, ContactAnswer)>, now: Timestamp) {
        self.known.retain(|_, (at, _)| now.duration_since(*at) < AGE_MAX);
        let found = answers.filter(|(_, answer)| matches!(answer, ContactAnswer::Found(_)));
        self.known.extend(found.map(|(query, answer)| (query, (now, answer))));
    }
}
