//! Changing and archiving activities in batches, each row with an answer of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    fault::Fault,
    ids::{ContactId, ObjectId},
    step::Object,
};
use serde_json::{Value, json};

use super::{
    Class, Hubspot,
    batch::INPUTS_MAX,
    contact::CONTACTS,
    refusal::{ASSOCIATIONS, Refusal, Trouble},
    wire::Batch,
};

/// Properties of an activity to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub id: ObjectId,
    /// To what; an empty value clears.
    pub properties: BTreeMap<String, String>,
}

/// What became of a change or an archiving. Both may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It stands as wished.
    Done,
    /// There is no such object any more.
    Missing,
    /// It was refused for what it holds. The fault is `Never`.
    Refused(Fault),
    /// It may or may not have happened, for a reason that lies not in the row.
    Failed(Fault),
}

impl Changed {
    /// What a refused association means: a contact that is not there is refused as invalid (reference/hubspot.md §1.5).
    pub(super) fn of_association(trouble: Trouble) -> Self {
        match Self::not(trouble) {
            Self::Refused(Fault::Never { field: Some(field), .. }) if field == ASSOCIATIONS => Self::Missing,
            changed => changed,
        }
    }

    fn not(trouble: Trouble) -> Self {
        match trouble {
            Trouble::NotSent(fault) | Trouble::InDoubt(fault) => Self::Failed(fault),
            Trouble::Refused(refusal) => Self::refused(&refusal),
        }
    }

    fn refused(refusal: &Refusal) -> Self {
        if refusal.is_missing() { Self::Missing } else { Self::Refused(refusal.fault()) }
    }
}

type Told = HashMap<ObjectId, Changed>;

/// Reads what an answer tells of the ids that were sent, and of which it tells nothing.
type Reading = fn(Vec<ObjectId>, Option<Batch>) -> (Told, Vec<ObjectId>);

impl Hubspot {
    /// Changes activities. Changes of one id are joined, the later value wins. Each answer stands under its id.
    pub async fn update_activities(
        &self,
        object: Object,
        changes: Vec<Change>,
    ) -> HashMap<ObjectId, Changed> {
        self.update_all(object.word(), changes).await
    }

    /// Changes contacts, as `update_activities` does. Each answer stands under its id.
    pub async fn update_contacts(
        &self,
        changes: Vec<(ContactId, BTreeMap<String, String>)>,
    ) -> HashMap<ContactId, Changed> {
        let changes = changes.into_iter().map(|(id, properties)| Change { id: ObjectId(id.0), properties });
        let told = self.update_all(CONTACTS, changes.collect()).await;
        told.into_iter().map(|(id, changed)| (ContactId(id.0), changed)).collect()
    }

    async fn update_all(&self, object: &str, changes: Vec<Change>) -> HashMap<ObjectId, Changed> {
        // The same id twice refuses the whole request (§1.3).
        let mut joined: BTreeMap<ObjectId, BTreeMap<String, String>> = BTreeMap::new();
        for change in changes {
            joined.entry(change.id).or_default().extend(change.properties);
        }
        let path = format!("{}/batch/update", self.settings.version.objects(object));
        let inputs = joined
            .iter()
            .map(|(id, properties)| {
                let input = json!({ "id": id, "properties": properties, "objectWriteTraceId": id });
                (id.clone(), input)
            })
            .collect();
        let Sent { mut told, untold, stopped } = self.send_batches(&path, inputs, told_of_update).await;
        for id in untold {
            let fate = match &stopped {
                Some(fault) => Changed::Failed(fault.clone()),
                None => self.update(object, &id, &joined[&id]).await,
            };
            told.insert(id, fate);
        }
        told
    }

    /// Changes one object: for one that a batch says nothing of, as it does of merged ones (§1.3).
    async fn update(&self, object: &str, id: &ObjectId, properties: &BTreeMap<String, String>) -> Changed {
        let path = format!("{}/{id}", self.settings.version.objects(object));
        let done = self.patch::<Value>(&path, &json!({ "properties": properties })).await;
        done.map_or_else(Changed::not, |_| Changed::Done)
    }

    /// Moves activities to the recycle bin; one that is gone already is `Done`. Each answer stands under its id.
    pub async fn archive(&self, object: Object, ids: Vec<ObjectId>) -> HashMap<ObjectId, Changed> {
        let path = format!("{}/batch/archive", self.settings.version.objects(object.word()));
        let ids: BTreeSet<ObjectId> = ids.into_iter().collect();
        let inputs = ids.into_iter().map(|id| (id.clone(), json!({ "id": id }))).collect();
        let Sent { mut told, untold, stopped } = self.send_batches(&path, inputs, told_of_archive).await;
        for changed in told.values_mut() {
            if *changed == Changed::Missing {
                *changed = Changed::Done;
            }
        }
        let fault =
            stopped.unwrap_or_else(|| Fault::later("HubSpot's answer does not say what became of it."));
        told.extend(untold.into_iter().map(|id| (id, Changed::Failed(fault.clone()))));
        told
    }

    /// Sends inputs in batches; a request that is refused whole is sent again in halves, so that a bad row stands
    /// alone in the end. Once HubSpot is down, over a limit or lost, nothing more is sent.
    async fn send_batches(&self, path: &str, inputs: Vec<(ObjectId, Value)>, read: Reading) -> Sent {
        let mut sent = Sent::default();
        let mut waiting: Vec<&[(ObjectId, Value)]> = inputs.chunks(INPUTS_MAX).rev().collect();
        while let Some(chunk) = waiting.pop() {
            let ids: Vec<ObjectId> = chunk.iter().map(|(id, _)| id.clone()).collect();
            let rows: Vec<&Value> = chunk.iter().map(|(_, input)| input).collect();
            match self.post::<Option<Batch>>(Class::General, path, &json!({ "inputs": rows })).await {
                Ok(batch) => {
                    let (told, untold) = read(ids, batch);
                    sent.told.extend(told);
                    sent.untold.extend(untold);
                }
                Err(Trouble::Refused(_)) if chunk.len() > 1 => {
                    let (one, other) = chunk.split_at(chunk.len() / 2);
                    waiting.extend([other, one]);
                }
                Err(Trouble::Refused(refusal)) => {
                    let changed = Changed::refused(&refusal);
                    sent.told.extend(ids.into_iter().map(|id| (id, changed.clone())));
                }
                Err(Trouble::NotSent(fault) | Trouble::InDoubt(fault)) => {
                    sent.untold.extend(ids);
                    sent.untold.extend(waiting.drain(..).flatten().map(|(id, _)| id.clone()));
                    sent.stopped = Some(fault);
                }
            }
        }
        sent
    }
}

/// How far the batches came.
#[derive(Default)]
struct Sent {
    told: Told,
    /// Of these no answer tells.
    untold: Vec<ObjectId>,
    /// Why no more was sent.
    stopped: Option<Fault>,
}

/// Reads the answer to an update: results by id, errors by the ids or traces that they name.
fn told_of_update(ids: Vec<ObjectId>, batch: Option<Batch>) -> (Told, Vec<ObjectId>) {
    let batch = batch.unwrap_or_default();
    let mut told = errors(&ids, batch.errors);
    for result in batch.results.unwrap_or_default() {
        told.insert(ObjectId(result.id), Changed::Done);
    }
    told.retain(|id, _| ids.contains(id));
    let untold = ids.into_iter().filter(|id| !told.contains_key(id)).collect();
    (told, untold)
}

/// Reads the answer to an archiving: 204, or perhaps errors for some.
fn told_of_archive(ids: Vec<ObjectId>, batch: Option<Batch>) -> (Told, Vec<ObjectId>) {
    let mut told = HashMap::new();
    let mut is_unclear = false;
    if let Some(batch) = batch {
        is_unclear = batch.errors.iter().any(|error| named(error).is_empty());
        told = errors(&ids, batch.errors);
    }
    let (untold, done): (Vec<ObjectId>, Vec<ObjectId>) =
        ids.into_iter().filter(|id| !told.contains_key(id)).partition(|_| is_unclear);
    told.extend(done.into_iter().map(|id| (id, Changed::Done)));
    (told, untold)
}

fn errors(ids: &[ObjectId], errors: Vec<super::wire::Error>) -> Told {
    let mut told = HashMap::new();
    for error in errors {
        let named = named(&error);
        let changed = Changed::not(Trouble::entry(error));
        let about = ids.iter().filter(|id| named.contains(&id.0));
        told.extend(about.map(|id| (id.clone(), changed.clone())));
    }
    told
}

/// The ids that an error is about: all missing ones share one entry (§1.3); the trace of an update is its id.
fn named(error: &super::wire::Error) -> Vec<String> {
    ["ids", "id", "objectWriteTraceId"].iter().flat_map(|key| error.context(key)).collect()
}
