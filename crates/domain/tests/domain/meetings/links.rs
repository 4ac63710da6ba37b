//! Meetings whose moves give them other ids, and requests that wait for a yes.

use super::*;

fn at_link(link: &str, said: BookingEvent) -> BookingEvent {
    BookingEvent { link: link.to_owned(), ..said }
}

fn moved_on(link: &str, told_at: i64, from_link: Option<&str>, to_link: &str) -> BookingEvent {
    let from_link = from_link.map(ToOwned::to_owned);
    let what = BookingWhat::MovedOn { from_link, to_link: Some(to_link.to_owned()) };
    told(link, told_at, what, BookingFacts::default())
}

#[rstest]
#[case::a_chain(vec![booked(0, 60), moved_to(5, "bk_81", "b", 120), moved_to(6, "b", "c", 180)], TITLE, 180, "c")]
#[case::a_chain_backwards(vec![moved_to(6, "b", "c", 180), moved_to(5, "bk_81", "b", 120), booked(0, 60)], TITLE, 180, "c")]
#[case::a_chain_whose_clocks_run_backwards(vec![booked(9, 60), moved_to(8, "bk_81", "b", 120), moved_to(7, "b", "c", 180)], TITLE, 180, "c")]
#[case::a_cancel_of_an_old_id_cancels_nothing(vec![booked(0, 60), canceled(4), moved_to(5, "bk_81", "b", 120)], TITLE, 120, "b")]
#[case::a_cancel_of_the_new_id(vec![booked(0, 60), at_link("b", canceled(6)), moved_to(5, "bk_81", "b", 120)], CANCELED, 120, "b")]
#[case::moved_to_the_time_it_had(vec![booked(0, 60), moved_to(5, "bk_81", "b", 60)], TITLE, 60, "b")]
#[case::a_confirmed_request(vec![requested("bk_81", 0, None, 60), booked(1, 60)], TITLE, 60, "bk_81")]
#[case::a_request_for_another_time_waits(vec![booked(0, 60), requested("b", 5, Some("bk_81"), 120)], TITLE, 60, "bk_81")]
#[case::a_confirmed_request_for_another_time(vec![booked(0, 60), requested("b", 5, Some("bk_81"), 120), at_link("b", booked(6, 120))], TITLE, 120, "b")]
#[case::a_confirmed_request_then_the_old_booking_repeated_under_a_later_time(vec![booked(0, 60), requested("b", 5, Some("bk_81"), 120), at_link("b", booked(6, 120)), booked(9, 60)], TITLE, 120, "b")]
#[case::its_yes_before_the_request(vec![at_link("b", booked(6, 120)), requested("b", 5, Some("bk_81"), 120), booked(0, 60)], TITLE, 120, "b")]
#[case::a_withdrawn_request_for_another_time_has_given_up_the_time_before(vec![booked(0, 60), requested("b", 5, Some("bk_81"), 120), at_link("b", canceled_whole(6, 120))], CANCELED, 60, "bk_81")]
#[case::a_refused_request_for_another_time_too(vec![booked(0, 60), requested("b", 5, Some("bk_81"), 120), rejected("b", 6)], CANCELED, 60, "bk_81")]
#[case::its_no_before_all_else(vec![rejected("b", 6), requested("b", 5, Some("bk_81"), 120), booked(0, 60)], CANCELED, 60, "bk_81")]
#[case::a_move_after_the_no(vec![booked(0, 60), requested("b", 5, Some("bk_81"), 120), rejected("b", 6), moved_to(7, "bk_81", "c", 180)], TITLE, 180, "c")]
#[case::a_no_to_what_stood(vec![booked(0, 60), rejected("bk_81", 6)], CANCELED, 60, "bk_81")]
#[case::the_host_asks_for_another_time_and_gets_it(vec![booked(0, 60), canceled_whole(5, 60), moved_to(6, "bk_81", "b", 120)], TITLE, 120, "b")]
#[case::left_for_a_time_not_told_yet(vec![booked(0, 60), moved_on("bk_81", 5, None, "b")], TITLE, 60, "bk_81")]
#[case::left_twice_for_times_not_told_yet(vec![booked(0, 60), moved_on("b", 6, Some("bk_81"), "c")], TITLE, 60, "bk_81")]
#[case::the_move_between_missing(vec![booked(0, 60), moved_on("b", 6, Some("bk_81"), "c"), moved_to(6, "b", "c", 180)], TITLE, 180, "c")]
#[case::a_new_half_that_names_no_old_one(vec![booked(9, 60), moved_on("bk_81", 5, None, "b"), at_link("b", booked(5, 120))], TITLE, 120, "b")]
#[case::the_last_one_missing_and_canceled(vec![booked(0, 60), moved_on("bk_81", 5, None, "b"), at_link("b", canceled_whole(6, 120))], CANCELED, 120, "b")]
#[case::the_last_one_missing_and_canceled_in_few_words(vec![booked(0, 60), moved_on("bk_81", 5, None, "b"), at_link("b", canceled(6))], CANCELED, 60, "bk_81")]
fn m12_the_newest_id_counts(
    #[case] all: Vec<BookingEvent>,
    #[case] title: &str,
    #[case] start: i64,
    #[case] link: &str,
) {
    for on_reschedule in [OnReschedule::Replace, OnReschedule::Update] {
        let (crm, record) = after(on_reschedule, all.clone());
        let (shown_title, _, shown_start) = shown(&crm);
        assert_eq!((shown_title.as_str(), shown_start), (title, minute(start).to_string()));
        assert_eq!(record.external_id, link);
    }
}

#[rstest]
#[case::waiting(vec![requested("bk_81", 0, None, 60)])]
#[case::withdrawn(vec![requested("bk_81", 0, None, 60), canceled_whole(5, 60)])]
#[case::refused(vec![requested("bk_81", 0, None, 60), rejected("bk_81", 5)])]
#[case::refused_before_it_was_heard_of(vec![rejected("bk_81", 5), requested("bk_81", 0, None, 60)])]
#[case::refused_and_never_heard_of(vec![rejected("bk_81", 5)])]
fn m11_a_request_is_no_meeting(#[case] all: Vec<BookingEvent>) {
    assert_eq!(after(OnReschedule::Replace, all).0.steps, 0);
}

#[test]
fn a_request_for_another_time_moves_nothing_while_it_waits() {
    let all = [booked(0, 60), requested("b", 5, Some("bk_81"), 120)];
    assert_eq!(shown(&after(OnReschedule::Update, all).0), meeting(TITLE, "SCHEDULED", 60));
}

#[rstest]
#[case::booked(vec![booked(0, 60)], "calendar:bk_81")]
#[case::moved_to_a_new_id(vec![booked(0, 60), moved_to(5, "bk_81", "b", 120)], "calendar:b")]
#[case::moved_under_its_id(vec![booked(0, 60), moved(5, 60, 120)], "calendar:bk_81:1795176000.1795169100000")]
fn an_edition_is_named_by_its_id_and_by_the_move_where_the_id_stays(
    #[case] all: Vec<BookingEvent>,
    #[case] key: &str,
) {
    let (mut crm, mut record) = (crm(OnReschedule::Replace), booking(Source::Calendar, all));
    crm.work(&mut record, minute(1_000));
    assert_eq!(record.held[0].key.0, key);
}

#[test]
fn m12_a_cancel_that_turns_out_to_be_of_a_request_leaves_nothing() {
    let (crm, _) = after(OnReschedule::Replace, [canceled_whole(5, 60), requested("bk_81", 0, None, 60)]);
    assert_eq!((crm.live.len(), crm.archived), (0, 1));
}

#[test]
fn a_booking_is_known_by_all_its_ids() {
    let record = booking(Source::Calcom, [moved_to(6, "b", "c", 180), requested("d", 7, Some("c"), 240)]);
    let domain::record::Facts::Booking(booking) = &record.facts else { panic!("a booking") };
    assert_eq!(booking.links().into_iter().collect::<Vec<_>>(), ["b", "c", "d"]);
    assert_eq!(booking.first_link(), Some("b"));
}

#[test]
fn a_chain_is_followed_to_its_beginning_however_few_webhooks_tell_it() {
    let all = [("y", "z", "x"), ("w", "x", "v"), ("u", "v", "t"), ("s", "t", "r")];
    let all = all.map(|(link, from, to)| moved_on(link, 0, Some(from), to));
    let record = booking(Source::Calendly, all);
    let domain::record::Facts::Booking(booking) = &record.facts else { panic!("a booking") };
    assert_eq!(booking.first_link(), Some("z"));
}

#[test]
fn who_cancels_the_new_id_did_not_move_the_meeting_to_it() {
    let mut canceled = at_link("b", canceled_whole(6, 120));
    canceled.facts.changed_by = Some("host".to_owned());
    canceled.facts.reason = Some("Ill".to_owned());
    let record = booking(Source::Calendly, [booked(0, 60), moved_on("bk_81", 5, None, "b"), canceled]);
    let domain::record::Facts::Booking(booking) = &record.facts else { panic!("a booking") };
    let standing = booking.standing().unwrap();
    assert_eq!((standing.facts.changed_by, standing.facts.reason), (None, None));
    assert_eq!(standing.canceled.and_then(|canceled| canceled.by).as_deref(), Some("host"));
}

#[test]
fn an_older_link_that_is_heard_of_later_replaces_nothing() {
    let all = [moved_to(6, "b", "c", 180), moved_to(5, "bk_81", "b", 120), booked(0, 60)];
    let (crm, _) = after(OnReschedule::Replace, all);
    assert_eq!(crm.archived, 0);
}

#[test]
fn two_records_of_one_booking_become_one_with_one_meeting() {
    let (mut crm, mut one) = after(OnReschedule::Replace, [booked(0, 60)]);
    let mut other = domain::record::Record::new(one.id, Source::Calendar, "b");
    hear(&mut crm, &mut other, moved_to(5, "bk_81", "b", 120));
    assert_eq!(crm.live.len(), 2, "while they were not known as one");
    one.merge(other.clone());
    one.merge(other);
    crm.work(&mut one, minute(1_000));
    assert_eq!(shown(&crm), meeting(TITLE, "SCHEDULED", 120));
    assert_eq!((one.external_id.as_str(), one.held.len()), ("b", 1));
}
