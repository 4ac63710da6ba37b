//! What a record says of itself: what it lacks, when it is to be looked at, what becomes of it beside another.

use std::collections::BTreeMap;

use domain::{
    call::{CallEvent, HANGUP_GRACE},
    contact::{ContactLink, FoundBy},
    ids::{ContactId, ObjectId, OwnerId, StepKey, WorkspaceId},
    notice::{Stand, Told},
    plan::{Wishes, is_restated, makes_activity},
    record::{Held, Record},
    settings::{CallSettings, MeetingSettings},
    source::Source,
    step::{Object, Receipt, Unanswered},
};
use rstest::rstest;

use crate::build::{
    Said, at, book, booked, booking, call, canceled, email, facts_of_call, minute, missed, moved_to, over,
    said,
};

#[rstest]
#[case::nothing(over(), None)]
#[case::its_direction(over().with(|it| it.direction = None), Some("data.direction"))]
#[case::its_start(over().with(|it| it.started_at = None), Some("data.started_at"))]
#[case::both(over().with(|it| (it.direction, it.started_at) = (None, None)), Some("data.direction"))]
#[case::a_direction_that_may_come(said(CallEvent::Created, 0).with(|it| it.direction = None), None)]
#[case::a_start_that_may_come(said(CallEvent::Created, 0).with(|it| it.started_at = None), None)]
fn a_call_that_has_ended_lacks_what_it_cannot_be_logged_without(
    #[case] one: Said,
    #[case] lacks: Option<&str>,
) {
    assert_eq!(call([one]).lacks(at(200)), lacks);
}

#[test]
fn a_booking_lacks_nothing() {
    assert_eq!(booking(Source::Calendar, [canceled(5)]).lacks(minute(0)), None);
}

#[test]
fn a_call_that_was_hung_up_is_looked_at_when_it_ends_by_the_clock() {
    let hung_up = call([said(CallEvent::Hungup, 70).answered(10).ended(70)]);
    assert_eq!(hung_up.due_at(at(71)), Some(at(70) + HANGUP_GRACE));
    assert_eq!(hung_up.due_at(at(70) + HANGUP_GRACE), None, "it has ended then");
    assert_eq!(call([over()]).due_at(at(101)), None);
    assert_eq!(call([said(CallEvent::Created, 0)]).due_at(at(1)), None);
    assert_eq!(booking(Source::Calendar, [booked(0, 60)]).due_at(minute(1)), None);
}

#[test]
fn the_agent_is_responsible_for_a_call_and_the_host_for_a_meeting() {
    let of = |record: &Record| record.responsible();
    assert_eq!(of(&call([over().agent("Ada", "ada@example.com")])), Some(email("ada@example.com")));
    assert_eq!(of(&call([missed()])), None);
    assert_eq!(of(&booking(Source::Calendar, [booked(0, 60)])), Some(email("ada@example.com")));
    assert_eq!(of(&booking(Source::Calendar, [canceled(5)])), None);
}

#[test]
fn a_record_keeps_its_fifty_last_decisions() {
    let mut record = call([over()]);
    for n in 0..60 {
        let tags = [["one"], ["other"]][n % 2];
        let second = 100 + i64::try_from(n).unwrap();
        record.take(said(CallEvent::Tagged, second).answered(10).ended(70).tags(&tags).event());
        assert!(record.decide(&book(), at(second)));
    }
    assert_eq!(record.decisions.len(), 50);
    assert_eq!((record.decisions[0].at, record.decisions[49].at), (at(110), at(159)));
}

fn link(id: &str) -> ContactLink {
    ContactLink { id: ContactId::from(id), by: FoundBy::Email, matches: 1, owner: Some(OwnerId::from("7")) }
}

#[test]
fn two_records_that_turn_out_to_be_one_booking_keep_what_the_first_knew_and_gain_the_rest() {
    let mut one = booking(Source::Calcom, [booked(0, 60)]);
    let mut other = booking(Source::Calcom, [moved_to(5, "bk_81", "b", 120)]);
    other.id = domain::ids::RecordId::of(WorkspaceId(1), Source::Calcom, "b");
    other.contact = Some(link("2"));
    other.portal = Some("20261121".to_owned());
    other.owner_of = Some(email("ada@example.com"));
    let mut gained = one.clone();
    gained.merge(other.clone());
    assert_eq!((gained.id, gained.external_id.as_str()), (one.id, "b"));
    assert_eq!(gained.contact, other.contact);
    assert_eq!((&gained.portal, &gained.owner_of), (&other.portal, &other.owner_of));

    (one.contact, one.portal) = (Some(link("1")), Some("4242".to_owned()));
    one.owner_of = Some(email("eve@example.com"));
    let mut kept = one.clone();
    kept.merge(other);
    assert_eq!((&kept.contact, &kept.portal, &kept.owner_of), (&one.contact, &one.portal, &one.owner_of));
}

#[test]
fn of_two_records_that_turn_out_to_be_one_booking_the_one_that_told_more_changes_knows_what_was_told() {
    let told = |start: i64, changes: u32| {
        let mut record = booking(Source::Calcom, [booked(0, 60)]);
        let stand = Stand { start: minute(start), end: None, is_canceled: false };
        record.told = Some(Told { stand, changes });
        record
    };
    let untold = || booking(Source::Calcom, [booked(0, 60)]);
    let merged = |mut one: Record, other: Record| {
        one.merge(other);
        one.told.map(|told| (told.stand.start, told.changes))
    };
    assert_eq!(merged(told(60, 1), told(120, 2)), Some((minute(120), 2)));
    assert_eq!(merged(told(120, 2), told(60, 1)), Some((minute(120), 2)));
    assert_eq!(merged(told(60, 1), told(120, 1)), Some((minute(60), 1)), "its own, where none told more");
    assert_eq!(merged(told(60, 1), untold()), Some((minute(60), 1)));
    assert_eq!(merged(untold(), told(60, 1)), Some((minute(60), 1)));
}

fn held(object: Object, id: &str) -> Held {
    let key = StepKey("aircall:780883160".to_owned());
    Held { object, id: ObjectId(id.to_owned()), key, properties: BTreeMap::new(), contacts: Vec::new() }
}

#[test]
fn an_answer_of_one_activity_says_nothing_of_another() {
    let properties = |value: &str| BTreeMap::from([("hs_call_body".to_owned(), value.to_owned())]);
    let of = |object: Object, id: &str| (object, ObjectId(id.to_owned()));
    let three = [of(Object::Calls, "1"), of(Object::Calls, "2"), of(Object::Tasks, "1")];
    let mut doubted = call([over()]);
    for (n, (object, id)) in three.clone().into_iter().enumerate() {
        doubted.held.push(held(object, &id.0));
        let sent = Unanswered { object, id, properties: properties(&format!("text {n}")) };
        doubted.settle(Receipt::Unanswered(sent));
    }
    let sent = doubted.held.iter().map(|held| doubted.unanswered(held, "hs_call_body").unwrap().as_str());
    assert!(sent.eq(["text 0", "text 1", "text 2"]));
    let left = |record: &Record| -> Vec<_> {
        record.unanswered.iter().map(|sent| (sent.object, sent.id.clone())).collect()
    };
    assert_eq!(left(&doubted), three);
    for n in 0..3 {
        let (object, id) = three[n].clone();
        let others: Vec<_> = three.iter().filter(|one| **one != three[n]).cloned().collect();
        let mut answered = doubted.clone();
        answered.settle(Receipt::Changed { object, id: id.clone(), properties: properties("x") });
        answered.settle(Receipt::Associated { object, id: id.clone(), contacts: vec![ContactId::from("7")] });
        assert_eq!(left(&answered), others);
        for (m, held) in answered.held.iter().enumerate() {
            assert_eq!((held.properties.len(), held.contacts.len()), if m == n { (1, 1) } else { (0, 0) });
        }
        let mut missing = doubted.clone();
        missing.settle(Receipt::Missing { object, id: id.clone() });
        assert_eq!((left(&missing), missing.held.len()), (others.clone(), 3));
        let mut gone = doubted.clone();
        gone.settle(Receipt::Gone { object, id });
        assert_eq!((left(&gone), gone.held.len()), (others, 2));
    }
}

#[test]
fn a_call_that_was_made_is_restated_by_it_and_a_task_that_was_made_is_owed_no_more() {
    let after = |object: Object| {
        let mut record = Record { is_redecided: true, owes_task: true, ..call([over()]) };
        record.settle(Receipt::Made(held(object, "1")));
        record.settle(Receipt::Made(held(object, "1")));
        (record.is_redecided, record.owes_task, record.held.len())
    };
    assert_eq!(after(Object::Calls), (false, true, 1));
    assert_eq!(after(Object::Tasks), (true, false, 1));
}

#[test]
fn a_call_decided_again_is_restated_by_title_and_outcome_and_by_nothing_less() {
    let of = |names: &[&str]| -> BTreeMap<String, String> {
        names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect()
    };
    let (both, one) = (of(&["hs_call_title", "hs_call_disposition"]), of(&["hs_call_title", "hs_call_body"]));
    assert!(is_restated(&both) && !is_restated(&one) && !is_restated(&of(&[])));
    let after = |object: Object, properties: &BTreeMap<String, String>| {
        let mut record = Record { is_redecided: true, ..call([over()]) };
        record.settle(Receipt::Changed {
            object,
            id: ObjectId("1".to_owned()),
            properties: properties.clone(),
        });
        record.is_redecided
    };
    assert!(!after(Object::Calls, &both));
    assert!(after(Object::Calls, &one) && after(Object::Tasks, &both));
}

#[test]
fn a_call_makes_an_activity_until_hubspot_holds_the_call_itself() {
    let makes = |held: &[Held]| {
        let record = Record { held: held.to_vec(), ..call([over()]) };
        let wishes = Wishes { calls: &CallSettings::default(), meetings: &MeetingSettings::default() };
        makes_activity(&record, &wishes, at(200))
    };
    assert!(makes(&[]) && makes(&[held(Object::Tasks, "1")]));
    assert!(!makes(&[held(Object::Calls, "1")]));
    assert!(!makes(&[held(Object::Tasks, "1"), held(Object::Calls, "1")]));
}

#[test]
fn of_what_two_webhooks_of_one_second_tell_that_of_the_later_step_counts() {
    let ended = said(CallEvent::Ended, 100).agent("Ada", "ada@example.com");
    let declined = said(CallEvent::Ringing, 100).agent("Zoe", "zoe@example.com");
    for all in [[ended.clone(), declined.clone()], [declined, ended]] {
        assert_eq!(facts_of_call(&call(all)).agent().unwrap().name.as_deref(), Some("Ada"));
    }
}
