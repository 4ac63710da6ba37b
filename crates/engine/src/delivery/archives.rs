//! The third round: replaced editions of meetings go to HubSpot's recycle bin.

use std::collections::BTreeMap;

use connectors::hubspot::Changed;
use domain::{
    ids::ObjectId,
    step::{Plan, Receipt, Step},
};
use serde_json::json;
use store::Phase;

use super::{Delivery, Gained, activities::OBJECTS, changes::changed};
use crate::{
    ledger::{About, noun},
    work::Work,
};

impl Delivery<'_> {
    /// Archives what the plans no longer want, once what replaces it stands.
    pub(super) async fn archive(&self, works: &mut [Work], plans: &[Plan], gained: &mut Gained) {
        for object in OBJECTS {
            let mut ids: BTreeMap<ObjectId, usize> = BTreeMap::new();
            for (n, (work, plan)) in works.iter().zip(plans).enumerate() {
                let surplus = plan.steps.iter().filter_map(|step| match step {
                    Step::Archive { object: of, id } if *of == object && work.goes_on() => Some(id.clone()),
                    _ => None,
                });
                ids.extend(surplus.map(|id| (id, n)));
            }
            if ids.is_empty() {
                continue;
            }
            let request = self.session.hubspot.archive(object, ids.keys().cloned().collect());
            let answer = self.gates.pass(self.workspace, request).await;
            let now = (self.clock)();
            for (id, n) in ids {
                let work = &mut works[n];
                let about = About {
                    record: work.record.id,
                    step: format!("{}:{id}", object.word()),
                    what: format!("Delete {}", noun(object)),
                };
                match changed(&answer, &id) {
                    outcome @ (Changed::Done | Changed::Missing) => {
                        gained.has_success = true;
                        let place = Some((object.word(), id.as_str()));
                        let answer = json!({ "found": outcome == Changed::Done });
                        let entry = about.entry(Phase::Done, place, json!({ "id": id }), answer, now);
                        work.take(Receipt::Gone { object, id: id.clone() }, entry);
                    }
                    Changed::Refused(fault) | Changed::Failed(fault) => {
                        work.ledger.push(about.refused(fault.why(), now));
                        work.fail(&fault, now);
                        gained.note(&fault);
                    }
                }
            }
        }
    }
}
