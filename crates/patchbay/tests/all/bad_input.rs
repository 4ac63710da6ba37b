//! Bodies that are signed and wrong: each shows as a problem that names the field, and good ones get through.

use serde_json::{Value, json};

use crate::world::{World, ended_call, until};

fn changed(path: &[&str], value: Value, id: u64) -> Value {
    let mut body = ended_call(id, "+1 415-555-0101", &[]);
    let mut place = &mut body;
    for part in path {
        place = &mut place[*part];
    }
    *place = value;
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_at_an_address_that_nobody_has_is_answered_all_the_same() {
    let world = World::new().await;
    let body = vec![b' '; 2 * 1024 * 1024];
    for path in ["hooks/nobody/aircall", "hooks/nobody/nothing"] {
        let address = format!("{}/{path}", world.server.address());
        assert_eq!(world.http.post(address).body(body.clone()).send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_field_is_named_and_good_webhooks_get_through() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    let rows = [
        (changed(&["data", "direction"], json!("sideways"), 1), "direction"),
        (changed(&["data", "started_at"], json!("yesterday"), 2), "started_at"),
        (changed(&["data", "ended_at"], json!({ "at": 5 }), 3), "ended_at"),
        (changed(&["timestamp"], json!("noon"), 4), "timestamp"),
        (changed(&["data", "id"], Value::Null, 5), "id"),
        (changed(&["data", "answered_at"], json!(1.0e300), 6), "answered_at"),
    ];
    for (n, (body, field)) in rows.iter().enumerate() {
        let answer = world.aircall(&hook, body).await;
        assert!([202, 422].contains(&answer), "{field}: {answer}");
        assert_eq!(world.aircall(&hook, &ended_call(100 + n as u64, "+1 415-555-0101", &[])).await, 202);
    }
    world.settled(rows.len()).await;
    assert_eq!(world.objects("calls").await.len(), rows.len(), "the good ones only");
    let problems = world.get("problems").await["items"].as_array().cloned().unwrap();
    for (n, (body, field)) in rows.iter().enumerate() {
        // The one without an id can but say whose it is.
        let call =
            if body["data"]["id"].is_null() { String::new() } else { format!(" about call {}", n + 1) };
        let about = format!("Aircall sent call.ended{call} that");
        let is_named = |problem: &&Value| {
            let reason = problem["reason"].as_str().unwrap();
            reason.starts_with(&about) && reason.contains(field)
        };
        assert!(problems.iter().any(|problem| is_named(&problem)), "{field}: {problems:?}");
    }
    assert_eq!(problems.len(), rows.len());
    // Trying a broken one again breaks nothing.
    let id = problems[0]["id"].as_str().unwrap();
    world.post(&format!("problems/{id}/retry"), Value::Null).await;
    until("it is a problem again", async || {
        world.get("problems").await["items"].as_array().unwrap().len() == rows.len()
    })
    .await;
    world.post(&format!("problems/{id}/dismiss"), Value::Null).await;
    assert_eq!(world.get("problems").await["items"].as_array().unwrap().len(), rows.len() - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_texts_are_written_as_text() {
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    let odd = "a\u{0}b <script>alert(1)</script> \u{202e}x & \"y\"";
    let mut body = ended_call(1, "+1 415-555-0101", &[(5, odd)]);
    body["data"]["comments"] =
        json!([{ "id": 1, "content": odd.repeat(5_000), "posted_at": 1_780_000_100, "posted_by": null }]);
    assert_eq!(world.aircall(&hook, &body).await, 202);
    world.settled(1).await;
    let calls = world.objects("calls").await;
    let written = calls[0]["properties"]["hs_call_body"].as_str().unwrap();
    assert!(!written.contains("<script>") && !written.contains('\0'), "{}", &written[..500]);
    assert!(written.contains("&lt;script&gt;"), "{}", &written[..500]);
    assert!(written.chars().count() <= 65_536);
}
