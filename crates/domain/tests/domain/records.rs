//! What a record says of itself: what it lacks, when it is to be looked at, what becomes of it beside another.

use domain::{
    call::{CallEvent, HANGUP_GRACE},
    contact::{ContactLink, FoundBy},
    ids::{ContactId, OwnerId, WorkspaceId},
    record::Record,
    source::Source,
};
use rstest::rstest;

use crate::build::{
    Said, at, book, booked, booking, call, canceled, email, minute, missed, moved_to, over, said,
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
