//! What an Aircall webhook is read as.

use std::collections::BTreeMap;

use domain::{
    call::{Agent, CallEvent, CallSnapshot, Comment, Direction, Line, Party, Person},
    email::Email,
    ids::TagId,
    source::Source,
};
use rstest::rstest;
use serde_json::{Value, json};

use super::bodies::{call, call_created, call_tagged, is_ignored, second, unreadable_field, with};

const CALL: &str = "780883160";
const RECORDING: &str = "https://assets.aircall.io/calls/780883160/recording";
const VOICEMAIL: &str = "https://assets.aircall.io/calls/780883160/voicemail";
const SIGNED: &str = "https://bucket.s3.amazonaws.com/x.mp3?X-Amz-Expires=600";

/// A call of which nothing is known but the number of it.
fn call_with(key: &str, value: &Value) -> CallSnapshot {
    call(&json!({"resource": "call", "event": "call.ended", "timestamp": 1_646_391_412, "token": "t",
        "data": {"id": 780_883_160, key: value}}))
}

#[test]
fn the_captured_webhook_is_the_whole_call() {
    let agent = |name: &str, email: &str| Some(Agent { name: Some(name.into()), email: Email::read(email) });
    let expected = CallSnapshot {
        direction: Some(Direction::Inbound),
        started_at: Some(second(1_646_391_174)),
        answered_at: Some(second(1_646_391_189)),
        ended_at: Some(second(1_646_391_382)),
        party: Some(Party::Digits("+44 330 818 6690".into())),
        agent: agent("Agent", "agent@example.com"),
        line: Some(Line {
            id: "397375".into(),
            name: Some("Vienna".into()),
            digits: Some("+43 720 880079".into()),
            country: Some("AT".into()),
        }),
        transferred_to: agent("Second agent", "second@example.com"),
        tags: Some(BTreeMap::from([(TagId::from("1022984"), "Assess_Eng_Lvl".to_owned())])),
        ..CallSnapshot::bare(CALL, CallEvent::Tagged, second(1_646_391_384))
    };
    assert_eq!(call(&call_tagged()), expected);
}

#[test]
fn the_documented_sample_says_nothing_where_its_objects_are_empty() {
    let expected = CallSnapshot {
        direction: Some(Direction::Outbound),
        started_at: Some(second(1_732_622_895)),
        party: Some(Party::Digits("+1 800-123-4567".into())),
        ..CallSnapshot::bare("123", CallEvent::Created, second(1_732_622_896))
    };
    assert_eq!(call(&call_created()), expected);
}

#[test]
fn an_id_alone_is_a_call() {
    let body = json!({"event": "call.hungup", "timestamp": "1646391412", "data": {"id": "780883160"}});
    assert_eq!(call(&body), CallSnapshot::bare(CALL, CallEvent::Hungup, second(1_646_391_412)));
}

#[rstest]
#[case("call.created", CallEvent::Created)]
#[case("call.ringing_on_agent", CallEvent::Ringing)]
#[case("call.agent_declined", CallEvent::Ringing)]
#[case("call.ivr_option_selected", CallEvent::Ringing)]
#[case("call.answered", CallEvent::Answered)]
#[case("call.transferred", CallEvent::Changed)]
#[case("call.external_transferred", CallEvent::Changed)]
#[case("call.unsuccessful_transfer", CallEvent::Changed)]
#[case("call.hold", CallEvent::Changed)]
#[case("call.unhold", CallEvent::Changed)]
#[case("call.hungup", CallEvent::Hungup)]
#[case("call.ended", CallEvent::Ended)]
#[case("call.comm_assets_generated", CallEvent::Assets)]
#[case("call.voicemail_left", CallEvent::VoicemailLeft)]
#[case("call.assigned", CallEvent::Assigned)]
#[case("call.archived", CallEvent::Archived)]
#[case("call.tagged", CallEvent::Tagged)]
#[case("call.untagged", CallEvent::Untagged)]
#[case("call.commented", CallEvent::Commented)]
fn each_event_of_a_call_is_a_snapshot(#[case] name: &str, #[case] event: CallEvent) {
    let body = with(call_tagged(), "/event", json!(name));
    assert_eq!((call(&body).event, call(&body).direction), (event, Some(Direction::Inbound)));
    assert_eq!(connectors::subject(Source::Aircall, &body).as_deref(), Some(CALL));
    assert_eq!(connectors::event_name(Source::Aircall, &body), name);
}

#[rstest]
#[case("user.created")]
#[case("number.opened")]
#[case("contact.updated")]
#[case("message.received")]
#[case("transcription.created")]
#[case("call_evaluation.created")]
#[case("integration.deleted")]
#[case("callback")]
fn what_is_about_no_call_is_ignored(#[case] name: &str) {
    let body = with(call_tagged(), "/event", json!(name));
    assert!(is_ignored(Source::Aircall, &body));
    assert_eq!(connectors::subject(Source::Aircall, &body), None);
}

#[rstest]
#[case::no_event("/event", None, "event")]
#[case::event_of_another_type("/event", Some(json!(7)), "event")]
#[case::no_data("/data", None, "data.id")]
#[case::data_null("/data", Some(json!(null)), "data.id")]
#[case::data_is_text("/data", Some(json!("780883160")), "data.id")]
#[case::no_id("/data/id", None, "data.id")]
#[case::id_null("/data/id", Some(json!(null)), "data.id")]
#[case::id_empty("/data/id", Some(json!("")), "data.id")]
#[case::id_is_an_object("/data/id", Some(json!({"id": 1})), "data.id")]
#[case::id_is_a_fraction("/data/id", Some(json!(1.5)), "data.id")]
#[case::id_is_below_zero("/data/id", Some(json!(-780_883_160)), "data.id")]
#[case::no_timestamp("/timestamp", None, "timestamp")]
#[case::timestamp_zero("/timestamp", Some(json!(0)), "timestamp")]
#[case::timestamp_in_words("/timestamp", Some(json!("today")), "timestamp")]
#[case::timestamp_far_out("/timestamp", Some(json!(9_000_000_000_000_000_000_i64)), "timestamp")]
#[case::timestamp_before_all("/timestamp", Some(json!(i64::MIN)), "timestamp")]
#[case::direction_unknown("/data/direction", Some(json!("internal")), "data.direction")]
#[case::direction_of_another_type("/data/direction", Some(json!(1)), "data.direction")]
#[case::started_at_of_another_type("/data/started_at", Some(json!([1])), "data.started_at")]
#[case::started_at_far_out("/data/started_at", Some(json!(1e300)), "data.started_at")]
#[case::answered_at_of_another_type("/data/answered_at", Some(json!(true)), "data.answered_at")]
#[case::ended_at_far_out("/data/ended_at", Some(json!("9223372036854775807")), "data.ended_at")]
fn what_must_be_known_and_is_not_is_named(
    #[case] pointer: &str,
    #[case] value: Option<Value>,
    #[case] field: &str,
) {
    assert_eq!(unreadable_field(Source::Aircall, &with(call_tagged(), pointer, value)), field);
}

#[rstest]
#[case(json!(1_646_391_174))]
#[case(json!("1646391174"))]
#[case(json!(1_646_391_174_000_i64))]
#[case(json!("1646391174000"))]
fn a_time_may_be_text_or_milliseconds(#[case] time: Value) {
    assert_eq!(call_with("started_at", &time).started_at, Some(second(1_646_391_174)));
}

#[rstest]
#[case(json!(null))]
#[case(json!({}))]
#[case(json!([]))]
#[case(json!("x"))]
#[case(json!(7))]
#[case(json!({"id": {}, "name": 7, "email": [], "emails": "x", "digits": {}}))]
fn what_need_not_be_known_counts_as_missing_whatever_it_is(#[case] value: Value) {
    for key in ["user", "transferred_to", "contact", "number", "tags", "comments", "asset"] {
        let said = call_with(key, &value);
        assert_eq!(
            said,
            CallSnapshot {
                tags: said.tags.clone(),
                ..CallSnapshot::bare(CALL, CallEvent::Ended, second(1_646_391_412))
            },
            "{key}"
        );
    }
}

#[rstest]
#[case(json!("anonymous"), Some(Party::Anonymous))]
#[case(json!("Anonymous"), Some(Party::Anonymous))]
#[case(json!(" ANONYMOUS "), Some(Party::Anonymous))]
#[case(json!("+1 800-123-4567"), Some(Party::Digits("+1 800-123-4567".into())))]
#[case(json!("+33 1\u{0} 76"), Some(Party::Digits("+33 1 76".into())))]
#[case(json!(""), None)]
#[case(json!(null), None)]
#[case::a_number_as_a_number(json!(14_155_550_132_u64), Some(Party::Digits("14155550132".to_owned())))]
fn the_other_end_is_a_number_or_withheld(#[case] digits: Value, #[case] party: Option<Party>) {
    assert_eq!(call_with("raw_digits", &digits).party, party);
}

#[rstest]
#[case::several(json!([{"id": 1, "name": "a"}, {"id": "2", "name": "b"}]), Some(vec![("1", "a"), ("2", "b")]))]
#[case::system_tag(json!([{"id": 3, "name": "Callback Request", "tagged_by": {}}]), Some(vec![("3", "Callback Request")]))]
#[case::without_id(json!([{"name": "bad call"}, {"id": null, "name": "vip"}]), Some(vec![("bad call", "bad call"), ("vip", "vip")]))]
#[case::without_name(json!([{"id": 4}]), Some(vec![("4", "4")]))]
#[case::words_alone(json!(["bad call"]), Some(vec![("bad call", "bad call")]))]
#[case::senseless_entries(json!([null, 7, {}, [], {"id": 5, "name": "e"}]), Some(vec![("5", "e")]))]
#[case::none_on_the_call(json!([]), Some(vec![]))]
#[case::not_spoken_of(json!(null), None)]
#[case::of_another_type(json!({"id": 1}), None)]
fn tags_are_the_whole_list_or_not_spoken_of(
    #[case] tags: Value,
    #[case] expected: Option<Vec<(&str, &str)>>,
) {
    let expected = expected.map(|tags| {
        tags.into_iter().map(|(id, name)| (TagId::from(id), name.to_owned())).collect::<BTreeMap<_, _>>()
    });
    assert_eq!(call_with("tags", &tags).tags, expected);
}

#[test]
fn a_body_without_tags_does_not_speak_of_them() {
    assert_eq!(call(&with(call_tagged(), "/data/tags", None)).tags, None);
}

#[test]
fn comments_have_an_author_or_none() {
    let comments = json!([
        {"id": 5, "content": "Called back", "posted_by": {"id": 1, "name": "Agent"}, "posted_at": 1_646_391_469},
        {"id": "6", "content": "From the API", "posted_by": null, "posted_at": "1646391470"},
        {"content": "No id", "posted_by": {}, "posted_at": {}},
        {"id": 7, "content": null},
        null
    ]);
    let comment = |id: &str, at: Option<i64>, by: Option<&str>, content: &str| Comment {
        id: id.into(),
        at: at.map(second),
        by: by.map(Into::into),
        content: content.into(),
    };
    assert_eq!(
        call_with("comments", &comments).comments,
        [
            comment("5", Some(1_646_391_469), Some("Agent"), "Called back"),
            comment("6", Some(1_646_391_470), None, "From the API"),
            comment("No id", None, None, "No id"),
        ]
    );
}

#[test]
fn the_contact_gives_name_and_addresses() {
    let contact = json!({"id": 9, "first_name": "Lin", "last_name": null,
        "emails": [{"id": 1, "label": "Work", "value": "Lin@Example.net"}, {"value": "nonsense"}, "two@example.net"],
        "phone_numbers": [{"value": "+1 415 555 0132"}]});
    let expected = Person {
        first_name: Some("Lin".into()),
        last_name: None,
        emails: ["lin@example.net", "two@example.net"].into_iter().filter_map(Email::read).collect(),
    };
    assert_eq!(call_with("contact", &contact).person, Some(expected));
}

#[test]
fn a_contact_of_whom_nothing_is_known_is_none() {
    for contact in [json!({"id": 9}), json!({"id": 9, "first_name": "", "last_name": null, "emails": []})] {
        assert_eq!(call_with("contact", &contact).person, None);
    }
}

#[test]
fn newer_webhooks_may_give_a_line_in_e164_only() {
    let line = call_with("number", &json!({"id": 1, "e164_digits": "+43720880079"})).line.unwrap();
    assert_eq!(line.digits.as_deref(), Some("+43720880079"));
}

#[test]
fn a_line_without_an_id_goes_by_its_digits() {
    let line = call_with("number", &json!({"digits": "+43 720 880079", "country": "AT"})).line.unwrap();
    assert_eq!((line.id.as_str(), line.country.as_deref()), ("+43 720 880079", Some("AT")));
}

#[test]
fn a_call_handed_outside_names_the_number() {
    let agent = call_with("external_transferred_to", &json!("+1 800-123-4567")).transferred_to.unwrap();
    assert_eq!((agent.name.as_deref(), agent.email), (Some("+1 800-123-4567"), None));
}

#[rstest]
#[case::nothing(json!({}), None, None, false)]
#[case::empty_texts(json!({"recording": "", "voicemail": ""}), None, None, false)]
#[case::signed_recording(json!({"recording": SIGNED}), Some(RECORDING), None, false)]
#[case::signed_voicemail(json!({"voicemail": SIGNED}), None, Some(VOICEMAIL), true)]
#[case::lasting_recording(json!({"recording": SIGNED, "asset": RECORDING}), Some(RECORDING), None, false)]
#[case::lasting_voicemail(json!({"asset": VOICEMAIL}), None, Some(VOICEMAIL), true)]
#[case::page_of_a_recording(json!({"asset": format!("{RECORDING}/info")}), Some("https://assets.aircall.io/calls/780883160/recording/info"), None, false)]
#[case::signed_asset(json!({"asset": format!("{RECORDING}?X-Amz-Expires=600")}), None, None, false)]
#[case::asset_that_is_no_address(json!({"asset": "javascript:alert(1)/recording"}), None, None, false)]
#[case::asset_of_another_kind(json!({"asset": "https://assets.aircall.io/calls/1/fax"}), None, None, false)]
#[case::short_links_do_not_last(json!({"recording_short_url": "https://short.aircall.io/r"}), None, None, false)]
fn only_lasting_links_are_kept(
    #[case] said: Value,
    #[case] recording: Option<&str>,
    #[case] voicemail: Option<&str>,
    #[case] has_voicemail: bool,
) {
    let mut body = json!({"event": "call.ended", "timestamp": 1_646_391_412, "data": said});
    body["data"]["id"] = json!(780_883_160);
    let call = call(&body);
    assert_eq!(
        (call.recording.as_deref(), call.voicemail.as_deref(), call.has_voicemail),
        (recording, voicemail, has_voicemail)
    );
}

#[test]
fn no_address_is_made_of_an_id_that_is_no_number() {
    let body = json!({"event": "call.ended", "timestamp": 1_646_391_412, "data": {"id": "../x", "voicemail": SIGNED}});
    assert_eq!((call(&body).voicemail, call(&body).has_voicemail), (None, true));
}

#[rstest]
#[case(json!({"missed_call_reason": "agents_did_not_answer", "hangup_cause": null}), Some("agents_did_not_answer"), None)]
#[case(json!({"missed_call_reason": "reason_of_next_year"}), Some("reason_of_next_year"), None)]
#[case(json!({"missed_call_reason": null, "hangup_cause": "user_busy"}), None, Some("user_busy"))]
#[case(json!({"missed_call_reason": {}, "hangup_cause": 17}), None, None)]
fn reasons_are_kept_in_aircalls_words(
    #[case] said: Value,
    #[case] missed: Option<&str>,
    #[case] cause: Option<&str>,
) {
    let mut body = json!({"event": "call.ended", "timestamp": 1_646_391_412, "data": said});
    body["data"]["id"] = json!(1);
    let call = call(&body);
    assert_eq!((call.missed_reason.as_deref(), call.hangup_cause.as_deref()), (missed, cause));
}

#[test]
fn an_event_that_aircall_added_since_is_ignored() {
    let body = json!({
        "resource": "call", "event": "call.frobbed", "timestamp": 1_646_391_384, "token": "t", "data": { "id": 7 },
    });
    assert_eq!(
        connectors::read(domain::source::Source::Aircall, &body),
        Ok(domain::event::Event::Ignored { name: "call.frobbed".to_owned() })
    );
    assert_eq!(connectors::subject(domain::source::Source::Aircall, &body), None);
}
