//! HubSpot as a map: carries out plans and remembers what it was told.

use std::collections::BTreeMap;

use domain::{
    contact::{
        ContactAnswer, ContactKey, ContactLink, ContactQuery, FoundBy, FoundContact, NewContact, Owners,
    },
    decision::Rulebook,
    event::Event,
    ids::{ContactId, ObjectId, OwnerId},
    plan::{Wishes, made_link, plan},
    question::{Answers, questions},
    record::{Held, Record},
    settings::MeetingSettings,
    step::{ContactRef, Object, Plan, Receipt, Step},
};
use jiff::Timestamp;

use crate::build::email;

/// What it is, its properties, and whose.
pub type Activity = (Object, BTreeMap<String, String>, Vec<ContactId>);

#[derive(Debug, Clone, Default)]
pub struct Crm {
    pub book: Rulebook,
    pub meetings: MeetingSettings,
    pub owners: Owners,
    /// What HubSpot holds, by id.
    pub live: BTreeMap<ObjectId, Activity>,
    /// Contacts by what they are known by, with their owner.
    pub known: BTreeMap<ContactKey, (ContactId, Option<OwnerId>)>,
    pub created: Vec<NewContact>,
    pub archived: usize,
    pub steps: usize,
    pub ids: usize,
}

impl Crm {
    pub fn with_owner(mut self, address: &str, owner: &str) -> Self {
        self.owners.people.insert(email(address), OwnerId::from(owner));
        self
    }

    pub fn with_contact(mut self, key: ContactKey, id: &str, owner: Option<&str>) -> Self {
        self.known.insert(key, (ContactId::from(id), owner.map(OwnerId::from)));
        self
    }

    /// Takes in an event and brings HubSpot to what the record then says.
    pub fn hear(&mut self, record: &mut Record, event: Event, now: Timestamp) -> Plan {
        record.take(event);
        self.work(record, now)
    }

    pub fn work(&mut self, record: &mut Record, now: Timestamp) -> Plan {
        record.decide(&self.book, now);
        let plan = self.plan(record, now);
        self.carry_out(record, &plan);
        plan
    }

    pub fn plan(&self, record: &Record, now: Timestamp) -> Plan {
        let wishes = Wishes { calls: &self.book.settings, meetings: &self.meetings };
        let asked = questions(record, &wishes, now);
        let answers = Answers {
            contact: asked.contact.as_ref().map(|query| self.answer(query)),
            companions: asked.companions.iter().map(|query| self.answer(query)).collect(),
            owners: self.owners.clone(),
        };
        plan(record, &wishes, &answers, now)
    }

    fn answer(&self, query: &ContactQuery) -> ContactAnswer {
        let emails = query.emails.iter().cloned().map(|one| (ContactKey::Email(one), FoundBy::Email));
        let phone = query.phone.clone().map(|one| (ContactKey::Phone(one), FoundBy::Phone));
        let found = emails.chain(phone).find_map(|(key, by)| Some((self.known.get(&key)?, by)));
        found.map_or(ContactAnswer::Unknown, |((id, owner), by)| {
            ContactAnswer::Found(FoundContact { id: id.clone(), by, matches: 1, owner: owner.clone() })
        })
    }

    fn carry_out(&mut self, record: &mut Record, plan: &Plan) {
        if let Some(link) = &plan.link {
            record.settle(Receipt::Linked(link.clone()));
        }
        for (key, link) in &plan.companions {
            record.companions.insert(key.text(), link.clone());
        }
        // What the record's own contact is known by, as the delivery knows it by the question.
        let own = record.contact.is_none().then(|| {
            let wishes = Wishes { calls: &self.book.settings, meetings: &self.meetings };
            questions(record, &wishes, Timestamp::MAX).contact.and_then(|query| query.key())
        });
        for step in &plan.steps {
            self.steps += 1;
            match step {
                Step::CreateContact(new) => {
                    let id = ContactId(self.id("contact"));
                    assert!(
                        self.known.insert(new.key.clone(), (id.clone(), None)).is_none(),
                        "a double contact"
                    );
                    self.created.push(new.clone());
                    let link: ContactLink = made_link(id);
                    if own.as_ref().is_some_and(|own| own.as_ref() == Some(&new.key)) {
                        record.settle(Receipt::Linked(link));
                    } else {
                        record.companions.insert(new.key.text(), link);
                    }
                }
                Step::Create { key, object, properties, contacts } => {
                    let id = ObjectId(self.id(object.word()));
                    let contacts: Vec<ContactId> = contacts.iter().map(|one| self.resolve(one)).collect();
                    self.live.insert(id.clone(), (*object, properties.clone(), contacts.clone()));
                    let (object, key, properties) = (*object, key.clone(), properties.clone());
                    record.settle(Receipt::Made(Held { object, id, key, properties, contacts }));
                }
                Step::Update { object, id, properties } => {
                    let held = &mut self.live.get_mut(id).expect("an update of what is there").1;
                    held.extend(properties.clone());
                    let (object, id, properties) = (*object, id.clone(), properties.clone());
                    record.settle(Receipt::Changed { object, id, properties });
                }
                Step::Associate { object, id, contact } => {
                    let contact = self.resolve(contact);
                    self.reassociate(record, *object, id, |all| all.push(contact));
                }
                Step::Dissociate { object, id, contact } => {
                    self.reassociate(record, *object, id, |all| all.retain(|one| one != contact));
                }
                Step::WriteAnswers { contact, .. } => {
                    record.unwritten.remove(&contact.0);
                }
                Step::Archive { object, id } => {
                    self.live.remove(id).expect("an archive of what is there");
                    self.archived += 1;
                    record.settle(Receipt::Gone { object: *object, id: id.clone() });
                }
            }
        }
    }

    fn reassociate(
        &mut self,
        record: &mut Record,
        object: Object,
        id: &ObjectId,
        act: impl FnOnce(&mut Vec<ContactId>),
    ) {
        let all = &mut self.live.get_mut(id).expect("what is there").2;
        act(all);
        record.settle(Receipt::Associated { object, id: id.clone(), contacts: all.clone() });
    }

    fn resolve(&self, contact: &ContactRef) -> ContactId {
        match contact {
            ContactRef::Known(id) => id.clone(),
            ContactRef::Made(key) => self.known[key].0.clone(),
        }
    }

    fn id(&mut self, word: &str) -> String {
        self.ids += 1;
        format!("{word}-{}", self.ids)
    }

    /// The one activity there is, with its contacts.
    pub fn only(&self) -> (&BTreeMap<String, String>, &[ContactId]) {
        assert_eq!(self.live.len(), 1, "{:#?}", self.live);
        let (_, properties, contacts) = self.live.values().next().unwrap();
        (properties, contacts)
    }

    /// A property of the one activity there is; empty if it has none.
    pub fn property(&self, name: &str) -> String {
        self.only().0.get(name).cloned().unwrap_or_default()
    }
}
