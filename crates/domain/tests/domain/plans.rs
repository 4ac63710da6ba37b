//! A few plans to look at.

use domain::{
    booking::BookingEvent, call::CallEvent, event::Event, record::Record, source::Source, step::Plan,
};
use insta::assert_json_snapshot;

use crate::{
    build::{at, book, booked, booking, canceled, minute, missed, moved, over, record, rule, said},
    crm::Crm,
};

fn crm() -> Crm {
    let mut crm = Crm { book: book(), ..Crm::default() }.with_owner("ada@example.com", "7");
    crm.book.rules = vec![rule("bad call", "bad")];
    crm
}

fn shown(name: &str, plan: &Plan) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| assert_json_snapshot!(name, plan));
}

#[test]
fn an_answered_call() {
    let (mut crm, mut record) = (crm(), record(Source::Aircall, "780883160"));
    let answered = said(CallEvent::Answered, 10).answered(10).agent("Ada Park", "ada@example.com");
    shown("answered_call_at_its_answer", &crm.hear(&mut record, answered.event(), at(10)));
    let over = over().agent("Ada Park", "ada@example.com").tags(&["bad call"]).with(|it| {
        it.recording = Some("https://assets.aircall.io/calls/780883160/recording".to_owned());
    });
    shown("answered_call_at_its_end", &crm.hear(&mut record, over.event(), at(101)));
}

#[test]
fn a_missed_call_from_an_unknown_number() {
    let (mut crm, mut record) = (crm(), record(Source::Aircall, "780883160"));
    let missed = missed().with(|it| it.missed_reason = Some("agents_did_not_answer".to_owned()));
    shown("missed_call_from_an_unknown_number", &crm.hear(&mut record, missed.event(), at(51)));
}

fn hear(crm: &mut Crm, record: &mut Record, said: BookingEvent) -> Plan {
    crm.hear(record, Event::Booking(Box::new(said)), minute(0))
}

#[test]
fn a_booking_by_an_unknown_invitee_its_move_and_its_cancel() {
    let (mut crm, mut record) = (crm(), booking(Source::Calendar, []));
    shown("booking_by_an_unknown_invitee", &hear(&mut crm, &mut record, booked(0, 60)));
    let mut moved = moved(5, 60, 120);
    moved.facts.changed_by = Some("invitee".to_owned());
    shown("booking_moved", &hear(&mut crm, &mut record, moved));
    shown("booking_canceled", &hear(&mut crm, &mut record, canceled(9)));
}
