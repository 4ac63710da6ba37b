//! Retention at the door: what comes late for a record that is gone doubles nothing, and what is still ahead does not go (N7).

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    clocked::Clocked,
    world::{after, ended_call, until},
};

async fn keeps_a_month(clocked: &Clocked) {
    clocked.put("settings/retention", json!({ "webhooks_days": 7, "records_days": 30 })).await;
}

async fn is_gone(clocked: &Clocked, source: &str, external_id: &str) {
    until("it is swept", async || clocked.record(source, external_id).await.is_none()).await;
}

/// How often anything was sent to HubSpot that changes it.
async fn writes(clocked: &Clocked) -> usize {
    let all = clocked.hubspot(Method::GET, "requests?since=0", Value::Null).await;
    let is_write = |request: &&Value| {
        let path = request["path"].as_str().unwrap();
        request["method"] != "GET" && ["create", "update", "archive"].iter().any(|word| path.contains(word))
    };
    all["items"].as_array().unwrap().iter().filter(is_write).count()
}

fn booking(clocked: &Clocked, what: &str, in_days: i64) -> Value {
    let start = clocked.now() + SignedDuration::from_hours(24 * in_days);
    json!({
        "type": format!("booking.{what}"), "timestamp": clocked.now().to_string(), "data": {
            "booking_id": "bk_81", "event_name": "Intro call", "event_type": "30min",
            "start": start.to_string(), "end": (start + SignedDuration::from_mins(30)).to_string(),
            "host": { "name": "Ada Park", "email": "ada@example.com", "timezone": "UTC" },
            "invitee": { "name": "Lin Wu", "email": "lin@example.net", "phone": null, "timezone": "UTC" },
            "guests": [], "location": null, "description": "", "answers": [],
            "previous_start": null, "changed_by": "invitee", "reason": "ill",
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_comes_late_for_a_call_that_is_gone_writes_nothing() {
    for guard in ["unique_property", "lookup"] {
        let mut clocked = Clocked::new().await;
        let is_refused = guard == "lookup";
        let switches = json!({
            "refuse_unique_activity_properties": is_refused, "refuse_property_creation": is_refused,
        });
        clocked.hubspot(Method::POST, "switches", switches).await;
        clocked.connect().await;
        assert_eq!(clocked.get("connections/hubspot").await["duplicate_guard"], guard);
        keeps_a_month(&clocked).await;
        let call = ended_call(1, "+1 415-555-0101", &[]);
        clocked.aircall(&call).await;
        clocked.settled().await;
        assert_eq!(clocked.objects("calls").await.len(), 1);

        clocked.sleep_for_days(8).await;
        assert!(clocked.record("aircall", "1").await.is_some(), "a record outlives its webhooks");
        clocked.sleep_for_days(23).await;
        is_gone(&clocked, "aircall", "1").await;
        clocked.hubspot(Method::DELETE, "requests", Value::Null).await;
        clocked.aircall(&call).await;
        clocked.aircall(&after(call.clone(), "call.commented", 60)).await;
        // Another call goes through beside them.
        clocked.aircall(&ended_call(2, "+1 415-555-0101", &[])).await;
        clocked.settled().await;
        until("the other call is written", async || clocked.objects("calls").await.len() == 2).await;
        assert!(clocked.record("aircall", "1").await.is_none(), "{guard}");
        assert_eq!(clocked.objects("contacts").await.len(), 1, "{guard}: who was forgotten is found again");
        assert_eq!(clocked.objects("calls").await.len(), 2, "{guard}");
        assert_eq!(writes(&clocked).await, 1, "{guard}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_that_is_ahead_stays_and_its_cancel_finds_it() {
    let mut clocked = Clocked::connected().await;
    keeps_a_month(&clocked).await;
    let booked = booking(&clocked, "scheduled", 200);
    clocked.calendar("msg_1", &booked).await;
    clocked.settled().await;
    clocked.aircall(&ended_call(1, "+1 415-555-0101", &[])).await;
    clocked.settled().await;
    clocked.sleep_for_days(100).await;
    // It is younger, and so looked at later.
    is_gone(&clocked, "aircall", "1").await;
    assert!(clocked.record("calendar", "bk_81").await.is_some());
    let mut canceled = booked;
    canceled["type"] = json!("booking.canceled");
    clocked.calendar("msg_2", &canceled).await;
    clocked.settled().await;
    let meetings = clocked.objects("meetings").await;
    assert_eq!(meetings.len(), 1);
    assert_eq!(meetings[0]["properties"]["hs_meeting_title"], "[Canceled] Intro call");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_that_is_gone_is_not_made_again_and_one_at_another_time_is() {
    let mut clocked = Clocked::connected().await;
    keeps_a_month(&clocked).await;
    let booked = booking(&clocked, "scheduled", 1);
    clocked.calendar("msg_1", &booked).await;
    clocked.settled().await;
    clocked.sleep_for_days(40).await;
    is_gone(&clocked, "calendar", "bk_81").await;
    clocked.hubspot(Method::DELETE, "requests", Value::Null).await;

    clocked.calendar("msg_1", &booked).await;
    clocked.calendar("msg_2", &booked).await;
    clocked.settled().await;
    assert!(clocked.record("calendar", "bk_81").await.is_none());
    assert_eq!((clocked.objects("meetings").await.len(), writes(&clocked).await), (1, 0));

    clocked.calendar("msg_3", &booking(&clocked, "rescheduled", 3)).await;
    clocked.settled().await;
    assert!(clocked.record("calendar", "bk_81").await.is_some());
    let meetings = clocked.objects("meetings").await;
    assert_eq!(meetings.len(), 2, "the one that was held stays as it is");
    assert_ne!(meetings[0]["properties"]["hs_timestamp"], meetings[1]["properties"]["hs_timestamp"]);
}
