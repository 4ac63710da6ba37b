//! The words by which things are called in addresses, tables and logs, and the names that people read.

use domain::{
    event::Unreadable,
    fault::Fault,
    ids::{RecordId, RuleId, WorkspaceId},
    kind::Kind,
    source::{Source, System},
    step::Object,
};
use uuid::Uuid;

#[test]
fn a_system_has_a_word_and_a_name_and_is_found_by_its_word() {
    let all = System::ALL.map(|system| (system.word(), system.name()));
    let expected = [
        ("hubspot", "HubSpot"),
        ("aircall", "Aircall"),
        ("calendar", "Calendar.com"),
        ("calcom", "Cal.com"),
        ("calendly", "Calendly"),
    ];
    assert_eq!(all, expected);
    assert_eq!(System::ALL.map(|system| System::from_word(system.word())), System::ALL.map(Some));
    assert_eq!(Source::ALL.map(|source| Source::from_word(source.word())), Source::ALL.map(Some));
    assert_eq!((System::from_word("Aircall"), Source::from_word("hubspot")), (None, None));
}

#[test]
fn an_activity_is_called_as_in_hubspots_addresses() {
    let all = [Object::Calls, Object::Meetings, Object::Tasks].map(Object::word);
    assert_eq!(all, ["calls", "meetings", "tasks"]);
}

#[test]
fn a_fault_says_what_happened() {
    let sign_in = Fault::SignIn { why: "The key was revoked.".to_owned() };
    for (fault, why) in [
        (Fault::later("It rests."), "It rests."),
        (Fault::never("It is no number."), "It is no number."),
        (sign_in, "The key was revoked."),
    ] {
        assert_eq!((fault.why(), fault.to_string().as_str()), (why, why));
    }
}

#[test]
fn what_could_not_be_read_says_where_and_why() {
    let unreadable = Unreadable { field: "data.id".to_owned(), problem: "is missing".to_owned() };
    assert_eq!(unreadable.to_string(), "data.id: is missing");
}

#[test]
fn a_kind_of_call_has_a_word_for_settings_and_words_for_people_and_titles() {
    let all = Kind::ALL.map(|kind| (kind.word(), kind.words(), kind.title_words()));
    let expected = [
        ("inbound_answered", "answered inbound call", "Inbound call from"),
        ("inbound_missed", "missed inbound call", "Missed call from"),
        ("inbound_voicemail", "inbound call with a voicemail", "Voicemail from"),
        ("outbound_answered", "answered outbound call", "Outbound call to"),
        ("outbound_unanswered", "unanswered outbound call", "Unanswered call to"),
        ("outbound_busy", "outbound call to a busy line", "Busy: call to"),
        ("outbound_wrong_number", "outbound call to a wrong number", "Wrong number: call to"),
    ];
    assert_eq!(all, expected);
    assert_eq!(Kind::ALL.map(|kind| Kind::from_word(kind.word())), Kind::ALL.map(Some));
    assert_eq!(Kind::from_word("answered inbound call"), None);
}

#[test]
fn a_record_has_the_same_id_on_each_node_and_after_each_start() {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, b"1/aircall/780883160");
    assert_eq!(RecordId::of(WorkspaceId(1), Source::Aircall, "780883160"), RecordId(id));
}

#[test]
fn an_id_is_written_as_it_is_in_addresses() {
    let id = Uuid::from_u128(7);
    assert_eq!((RecordId(id).to_string(), RuleId(id).to_string()), (id.to_string(), id.to_string()));
}
