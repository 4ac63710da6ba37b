//! The first round: contacts that HubSpot does not have yet. One for each key, however many records need it.

use std::collections::{BTreeMap, BTreeSet};

use connectors::{
    gate::Closed,
    hubspot::{Guard, KEY_PROPERTY, Made, NewRow},
};
use domain::{
    contact::{AnswerProperty, ContactKey, NewContact},
    fault::Fault,
    ids::ContactId,
    phone::Phone,
    step::{Plan, Step},
};
use serde_json::{Value, json};
use store::{Begin, Phase, StoreError};

use super::{
    Delivery, Gained,
    answers::{Refused, leave_unwritten, withheld},
    in_doubt,
};
use crate::{ledger::About, work::Work};

/// What became of a contact that was to be made.
pub type Outcome = Result<ContactId, Fault>;

/// The answers that each contact is made without.
type LeftOut = BTreeMap<ContactKey, Refused>;

/// How often a contact is sent once more without an answer that HubSpot refuses.
const ATTEMPTS_MAX: usize = 4;

impl Delivery<'_> {
    /// Makes the contacts of all plans.
    pub(super) async fn make(
        &self,
        works: &mut [Work],
        plans: &[Plan],
        gained: &mut Gained,
    ) -> Result<BTreeMap<ContactKey, Outcome>, StoreError> {
        let mut wanted = wanted(works, plans);
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let covered = take_covered(&mut wanted);
        let mut left_out = self.define_answers(&wanted).await;
        self.begin(self.begun_contacts(works, plans, &wanted, &left_out)).await?;
        let mut outcomes = self.send(&wanted, &left_out, gained).await;
        self.retry_without_answers(&wanted, &mut left_out, &mut outcomes, gained).await;
        let mut sent: BTreeMap<ContactKey, Value> =
            wanted.iter().map(|(key, new)| (key.clone(), self.request(new, left_out.get(key)))).collect();
        for (phone, by_email) in covered {
            if let Some(outcome) = outcomes.get(&by_email).cloned() {
                sent.insert(phone.clone(), sent[&by_email].clone());
                if gained.made.contains(&by_email) {
                    gained.made.insert(phone.clone());
                }
                outcomes.insert(phone, outcome);
            }
        }
        self.enter(works, plans, &outcomes, &sent, &gained.made);
        for (key, outcome) in &outcomes {
            if let Ok(id) = outcome {
                gained.links.made.push((key.clone(), id.clone()));
                // The next call of the number may come without the address, and before the search shows the contact.
                let phone = wanted.get(key).and_then(phone_of);
                gained.links.made.extend(phone.map(|phone| (phone, id.clone())));
            }
            if let (Ok(id), Some(refused)) = (outcome, left_out.remove(key)) {
                // The first record's answers were those to be written.
                let first =
                    works.iter_mut().zip(plans).find_map(|(work, plan)| Some((work, new_of(plan, key)?)));
                if let Some((work, new)) = first.filter(|_| gained.made.contains(key)) {
                    leave_unwritten(work, id, &new.answers, &refused, (self.clock)());
                }
            }
        }
        Ok(outcomes)
    }

    /// Makes the properties that answers go into; what is refused is left out, the contact is made all the same.
    async fn define_answers(&self, wanted: &BTreeMap<ContactKey, NewContact>) -> LeftOut {
        let answers: Vec<AnswerProperty> = wanted.values().flat_map(|new| new.answers.clone()).collect();
        let refused = self.define(&answers).await;
        wanted
            .iter()
            .map(|(key, new)| {
                let of_new =
                    new.answers.iter().filter_map(|one| Some((one.name.clone(), refused.get(&one.name)?)));
                let mut left_out: Refused = of_new.map(|(name, fault)| (name, fault.clone())).collect();
                left_out.extend(withheld(&new.answers));
                (key.clone(), left_out)
            })
            .collect()
    }

    fn row(&self, new: &NewContact, left_out: Option<&Refused>) -> NewRow {
        let mut properties = new.properties.clone();
        let written =
            new.answers.iter().filter(|one| left_out.is_none_or(|names| !names.contains_key(&one.name)));
        properties.extend(written.map(|answer| (answer.name.clone(), answer.value.clone())));
        let is_by_phone = matches!(new.key, ContactKey::Phone(_));
        if is_by_phone && self.session.guards.contacts == Guard::UniqueProperty {
            properties.insert(KEY_PROPERTY.to_owned(), new.key.text());
        }
        NewRow { trace: new.key.text(), properties }
    }

    /// What a contact is made with, as the ledger keeps it.
    fn request(&self, new: &NewContact, left_out: Option<&Refused>) -> Value {
        json!({ "properties": self.row(new, left_out).properties })
    }

    fn begun_contacts(
        &self,
        works: &[Work],
        plans: &[Plan],
        wanted: &BTreeMap<ContactKey, NewContact>,
        left_out: &LeftOut,
    ) -> Begin {
        let now = (self.clock)();
        let ledger = each_new(works, plans)
            .map(|(work, new)| {
                let request = self.request(new, left_out.get(&new.key));
                about(work, new).entry(Phase::Begun, None, request, Value::Null, now)
            })
            .collect();
        let numbers = wanted.values().filter_map(|new| match &new.key {
            ContactKey::Email(email) => Some((phone_of(new)?, email.clone())),
            ContactKey::Phone(_) => None,
        });
        let contacts = wanted.keys().cloned().collect();
        Begin { contacts, numbers: numbers.collect(), ledger, ..Begin::default() }
    }

    async fn send(
        &self,
        wanted: &BTreeMap<ContactKey, NewContact>,
        left_out: &LeftOut,
        gained: &mut Gained,
    ) -> BTreeMap<ContactKey, Outcome> {
        let rows = wanted.iter().map(|(key, new)| self.row(new, left_out.get(key))).collect();
        let made = match self.gates.pass(self.workspace, self.session.hubspot.create_contacts(rows)).await {
            Ok(made) => made,
            // What was begun stays begun: whether a request under way was carried out is looked up next time.
            Err(closed) => {
                if closed == Closed::Before {
                    gained
                        .links
                        .cut
                        .extend(wanted.keys().cloned().chain(wanted.values().filter_map(phone_of)));
                }
                return wanted.keys().map(|key| (key.clone(), Err(Fault::from(closed)))).collect();
            }
        };
        let mut outcomes = BTreeMap::new();
        for key in wanted.keys() {
            let outcome = match made.get(&key.text()) {
                Some(Made::Created { id, .. }) => {
                    gained.has_success = true;
                    gained.made.insert(key.clone());
                    Ok(id.clone())
                }
                Some(Made::Exists { id: Some(id) }) => Ok(id.clone()),
                Some(Made::Exists { id: None }) => {
                    let looked = self.gates.pass(self.workspace, self.look(key)).await;
                    let looked = looked.unwrap_or_else(|closed| Err(closed.into()));
                    if let Err(fault @ Fault::SignIn { .. }) = &looked {
                        gained.note(fault);
                    }
                    looked
                }
                Some(Made::Refused(fault)) => Err(fault.clone()),
                Some(Made::NotSent(fault)) => {
                    gained.note(fault);
                    gained
                        .links
                        .cut
                        .extend([key.clone()].into_iter().chain(wanted.get(key).and_then(phone_of)));
                    Err(fault.clone())
                }
                Some(Made::InDoubt(why)) => {
                    gained.note(&Fault::later(why.clone()));
                    Err(in_doubt(why))
                }
                None => Err(in_doubt("the answer leaves it out")),
            };
            outcomes.insert(key.clone(), outcome);
        }
        outcomes
    }

    /// Finds the contact that HubSpot says exists without saying which.
    async fn look(&self, key: &ContactKey) -> Outcome {
        let found = match key {
            ContactKey::Email(email) => self
                .session
                .hubspot
                .search_contacts_by_email(email)
                .await
                .map(|found| found.into_iter().next()),
            ContactKey::Phone(_) => self
                .session
                .hubspot
                .contacts_by_key(std::slice::from_ref(key))
                .await
                .map(|mut found| found.remove(key)),
        };
        match found? {
            Some(contact) => Ok(contact.id),
            None => Err(Fault::later("HubSpot says that the contact exists, and does not show it yet.")),
        }
    }

    /// A contact whose answers HubSpot refuses is made without them: without the one that is named, again and again, and
    /// at last without any.
    async fn retry_without_answers(
        &self,
        wanted: &BTreeMap<ContactKey, NewContact>,
        left_out: &mut LeftOut,
        outcomes: &mut BTreeMap<ContactKey, Outcome>,
        gained: &mut Gained,
    ) {
        for attempt in 1..=ATTEMPTS_MAX {
            let mut again: BTreeMap<ContactKey, NewContact> = BTreeMap::new();
            for (key, new) in wanted {
                let Some(Err(fault @ Fault::Never { field, .. })) = outcomes.get(key) else { continue };
                let is_named = |one: &AnswerProperty| field.as_deref().is_none_or(|field| field == one.name);
                if !new.answers.iter().any(is_named) {
                    continue;
                }
                let refused = left_out.entry(key.clone()).or_default();
                let before = refused.len();
                let more = new.answers.iter().filter(|one| attempt == ATTEMPTS_MAX || is_named(one));
                for one in more {
                    self.session.doubt_property(&one.name);
                    refused.entry(one.name.clone()).or_insert_with(|| fault.clone());
                }
                if refused.len() > before {
                    again.insert(key.clone(), new.clone());
                }
            }
            if again.is_empty() {
                return;
            }
            outcomes.extend(self.send(&again, left_out, gained).await);
        }
    }

    fn enter(
        &self,
        works: &mut [Work],
        plans: &[Plan],
        outcomes: &BTreeMap<ContactKey, Outcome>,
        sent: &BTreeMap<ContactKey, Value>,
        made: &BTreeSet<ContactKey>,
    ) {
        let now = (self.clock)();
        for (work, plan) in works.iter_mut().zip(plans) {
            for step in &plan.steps {
                let Step::CreateContact(new) = step else { continue };
                let about = about(work, new);
                work.ledger.push(match outcomes.get(&new.key) {
                    Some(Ok(id)) => about.entry(
                        if made.contains(&new.key) { Phase::Done } else { Phase::Found },
                        Some(("contacts", id.as_str())),
                        sent.get(&new.key).cloned().unwrap_or_default(),
                        json!({ "id": id }),
                        now,
                    ),
                    Some(Err(fault)) => about.refused(fault.why(), now),
                    None => about.refused("not sent", now),
                });
            }
        }
    }
}

pub(super) fn about(work: &Work, new: &NewContact) -> About {
    About { record: work.record.id, step: new.key.text(), what: "Create contact".to_owned() }
}

fn new_of<'a>(plan: &'a Plan, key: &ContactKey) -> Option<&'a NewContact> {
    plan.steps.iter().find_map(|step| match step {
        Step::CreateContact(new) if new.key == *key => Some(new),
        _ => None,
    })
}

fn each_new<'a>(works: &'a [Work], plans: &'a [Plan]) -> impl Iterator<Item = (&'a Work, &'a NewContact)> {
    works.iter().zip(plans).flat_map(|(work, plan)| {
        plan.steps.iter().filter_map(move |step| match step {
            Step::CreateContact(new) => Some((work, new)),
            _ => None,
        })
    })
}

/// The contacts to make, one for each key: the first record's, as records of one person may differ.
fn wanted(works: &[Work], plans: &[Plan]) -> BTreeMap<ContactKey, NewContact> {
    let mut wanted = BTreeMap::new();
    for (_, new) in each_new(works, plans) {
        wanted.entry(new.key.clone()).or_insert_with(|| new.clone());
    }
    wanted
}

/// The number that a contact keyed by its address is to have, as a key.
fn phone_of(new: &NewContact) -> Option<ContactKey> {
    let phone = new.properties.get("phone").filter(|_| matches!(new.key, ContactKey::Email(_)))?;
    Phone::read(phone, None).map(ContactKey::Phone)
}

/// Takes out the contacts wanted for a number alone that another one, wanted for an address, is to have: two calls of one
/// number make one contact, though only one of them knows the address. Each comes with the key it is covered by.
fn take_covered(wanted: &mut BTreeMap<ContactKey, NewContact>) -> BTreeMap<ContactKey, ContactKey> {
    let by_phone: BTreeMap<ContactKey, ContactKey> =
        wanted.values().filter_map(|new| Some((phone_of(new)?, new.key.clone()))).collect();
    let covered: BTreeMap<ContactKey, ContactKey> =
        by_phone.into_iter().filter(|(phone, _)| wanted.contains_key(phone)).collect();
    wanted.retain(|key, _| !covered.contains_key(key));
    covered
}
