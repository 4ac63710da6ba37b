//! Creates whose answer never came: settled by looking, not by sending again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use connectors::hubspot::{Found, Guard};
use domain::{
    fault::Fault,
    ids::{ContactId, ObjectId, RecordId, StepKey, WorkspaceId},
    record::Held,
    step::{Object, Receipt, Unanswered},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{OpenStep, Phase, Store};

use crate::{
    asking::SEARCH_LAG,
    ledger::{About, noun},
    session::Session,
    work::{End, Work},
};

/// A create as it was begun: enough to recognise what it may have made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// What was to be made.
    pub object: Object,
    /// With which properties.
    pub properties: BTreeMap<String, String>,
    /// For whom.
    pub contacts: Vec<ContactId>,
    /// In which account; none is known of what was begun before this was kept.
    #[serde(default)]
    pub portal: Option<String>,
    /// What it is known by in our property; none of what was begun before workspaces of one account were told apart.
    #[serde(default)]
    pub mark: Option<String>,
}

impl Begun {
    /// What the create of a step is known by in our property.
    pub fn mark<'a>(&'a self, key: &'a StepKey) -> &'a str {
        self.mark.as_deref().unwrap_or(&key.0)
    }
}

/// Takes in what was begun and never answered. A change is written again, as it is to be by now; a create stays open, until it
/// is looked for.
pub fn take(work: &mut Work) {
    for open in std::mem::take(&mut work.open) {
        if let Ok(sent) = serde_json::from_value::<Unanswered>(open.step.clone()) {
            work.record.settle(Receipt::Unanswered(sent));
            work.closed.push(open.key);
        } else {
            if let Some(begun) = begun(&open) {
                work.record.was_sent(begun.object, &begun.properties);
            }
            work.open.push(open);
        }
    }
}

/// What a workspace's create is known by in our property: two of them may write to one account, and what a source calls its
/// bookings is its own.
pub fn mark(workspace: WorkspaceId, key: &StepKey) -> String {
    format!("{}/{key}", workspace.0)
}

/// Settles all creates in doubt of a batch. A record whose doubt cannot be settled yet waits.
///
/// Returns the last fault of HubSpot as a whole that kept a doubt from being settled.
pub async fn settle(
    session: &Session,
    store: &Store,
    workspace: WorkspaceId,
    works: &mut [Work],
    now: Timestamp,
) -> Option<Fault> {
    let mut last = None;
    for object in [Object::Calls, Object::Meetings, Object::Tasks] {
        let marks: BTreeSet<String> = works
            .iter()
            .flat_map(|work| &work.open)
            .filter_map(|open| Some((open, begun(open).filter(|begun| begun.object == object)?)))
            .map(|(open, begun)| begun.mark(&open.key).to_owned())
            .collect();
        if marks.is_empty() {
            continue;
        }
        let fault = match session.guards.of(object) {
            Guard::UniqueProperty => settle_by_key(session, works, object, &marks, now).await,
            Guard::Lookup => {
                let claims = Claims::of(session, store, workspace, works);
                settle_by_look(session, claims, works, object, now).await
            }
        };
        last = fault.filter(|fault| !matches!(fault, Fault::Never { .. })).or(last);
    }
    last
}

/// What was begun.
pub fn begun(open: &OpenStep) -> Option<Begun> {
    serde_json::from_value(open.step.clone()).ok()
}

async fn settle_by_key(
    session: &Session,
    works: &mut [Work],
    object: Object,
    marks: &BTreeSet<String>,
    now: Timestamp,
) -> Option<Fault> {
    let found = session.hubspot.find_by_key(object, marks).await;
    each_open(works, object, |work, open, begun| match &found {
        Ok(found) => take_look(work, &open, object, found.get(begun.mark(&open.key)), now),
        Err(fault) => work.fail(fault, now),
    });
    found.err()
}

/// Without a unique property: reads the contact's activities, which is consistent; only where there is no contact the
/// search must tell, and then after its lag.
async fn settle_by_look(
    session: &Session,
    mut claims: Claims<'_>,
    works: &mut [Work],
    object: Object,
    now: Timestamp,
) -> Option<Fault> {
    let mut last = None;
    let mut seen: HashMap<ContactId, Result<Vec<Found>, Fault>> = HashMap::new();
    for work in works.iter_mut() {
        for open in std::mem::take(&mut work.open) {
            let Some(begun) = begun(&open).filter(|begun| begun.object == object) else {
                work.open.push(open);
                continue;
            };
            let candidates = match begun.contacts.first() {
                Some(contact) => {
                    if !seen.contains_key(contact) {
                        let read = session.hubspot.activities_of(contact, object).await;
                        seen.insert(contact.clone(), read);
                    }
                    seen[contact].clone()
                }
                None if now < open.begun_at + SEARCH_LAG => {
                    work.open.push(open.clone());
                    work.end = End::Waits {
                        why: "The answer to a create was lost; HubSpot's search shows after a while whether it was made."
                            .to_owned(),
                        until: Some(open.begun_at + SEARCH_LAG),
                    };
                    continue;
                }
                None => session.hubspot.search_activities(object, &natural(&begun)).await,
            };
            let same = match candidates {
                Ok(candidates) => {
                    let same = candidates.into_iter().filter(|found| is_same(found, &begun));
                    claims.first_free(object, same.collect(), work).await
                }
                Err(fault) => Err(fault),
            };
            match same {
                Ok(same) => {
                    take_look(work, &open, object, same.as_ref(), now);
                    if same.is_some() {
                        // Kept before anything is changed in it: after a crash in between it would look like another's.
                        work.end = End::Again;
                    }
                }
                Err(fault) => {
                    work.open.push(open);
                    work.fail(&fault, now);
                    last = Some(fault);
                }
            }
        }
    }
    last
}

/// Which activities are taken: two calls of one moment, or two equal bookings, are alike, and are not one.
struct Claims<'a> {
    session: &'a Session,
    store: &'a Store,
    workspace: WorkspaceId,
    /// Of the records of the batch.
    held: BTreeMap<(Object, ObjectId), RecordId>,
}

impl<'a> Claims<'a> {
    fn of(session: &'a Session, store: &'a Store, workspace: WorkspaceId, works: &[Work]) -> Self {
        let held = works.iter().flat_map(|work| {
            let id = work.record.id;
            work.record.held.iter().map(move |held| ((held.object, held.id.clone()), id))
        });
        Self { session, store, workspace, held: held.collect() }
    }

    /// The first that no other record holds; it is the record's from now on.
    async fn first_free(
        &mut self,
        object: Object,
        alike: Vec<Found>,
        work: &Work,
    ) -> Result<Option<Found>, Fault> {
        let record = work.record.id;
        let is_other = |holder: &RecordId| *holder != record && !work.absorbed.contains(holder);
        for found in alike {
            let place = (object, found.id.clone());
            if self.held.get(&place).is_some_and(is_other) {
                continue;
            }
            let holders = self.store.holders(self.workspace, object.word(), found.id.as_str()).await;
            let holders = holders.map_err(|error| Fault::later(error.to_string()))?;
            if holders.iter().any(is_other) || !self.session.adopt(&place, record) {
                continue;
            }
            self.held.insert(place, record);
            return Ok(Some(found));
        }
        Ok(None)
    }
}

/// What recognises an activity that carries no key of ours.
fn natural(begun: &Begun) -> Vec<(&'static str, String)> {
    let names: &[&'static str] = match begun.object {
        Object::Calls => &["hs_timestamp", "hs_call_direction", "hs_call_from_number", "hs_call_to_number"],
        Object::Meetings => &["hs_timestamp", "hs_meeting_end_time", "hs_meeting_title"],
        Object::Tasks => &["hs_timestamp", "hs_task_subject"],
    };
    let value = |name: &&'static str| begun.properties.get(*name).map(|value| (*name, value.clone()));
    names.iter().filter_map(value).collect()
}

/// What tells alike activities apart, beyond what a search can ask for.
const fn further(object: Object) -> &'static [&'static str] {
    match object {
        Object::Calls => &["hs_call_title", "hs_call_status", "hs_call_duration"],
        Object::Meetings => &["hs_meeting_outcome", "hs_meeting_location"],
        Object::Tasks => &[],
    }
}

fn is_same(found: &Found, begun: &Begun) -> bool {
    let further =
        further(begun.object).iter().filter_map(|name| Some((*name, begun.properties.get(*name)?.clone())));
    natural(begun).into_iter().chain(further).all(|(name, value)| {
        let theirs = found.properties.get(name).map_or("", String::as_str);
        theirs.split_whitespace().eq(value.split_whitespace()) || same_time(theirs, &value)
    })
}

/// HubSpot gives times back with milliseconds, whatever was sent.
fn same_time(one: &str, other: &str) -> bool {
    matches!((one.parse::<Timestamp>(), other.parse::<Timestamp>()), (Ok(one), Ok(other)) if one == other)
}

fn each_open(works: &mut [Work], object: Object, mut act: impl FnMut(&mut Work, OpenStep, Begun)) {
    for work in works {
        let (of_object, others): (Vec<OpenStep>, Vec<OpenStep>) = std::mem::take(&mut work.open)
            .into_iter()
            .partition(|open| begun(open).is_some_and(|begun| begun.object == object));
        work.open = others;
        for open in of_object {
            if let Some(begun) = begun(&open) {
                act(work, open, begun);
            }
        }
    }
}

/// Takes in what the look showed: there, or not there and free to be made again.
fn take_look(work: &mut Work, open: &OpenStep, object: Object, found: Option<&Found>, now: Timestamp) {
    let about = About {
        record: work.record.id,
        step: open.key.0.clone(),
        what: format!("Look whether the {} was made", noun(object)),
    };
    work.closed.push(open.key.clone());
    let Some(found) = found else {
        let answer = json!({ "found": false });
        work.ledger.push(about.entry(Phase::Found, None, Value::Null, answer, now));
        return;
    };
    let contacts = begun(open).map(|begun| begun.contacts).unwrap_or_default();
    adopt(work, object, &open.key, found, contacts, &about, now);
}

/// Takes an activity that stands in HubSpot for the record's own.
pub fn adopt(
    work: &mut Work,
    object: Object,
    key: &StepKey,
    found: &Found,
    contacts: Vec<ContactId>,
    about: &About,
    now: Timestamp,
) {
    let held = Held {
        object,
        id: found.id.clone(),
        key: key.clone(),
        properties: comparable(&found.properties),
        contacts,
    };
    let entry = about.entry(
        Phase::Found,
        Some((object.word(), found.id.as_str())),
        Value::Null,
        json!({ "found": true }),
        now,
    );
    work.take(Receipt::Made(held), entry);
}

/// HubSpot's values in the form in which we write them, so that an equal time is no difference.
fn comparable(properties: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_time =
        |name: &str| matches!(name, "hs_timestamp" | "hs_meeting_start_time" | "hs_meeting_end_time");
    properties
        .iter()
        .map(|(name, value)| {
            let value = match value.parse::<Timestamp>() {
                Ok(at) if is_time(name) => at.to_string(),
                _ => value.clone(),
            };
            (name.clone(), value)
        })
        .collect()
}
