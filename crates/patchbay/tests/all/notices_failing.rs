//! Notices where something fails: the mail server, HubSpot, or the process itself (M6).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    notices::{ADA, LIN, book, booking, connected, header, in_days, mail_count, timeline, times, to},
    world::{World, ended_call, until},
};

/// A notice is told on the timeline once it was taken.
async fn is_told(world: &World, id: &str, words: &str) -> bool {
    timeline(world, id).await.iter().any(|text| text == words)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recipient_is_a_problem_of_its_own_until_it_is_retried_or_dismissed() {
    let world = connected().await;
    world.mailbox(Method::POST, "trouble", json!({ "reply": "550 5.1.1 no such user", "to": LIN })).await;
    for id in ["bk1", "bk2"] {
        book(&world, id).await;
        world.scheduler(&format!("bookings/{id}/move"), times(8)).await;
    }
    let problems = async || world.get("problems").await["items"].as_array().unwrap().clone();
    until("both are problems", async || problems().await.len() == 2).await;
    let mails = mail_count(&world, 2).await;
    assert!(mails.iter().all(|mail| to(mail) == ADA));
    let of = async |id: &str| {
        let record = world.record("calendar", id).await.unwrap()["id"].clone();
        problems().await.into_iter().find(|problem| problem["record"] == record).unwrap()
    };
    let (first, second) = (of("bk1").await, of("bk2").await);
    assert_eq!(first["reason"], "The mail server said: 550 5.1.1 no such user");
    // Refused again it is a problem still; taken it is none.
    let id = first["id"].as_str().unwrap();
    world.post(&format!("problems/{id}/retry"), Value::Null).await;
    let refused = "Mail to the invitee, that the meeting was moved: refused. The mail server said: 550 5.1.1 no such user";
    until("it is refused twice", async || {
        timeline(&world, "bk1").await.iter().filter(|text| text.starts_with(refused)).count() == 2
    })
    .await;
    world.mailbox(Method::POST, "trouble", json!({})).await;
    world.post(&format!("problems/{id}/retry"), Value::Null).await;
    let mails = mail_count(&world, 3).await;
    assert_eq!(to(&mails[2]), LIN);
    world.post(&format!("problems/{}/dismiss", second["id"].as_str().unwrap()), Value::Null).await;
    assert_eq!(problems().await, Vec::<Value>::new());
    assert!(
        is_told(&world, "bk2", "Mail to the invitee, that the meeting was moved: not sent. Dismissed.").await
    );
    assert_eq!(world.mails().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_cannot_take_now_is_sent_later_and_is_a_problem_meanwhile() {
    let world = connected().await;
    book(&world, "bk1").await;
    world.mailbox(Method::POST, "trouble", json!({ "reply": "451 4.3.0 later" })).await;
    world.scheduler("bookings/bk1/cancel", json!({ "changed_by": "host" })).await;
    until("both are problems", async || world.get("problems").await["items"].as_array().unwrap().len() == 2)
        .await;
    let problem = world.get("problems").await["items"][0].clone();
    assert_eq!(problem["reason"], "The mail server said: 451 4.3.0 later");
    world.mailbox(Method::POST, "trouble", json!({})).await;
    world.post("problems/retry", Value::Null).await;
    mail_count(&world, 2).await;
    until("no problem is left", async || world.get("problems").await["items"] == json!([])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_go_out_while_hubspot_is_down_and_meetings_are_written_while_the_mail_server_hangs() {
    let world = connected().await;
    book(&world, "bk1").await;
    book(&world, "bk2").await;
    world.fault(json!({ "kind": "status", "status": 503 })).await;
    world.scheduler("bookings/bk1/move", times(8)).await;
    mail_count(&world, 2).await;
    assert_eq!(world.record("calendar", "bk1").await.unwrap()["state"], "waiting");
    world.lift_faults().await;
    world.mailbox(Method::POST, "trouble", json!({ "kind": "hang" })).await;
    world.scheduler("bookings/bk2/cancel", json!({})).await;
    until("the cancel is in HubSpot", async || {
        let meetings = world.objects("meetings").await;
        meetings.iter().any(|meeting| meeting["properties"]["hs_meeting_outcome"] == "CANCELED")
    })
    .await;
    let hook = world.hook("aircall").await;
    assert_eq!(world.aircall(&hook, &ended_call(1, "+1 415-555-0101", &[])).await, 202);
    world.record_in("aircall", "1", "logged").await;
    assert_eq!(world.mails().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_answer_was_lost_comes_again_under_the_same_message_id() {
    let world = connected().await;
    book(&world, "bk1").await;
    world.mailbox(Method::POST, "trouble", json!({ "kind": "lost_after", "times": 2 })).await;
    world.scheduler("bookings/bk1/move", times(8)).await;
    let mails = mail_count(&world, 4).await;
    let mut copies: BTreeMap<(String, String), u32> = BTreeMap::new();
    for mail in &mails {
        *copies.entry((to(mail).to_owned(), header(mail, "Message-ID"))).or_default() += 1;
    }
    assert_eq!(copies.into_values().collect::<Vec<_>>(), [2, 2]);
}
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_waits_is_dropped_once_nobody_is_to_get_it() {
    let world = connected().await;
    for id in ["bk1", "bk2"] {
        book(&world, id).await;
    }
    let dropped = async |id: &str, why: &str| {
        for party in ["host", "invitee"] {
            let words = format!("Mail to the {party}, that the meeting was moved: not sent. {why}");
            until(&words, async || is_told(&world, id, &words).await).await;
        }
    };
    world.mailbox(Method::POST, "trouble", json!({ "reply": "451 later" })).await;
    world.scheduler("bookings/bk1/move", times(8)).await;
    until("it waits", async || timeline(&world, "bk1").await.iter().any(|text| text.contains("again. ")))
        .await;
    world.put("settings/meetings", json!({ "notify": false })).await;
    dropped("bk1", "Notices were turned off.").await;
    world.put("settings/meetings", json!({ "notify": true })).await;
    world.scheduler("bookings/bk2/move", times(8)).await;
    until("it waits", async || timeline(&world, "bk2").await.iter().any(|text| text.contains("again. ")))
        .await;
    world.delete("connections/calendar").await;
    dropped("bk2", "Calendar.com was disconnected.").await;
    world.mailbox(Method::POST, "trouble", json!({})).await;
    assert_eq!(world.mails().await, Vec::<Value>::new());
    assert_eq!(world.get("problems").await["items"], json!([]));
}

const KILLS: usize = 12;
const BOOKINGS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_moment_lose_no_mail_and_repeat_one_only_under_its_message_id() {
    let mut world = connected().await;
    let hook = world.hook("calendar").await;
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut last: BTreeMap<usize, i64> = BTreeMap::new();
    let mut sent = 0;
    for n in 0..BOOKINGS {
        book(&world, &format!("bk{n}")).await;
        last.insert(n, 7);
    }
    for _ in 0..KILLS {
        for (n, days) in &mut last {
            let from = *days;
            *days += 1;
            sent += 1;
            let mut data = booking(&format!("bk{n}"), *days);
            data["host"] = json!({ "name": "Ada Park", "email": ADA });
            data["invitee"] = json!({ "name": "Lin Wu", "email": format!("lin{n}@example.net") });
            data["previous_start"] = json!(in_days(from));
            let body = json!({ "type": "booking.rescheduled", "timestamp": in_days(0), "data": data });
            assert_eq!(world.signed(&hook, &format!("msg_{sent}"), &body.to_string()).await, 202);
        }
        // From a claim to a receipt takes some tens of milliseconds: the kill falls anywhere among them.
        let mut pace = tokio::time::interval(Duration::from_millis(1));
        for _ in 0..random.random_range(0..400) {
            pace.tick().await;
        }
        world.server.kill();
        world.server.start_again();
    }
    until("all is read", async || world.unread().await == 0).await;
    for n in 0..BOOKINGS {
        let words = |party: &str| format!("Mail to the {party}, that the meeting was moved: sent.");
        until("the last moves are told", async || {
            let told = timeline(&world, &format!("bk{n}")).await;
            let is_open = told
                .iter()
                .any(|text| text.contains("sent, no answer yet") || text.contains("to be sent again"));
            let is_queued = |party: &str| {
                let of = |end: &str| {
                    told.iter()
                        .filter(|text| {
                            text.starts_with(&format!("Mail to the {party}")) && text.contains(end)
                        })
                        .count()
                };
                of(": to be sent.") > of(": sent.") + of(": not sent.")
            };
            !is_open && !is_queued("host") && !is_queued("invitee") && told.contains(&words("host"))
        })
        .await;
    }
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mails = world.mails().await;
    for mail in &mails {
        let content = format!("{} {} {}", to(mail), header(mail, "Reply-To"), mail["text"]);
        ids.entry(header(mail, "Message-ID")).or_default().insert(content);
    }
    let repeated = mails.len() - ids.len();
    println!("{KILLS} kills, {sent} moves, {} mails, {repeated} of them repetitions", mails.len());
    assert!(ids.values().all(|contents| contents.len() == 1), "one Message-ID, one mail");
    // Four are handed over at once.
    assert!(repeated <= 4 * KILLS, "{repeated} repetitions, seed {seed}");
    for n in 0..BOOKINGS {
        let mine = |mail: &&Value| to(mail) == format!("lin{n}@example.net");
        let newest = mails.iter().rfind(mine).unwrap();
        let day = in_days(last[&n]).strftime("%-d %B %Y").to_string();
        assert!(newest["text"].as_str().unwrap().contains(&day), "seed {seed}: {newest}");
    }
}
