//! The readers: whatever bytes a source sends, they are read or refused, and what was read can be folded and planned.

use domain::{
    decision::Rulebook,
    event::Event,
    ids::{RecordId, WorkspaceId},
    plan::{Wishes, plan},
    question::Answers,
    record::{Facts, Record},
    settings::{CallSettings, MeetingSettings},
    source::Source,
};
use jiff::Timestamp;

use super::Try;

pub fn of(source: Source) -> Try {
    Box::new(move |input| {
        let Ok(body) = connectors::parse(input) else { return Ok("no JSON".to_owned()) };
        let subject = connectors::subject(source, &body);
        if connectors::event_name(source, &body).chars().count() > 100 {
            return Err("the event's name is too long".to_owned());
        }
        let event = match connectors::read(source, &body) {
            Ok(event) => event,
            Err(unreadable) => return Ok(format!("{}: {}", unreadable.field, unreadable.problem)),
        };
        let (id, what) = match &event {
            Event::Call(said) => (said.call.clone(), format!("call {:?}", said.event)),
            Event::Booking(said) => {
                (said.link.clone(), format!("booking {:?}", std::mem::discriminant(&said.what)))
            }
            Event::Ignored { .. } => return Ok("ignored".to_owned()),
        };
        if subject.as_ref() != Some(&id) {
            return Err(format!("the subject is {subject:?}, the id {id:?}"));
        }
        let mut record = Record::new(RecordId::of(WorkspaceId(1), source, &id), source, id);
        record.take(event.clone());
        let once = record.clone();
        record.take(event);
        if once != record {
            return Err("folded twice it is another record".to_owned());
        }
        told(record).map(|planned| format!("{what}, {planned}"))
    })
}

/// Decides and plans; in which way that went.
fn told(mut record: Record) -> Result<String, String> {
    let now = Timestamp::from_second(1_795_000_000).unwrap();
    if record.due_at(now).is_some_and(|due| due <= now) {
        return Err("it is due in the past".to_owned());
    }
    if let Facts::Booking(booking) = &record.facts
        && booking.standing().is_some_and(|standing| standing.facts.start.is_none())
    {
        return Err("a booking stands without a start".to_owned());
    }
    record.decide(&Rulebook::default(), now);
    let (calls, meetings) = (CallSettings::default(), MeetingSettings::default());
    let wishes = Wishes { calls: &calls, meetings: &meetings };
    let steps = plan(&record, &wishes, &Answers::default(), now).steps;
    let kept = serde_json::to_value(&record).map_err(|error| error.to_string())?;
    match serde_json::from_value::<Record>(kept) {
        Ok(read) if read == record => Ok(format!("{} steps, lacks {:?}", steps.len(), record.lacks(now))),
        Ok(_) => Err("it is another record once it was kept".to_owned()),
        Err(error) => Err(format!("it cannot be kept: {error}")),
    }
}
