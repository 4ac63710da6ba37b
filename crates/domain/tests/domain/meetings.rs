//! What HubSpot holds of a booking (M1–M5, M7, M8, M11, M12).

#[path = "meetings/chains.rs"]
mod chains;
#[path = "meetings/links.rs"]
mod links;

use domain::{
    booking::{BookingEvent, BookingFacts, BookingWhat},
    event::Event,
    record::Record,
    settings::{MeetingSettings, OnReschedule},
    source::Source,
    step::{Object, Plan, Receipt, Step, Unanswered},
};
use rstest::rstest;

use crate::{
    build::{
        book, booked, booking, canceled, canceled_whole, meeting_at, minute, moved, moved_to, no_show,
        rejected, requested, told,
    },
    crm::Crm,
};

fn crm(on_reschedule: OnReschedule) -> Crm {
    let meetings = MeetingSettings { on_reschedule, ..MeetingSettings::default() };
    Crm { book: book(), meetings, ..Crm::default() }.with_owner("ada@example.com", "7")
}

fn hear(crm: &mut Crm, record: &mut Record, said: BookingEvent) -> Plan {
    crm.hear(record, Event::Booking(Box::new(said)), minute(1_000))
}

/// Hears all, each followed by its writes.
fn after(on_reschedule: OnReschedule, all: impl IntoIterator<Item = BookingEvent>) -> (Crm, Record) {
    let (mut crm, mut record) = (crm(on_reschedule), booking(Source::Calendar, []));
    for said in all {
        hear(&mut crm, &mut record, said);
    }
    (crm, record)
}

fn kinds(plan: &Plan) -> Vec<&'static str> {
    let kind = |step: &Step| match step {
        Step::CreateContact(_) => "contact",
        Step::Create { .. } => "create",
        Step::Update { .. } => "update",
        Step::Associate { .. } => "associate",
        Step::Dissociate { .. } => "dissociate",
        Step::WriteAnswers { .. } => "answers",
        Step::Archive { .. } => "archive",
    };
    plan.steps.iter().map(kind).collect()
}

/// Title, outcome and start of the one meeting there is.
fn shown(crm: &Crm) -> (String, String, String) {
    (
        crm.property("hs_meeting_title"),
        crm.property("hs_meeting_outcome"),
        crm.property("hs_meeting_start_time"),
    )
}

fn meeting(title: &str, outcome: &str, start: i64) -> (String, String, String) {
    (title.to_owned(), outcome.to_owned(), minute(start).to_string())
}

const TITLE: &str = "Meeting - Calendar.com: Intro call";
const CANCELED: &str = "[Canceled] Intro call";

#[test]
fn m3_a_booking_is_a_meeting() {
    let (crm, record) = after(OnReschedule::Replace, [booked(0, 60)]);
    assert_eq!(shown(&crm), meeting(TITLE, "SCHEDULED", 60));
    assert_eq!(crm.property("hs_meeting_end_time"), minute(90).to_string());
    assert_eq!(crm.property("hs_timestamp"), minute(60).to_string());
    assert_eq!(crm.property("hubspot_owner_id"), "7");
    assert_eq!(crm.property("hs_meeting_location"), "https://meet.example.com/x");
    assert_eq!(crm.only().1, [record.contact.unwrap().id]);
}

#[rstest]
#[case::calendar(Source::Calendar, "Meeting - Calendar.com: Intro call")]
#[case::calcom(Source::Calcom, "Meeting - Cal.com: Intro call")]
#[case::calendly(Source::Calendly, "Meeting - Calendly: Intro call")]
fn m3_a_title_names_its_source(#[case] source: Source, #[case] expected: &str) {
    let (mut crm, mut record) = (crm(OnReschedule::Replace), booking(source, [booked(0, 60)]));
    crm.work(&mut record, minute(0));
    assert_eq!(crm.property("hs_meeting_title"), expected);
}

#[test]
fn a_title_from_a_template_of_the_admin_and_a_canceled_one_without_it() {
    let (mut crm, mut record) = (crm(OnReschedule::Replace), booking(Source::Calendar, []));
    crm.meetings.title_template.insert(Source::Calendar, "{invitee} with {host}: {event_name}".to_owned());
    hear(&mut crm, &mut record, booked(0, 60));
    assert_eq!(crm.property("hs_meeting_title"), "Lin Wu with Ada Park: Intro call");
    hear(&mut crm, &mut record, canceled(5));
    assert_eq!(crm.property("hs_meeting_title"), CANCELED);
}

#[test]
fn m4_a_moved_booking_replaces_its_activity() {
    let (mut crm, mut record) = after(OnReschedule::Replace, [booked(0, 60)]);
    let old = crm.live.keys().next().unwrap().clone();
    let plan = hear(&mut crm, &mut record, moved(5, 60, 120));
    assert_eq!(kinds(&plan), ["create", "archive"], "made before the old one goes");
    assert_eq!(shown(&crm), meeting(TITLE, "SCHEDULED", 120));
    assert!(!crm.live.contains_key(&old));
    assert_eq!(crm.only().1, [record.contact.unwrap().id]);
}

#[test]
fn m4_a_setting_changes_the_activity_in_place() {
    let (mut crm, mut record) = after(OnReschedule::Update, [booked(0, 60)]);
    let plan = hear(&mut crm, &mut record, moved(5, 60, 120));
    let [Step::Update { properties, .. }] = plan.steps.as_slice() else { panic!("{plan:#?}") };
    let names: Vec<&String> = properties.keys().collect();
    assert_eq!(names, ["hs_meeting_end_time", "hs_meeting_outcome", "hs_meeting_start_time", "hs_timestamp"]);
    assert_eq!(shown(&crm), meeting(TITLE, "RESCHEDULED", 120));
}

/// By it the meeting is found again where the answer to its create is lost.
#[rstest]
#[case::in_place(OnReschedule::Update, "calendar:bk_81")]
#[case::replaced(OnReschedule::Replace, "calendar:bk_82")]
fn a_meeting_changed_in_place_is_known_by_its_first_id(
    #[case] on_reschedule: OnReschedule,
    #[case] expected: &str,
) {
    let mut crm = crm(on_reschedule);
    let mut record = booking(Source::Calendar, [booked(0, 60)]);
    let plan = hear(&mut crm, &mut record, moved_to(5, "bk_81", "bk_82", 120));
    let key = plan.steps.iter().find_map(|step| match step {
        Step::Create { key, .. } => Some(key.0.clone()),
        _ => None,
    });
    assert_eq!(key.as_deref(), Some(expected));
}

#[test]
fn m5_a_canceled_booking_stays_as_canceled() {
    let (mut crm, mut record) = after(OnReschedule::Replace, [booked(0, 60)]);
    let plan = hear(&mut crm, &mut record, canceled(5));
    assert_eq!(kinds(&plan), ["update"]);
    assert_eq!(shown(&crm), meeting(CANCELED, "CANCELED", 60));
    let body = crm.property("hs_meeting_body");
    assert!(body.starts_with("<b>Canceled by:</b> invitee<br><b>Reason:</b> Ill<br>"), "{body}");
}

/// What stands in the end, whatever came first; by either setting there is one meeting.
#[rstest]
#[case::cancel_before_create(vec![canceled(5), booked(0, 60)], CANCELED, "CANCELED", 60)]
#[case::a_cancel_that_tells_all_alone(vec![canceled_whole(5, 60)], CANCELED, "CANCELED", 60)]
#[case::a_cancel_that_tells_all_then_the_booking(vec![canceled_whole(5, 60), booked(0, 60)], CANCELED, "CANCELED", 60)]
#[case::an_old_move_last(vec![booked(0, 60), moved(6, 120, 180), moved(5, 60, 120)], TITLE, "SCHEDULED", 180)]
#[case::moved_then_canceled(vec![booked(0, 60), moved(5, 60, 120), canceled(6)], CANCELED, "CANCELED", 120)]
#[case::canceled_then_an_old_move(vec![booked(0, 60), canceled(6), moved(5, 60, 120)], CANCELED, "CANCELED", 120)]
#[case::cancel_whole_booking_move(vec![canceled_whole(6, 120), booked(0, 60), moved(5, 60, 120)], CANCELED, "CANCELED", 120)]
#[case::a_move_alone(vec![moved(5, 60, 120)], TITLE, "SCHEDULED", 120)]
#[case::a_move_before_the_booking(vec![moved(5, 60, 120), booked(0, 60)], TITLE, "SCHEDULED", 120)]
#[case::a_move_repeated_later(vec![booked(0, 60), moved(5, 60, 120), moved(9, 60, 120)], TITLE, "SCHEDULED", 120)]
#[case::a_move_repeated_later_arrives_first(vec![booked(0, 60), moved(9, 60, 120), moved(5, 60, 120)], TITLE, "SCHEDULED", 120)]
#[case::the_first_move_repeated_after_the_second(vec![booked(0, 60), moved(5, 60, 120), moved(6, 120, 180), moved(9, 60, 120)], TITLE, "SCHEDULED", 180)]
#[case::there_and_back(vec![booked(0, 60), moved(5, 60, 120), moved(6, 120, 60)], TITLE, "SCHEDULED", 60)]
#[case::there_and_back_the_wrong_way_round(vec![booked(0, 60), moved(6, 120, 60), moved(5, 60, 120)], TITLE, "SCHEDULED", 60)]
#[case::there_and_back_and_there(vec![booked(0, 60), moved(5, 60, 120), moved(6, 120, 60), moved(7, 60, 120)], TITLE, "SCHEDULED", 120)]
#[case::a_loop_and_on(vec![moved(8, 60, 240), moved(7, 180, 60), booked(0, 60), moved(6, 120, 180), moved(5, 60, 120)], TITLE, "SCHEDULED", 240)]
#[case::a_loop_whose_first_move_is_repeated(vec![booked(0, 60), moved(5, 60, 120), moved(6, 120, 180), moved(7, 180, 120), moved(9, 60, 120)], TITLE, "SCHEDULED", 120)]
#[case::a_round_trip_whose_second_move_is_repeated(
    vec![booked(0, 60), moved(5, 60, 120), moved(6, 120, 180), moved(7, 180, 60), moved(9, 120, 180)], TITLE, "SCHEDULED", 60)]
#[case::there_and_back_within_a_second(vec![booked(0, 60), moved(5, 60, 120), moved(5, 120, 60)], TITLE, "SCHEDULED", 60)]
#[case::a_move_that_is_missing(vec![booked(0, 60), moved(7, 180, 240), moved(5, 60, 120)], TITLE, "SCHEDULED", 240)]
#[case::clocks_that_run_backwards(vec![booked(9, 60), moved(8, 60, 120), moved(7, 120, 180)], TITLE, "SCHEDULED", 180)]
#[case::a_booking_repeated_under_a_later_time(vec![booked(0, 60), moved(5, 60, 120), booked(9, 60)], TITLE, "SCHEDULED", 120)]
#[case::no_show(vec![booked(0, 60), no_show(70, false)], TITLE, "NO_SHOW", 60)]
#[case::no_show_taken_back(vec![booked(0, 60), no_show(70, false), no_show(80, true)], TITLE, "SCHEDULED", 60)]
#[case::no_show_taken_back_the_wrong_way_round(vec![no_show(80, true), booked(0, 60), no_show(70, false)], TITLE, "SCHEDULED", 60)]
#[case::no_show_again(vec![booked(0, 60), no_show(70, false), no_show(80, true), no_show(90, false)], TITLE, "NO_SHOW", 60)]
#[case::a_canceled_meeting_is_no_no_show(vec![booked(0, 60), no_show(70, false), canceled(75)], CANCELED, "CANCELED", 60)]
fn m12_the_same_state_in_any_order(
    #[case] all: Vec<BookingEvent>,
    #[case] title: &str,
    #[case] outcome: &str,
    #[case] start: i64,
) {
    let is_moved = all.iter().any(|one| matches!(one.what, BookingWhat::Moved { .. }));
    let (crm, _) = after(OnReschedule::Replace, all.clone());
    assert_eq!(shown(&crm), meeting(title, outcome, start));
    let (crm, _) = after(OnReschedule::Update, all);
    let in_place = if is_moved && outcome == "SCHEDULED" { "RESCHEDULED" } else { outcome };
    assert_eq!(shown(&crm), meeting(title, in_place, start));
    assert_eq!(crm.archived, 0, "in place nothing is deleted");
}

#[rstest]
#[case::the_undo_of_a_no_show_of_a_moved_meeting(vec![booked(0, 60), moved(5, 60, 120), no_show(130, false), no_show(140, true)], "RESCHEDULED")]
fn the_undo_of_a_no_show_brings_back_what_stood(#[case] all: Vec<BookingEvent>, #[case] outcome: &str) {
    let (crm, _) = after(OnReschedule::Update, all);
    assert_eq!(crm.property("hs_meeting_outcome"), outcome);
}

#[test]
fn a_no_show_of_somebody_unknown_counts_until_it_is_undone() {
    let mut nobodys = booked(0, 60);
    nobodys.facts.invitee = None;
    let (mut crm, mut record) = after(OnReschedule::Replace, [nobodys, no_show(90, false)]);
    assert_eq!(crm.property("hs_meeting_outcome"), "NO_SHOW");
    hear(&mut crm, &mut record, no_show(95, true));
    assert_eq!(crm.property("hs_meeting_outcome"), "SCHEDULED");
}

#[test]
fn a_repeated_move_replaces_nothing_even_when_the_later_one_arrives_first() {
    for all in [[moved(9, 60, 120), moved(5, 60, 120)], [moved(5, 60, 120), moved(9, 60, 120)]] {
        let (crm, _) = after(OnReschedule::Replace, std::iter::once(booked(0, 60)).chain(all));
        assert_eq!(crm.archived, 1);
    }
}

#[test]
fn a_repeated_move_names_no_other_edition() {
    let edition = |all: Vec<BookingEvent>| {
        let record = booking(Source::Calendar, all);
        let domain::record::Facts::Booking(booking) = record.facts else { panic!("a booking") };
        booking.standing().unwrap().edition
    };
    let once = edition(vec![booked(0, 60), moved(5, 60, 120)]);
    assert!(once.is_some());
    assert_eq!(once, edition(vec![booked(0, 60), moved(5, 60, 120), moved(9, 60, 120)]));
}

#[test]
fn each_move_there_and_back_is_a_meeting_of_its_own() {
    let all = [booked(0, 60), moved(5, 60, 120), moved(6, 120, 60), moved(7, 60, 120)];
    let (crm, record) = after(OnReschedule::Replace, all);
    assert_eq!(crm.archived, 3);
    assert_eq!(record.held.len(), 1);
}

#[test]
fn a_cancel_whose_booking_never_comes_writes_nothing() {
    let (crm, record) = after(OnReschedule::Replace, [canceled(5)]);
    assert_eq!((crm.steps, record.external_id.as_str()), (0, "bk_81"));
}

#[test]
fn a_cancel_keeps_the_time_that_it_tells_while_the_move_to_it_is_still_on_its_way() {
    for on_reschedule in [OnReschedule::Replace, OnReschedule::Update] {
        let late = [canceled_whole(40, 120), booked(0, 60), moved(20, 60, 120)];
        for count in 1..=3 {
            let (crm, _) = after(on_reschedule, late.clone().into_iter().take(count));
            assert_eq!(shown(&crm), meeting(CANCELED, "CANCELED", 120), "after {count} of them");
        }
        // One that is older than the last move says nothing of its time.
        let (crm, _) = after(on_reschedule, [canceled_whole(10, 60), moved(20, 60, 120)]);
        assert_eq!(shown(&crm).2, minute(120).to_string());
    }
}

#[test]
fn what_was_sent_and_not_answered_is_written_again_whatever_is_held() {
    let (mut crm, mut record) = unanswered([("hs_meeting_outcome", "CANCELED".to_owned())]);
    let sent = record.unanswered.clone();
    record.settle(Receipt::Unanswered(sent[0].clone()));
    assert_eq!(record.unanswered, sent, "one entry, however often it is sent");
    let plan = hear(&mut crm, &mut record, booked(0, 60));
    let [Step::Update { properties, .. }] = &plan.steps[..] else { panic!("{plan:?}") };
    assert!(properties.keys().eq(["hs_meeting_outcome"]), "{properties:?}");
    assert_eq!(kinds(&hear(&mut crm, &mut record, booked(0, 60))), [""; 0]);
}

/// A meeting that was sent properties, and did not answer.
fn unanswered(sent: impl IntoIterator<Item = (&'static str, String)>) -> (Crm, Record) {
    let (crm, mut record) = after(OnReschedule::Replace, [booked(0, 60)]);
    let properties = sent.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let id = record.held[0].id.clone();
    record.settle(Receipt::Unanswered(Unanswered { object: Object::Meetings, id, properties }));
    (crm, record)
}

fn times(start: i64) -> [(&'static str, String); 3] {
    [
        ("hs_timestamp", minute(start).to_string()),
        ("hs_meeting_start_time", minute(start).to_string()),
        ("hs_meeting_end_time", minute(start + 30).to_string()),
    ]
}

#[test]
fn a_meeting_that_a_cancel_sent_the_new_time_is_changed_by_the_late_move_to_it_and_not_replaced() {
    let (mut crm, mut record) = unanswered(times(120));
    let plan = hear(&mut crm, &mut record, moved(5, 60, 120));
    assert_eq!(kinds(&plan), ["update"]);
    assert_eq!(shown(&crm), meeting(TITLE, "SCHEDULED", 120));
}

#[test]
fn a_meeting_that_was_sent_something_else_is_replaced_by_a_move() {
    for sent in [vec![("hs_meeting_outcome", "CANCELED".to_owned())], times(180).into()] {
        let (mut crm, mut record) = unanswered(sent);
        let plan = hear(&mut crm, &mut record, moved(5, 60, 120));
        assert_eq!(kinds(&plan), ["create", "archive"]);
        assert_eq!(record.unanswered, [], "what is gone is in no doubt");
    }
}

#[test]
fn a_gap_is_filled_by_the_last_cancel_that_fills_it() {
    let at = |place: Option<&str>, said: BookingEvent| {
        let facts = BookingFacts { location: place.map(ToOwned::to_owned), ..meeting_at(60) };
        BookingEvent { facts, ..said }
    };
    let all = [at(None, booked(0, 60)), at(Some("Room 1"), canceled(5)), at(Some("Room 2"), canceled(6))];
    for order in [[0, 1, 2], [2, 1, 0]] {
        let (crm, _) = after(OnReschedule::Replace, order.map(|n| all[n].clone()));
        assert_eq!(crm.property("hs_meeting_location"), "Room 2");
    }
}

#[test]
fn a_meeting_is_ahead_until_it_is_over() {
    let record = booking(Source::Calendar, [booked(0, 60), moved(5, 60, 120)]);
    assert!(record.is_ahead(minute(149)) && record.is_ahead(minute(150)));
    assert!(!record.is_ahead(minute(151)));
    assert!(!booking(Source::Calendar, [canceled(5)]).is_ahead(minute(0)));
}

#[test]
fn a_no_show_of_an_unknown_booking_writes_nothing() {
    assert_eq!(after(OnReschedule::Replace, [no_show(5, false)]).0.steps, 0);
}

#[test]
fn m7_what_was_changed_in_hubspot_stays_until_the_booking_changes() {
    let (mut crm, mut record) = after(OnReschedule::Replace, [booked(0, 60)]);
    let id = crm.live.keys().next().unwrap().clone();
    crm.live.get_mut(&id).unwrap().1.insert("hs_meeting_title".into(), "By hand".into());
    assert_eq!(hear(&mut crm, &mut record, booked(0, 60)).steps, []);
    hear(&mut crm, &mut record, no_show(70, false));
    assert_eq!(crm.property("hs_meeting_title"), "By hand");
    hear(&mut crm, &mut record, canceled(80));
    assert_eq!(crm.property("hs_meeting_title"), CANCELED);
}

#[test]
fn a_meeting_that_ends_before_it_begins_ends_at_its_beginning() {
    let facts = BookingFacts { end: Some(minute(30)), ..meeting_at(60) };
    let (crm, _) = after(OnReschedule::Replace, [BookingEvent { facts, ..booked(0, 60) }]);
    assert_eq!(crm.property("hs_meeting_end_time"), minute(60).to_string());
}

#[test]
fn a_meeting_moved_to_a_host_without_an_owner_has_none() {
    let (mut crm, mut record) = after(OnReschedule::Replace, [booked(0, 60)]);
    let mut to_eve = moved(5, 60, 120);
    to_eve.facts.host.as_mut().unwrap().email = Some(crate::build::email("eve@example.com"));
    hear(&mut crm, &mut record, to_eve);
    assert_eq!(crm.property("hubspot_owner_id"), "");
}

#[test]
fn switching_to_replacing_does_not_replace_what_was_moved_in_place() {
    let (mut crm, mut record) = after(OnReschedule::Update, [booked(0, 60), moved(5, 60, 120)]);
    crm.meetings.on_reschedule = OnReschedule::Replace;
    hear(&mut crm, &mut record, canceled(9));
    assert_eq!(crm.archived, 0);
    assert_eq!(shown(&crm), meeting(CANCELED, "CANCELED", 120));
}

mod untold {
    use super::*;

    fn bare(said: BookingEvent) -> BookingEvent {
        let facts = BookingFacts { start: None, end: None, event_name: None, host: None, ..said.facts };
        BookingEvent { facts, ..said }
    }

    fn answered(link: &str, start: i64) -> BookingEvent {
        let facts = BookingFacts { invitee: None, answers: Vec::new(), ..meeting_at(start) };
        told(link, 0, BookingWhat::Told, facts)
    }

    #[rstest]
    #[case::a_booking(vec![bare(booked(0, 60)), answered("bk_81", 60)], 60)]
    #[case::the_answer_is_taken_in_first(vec![answered("bk_81", 60), bare(booked(0, 60))], 60)]
    #[case::a_move_is_not_filled_from_the_time_before(vec![booked(0, 60), bare(moved_to(5, "bk_81", "b", 120)), answered("b", 120)], 120)]
    fn what_was_asked_for_fills_what_the_webhook_left_out(
        #[case] all: Vec<BookingEvent>,
        #[case] start: i64,
    ) {
        let (crm, _) = after(OnReschedule::Replace, all);
        assert_eq!(shown(&crm), meeting(TITLE, "SCHEDULED", start));
        assert!(crm.property("hs_meeting_body").contains("Company size"));
    }

    #[rstest]
    #[case::told_whole(vec![booked(0, 60)], &[])]
    #[case::a_cancel_alone(vec![canceled(0)], &[])]
    #[case::left_out(vec![bare(booked(0, 60))], &["bk_81"])]
    #[case::left_out_of_a_move(vec![booked(0, 60), bare(moved_to(5, "bk_81", "b", 120))], &["b"])]
    #[case::asked_for_since(vec![bare(booked(0, 60)), answered("bk_81", 60)], &[])]
    fn what_a_webhook_left_out_is_asked_for_once(#[case] all: Vec<BookingEvent>, #[case] untold: &[&str]) {
        let record = booking(Source::Calendly, all);
        let domain::record::Facts::Booking(booking) = &record.facts else { panic!("a booking") };
        assert_eq!(booking.untold().into_iter().collect::<Vec<_>>(), untold);
    }
}
