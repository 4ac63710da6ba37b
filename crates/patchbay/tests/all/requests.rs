//! How many requests HubSpot gets, by its own count.

use serde_json::{Value, json};

use crate::world::{World, call, ended_call, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_of_known_contacts_cost_at_most_fifty_requests() {
    let world = World::connected().await;
    for n in 0..1_000 {
        let contact = json!({ "properties": { "firstname": format!("N{n}"), "phone": number(n) } });
        world.hubspot(reqwest::Method::POST, "objects/contacts", contact).await;
    }
    let hook = world.hook("aircall").await;
    world.forget_requests().await;
    let posts = (0..1_000).map(|n| {
        let (http, hook) = (world.http.clone(), hook.clone());
        tokio::spawn(async move {
            let body = ended_call(10_000 + n, &number(n), &[]);
            assert_eq!(http.post(hook).json(&body).send().await.unwrap().status(), 202);
        })
    });
    for post in posts.collect::<Vec<_>>() {
        post.await.unwrap();
    }
    world.settled(1_000).await;
    let requests = world.requests().await;
    println!("1,000 calls of known contacts: {requests} requests");
    assert_eq!(world.objects("calls").await.len(), 1_000);
    assert_eq!(world.objects("contacts").await.len(), 1_000, "no contact was made beside the known ones");
    assert!(requests <= 50, "{requests} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_costs_four_requests_a_change_one_and_no_change_none() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.forget_requests().await;
    let body = ended_call(1, "+1 415-555-0199", &[]);
    assert_eq!(world.aircall(&hook, &body).await, 202);
    world.settled(1).await;
    let first = world.requests().await;
    assert!(first <= 4, "an unknown caller: {first} requests");
    assert_eq!(world.objects("contacts").await.len(), 1);

    world.forget_requests().await;
    let started = 1_780_000_060;
    let tagged = call("call.tagged", started, 1, "+1 415-555-0199", &[(5, "met")]);
    let tagged = at(tagged, started + 120);
    assert_eq!(world.aircall(&hook, &tagged).await, 202);
    until("the tag is in the body", async || {
        let calls = world.objects("calls").await;
        calls[0]["properties"]["hs_call_body"].as_str().is_some_and(|body| body.contains("met"))
    })
    .await;
    world.settled(1).await;
    assert_eq!(world.requests().await, 1, "a second event of a logged call");

    world.forget_requests().await;
    assert_eq!(world.aircall(&hook, &at(tagged, started + 150)).await, 202);
    world.settled(1).await;
    assert_eq!(world.requests().await, 0, "an event that changes nothing");
}

fn number(n: u64) -> String {
    format!("+1415{:07}", 5_550_000 + n)
}

fn at(mut body: Value, timestamp: i64) -> Value {
    body["timestamp"] = json!(timestamp);
    body
}
