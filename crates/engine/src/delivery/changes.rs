//! Changes of activities that stand, each entered before it is sent.

use std::collections::{BTreeMap, HashMap};

use connectors::{
    gate::Closed,
    hubspot::{Change, Changed},
};
use domain::{
    fault::Fault,
    ids::{ObjectId, StepKey},
    step::{Object, Plan, Receipt, Step, Unanswered},
};
use serde_json::json;
use store::{Begin, OpenStep, Phase, StoreError};

use super::{Delivery, Gained, owner};
use crate::{
    ledger::{About, noun},
    work::{End, Work},
};

impl Delivery<'_> {
    /// Changes what the plans want different.
    pub(super) async fn update(
        &self,
        works: &mut [Work],
        plans: &[Plan],
        object: Object,
        gained: &mut Gained,
    ) -> Result<(), StoreError> {
        let mut changes: BTreeMap<ObjectId, (usize, BTreeMap<String, String>)> = BTreeMap::new();
        for (n, (work, plan)) in works.iter().zip(plans).enumerate().filter(|(_, (work, _))| work.goes_on()) {
            for step in &plan.steps {
                if let Step::Update { object: of, id, properties } = step
                    && *of == object
                    && work.goes_on()
                {
                    changes.insert(id.clone(), (n, properties.clone()));
                }
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.begin(self.begun_changes(works, object, &changes)).await?;
        let rows = changes
            .iter()
            .map(|(id, (_, properties))| Change { id: id.clone(), properties: properties.clone() })
            .collect();
        let answer =
            self.gates.pass(self.workspace, self.session.hubspot.update_activities(object, rows)).await;
        let now = (self.clock)();
        for (id, (n, properties)) in changes {
            let work = &mut works[n];
            let about = About {
                record: work.record.id,
                step: format!("{}:{id}", object.word()),
                what: format!("Update {}", noun(object)),
            };
            let request = json!({ "properties": properties });
            work.closed.push(change_key(object, &id));
            match changed(&answer, &id) {
                Changed::Done => {
                    gained.has_success = true;
                    let place = Some((object.word(), id.as_str()));
                    let entry = about.entry(Phase::Done, place, request, json!({ "id": id }), now);
                    work.take(Receipt::Changed { object, id, properties }, entry);
                }
                Changed::Missing => {
                    work.record.settle(Receipt::Missing { object, id });
                    let why = format!("The {} was deleted in HubSpot; it is left so.", noun(object));
                    work.ledger.push(about.refused(&why, now));
                    work.end = End::Problem(why);
                }
                Changed::Refused(fault) if owner(&fault, &properties).is_some() => {
                    self.leave_owner_out(work, about, &fault, &properties).await;
                }
                Changed::Refused(fault) => {
                    work.ledger.push(about.refused(fault.why(), now));
                    work.fail(&fault, now);
                }
                Changed::Failed(fault) => {
                    work.record.settle(Receipt::Unanswered(unanswered(object, &id, &properties)));
                    work.ledger.push(about.refused(fault.why(), now));
                    work.fail(&fault, now);
                    gained.note(&fault);
                }
            }
        }
        Ok(())
    }

    /// Enters each change before it is sent: after a crash it is not known which of two states HubSpot holds, and what is
    /// wanted by then may be the first again.
    fn begun_changes(
        &self,
        works: &[Work],
        object: Object,
        changes: &BTreeMap<ObjectId, (usize, BTreeMap<String, String>)>,
    ) -> Begin {
        let now = (self.clock)();
        let steps = changes.iter().map(|(id, (n, properties))| OpenStep {
            record: works[*n].record.id,
            key: change_key(object, id),
            begun_at: now,
            step: serde_json::to_value(unanswered(object, id, properties)).unwrap_or_default(),
        });
        Begin { steps: steps.collect(), ..Begin::default() }
    }
}

fn change_key(object: Object, id: &ObjectId) -> StepKey {
    StepKey(format!("{}:{id}", object.word()))
}

fn unanswered(object: Object, id: &ObjectId, properties: &BTreeMap<String, String>) -> Unanswered {
    Unanswered { object, id: id.clone(), properties: properties.clone() }
}

pub(super) type Answer = Result<HashMap<ObjectId, Changed>, Closed>;

/// What HubSpot answered of one object of a batch.
pub(super) fn changed(answer: &Answer, id: &ObjectId) -> Changed {
    match answer {
        Ok(changed) => changed
            .get(id)
            .cloned()
            .unwrap_or_else(|| Changed::Failed(Fault::later("HubSpot's answer leaves the object out."))),
        Err(closed) => Changed::Failed(Fault::from(*closed)),
    }
}
