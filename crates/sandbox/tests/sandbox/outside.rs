//! The scheduler, the mailbox, and faults.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world;

#[tokio::test]
async fn a_booking_is_told_under_a_signature() {
    let world = world::start().await;
    let (hook, scheduler) = (world.inbox().await, world.sandbox.scheduler_url());
    let order = |path: &str| format!("{scheduler}/_sandbox/{path}");
    world.ask("POST", &order("hook"), json!({"url": hook, "signing_secret": "whsec_c2VjcmV0"})).await;
    let booking =
        json!({"event_name": "Intro call", "start": "2026-11-24T15:00:00Z", "end": "2026-11-24T15:30:00Z"});
    let (status, made) = world.ask("POST", &order("bookings"), booking).await;
    assert_eq!(status, 201);
    let id = made["booking_id"].as_str().unwrap();
    let times = json!({"start": "2026-11-25T15:00:00Z", "end": "2026-11-25T15:30:00Z", "changed_by": "host"});
    world.ask("POST", &order(&format!("bookings/{id}/move")), times).await;
    world.ask("POST", &order(&format!("bookings/{id}/cancel")), json!({"reason": "ill"})).await;
    let received = world.received().await;
    let types: Vec<&str> = received.iter().map(|body| body["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["booking.scheduled", "booking.rescheduled", "booking.canceled"]);
    assert_eq!(received[1]["data"]["previous_start"], "2026-11-24T15:00:00Z");
    assert_eq!(received[2]["data"]["reason"], "ill");
    let (_, deliveries) = world.ask("GET", &order("deliveries"), Value::Null).await;
    assert!(deliveries["items"][0]["headers"]["webhook-signature"].as_str().unwrap().starts_with("v1,"));
}

/// Says one mail to two recipients and hears all answers.
async fn talk(world: &world::World) -> String {
    let address = world.sandbox.smtp_url().replace("smtp://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let talk = "EHLO us\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nRCPT TO:<c@example.net>\r\nDATA\r\n\
                Subject: Moved\r\n\r\n..dotted\r\n.\r\nQUIT\r\n";
    stream.write_all(talk.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    answers
}

async fn mails(world: &world::World) -> Vec<Value> {
    let url = format!("{}/_sandbox/mails", world.sandbox.mailbox_url());
    let (_, mails) = world.ask("GET", &url, Value::Null).await;
    mails["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_mail_arrives_with_its_dots() {
    let world = world::start().await;
    let answers = talk(&world).await;
    assert!(answers.ends_with("221 bye\r\n"), "{answers}");
    let mails = mails(&world).await;
    assert_eq!(mails[0]["subject"], "Moved");
    assert_eq!(mails[0]["text"], ".dotted\r\n");
}

#[tokio::test]
async fn a_mail_meets_the_trouble_that_was_ordered() {
    let world = world::start().await;
    let order = async |trouble: Value| {
        let url = format!("{}/_sandbox/trouble", world.sandbox.mailbox_url());
        assert_eq!(world.ask("POST", &url, trouble).await.0, 200);
    };
    order(json!({"reply": "451 later", "times": 1})).await;
    assert!(talk(&world).await.contains("451 later\r\n221 bye"));
    assert_eq!(mails(&world).await.len(), 0);
    order(json!({"reply": "550 nobody", "to": "B@example.net"})).await;
    assert!(talk(&world).await.contains("250 OK\r\n550 nobody\r\n250 OK\r\n354"));
    assert_eq!(mails(&world).await[0]["to"], json!(["c@example.net"]));
    for (kind, kept) in [("lost_before", 1), ("lost_after", 2)] {
        order(json!({"kind": kind})).await;
        assert!(talk(&world).await.ends_with("with a dot on its own line\r\n"));
        assert_eq!(mails(&world).await.len(), kept);
    }
    order(json!({})).await;
    assert!(talk(&world).await.ends_with("221 bye\r\n"));
}

#[tokio::test]
async fn a_stopped_sandbox_takes_no_more_connections() {
    let world = world::start().await;
    let url = world.sandbox.hubspot_url();
    world.sandbox.stop().await;
    assert!(world.client.get(url).send().await.is_err());
}

#[tokio::test]
async fn a_reset_does_nothing_and_a_status_answers_in_its_place() {
    let world = world::start().await;
    world.order("faults", json!({"kind": "reset", "times": 1})).await;
    world
        .order(
            "faults",
            json!({"kind": "status", "status": 477, "headers": {"retry-after": "3"}, "times": 1}),
        )
        .await;
    let url = format!("{}/account-info/2026-09/details", world.sandbox.hubspot_url());
    assert!(world.client.get(&url).send().await.is_err());
    let answer = world.client.get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (477, &"3".parse().unwrap()));
    assert_eq!(world.client.get(&url).send().await.unwrap().status(), 401);
    let requests = format!("{}/_sandbox/requests", world.sandbox.hubspot_url());
    let (_, requests) = world.ask("GET", &requests, Value::Null).await;
    let faults: Vec<&Value> = requests["items"].as_array().unwrap().iter().map(|one| &one["fault"]).collect();
    assert_eq!(faults, [&json!("reset"), &json!("status"), &Value::Null]);
}
