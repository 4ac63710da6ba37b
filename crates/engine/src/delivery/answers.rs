//! Answers that HubSpot did not take when it made their contact (M8): told, kept, and written once they can be.

use std::collections::BTreeMap;

use connectors::hubspot::Changed;
use domain::{
    booking::Answer,
    contact::{AnswerProperty, PropertyDefinition},
    fault::Fault,
    ids::ContactId,
    plan::WITHHELD,
    step::{Plan, Step},
};
use jiff::Timestamp;
use serde_json::json;
use store::Phase;

use super::{Delivery, Gained};
use crate::{
    back_off,
    ledger::About,
    work::{End, Work},
};

/// The properties that HubSpot does not take, and why.
pub type Refused = BTreeMap<String, Fault>;

/// The properties that an answer would replace what we write in.
pub(super) fn withheld(answers: &[AnswerProperty]) -> Refused {
    let withheld = answers.iter().filter(|one| one.is_withheld);
    withheld.map(|one| (one.name.clone(), Fault::never(WITHHELD))).collect()
}

impl Delivery<'_> {
    /// Makes the properties that answers go into; returns those that cannot be made.
    pub(super) async fn define(&self, answers: &[AnswerProperty]) -> Refused {
        let mut definitions: Vec<PropertyDefinition> =
            answers.iter().filter_map(|answer| answer.definition.clone()).collect();
        definitions.sort();
        definitions.dedup_by(|one, other| one.name == other.name);
        if definitions.is_empty() {
            return Refused::new();
        }
        let names: Vec<String> = definitions.iter().map(|one| one.name.clone()).collect();
        let all = |fault: Fault| names.into_iter().map(|name| (name, fault.clone())).collect();
        match self.gates.pass(self.workspace, self.session.define(definitions)).await {
            Ok(Ok(refused)) => refused.into_iter().collect(),
            Ok(Err(fault)) => all(fault),
            Err(closed) => all(closed.into()),
        }
    }

    /// Writes what an earlier pass could not.
    pub(super) async fn write_answers(&self, works: &mut [Work], plans: &[Plan], gained: &mut Gained) {
        for (work, plan) in works.iter_mut().zip(plans) {
            for step in &plan.steps {
                let Step::WriteAnswers { contact, answers } = step else { continue };
                if work.goes_on() {
                    self.write(work, contact, answers, gained).await;
                }
            }
        }
    }

    async fn write(
        &self,
        work: &mut Work,
        contact: &ContactId,
        answers: &[AnswerProperty],
        gained: &mut Gained,
    ) {
        let mut refused = self.define(answers).await;
        refused.extend(withheld(answers));
        let left: Vec<&AnswerProperty> =
            answers.iter().filter(|one| !refused.contains_key(&one.name)).collect();
        // One refused answer refuses the whole request; there are few, and this is rare.
        for one in left {
            match self.send_answer(contact, one).await {
                Changed::Done => {
                    gained.has_success = true;
                    let object = Some(("contacts", contact.as_str()));
                    let request = json!({ "properties": { one.name.clone(): one.value } });
                    let now = (self.clock)();
                    work.ledger.push(about(work, contact).entry(
                        Phase::Done,
                        object,
                        request,
                        json!({ "id": contact }),
                        now,
                    ));
                }
                Changed::Missing => {
                    // Nobody is left to answer for.
                    work.ledger
                        .push(about(work, contact).refused("The contact was deleted.", (self.clock)()));
                    work.record.unwritten.remove(contact.as_str());
                    return;
                }
                Changed::Refused(fault) => {
                    self.session.doubt_property(&one.name);
                    refused.insert(one.name.clone(), fault);
                }
                Changed::Failed(fault) => {
                    gained.note(&fault);
                    refused.insert(one.name.clone(), fault);
                }
            }
        }
        work.record.unwritten.remove(contact.as_str());
        leave_unwritten(work, contact, answers, &refused, (self.clock)());
    }

    async fn send_answer(&self, contact: &ContactId, answer: &AnswerProperty) -> Changed {
        let change = (contact.clone(), BTreeMap::from([(answer.name.clone(), answer.value.clone())]));
        let request = self.session.hubspot.update_contacts(vec![change]);
        match self.gates.pass(self.workspace, request).await {
            Ok(mut told) => told
                .remove(contact)
                .unwrap_or_else(|| Changed::Failed(Fault::later("HubSpot's answer leaves the contact out."))),
            Err(closed) => Changed::Failed(closed.into()),
        }
    }
}

/// Keeps the answers that were refused for another attempt. The meeting is logged all the same; then a person is told, or
/// it is tried again if the reason passes.
pub fn leave_unwritten(
    work: &mut Work,
    contact: &ContactId,
    answers: &[AnswerProperty],
    refused: &Refused,
    now: Timestamp,
) {
    let left: Vec<(&AnswerProperty, &Fault)> =
        answers.iter().filter_map(|one| Some((one, refused.get(&one.name)?))).collect();
    if left.is_empty() {
        return;
    }
    for (answer, fault) in &left {
        let why = sentence(answer, fault);
        work.ledger.push(about(work, contact).refused(&why, now));
    }
    let kept: Vec<Answer> = left.iter().map(|(one, _)| one.answer.clone()).collect();
    work.record.unwritten.insert(contact.0.clone(), kept);
    let lasting = left.iter().find(|(_, fault)| matches!(fault, Fault::Never { .. }));
    let (answer, fault) = lasting.unwrap_or(&left[0]);
    let why = sentence(answer, fault);
    let more = match left.len() {
        1 => String::new(),
        2 => " One more answer could not be written either.".to_owned(),
        n => format!(" {} more answers could not be written either.", n - 1),
    };
    work.afterwards = Some(match fault {
        Fault::Never { .. } => End::Problem(format!("{why}{more} All else of the booking is logged.")),
        Fault::Later { after, .. } => {
            End::Waits { why, until: Some(back_off::next_attempt(now, work.attempts, *after)) }
        }
        Fault::SignIn { .. } => End::Waits { why, until: None },
    });
}

fn sentence(answer: &AnswerProperty, fault: &Fault) -> String {
    let question = domain::text::cut(&domain::text::plain(&answer.answer.question), 100);
    format!(
        "The answer to “{question}” could not be written to the contact's property “{}”: {}",
        answer.name,
        fault.why()
    )
}

fn about(work: &Work, contact: &ContactId) -> About {
    About {
        record: work.record.id,
        step: format!("contacts:{contact}"),
        what: "Write answers to contact properties".to_owned(),
    }
}
