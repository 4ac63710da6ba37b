//! Envelopes become events, events fold into records. Records of one booking that carry different ids become one.

use std::collections::BTreeSet;

use domain::{
    event::{Event, Unreadable},
    ids::{RecordId, WorkspaceId},
    record::Record,
    source::Source,
};
use jiff::Timestamp;
use store::{Claimed, Envelope, Mark, Store, StoreError, Taken};

use crate::{
    doubt,
    work::{End, Work},
};

/// Reads and folds what a lane claimed.
///
/// Envelopes that say nothing of a call or a booking are marked and make no work. What turns out to be one with a record
/// that the lane has in hand already is put back: its envelopes stay unread. What comes late for a record that retention has
/// taken makes no other: HubSpot holds its activity, and nobody here knows any more as what.
pub async fn read(
    store: &Store,
    workspace: WorkspaceId,
    claimed: Vec<Claimed>,
    in_hand: &Taken,
    now: Timestamp,
) -> Result<(Vec<Work>, Vec<(i64, Mark)>), StoreError> {
    let mut works: Vec<Work> = Vec::new();
    let mut marks = Vec::new();
    for one in claimed {
        let is_swept = one.is_swept;
        let read = fold(workspace, one, now);
        marks.extend(read.marks);
        let Some(mut work) = read.work else { continue };
        // A time that is still ahead is another than the one that is over: that meeting is a new one.
        if is_swept && !work.record.is_ahead(now) {
            marks.extend(work.marks.into_iter().map(|(seq, _)| (seq, Mark::Ignored)));
            continue;
        }
        join_stored(store, workspace, &mut work, &read.other_links).await?;
        if is_in_hand(&work, in_hand) {
            continue;
        }
        if read.is_old_news && work.absorbed.is_empty() {
            marks.extend(work.marks);
            continue;
        }
        // One that ties two others makes all three one.
        let same: Vec<Work> = works.extract_if(.., |other| is_same(other, &work)).collect();
        let joined = same.into_iter().chain([work]).reduce(|mut one, other| {
            join(&mut one, other);
            one
        });
        works.extend(joined);
    }
    works.iter_mut().for_each(doubt::take);
    Ok((works, marks))
}

struct Read {
    work: Option<Work>,
    /// All of it was known, and HubSpot holds it: it stays as it is there, by whatever settings it was written and whoever
    /// has edited it since.
    is_old_news: bool,
    marks: Vec<(i64, Mark)>,
    other_links: BTreeSet<String>,
}

fn fold(workspace: WorkspaceId, claimed: Claimed, now: Timestamp) -> Read {
    let Claimed { subject, source, record: stored, envelopes, open, .. } = claimed;
    let id =
        stored.as_ref().map_or_else(|| RecordId::of(workspace, source, &subject), |stored| stored.record.id);
    let is_known = stored.is_some();
    let mut record = stored
        .as_ref()
        .map_or_else(|| Record::new(id, source, subject.clone()), |stored| stored.record.clone());
    let mut keys = BTreeSet::from([subject, record.external_id.clone()]);
    let mut other_links = BTreeSet::new();
    let mut marks = Vec::new();
    let mut own_marks = Vec::new();
    let came_at = envelopes.first().map(|envelope| envelope.received_at);
    let heard_at = envelopes.iter().map(|envelope| envelope.received_at).max();
    for envelope in envelopes {
        match event(source, &envelope) {
            Ok(Event::Ignored { .. }) => marks.push((envelope.seq, Mark::Ignored)),
            Ok(event) => {
                other_links.extend(named_beside(&event));
                record.take(event);
                own_marks.push((envelope.seq, Mark::Read(id)));
            }
            Err(Unreadable { field, problem }) => {
                marks.push((envelope.seq, Mark::Unreadable { field, problem }));
            }
        }
    }
    keys.extend(other_links.iter().cloned());
    keys.insert(record.external_id.clone());
    let has_work = is_known || !own_marks.is_empty();
    let is_old_news = !own_marks.is_empty()
        && open.is_empty()
        && stored.as_ref().is_some_and(|stored| stored.is_settled() && stored.record == record);
    let work = has_work.then(|| Work {
        record,
        keys: keys.into_iter().collect(),
        absorbed: Vec::new(),
        marks: own_marks,
        open,
        attempts: stored.as_ref().map_or(0, |stored| stored.attempts),
        moment: now,
        questions: domain::question::Questions::default(),
        answers: domain::question::Answers::default(),
        closed: Vec::new(),
        ledger: Vec::new(),
        was_held: stored.as_ref().is_some_and(|stored| !stored.record.held.is_empty()),
        since: stored.as_ref().and_then(|stored| stored.unwritten_since).or(came_at),
        heard_at,
        end: End::Settled,
        afterwards: None,
    });
    Read { work, is_old_news, marks, other_links }
}

fn event(source: Source, envelope: &Envelope) -> Result<Event, Unreadable> {
    let body = connectors::source::parse(&envelope.body)
        .map_err(|_| Unreadable { field: "body".to_owned(), problem: "is not JSON".to_owned() })?;
    connectors::read(source, &body)
}

/// The other ids of a booking that a webhook names: those before and after a move.
fn named_beside(event: &Event) -> Vec<String> {
    match event {
        Event::Booking(said) => said.other_links().map(str::to_owned).collect(),
        Event::Call(_) | Event::Ignored { .. } => Vec::new(),
    }
}

/// Joins the records that are stored under the other ids.
async fn join_stored(
    store: &Store,
    workspace: WorkspaceId,
    work: &mut Work,
    other_links: &BTreeSet<String>,
) -> Result<(), StoreError> {
    for link in other_links {
        let Some(other) = store.record_by_key(workspace, work.record.source, link).await? else { continue };
        if other.record.id == work.record.id {
            continue;
        }
        let absorbed = other.record.id;
        work.open.extend(store.open_steps(workspace, absorbed).await?);
        work.keys.push(other.record.external_id.clone());
        work.record.merge(other.record);
        work.absorbed.push(absorbed);
    }
    Ok(())
}

fn is_in_hand(work: &Work, in_hand: &Taken) -> bool {
    in_hand.records.contains(&work.record.id)
        || work.absorbed.iter().any(|absorbed| in_hand.records.contains(absorbed))
        || work.names().any(|name| in_hand.names.contains(&name))
}

fn is_same(one: &Work, other: &Work) -> bool {
    one.record.source == other.record.source
        && (one.record.id == other.record.id
            || one.absorbed.contains(&other.record.id)
            || other.absorbed.contains(&one.record.id)
            || one.keys.iter().any(|key| other.keys.contains(key)))
}

fn join(one: &mut Work, other: Work) {
    let survivor = one.record.id;
    if other.record.id != survivor {
        one.absorbed.push(other.record.id);
    }
    one.absorbed.extend(other.absorbed);
    one.absorbed.retain(|absorbed| *absorbed != survivor);
    one.keys.extend(other.keys);
    one.marks.extend(other.marks.into_iter().map(|(seq, _)| (seq, Mark::Read(survivor))));
    one.open.extend(other.open);
    one.was_held |= other.was_held;
    one.heard_at = one.heard_at.max(other.heard_at);
    one.since = [one.since, other.since].into_iter().flatten().min();
    one.record.merge(other.record);
}
