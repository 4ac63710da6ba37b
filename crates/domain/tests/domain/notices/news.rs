//! What is news to a booking's parties, for how long, and the words for it.

use domain::{
    event::Event,
    notice::{Change, Party, has_news, words},
};

use super::Desk;
use crate::build::{booked, canceled, minute, moved};

#[test]
fn a_move_back_is_told_to_the_one_party_that_was_told_of_the_move() {
    let mut desk = Desk::new();
    desk.hear(booked(0, 60));
    desk.hear(moved(5, 60, 120));
    let sent = desk.waiting.iter().position(|(_, notice)| notice.party == Party::Host).unwrap();
    let (_, to_host) = desk.waiting.remove(sent);
    desk.sent.push(to_host);
    desk.hear(moved(6, 120, 60));
    let told = [(Party::Host, Change::Moved, minute(150)), (Party::Host, Change::Moved, minute(90))];
    assert_eq!(desk.told(), told);
}

#[test]
fn a_notice_of_a_meeting_that_is_just_over_is_tried_for_an_hour() {
    for (heard_at, over_at) in [(89, 90), (90, 150), (91, 151)] {
        let mut desk = Desk::new();
        desk.hear(booked(0, 60));
        desk.hear_of(canceled(80), minute(heard_at), minute(heard_at));
        let told = desk.told();
        assert!(
            told.iter().all(|(.., at)| *at == minute(over_at)) && told.len() == 2,
            "{heard_at}: {told:?}"
        );
    }
}

#[test]
fn what_the_parties_were_told_is_no_news() {
    let mut desk = Desk::new();
    assert!(!has_news(&desk.record), "nothing is known");
    for said in [booked(0, 60), moved(5, 60, 120), canceled(6)] {
        desk.record.take(Event::Booking(Box::new(said.clone())));
        assert!(has_news(&desk.record), "{said:?}");
        desk.settle(said.at);
        assert!(!has_news(&desk.record), "{said:?}");
    }
}

#[test]
fn a_notice_has_words_for_tables_and_for_the_timeline() {
    assert_eq!(Party::BOTH.map(|party| Party::from_word(party.word())), Party::BOTH.map(Some));
    assert_eq!(Party::BOTH.map(Party::word), ["host", "invitee"]);
    let changes = [Change::Moved, Change::Canceled];
    assert_eq!(changes.map(|change| Change::from_word(change.word())), changes.map(Some));
    assert_eq!(changes.map(Change::word), ["moved", "canceled"]);
    assert_eq!(words(Party::Host, Change::Moved), "Mail to the host, that the meeting was moved");
}
