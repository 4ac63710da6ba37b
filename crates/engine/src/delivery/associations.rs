//! Contacts that join or leave an activity that stands: seats taken and given up, guests added (M11).

use std::collections::BTreeMap;

use connectors::hubspot::Changed;
use domain::{
    contact::ContactKey,
    fault::Fault,
    ids::{ContactId, ObjectId},
    step::{Object, Plan, Receipt, Step},
};
use serde_json::json;
use store::Phase;

use super::{Delivery, Gained, activities::known, contacts::Outcome};
use crate::{
    ledger::{About, noun},
    work::Work,
};

/// Whether a contact joins or leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl Delivery<'_> {
    /// Carries out what the plans say of associations.
    pub(super) async fn reassociate(
        &self,
        works: &mut [Work],
        plans: &[Plan],
        made: &BTreeMap<ContactKey, Outcome>,
        gained: &mut Gained,
    ) {
        for (work, plan) in works.iter_mut().zip(plans) {
            for step in &plan.steps {
                let (way, object, id, contact) = match step {
                    Step::Associate { object, id, contact } => match known(contact, made) {
                        Some(contact) => (Way::In, *object, id, contact),
                        None => continue,
                    },
                    Step::Dissociate { object, id, contact } => (Way::Out, *object, id, contact.clone()),
                    _ => continue,
                };
                if work.goes_on() {
                    self.turn(work, way, object, id, contact, gained).await;
                }
            }
        }
    }

    async fn turn(
        &self,
        work: &mut Work,
        way: Way,
        object: Object,
        id: &ObjectId,
        contact: ContactId,
        gained: &mut Gained,
    ) {
        let hubspot = &self.session.hubspot;
        let answer = match way {
            Way::In => self.gates.pass(self.workspace, hubspot.associate(object, id, &contact)).await,
            Way::Out => self.gates.pass(self.workspace, hubspot.dissociate(object, id, &contact)).await,
        };
        let now = (self.clock)();
        let what = match way {
            Way::In => format!("Associate contact with {}", noun(object)),
            Way::Out => format!("Take contact off {}", noun(object)),
        };
        let about = About { record: work.record.id, step: format!("{}:{id}", object.word()), what };
        match answer.unwrap_or_else(|closed| Changed::Failed(closed.into())) {
            Changed::Done => {
                gained.has_success = true;
                let held = work.record.held.iter().find(|one| one.object == object && one.id == *id);
                let mut contacts = held.map(|held| held.contacts.clone()).unwrap_or_default();
                contacts.retain(|one| *one != contact);
                let request = json!({ "contact": contact });
                if way == Way::In {
                    contacts.push(contact);
                }
                let place = Some((object.word(), id.as_str()));
                let answer = json!({ "id": id });
                let entry = about.entry(Phase::Done, place, request, answer, now);
                work.take(Receipt::Associated { object, id: id.clone(), contacts }, entry);
            }
            Changed::Missing => {
                let fault =
                    Fault::later("A contact of the booking, or its activity, is not in HubSpot any more.");
                work.ledger.push(about.refused(fault.why(), now));
                // Whoever was linked is asked for again.
                work.record.companions.retain(|_, link| link.id != contact);
                work.fail(&fault, now);
            }
            Changed::Refused(fault) => {
                work.ledger.push(about.refused(fault.why(), now));
                work.fail(&fault, now);
            }
            Changed::Failed(fault) => {
                work.ledger.push(about.refused(fault.why(), now));
                work.fail(&fault, now);
                gained.note(&fault);
            }
        }
    }
}
