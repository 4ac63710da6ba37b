//! The second round: calls, meetings and tasks made, each followed by the changes of its kind.

use std::collections::{BTreeMap, BTreeSet};

use connectors::{
    gate::Closed,
    hubspot::{ASSOCIATIONS, Guard, KEY_PROPERTY, Made, NewActivity},
};
use domain::{
    contact::ContactKey,
    fault::Fault,
    ids::{ContactId, ObjectId, StepKey},
    record::Held,
    step::{ContactRef, Object, Plan, Receipt, Step},
};
use serde_json::{Value, json};
use store::{Begin, OpenStep, Phase, StoreError};

use super::{Delivery, Gained, contacts::Outcome, in_doubt, owner};
use crate::{
    doubt::{self, Begun},
    ledger::{About, noun},
    work::{End, Work},
};

/// Tasks come first: a call that is logged asks for its task no more (C17).
pub(super) const OBJECTS: [Object; 3] = [Object::Tasks, Object::Calls, Object::Meetings];

/// How often in a row a create may find that its contact is gone before a person has to look: the search shows a deleted
/// contact for a while.
const CONTACT_GONE_MAX: u32 = 6;

/// A create on its way.
struct Creating {
    work: usize,
    key: StepKey,
    begun: Begun,
}

impl Delivery<'_> {
    /// Makes and changes the activities of all plans.
    pub(super) async fn write_activities(
        &self,
        works: &mut [Work],
        plans: &[Plan],
        made: &BTreeMap<ContactKey, Outcome>,
        gained: &mut Gained,
    ) -> Result<(), StoreError> {
        let mut refused_tasks = Vec::new();
        for object in OBJECTS {
            let creating = self.creating(works, plans, made, object);
            if !creating.is_empty() {
                self.begin(self.begun_activities(works, &creating)).await?;
                self.create(works, object, &creating, gained).await;
            }
            if object == Object::Tasks {
                refused_tasks = set_problems_aside(works, &creating);
            }
            self.update(works, plans, object, gained).await?;
        }
        for (n, end) in refused_tasks {
            if works[n].goes_on() {
                works[n].end = end;
            }
        }
        Ok(())
    }

    /// The creates that the plans ask for, each for whom it may be by now.
    fn creating(
        &self,
        works: &[Work],
        plans: &[Plan],
        made: &BTreeMap<ContactKey, Outcome>,
        object: Object,
    ) -> Vec<Creating> {
        let mut creating = Vec::new();
        let going_on = works.iter().zip(plans).enumerate().filter(|(_, (work, _))| work.goes_on());
        for (n, (_, plan)) in going_on {
            for step in &plan.steps {
                let Step::Create { key, object: of, properties, contacts } = step else { continue };
                if *of != object {
                    continue;
                }
                let known: Vec<ContactId> =
                    contacts.iter().filter_map(|contact| known(contact, made)).collect();
                let mut unique: Vec<ContactId> = Vec::new();
                for contact in known {
                    if !unique.contains(&contact) {
                        unique.push(contact);
                    }
                }
                let portal = self.session.portal.clone();
                let mark = Some(doubt::mark(self.workspace, key));
                let begun = Begun { object, properties: properties.clone(), contacts: unique, portal, mark };
                creating.push(Creating { work: n, key: key.clone(), begun });
            }
        }
        creating
    }

    /// Enters each create before it is sent: what follows may be cut off at any point.
    fn begun_activities(&self, works: &mut [Work], creating: &[Creating]) -> Begin {
        let now = (self.clock)();
        let mut begin = Begin::default();
        for one in creating {
            let work = &mut works[one.work];
            // A doubt of before that was settled just now must not close what is begun anew under the same key.
            work.closed.retain(|key| *key != one.key);
            begin.steps.push(OpenStep {
                record: work.record.id,
                key: one.key.clone(),
                begun_at: now,
                step: serde_json::to_value(&one.begun).unwrap_or_default(),
            });
            let request = json!({ "properties": self.sent(one), "contacts": one.begun.contacts });
            begin.ledger.push(about(work, one).entry(Phase::Begun, None, request, Value::Null, now));
        }
        begin
    }

    /// The properties that a create is sent with: our key among them, where the account keeps it unique.
    fn sent(&self, one: &Creating) -> BTreeMap<String, String> {
        let mut properties = one.begun.properties.clone();
        if self.session.guards.of(one.begun.object) == Guard::UniqueProperty {
            properties.insert(KEY_PROPERTY.to_owned(), one.begun.mark(&one.key).to_owned());
        }
        properties
    }

    async fn create(&self, works: &mut [Work], object: Object, creating: &[Creating], gained: &mut Gained) {
        let rows = creating.iter().map(|one| NewActivity {
            trace: one.key.0.clone(),
            properties: self.sent(one),
            contacts: one.begun.contacts.clone(),
        });
        let request = self.session.hubspot.create_activities(object, rows.collect());
        let answer = self.gates.pass(self.workspace, request).await;
        let now = (self.clock)();
        for one in creating {
            let work = &mut works[one.work];
            let about = about(work, one);
            let made = match &answer {
                Ok(made) => made.get(&one.key.0).cloned(),
                Err(Closed::Before) => Some(Made::NotSent(Fault::from(Closed::Before))),
                Err(Closed::Amid) => Some(Made::InDoubt("HubSpot was disconnected".to_owned())),
            };
            match made {
                Some(Made::Created { id, url }) => {
                    gained.has_success = true;
                    work.closed.push(one.key.clone());
                    let held = held(one, id.clone());
                    let answer = json!({ "id": id, "url": url });
                    let entry = about.entry(
                        Phase::Done,
                        Some((object.word(), id.as_str())),
                        Value::Null,
                        answer,
                        now,
                    );
                    work.take(Receipt::Made(held), entry);
                }
                Some(Made::Exists { .. }) => self.adopt_existing(work, one, &about, gained).await,
                Some(Made::Refused(fault)) if owner(&fault, &one.begun.properties).is_some() => {
                    work.closed.push(one.key.clone());
                    self.leave_owner_out(work, about, &fault, &one.begun.properties).await;
                }
                Some(Made::Refused(fault)) => {
                    work.closed.push(one.key.clone());
                    work.ledger.push(about.refused(fault.why(), now));
                    if object != Object::Tasks || is_contact_gone(&fault) {
                        // Whoever was linked may be the reason: the next attempt asks again.
                        work.record.contact = None;
                        work.record.companions.clear();
                    }
                    if is_contact_gone(&fault) && work.attempts < CONTACT_GONE_MAX {
                        work.fail(&Fault::later(fault.why()), now);
                    } else {
                        work.fail(&fault, now);
                    }
                }
                Some(Made::NotSent(fault)) => {
                    work.closed.push(one.key.clone());
                    work.ledger.push(about.refused(fault.why(), now));
                    work.fail(&fault, now);
                    gained.note(&fault);
                }
                Some(Made::InDoubt(why)) => {
                    gained.note(&Fault::later(why.clone()));
                    leave_in_doubt(work, &about, &why, now);
                }
                None => leave_in_doubt(work, &about, "the answer leaves it out", now),
            }
        }
    }

    /// HubSpot has an activity with our key already: made before a crash, or by an installation before this one.
    async fn adopt_existing(&self, work: &mut Work, one: &Creating, about: &About, gained: &mut Gained) {
        let object = one.begun.object;
        let mark = one.begun.mark(&one.key);
        let wanted = BTreeSet::from([mark.to_owned()]);
        let found = self.gates.pass(self.workspace, self.session.hubspot.find_by_key(object, &wanted)).await;
        let now = (self.clock)();
        match found {
            Ok(Ok(found)) => {
                work.closed.push(one.key.clone());
                if let Some(found) = found.get(mark) {
                    let contacts = one.begun.contacts.clone();
                    doubt::adopt(work, object, &one.key, found, contacts, about, now);
                    work.end = End::Again;
                    return;
                }
                work.end = End::Problem(format!(
                    "HubSpot refuses the {} because one with the key {mark} exists, and does not show it. It may be in \
                     HubSpot's recycle bin: restore it there, then retry.",
                    noun(object),
                ));
                work.ledger.push(about.refused("a key of ours is taken by an object that is not shown", now));
            }
            Ok(Err(fault)) => {
                gained.note(&fault);
                work.fail(&fault, now);
            }
            Err(closed) => work.fail(&Fault::from(closed), now),
        }
    }
}

fn about(work: &Work, one: &Creating) -> About {
    About {
        record: work.record.id,
        step: one.key.0.clone(),
        what: format!("Create {}", noun(one.begun.object)),
    }
}

fn held(one: &Creating, id: ObjectId) -> Held {
    Held {
        object: one.begun.object,
        id,
        key: one.key.clone(),
        properties: one.begun.properties.clone(),
        contacts: one.begun.contacts.clone(),
    }
}

fn leave_in_doubt(work: &mut Work, about: &About, why: &str, now: jiff::Timestamp) {
    let answer = json!({ "why": why });
    work.ledger.push(about.entry(Phase::InDoubt, None, Value::Null, answer, now));
    work.fail(&in_doubt(why), now);
}

/// A refused task does not keep the call from being logged; it is told once that is done.
fn set_problems_aside(works: &mut [Work], creating: &[Creating]) -> Vec<(usize, End)> {
    let mut aside = Vec::new();
    for one in creating {
        let work = &mut works[one.work];
        if matches!(work.end, End::Problem(_)) {
            work.record.owes_task = true;
            aside.push((one.work, std::mem::replace(&mut work.end, End::Settled)));
        }
    }
    aside
}

/// Whether a create was refused because a contact that it was for is not there any more.
fn is_contact_gone(fault: &Fault) -> bool {
    matches!(fault, Fault::Never { field: Some(field), .. } if field == ASSOCIATIONS)
}

/// HubSpot's id of a contact, if it has one by now.
pub(super) fn known(contact: &ContactRef, made: &BTreeMap<ContactKey, Outcome>) -> Option<ContactId> {
    match contact {
        ContactRef::Known(id) => Some(id.clone()),
        ContactRef::Made(key) => made.get(key).and_then(|outcome| outcome.as_ref().ok()).cloned(),
    }
}
