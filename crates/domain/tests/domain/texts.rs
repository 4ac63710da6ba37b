//! Outside text in titles and bodies (C14, M8, PRODUCT §8): it is shown and cannot act.

use domain::{
    booking::{AnswerValue, BookingEvent, BookingFacts, Guest, Host, Invitee},
    call::{Agent, CallEvent},
    contact::NewContact,
    ids::TagId,
    source::Source,
    step::{Plan, Step},
    text::{BODY_CHARS_MAX, TITLE_CHARS_MAX},
};
use proptest::prelude::*;

use crate::{
    build::{answer, at, book, booked, booking, call, guest, minute, said},
    crm::Crm,
};

/// Text as an attacker, or a careless person, writes it.
fn outside() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[<>&;'\"a-z /=!-]{0,30}",
        1 => "\\PC{0,20}",
        1 => any::<String>(),
        1 => Just("</b><script>alert(1)</script>".to_owned()),
        1 => Just("\"><img src=x onerror=alert(1)>".to_owned()),
        1 => Just("javascript:alert(1)".to_owned()),
        1 => Just("https://x.example/?a=1&b=\"><script>".to_owned()),
        1 => Just("&lt;script&gt;".repeat(9_000)),
    ]
}

/// Takes our own few tags out of a body; what is left may hold no `<`, no `>` and no bare `&`.
fn check(body: &str) -> Result<(), TestCaseError> {
    prop_assert!(body.chars().count() <= BODY_CHARS_MAX);
    let mut rest = body;
    let mut open = Vec::new();
    while let Some(n) = rest.find(['<', '>', '&']) {
        rest = &rest[n..];
        let piece = if let Some(escape) =
            ["&lt;", "&gt;", "&amp;", "&quot;", "&#x27;"].into_iter().find(|escape| rest.starts_with(escape))
        {
            escape
        } else {
            let end = rest.find('>').map_or(rest.len(), |end| end + 1);
            &rest[..end]
        };
        match piece {
            "<b>" => open.push("</b>"),
            "</b>" | "</a>" => prop_assert_eq!(open.pop(), Some(piece)),
            "<br>" => {}
            escape if escape.starts_with('&') && escape.ends_with(';') => {}
            link => {
                let address = link.strip_prefix("<a href=\"").and_then(|link| link.strip_suffix("\">"));
                prop_assert!(
                    address.is_some_and(|it| it.starts_with("http") && !it.contains('"')),
                    "{}",
                    link
                );
                open.push("</a>");
            }
        }
        rest = &rest[piece.len()..];
    }
    prop_assert_eq!(open, Vec::<&str>::new(), "left open");
    Ok(())
}

fn check_plan(plan: &Plan) -> Result<(), TestCaseError> {
    let mut bodies = 0;
    for step in &plan.steps {
        if let Step::Create { properties, .. } = step {
            for (name, value) in properties {
                if name.ends_with("_body") {
                    bodies += 1;
                    check(value)?;
                } else if name.ends_with("_title") || name.ends_with("_location") {
                    prop_assert!(value.chars().count() <= TITLE_CHARS_MAX);
                    prop_assert!(!value.contains(char::is_control), "{:?}", value);
                }
            }
        }
    }
    prop_assert_eq!(bodies, 1);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    #[test]
    fn no_text_from_outside_opens_a_tag_in_a_calls_body(all in prop::collection::vec(outside(), 9)) {
        let one = said(CallEvent::Ended, 100).answered(10).ended(70).comment("1", &all[0]).with(|it| {
            it.agent = Some(Agent { name: Some(all[1].clone()), email: None });
            it.transferred_to = it.agent.clone();
            it.line.as_mut().unwrap().name = Some(all[2].clone());
            it.line.as_mut().unwrap().digits = Some(all[8].clone());
            it.tags = Some([(TagId::from("1"), all[3].clone())].into());
            it.missed_reason = Some(all[4].clone());
            it.recording = Some(all[5].clone());
            it.voicemail = Some(all[6].clone());
            it.comments[0].by = Some(all[7].clone());
        });
        let crm = Crm { book: book(), ..Crm::default() };
        let mut record = call([one]);
        record.decide(&crm.book, at(101));
        check_plan(&crm.plan(&record, at(101)))?;
    }

    #[test]
    fn no_text_from_outside_opens_a_tag_in_a_meetings_body(all in prop::collection::vec(outside(), 10)) {
        let facts = BookingFacts {
            event_name: Some(all[0].clone()),
            event_type: None,
            start: Some(minute(60)),
            end: None,
            host: Some(Host { name: Some(all[1].clone()), email: None, timezone: None }),
            invitee: Some(Invitee {
                name: Some(all[2].clone()),
                name_parts: Some((all[9].clone(), all[2].clone())),
                email: None,
                phone: Some(all[3].clone()),
                timezone: Some(all[4].clone()),
            }),
            guests: vec![Guest { name: Some(all[5].clone()), ..guest("a'&b@example.net") }],
            location: Some(all[6].clone()),
            description: Some(all[7].clone()),
            notes: Some(all[9].clone()),
            seats: Vec::new(),
            answers: vec![answer("1", &all[8], AnswerValue::Many(vec![all[9].clone(), all[0].clone()]))],
            changed_by: None,
            reason: None,
            calendar_entry: None,
        };
        let record = booking(Source::Calcom, [BookingEvent { facts, ..booked(0, 60) }]);
        let plan = Crm { book: book(), ..Crm::default() }.plan(&record, minute(0));
        check_plan(&plan)?;
        for step in &plan.steps {
            if let Step::CreateContact(NewContact { answers, .. }) = step {
                for answer in answers {
                    let is_fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                    prop_assert!(answer.name.chars().all(is_fit) && answer.name.len() <= 100);
                }
            }
        }
    }
}

#[test]
fn a_body_that_is_too_long_is_cut_with_a_mark() {
    let one = said(CallEvent::Ended, 100).answered(10).ended(70).comment("1", &"<".repeat(40_000));
    let crm = Crm { book: book(), ..Crm::default() };
    let mut record = call([one]);
    record.decide(&crm.book, at(101));
    let plan = crm.plan(&record, at(101));
    let Some(Step::Create { properties, .. }) = plan.steps.last() else { panic!("{plan:#?}") };
    assert!(properties["hs_call_body"].ends_with("&lt;…"));
}
