//! The pages Activity, Problems and Health, as an admin and a viewer use them.

use std::time::Duration;

use axum::{
    body::Body,
    http::{StatusCode, header},
};
use domain::{ids::RecordId, record::Record, source::Source};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::json;
use store::{
    Appended, EnvelopeState, LedgerEntry, Mark, NewEnvelope, Phase, RecordSave, RecordState, Role, Sample,
    Settlement, User,
};
use uuid::Uuid;

use crate::{
    bench::Bench,
    browser::{Browser, EMAIL, PASSWORD},
};

const ACTIVITY: &str = "/w/default/activity";

/// A booking that came in as a webhook and stands in a state.
struct Booked {
    id: &'static str,
    name: &'static str,
    email: &'static str,
    state: RecordState,
}

const LIN: Booked =
    Booked { id: "bk_1", name: "Lin Wu", email: "lin@example.net", state: RecordState::Logged };
const MO: Booked =
    Booked { id: "bk_2", name: "Mo <b>Bold</b>", email: "mo@example.org", state: RecordState::Problem };

async fn keep(bench: &Bench, booked: &Booked) -> RecordId {
    let (ws, now) = (bench.default.id, bench.now());
    let body = json!({ "type": "booking.scheduled", "timestamp": "2026-11-20T10:00:00Z", "data": {
        "booking_id": booked.id, "event_name": "Intro call",
        "start": "2026-11-24T15:00:00Z", "end": "2026-11-24T15:30:00Z",
        "invitee": { "name": booked.name, "email": booked.email, "phone": "+14155550132" },
    }});
    let envelope = NewEnvelope {
        workspace: ws,
        source: Source::Calendar,
        subject: booked.id.to_owned(),
        event: "booking.scheduled".to_owned(),
        dedup: None,
        received_at: now,
        body: body.to_string().into_bytes(),
        state: EnvelopeState::Unread,
    };
    let Appended::New { seq } = bench.store.append(envelope).await.unwrap() else { panic!("it is new") };
    let id = RecordId::of(ws, Source::Calendar, booked.id);
    let mut record = Record::new(id, Source::Calendar, booked.id);
    record.take(connectors::read(Source::Calendar, &body).unwrap());
    let is_problem = booked.state == RecordState::Problem;
    let save = RecordSave {
        record,
        keys: vec![booked.id.to_owned()],
        state: booked.state,
        why: "Booked as the scheduler says.".to_owned(),
        attempts: 0,
        due_at: None,
        unwritten_since: None,
        problem: is_problem.then(|| "HubSpot refused <i>the owner</i>.".to_owned()),
    };
    let entry = LedgerEntry {
        record: id,
        at: now,
        step: "k".to_owned(),
        what: "Create meeting".to_owned(),
        phase: Phase::Done,
        object: Some(("meetings".to_owned(), "9001".to_owned())),
        request: json!({ "hs_meeting_title": "Meeting - Calendar.com: Intro call" }),
        answer: json!({ "id": "9001" }),
    };
    let ledger = if is_problem { Vec::new() } else { vec![entry] };
    let settlement = Settlement {
        saves: vec![save],
        marks: vec![(seq, Mark::Read(id))],
        ledger,
        sample: Sample { webhooks: 1, meetings: 1, ..Sample::default() },
        ..Settlement::default()
    };
    let lease = bench.store.take(ws, Uuid::nil(), now).await.unwrap().unwrap();
    bench.store.settle(lease, settlement, now).await.unwrap();
    id
}

/// Takes the right to change anything from the one who is signed in.
async fn demote(bench: &Bench) {
    let mut user = bench.store.user_by_email(EMAIL).await.unwrap().unwrap();
    // The last admin stays one.
    let other = User { id: Uuid::from_u128(1), email: "mo@example.com".to_owned(), ..user.clone() };
    bench.store.add_user(other).await.unwrap();
    user.role = Role::Viewer;
    assert!(bench.store.update_user(user).await.unwrap());
}

#[rstest]
#[case("", true, true)]
#[case("?search=lin", true, false)]
#[case("?search=Wu+Lin", true, false)]
#[case("?search=LIN%40example", true, false)]
#[case("?search=(415)+555-0132", true, true)]
#[case("?search=bk_2", false, true)]
#[case("?search=nobody", false, false)]
#[case("?search=lin+bold", false, false)]
#[case("?state=problem", false, true)]
#[case("?kind=meeting&source=calendar", true, true)]
#[case("?kind=call", false, false)]
#[case("?from=2026-11-20&to=2026-11-20", true, true)]
#[case("?from=2026-11-21", false, false)]
#[case("?to=2026-11-19", false, false)]
#[tokio::test]
async fn the_list_shows_what_is_asked_for(#[case] query: &str, #[case] lin: bool, #[case] mo: bool) {
    let bench = Bench::new().await;
    keep(&bench, &LIN).await;
    keep(&bench, &MO).await;
    let page = Browser::admin(&bench).await.page(&format!("{ACTIVITY}{query}")).await;
    assert_eq!((page.contains("with Lin Wu</a>"), page.contains("with Mo ")), (lin, mo), "{page}");
    assert_eq!(page.contains("id=\"feed-empty\">"), !lin && !mo, "{page}");
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_said_and_nothing_is_shown() {
    let bench = Bench::new().await;
    keep(&bench, &LIN).await;
    let mut browser = Browser::admin(&bench).await;
    for (query, trouble) in [("?from=yesterday", "from: must be a day"), ("?state=x", "state: is not")] {
        let answer = browser.get(&format!("{ACTIVITY}{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(trouble) && !answer.text.contains("Lin Wu"), "{}", answer.text);
        let live = browser.get(&format!("{ACTIVITY}/live{query}")).await;
        assert_eq!(live.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn older_pages_are_reached_by_links_and_only_the_newest_changes_by_itself() {
    let bench = Bench::new().await;
    keep(&bench, &LIN).await;
    bench.pass(SignedDuration::from_secs(1));
    keep(&bench, &MO).await;
    let mut browser = Browser::admin(&bench).await;
    let newest = browser.page(&format!("{ACTIVITY}?limit=1&kind=meeting")).await;
    assert!(newest.contains("with Mo ") && !newest.contains("Lin Wu"));
    assert!(newest.contains("data-stream=\"/w/default/activity/live?kind=meeting\""), "{newest}");
    let older = newest.split("href=\"").find(|link| link.contains("cursor=")).unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&");
    let page = browser.page(&older).await;
    assert!(page.contains("Lin Wu") && !page.contains("with Mo ") && !page.contains("data-stream"), "{page}");
}

#[tokio::test]
async fn a_record_tells_its_story_to_all_and_what_stands_behind_it_to_admins() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let id = keep(&bench, &LIN).await;
    let mut browser = Browser::admin(&bench).await;
    let page = browser.page(&format!("{ACTIVITY}/{id}")).await;
    for told in [
        "Intro call with Lin Wu",
        "Calendar.com sent booking.scheduled.",
        "Booked as the scheduler says.",
        "Create meeting: done.",
        "https://app.hubspot.com/contacts/62515/record/0-47/9001",
        "The webhook as it came",
        "lin@example.net",
        "hs_meeting_title",
        "What HubSpot answered",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    demote(&bench).await;
    let page = browser.page(&format!("{ACTIVITY}/{id}")).await;
    assert!(page.contains("Create meeting: done.") && !page.contains("<details><summary>"), "{page}");
    assert!(!page.contains("lin@example.net") && !page.contains("hs_meeting_title"), "{page}");
}

/// What is told next on a stream; empty once it has ended.
async fn told(stream: &mut Body) -> String {
    let frame = tokio::time::timeout(Duration::from_secs(30), stream.frame()).await.unwrap();
    let bytes = frame.map(|frame| frame.unwrap().into_data().unwrap()).unwrap_or_default();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn an_open_list_is_told_what_is_new_what_changed_and_what_left_it_until_its_reader_signs_out() {
    let bench = Bench::new().await;
    let mut browser = Browser::admin(&bench).await;
    let path = format!("{ACTIVITY}/live?state=logged&search=lin");
    let opened = bench.open(browser.request(&path)).await;
    assert_eq!(opened.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut stream = opened.into_body();
    keep(&bench, &MO).await;
    let id = keep(&bench, &LIN).await;
    let first = told(&mut stream).await;
    assert!(first.starts_with("event: items\n") && first.contains(&format!("id=\"r-{id}\"")), "{first}");
    assert!(first.contains("with Lin Wu</a>") && !first.contains("with Mo "), "{first}");
    keep(&bench, &Booked { state: RecordState::Waiting, ..LIN }).await;
    let second = told(&mut stream).await;
    assert!(second.contains(&format!("id=\"r-{id}\" data-gone")) && !second.contains("Lin Wu"), "{second}");
    browser.page(ACTIVITY).await;
    browser.post("/sign-out", &[]).await;
    keep(&bench, &LIN).await;
    assert_eq!(told(&mut stream).await, "");
}

#[tokio::test]
async fn problems_are_retried_dismissed_and_replayed_and_then_none_are_left() {
    let bench = Bench::new().await;
    let id = keep(&bench, &MO).await;
    let mut browser = Browser::admin(&bench).await;
    let page = browser.page("/w/default/problems").await;
    assert!(page.contains("HubSpot refused &#60;i&#62;the owner&#60;/i&#62;."), "{page}");
    assert!(!page.contains("Mo <b>") && page.contains("<span class=\"badge\">1"), "{page}");
    let page = browser.submit(&format!("/w/default/problems/{id}/retry"), &[]).await;
    assert!(page.contains("It is being tried again.") && page.contains("Nothing needs you"), "{page}");
    assert_eq!(bench.get(&format!("/records/{id}")).await.json()["state"], "waiting");

    keep(&bench, &MO).await;
    let page = browser.submit("/w/default/problems/retry", &[]).await;
    assert!(page.contains("One problem is being tried again."), "{page}");
    keep(&bench, &MO).await;
    let page = browser.submit(&format!("/w/default/problems/{id}/dismiss"), &[]).await;
    assert!(page.contains("Dismissed") && page.contains("Nothing needs you"), "{page}");
    assert_eq!(bench.get(&format!("/records/{id}")).await.json()["why"], "Dismissed.");

    // HubSpot's account of the workbench is in Vienna, an hour ahead of Greenwich; what came at 10:00 there is 11:00 here.
    bench.connect_both().await;
    let span = |from, to| [("from", from), ("to", to), ("source", "calendar")];
    let page = browser.submit("/w/default/replay", &span("2026-11-20T11:00", "2026-11-20T11:01")).await;
    assert!(page.contains("3 webhooks are being read again."), "{page}");
    let page = browser.submit("/w/default/replay", &span("2026-11-20T10:00", "2026-11-20T11:00")).await;
    assert!(page.contains("Nothing came within that span."), "{page}");
    let refused = browser.post("/w/default/replay", &span("2026-11-20T11:00", "2026-11-20T10:00")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("id=\"to-wrong\"") && refused.text.contains("value=\"2026-11-20T10:00\""));
}

#[tokio::test]
async fn a_viewer_sees_problems_and_can_change_none() {
    let bench = Bench::new().await;
    let id = keep(&bench, &MO).await;
    let mut browser = Browser::admin(&bench).await;
    browser.page("/w/default/problems").await;
    demote(&bench).await;
    let page = browser.page("/w/default/problems").await;
    assert!(
        page.contains("HubSpot refused") && !page.contains("<button>Read again") && !page.contains(">Retry")
    );
    let span = [("from", "2026-11-20T11:00"), ("to", "2026-11-20T11:01")];
    for path in
        ["problems/retry", &format!("problems/{id}/retry"), &format!("problems/{id}/dismiss"), "replay"]
    {
        let answer = browser.post(&format!("/w/default/{path}"), &span).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(bench.get(&format!("/records/{id}")).await.json()["state"], "problem");
}

#[tokio::test]
async fn health_tells_what_was_done_and_what_holds_things_up() {
    let bench = Bench::new().await;
    keep(&bench, &LIN).await;
    let mut browser = Browser::admin(&bench).await;
    let page = browser.page("/w/default/health").await;
    for told in [
        "<dt>meetings logged</dt><dd>1</dd>",
        "All that came has been read.",
        "Nothing waits to be written.",
        "Waiting: HubSpot is not connected.",
        "One write in the last 24 hours.",
        "role=\"img\"",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    bench.pass(SignedDuration::from_hours(25));
    let mut browser = Browser::signed_in(&bench, EMAIL, PASSWORD).await;
    let page = browser.page("/w/default/health").await;
    assert!(page.contains("Nothing was written in the last 24 hours.") && !page.contains("role=\"img\""));
}
