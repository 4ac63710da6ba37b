//! Whatever JSON arrives: reading it ends in an event or a complaint, and folding the event in works too.

use domain::{
    event::Event,
    ids::{RecordId, WorkspaceId},
    record::{Facts, Record},
    source::Source,
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::bodies;

fn any_leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[0-9]{1,20}".prop_map(Value::from),
        "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:00:00(Z|[+-][0-2][0-9]:00)".prop_map(Value::from),
        prop::sample::select(vec![
            json!("9999-12-30T22:00:00Z"),
            json!("-009999-01-02T01:59:59Z"),
            json!(253_402_207_200_i64),
            json!(i64::MAX),
            json!("anonymous"),
            json!("a@b.c"),
            json!({}),
            json!([]),
        ]),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    any_leaf().prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[a-z_]{1,12}", inner), 0..6)
                .prop_map(|fields| Value::Object(Map::from_iter(fields))),
        ]
    })
}

/// A documented body of which some places hold something else.
fn mutated() -> impl Strategy<Value = (Source, Value)> {
    let documented = vec![
        (Source::Aircall, bodies::call_tagged()),
        (Source::Aircall, bodies::call_created()),
        (Source::Calendar, bodies::calendar_scheduled()),
        (Source::Calcom, bodies::calcom_created()),
        (Source::Calendly, bodies::calendly_created()),
    ];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4);
    let events = prop::sample::select(vec![
        None,
        Some("booking.rescheduled"),
        Some("booking.canceled"),
        Some("BOOKING_RESCHEDULED"),
        Some("BOOKING_CANCELLED"),
        Some("invitee.canceled"),
        Some("invitee_no_show.created"),
        Some("call.untagged"),
    ]);
    (prop::sample::select(documented), changes, events).prop_map(|((source, mut body), changes, event)| {
        for (place, value) in changes {
            let pointers = pointers(&body);
            if let Some(slot) = body.pointer_mut(&pointers[place.index(pointers.len())]) {
                *slot = value;
            }
        }
        if let (Some(event), Some(fields)) = (event, body.as_object_mut()) {
            let key = match source {
                Source::Calendar => "type",
                Source::Calcom => "triggerEvent",
                Source::Aircall | Source::Calendly => "event",
            };
            fields.insert(key.to_owned(), json!(event));
        }
        (source, body)
    })
}

/// Where each part of a body is; never none, since the whole is a part too.
fn pointers(body: &Value) -> Vec<String> {
    let below = |key: &str, value: &Value| -> Vec<String> {
        let key = key.replace('~', "~0").replace('/', "~1");
        pointers(value).into_iter().map(|rest| format!("/{key}{rest}")).collect()
    };
    let parts: Vec<String> = match body {
        Value::Object(fields) => fields.iter().flat_map(|(key, value)| below(key, value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(n, value)| below(&n.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    std::iter::once(String::new()).chain(parts).collect()
}

/// What holds of any body.
fn check(source: Source, body: &Value) -> Result<(), TestCaseError> {
    let subject = connectors::subject(source, body);
    prop_assert!(connectors::event_name(source, body).chars().count() <= 100);
    let Ok(event) = connectors::read(source, body) else { return Ok(()) };
    let id = match &event {
        Event::Call(said) => said.call.clone(),
        Event::Booking(said) => said.link.clone(),
        Event::Ignored { .. } => return Ok(()),
    };
    prop_assert_eq!(subject, Some(id.clone()));
    let mut record = Record::new(RecordId::of(WorkspaceId(1), source, &id), source, id);
    record.take(event);
    let now = Timestamp::from_second(1_795_000_000).unwrap();
    prop_assert!(record.due_at(now).is_none_or(|due| due > now));
    if let Facts::Booking(booking) = &record.facts {
        prop_assert!(booking.standing().is_none_or(|standing| standing.facts.start.is_some()));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(body in any_json()) {
        for source in Source::ALL {
            check(source, &body)?;
        }
    }

    #[test]
    fn any_change_of_a_documented_body_is_read_or_refused((source, body) in mutated()) {
        check(source, &body)?;
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(body) = connectors::parse(&bytes) {
            check(Source::Aircall, &body)?;
        }
    }

    #[test]
    fn any_text_of_escapes_comes_out_clean(text in r#"(\\u0000|\\uD83D|\\uDE00|\\\\|u0000|\\n|x|\\")*"#) {
        let body = connectors::parse(format!("\"{text}\"").as_bytes());
        prop_assert!(body.as_ref().is_ok_and(|body| !body.as_str().unwrap_or("\0").contains('\0')), "{:?}", body);
    }

    #[test]
    fn what_was_written_is_parsed_as_it_was(body in any_json()) {
        let text = body.to_string();
        prop_assume!(!text.contains("\\u0000"));
        prop_assert_eq!(connectors::parse(text.as_bytes()), Ok(serde_json::from_str(&text).unwrap()));
    }
}
