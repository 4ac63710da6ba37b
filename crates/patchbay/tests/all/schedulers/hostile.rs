//! Names, answers and reasons from outside, as hostile as they come, in what HubSpot is given.

use rstest::rstest;
use serde_json::{Value, json};

use super::story::{self, connected};

const START: &str = "2026-12-01T10:00:00Z";

/// A booking whose every text is the hostile one, and its cancel with a hostile reason.
fn bodies(text: &str) -> [Value; 2] {
    let body = |kind: &str, minute: u8| {
        json!({"type": kind, "timestamp": format!("2026-11-20T10:{minute:02}:00Z"), "data": {
            "booking_id": "bk_1", "event_name": text, "start": START, "end": "2026-12-01T10:30:00Z",
            "host": {"name": text, "email": "ada@example.com"},
            "invitee": {"name": text, "email": "lin@example.net", "phone": text, "timezone": text},
            "guests": [{"name": text, "email": text}], "location": text, "description": text,
            "answers": [{"question_id": text, "question": text, "answer": text},
                {"question_id": "q2", "question": "Topics", "answer": [text, text]}],
            "changed_by": text, "reason": text}})
    };
    [body("booking.scheduled", 0), body("booking.canceled", 1)]
}

#[rstest]
#[case::html("<script>alert(1)</script><img src=x onerror=alert(1)>".to_owned())]
#[case::quotes("\"><b a='\">&amp;<!--".to_owned())]
#[case::lines("a\r\nATTENDEE:mailto:x@example.com\r\n\r\n\u{2028}b".to_owned())]
#[case::right_to_left("\u{202e}gnp.exe\u{200b}\u{2066}".to_owned())]
#[case::control("a\u{0}b\u{7}c\u{1b}[31md".to_owned())]
#[case::template("{event_name} {{invitee}} {{ contact.email }}".to_owned())]
#[case::long("<Ω\u{1f468}".repeat(9_300))]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_from_outside_is_injected_into_what_is_written(#[case] text: String) {
    let world = connected("calendar").await;
    let hook = world.hook("calendar").await;
    for body in bodies(&text) {
        let body = body.to_string();
        let post = story::calendar(world.http.post(&hook), &body).body(body);
        assert_eq!(post.send().await.unwrap().status(), 202);
        world.settled(1).await;
    }
    let meeting = world.objects("meetings").await[0]["properties"].clone();
    let of = |properties: &Value, name: &str| properties[name].as_str().unwrap_or_default().to_owned();
    let body = of(&meeting, "hs_meeting_body");
    // What is left when the tags of ours are taken out holds no tag and no quote.
    let bare = body.replace("<b>", "").replace("</b>", "").replace("<br>", "");
    assert!(!bare.contains(['<', '>', '"', '\'']), "{bare}");
    assert!(body.chars().count() <= 65_536, "{} characters", body.chars().count());
    let contact = world.objects("contacts").await[0]["properties"].clone();
    let plain = ["hs_meeting_title", "hs_meeting_location"].map(|name| of(&meeting, name));
    for plain in plain.into_iter().chain([of(&contact, "firstname"), of(&contact, "lastname")]) {
        assert!(!plain.chars().any(char::is_control), "{plain:?}");
        assert!(plain.chars().count() <= 512, "{}", plain.chars().count());
    }
    assert!(of(&meeting, "hs_meeting_title").starts_with("[Canceled] "), "{meeting}");
    assert_eq!(of(&meeting, "hs_meeting_outcome"), "CANCELED");
}
