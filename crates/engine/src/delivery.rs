//! Carrying out the plans of a batch in rounds: contacts, then activities and whose they are, then deletes.

mod activities;
mod answers;
mod archives;
mod associations;
mod changes;
mod contacts;

use std::collections::{BTreeMap, BTreeSet};

use connectors::{gate::Gates, hubspot::OWNER};
use domain::{
    contact::{ContactKey, ContactQuery},
    fault::Fault,
    ids::{ContactId, OwnerId, WorkspaceId},
    plan::{Wishes, plan},
    step::Plan,
};
use store::{Begin, Lease, Links, Store, StoreError};

use crate::{
    Clock,
    ledger::About,
    session::Session,
    work::{End, Work},
};

/// What a delivery works with.
pub struct Delivery<'a> {
    /// The line to HubSpot.
    pub session: &'a Session,
    /// Where *begun* is entered before a create is sent.
    pub store: &'a Store,
    /// Closed when somebody disconnects or pauses.
    pub gates: &'a Gates,
    /// Whose work it is.
    pub workspace: WorkspaceId,
    /// The right to it.
    pub lease: Lease,
    /// The time.
    pub clock: &'a Clock,
}

/// What a batch found out on the way, to be kept with it.
#[derive(Debug, Default)]
pub struct Gained {
    /// What was found out about contacts.
    pub links: Links,
    /// The last fault of HubSpot as a whole, if it failed as a whole.
    pub fault: Option<Fault>,
    /// Whether anything was answered well.
    pub has_success: bool,
    /// Contacts that were made, not found.
    made: BTreeSet<ContactKey>,
}

impl Gained {
    /// Keeps a fault of HubSpot as a whole. A refused credential outweighs what else went wrong; a refusal of one row is
    /// none.
    pub fn note(&mut self, fault: &Fault) {
        let is_kept = match fault {
            Fault::SignIn { .. } => true,
            Fault::Later { .. } => !matches!(self.fault, Some(Fault::SignIn { .. })),
            Fault::Never { .. } => false,
        };
        if is_kept {
            self.fault = Some(fault.clone());
        }
    }
}

/// What is to be written once the contacts are settled.
#[derive(Default)]
pub struct Ready {
    /// One for each record.
    plans: Vec<Plan>,
    /// The contacts that were to be made.
    made: BTreeMap<ContactKey, contacts::Outcome>,
}

impl Delivery<'_> {
    /// Plans, and makes the contacts that the plans need. What fails ends the pass of its record; its neighbours go on.
    ///
    /// # Errors
    /// Only the store's: without *begun* nothing is sent.
    pub async fn make_contacts(
        &self,
        works: &mut [Work],
        wishes: &Wishes<'_>,
        gained: &mut Gained,
    ) -> Result<Ready, StoreError> {
        let planned = |work: &Work| plan(&work.record, wishes, &work.answers, work.moment);
        let mut plans: Vec<Plan> =
            works.iter().map(|work| if work.goes_on() { planned(work) } else { Plan::default() }).collect();
        let made = self.make(works, &plans, gained).await?;
        self.link(works, &mut plans, &made, &gained.made).await;
        Ok(Ready { plans, made })
    }

    /// Makes and changes the activities, and deletes what is replaced.
    ///
    /// # Errors
    /// Only the store's: without *begun* nothing is sent.
    pub async fn carry_out(
        &self,
        works: &mut [Work],
        ready: &Ready,
        gained: &mut Gained,
    ) -> Result<(), StoreError> {
        self.write_activities(works, &ready.plans, &ready.made, gained).await?;
        self.reassociate(works, &ready.plans, &ready.made, gained).await;
        self.write_answers(works, &ready.plans, gained).await;
        self.archive(works, &ready.plans, gained).await;
        for work in works.iter_mut().filter(|work| work.goes_on()) {
            work.end = work.afterwards.take().unwrap_or(End::Settled);
        }
        Ok(())
    }

    /// Settles each record's contacts: those found, and those just made.
    async fn link(
        &self,
        works: &mut [Work],
        plans: &mut [Plan],
        outcomes: &BTreeMap<ContactKey, contacts::Outcome>,
        made: &BTreeSet<ContactKey>,
    ) {
        let link = |key: &ContactKey, id: &ContactId| {
            if made.contains(key) {
                domain::plan::made_link(id.clone())
            } else {
                // HubSpot knew of it what no look had shown, e.g. a further address.
                domain::plan::existing_link(id.clone(), key)
            }
        };
        for (work, plan) in works.iter_mut().zip(plans) {
            if let Some(link) = plan.link.take() {
                work.record.contact = Some(link);
            }
            for (key, link) in plan.companions.drain(..) {
                work.record.companions.insert(key.text(), link);
            }
            let own = work.questions.contact.as_ref().and_then(ContactQuery::key);
            for step in &plan.steps {
                let domain::step::Step::CreateContact(new) = step else { continue };
                let is_own = own.as_ref() == Some(&new.key);
                match outcomes.get(&new.key) {
                    Some(Ok(id)) if is_own && work.record.contact.is_none() => {
                        work.record.contact = Some(link(&new.key, id));
                    }
                    Some(Ok(id)) if !is_own => {
                        work.record.companions.insert(new.key.text(), link(&new.key, id));
                    }
                    Some(Err(fault)) if owner(fault, &new.properties).is_some() => {
                        let about = contacts::about(work, new);
                        self.leave_owner_out(work, about, fault, &new.properties).await;
                    }
                    Some(Err(fault)) => work.fail(fault, (self.clock)()),
                    _ => {}
                }
            }
        }
    }

    /// Has what was refused for its owner written without one, and says so in the record's timeline.
    async fn leave_owner_out(
        &self,
        work: &mut Work,
        about: About,
        fault: &Fault,
        properties: &BTreeMap<String, String>,
    ) {
        let Some(owner) = owner(fault, properties) else { return };
        let why = format!("{} It is written without one.", fault.why());
        let about = About { what: format!("Write {owner} as the owner"), ..about };
        work.ledger.push(about.refused(&why, (self.clock)()));
        work.end = End::Again;
        self.session.refuse_owner(owner).await;
    }

    async fn begin(&self, begin: Begin) -> Result<(), StoreError> {
        if begin.steps.is_empty() && begin.contacts.is_empty() {
            return Ok(());
        }
        self.store.begin(self.lease, begin, (self.clock)()).await
    }
}

/// The owner that something was refused for.
fn owner(fault: &Fault, properties: &BTreeMap<String, String>) -> Option<OwnerId> {
    let is_why = matches!(fault, Fault::Never { field: Some(field), .. } if field == OWNER);
    properties.get(OWNER).filter(|owner| is_why && !owner.is_empty()).cloned().map(OwnerId)
}

/// The fault of a create that HubSpot took without answering.
fn in_doubt(why: &str) -> Fault {
    Fault::later(format!(
        "The answer to a create was lost ({why}); whether it was made is looked up before anything is sent again."
    ))
}
