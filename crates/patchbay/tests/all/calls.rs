//! What becomes of a call's outcome, from webhook to HubSpot (C2, C5–C9, C11).

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, after, call, until};

const STARTED: i64 = 1_780_000_000;

/// A world with its outcomes and tags by label.
struct Desk {
    world: World,
    hook: String,
}

impl Desk {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let world = World::with(settings).await;
        world.connect().await;
        let hook = world.hook("aircall").await;
        Self { world, hook }
    }

    async fn outcome(&self, label: &str) -> String {
        self.listed("outcomes", label).await
    }

    async fn tag(&self, label: &str) -> u64 {
        self.listed("tags", label).await.parse().unwrap()
    }

    async fn listed(&self, list: &str, label: &str) -> String {
        let listed = self.world.get(list).await;
        let one =
            listed["items"].as_array().unwrap().iter().find(|one| one["label"] == label).unwrap().clone();
        one["id"].as_str().unwrap().to_owned()
    }

    async fn rule(&self, tag: u64, outcome: &str) -> Value {
        self.world.post("outcome-rules", json!({ "tag_id": tag.to_string(), "outcome_id": outcome })).await
    }

    async fn rule_state(&self) -> Value {
        self.world.get("outcome-rules").await["items"][0]["state"].clone()
    }

    async fn send(&self, body: &Value) {
        assert_eq!(self.world.aircall(&self.hook, body).await, 202);
    }

    /// Sends webhooks one by one, and waits until all that they say is written.
    async fn tell(&self, bodies: &[Value]) {
        for body in bodies {
            self.send(body).await;
        }
        until("nothing is unread", async || self.world.unread().await == 0).await;
        let id = bodies[0]["data"]["id"].as_u64().unwrap().to_string();
        until("the call is written", async || {
            self.world.record("aircall", &id).await.is_some_and(|record| record["state"] == "logged")
        })
        .await;
    }

    /// A property of the call that has this id.
    async fn holds(&self, id: u64, property: &str) -> Value {
        let record = self.world.record("aircall", &id.to_string()).await.unwrap();
        let held = record["hubspot"][0]["id"].clone();
        let calls = self.world.objects("calls").await;
        let call = calls.into_iter().find(|call| call["id"] == held).unwrap();
        call["properties"][property].clone()
    }
}

fn ended(id: u64, tags: &[(u64, &str)]) -> Value {
    call("call.ended", STARTED, id, "+1 415-555-0101", tags)
}

/// The same call later, with a comment and without any tag.
fn commented(id: u64) -> Value {
    let mut body = after(ended(id, &[]), "call.commented", 100);
    body["data"]["comments"] =
        json!([{ "id": 9, "content": "they will call back", "posted_at": STARTED + 180, "posted_by": null }]);
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_deleted_in_aircall_takes_no_outcome_from_a_logged_call() {
    let desk = Desk::new(&[]).await;
    let (tag, no_answer) = (desk.tag("bad call").await, desk.outcome("No answer").await);
    desk.rule(tag, &no_answer).await;
    desk.tell(&[ended(1, &[(tag, "bad call")])]).await;
    assert_eq!(desk.holds(1, "hs_call_disposition").await, no_answer.as_str());

    desk.world.phone(Method::DELETE, &format!("tags/{tag}"), Value::Null).await;
    desk.tell(&[commented(1)]).await;
    assert!(desk.holds(1, "hs_call_body").await.as_str().unwrap().contains("they will call back"));
    assert_eq!(desk.holds(1, "hs_call_disposition").await, no_answer.as_str());
    let rules = desk.world.get("outcome-rules").await;
    assert_eq!(rules["items"][0]["state"], "tag_deleted");
    assert_eq!(rules["items"][0]["tag"]["label"], "Deleted tag");
    // The rule counts for no further call.
    desk.tell(&[ended(2, &[(tag, "bad call")])]).await;
    assert_eq!(desk.holds(2, "hs_call_disposition").await, desk.outcome("Connected").await.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_deleted_changes_no_logged_call_though_a_comment_comes_later() {
    let desk = Desk::new(&[]).await;
    let (tag, no_answer) = (desk.tag("bad call").await, desk.outcome("No answer").await);
    let rule = desk.rule(tag, &no_answer).await;
    let tags = [(tag, "bad call")];
    desk.tell(&[ended(1, &tags)]).await;
    desk.world.delete(&format!("outcome-rules/{}", rule["id"].as_str().unwrap())).await;
    let mut later = commented(1);
    later["data"]["tags"] = ended(1, &tags)["data"]["tags"].clone();
    desk.tell(&[later]).await;
    assert!(desk.holds(1, "hs_call_body").await.as_str().unwrap().contains("they will call back"));
    assert_eq!(desk.holds(1, "hs_call_disposition").await, no_answer.as_str());
    // Its own tags changing decide again, by the rules of now.
    desk.tell(&[after(ended(1, &[]), "call.untagged", 200)]).await;
    assert_eq!(desk.holds(1, "hs_call_disposition").await, desk.outcome("Connected").await.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapped_tag_taken_off_brings_the_default_back_and_put_on_again_the_rule() {
    let desk = Desk::new(&[]).await;
    let (tag, no_answer) = (desk.tag("bad call").await, desk.outcome("No answer").await);
    let connected = desk.outcome("Connected").await;
    desk.rule(tag, &no_answer).await;
    let tags = [(tag, "bad call")];
    desk.tell(&[ended(1, &tags)]).await;
    desk.tell(&[after(ended(1, &[]), "call.untagged", 100)]).await;
    assert_eq!(desk.holds(1, "hs_call_disposition").await, connected.as_str());
    desk.tell(&[after(ended(1, &tags), "call.tagged", 200)]).await;
    assert_eq!(desk.holds(1, "hs_call_disposition").await, no_answer.as_str());
    assert_eq!(desk.world.objects("calls").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_put_on_during_the_call_shows_only_after_its_end() {
    let desk = Desk::new(&[]).await;
    let (tag, no_answer) = (desk.tag("bad call").await, desk.outcome("No answer").await);
    desk.rule(tag, &no_answer).await;
    let under_way = |event, second: i64, tags: &[(u64, &str)]| {
        let mut body = call(event, STARTED, 1, "+1 415-555-0101", tags);
        body["data"]["ended_at"] = Value::Null;
        body["data"]["status"] = json!("answered");
        body["timestamp"] = json!(STARTED + second);
        body
    };
    desk.tell(&[under_way("call.answered", 10, &[])]).await;
    assert_eq!(desk.holds(1, "hs_call_status").await, "IN_PROGRESS");
    desk.tell(&[under_way("call.tagged", 20, &[(tag, "bad call")])]).await;
    assert_eq!(desk.holds(1, "hs_call_disposition").await.as_str().unwrap_or_default(), "");
    assert!(!desk.holds(1, "hs_call_body").await.as_str().unwrap().contains("bad call"));
    desk.tell(&[ended(1, &[(tag, "bad call")])]).await;
    assert_eq!(desk.holds(1, "hs_call_disposition").await, no_answer.as_str());
    assert_eq!(desk.holds(1, "hs_call_status").await, "COMPLETED");
    assert_eq!(desk.world.objects("calls").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_that_differ_give_the_default_or_the_first_rule_as_the_admin_wants() {
    let desk = Desk::new(&[]).await;
    let (bad, good) = (desk.tag("bad call").await, desk.tag("good call").await);
    let (no_answer, busy) = (desk.outcome("No answer").await, desk.outcome("Busy").await);
    desk.rule(bad, &no_answer).await;
    let second = desk.rule(good, &busy).await;
    let both = [(bad, "bad call"), (good, "good call")];
    desk.tell(&[ended(1, &both)]).await;
    assert_eq!(desk.holds(1, "hs_call_disposition").await, desk.outcome("Connected").await.as_str());
    desk.world.put("settings/calls", json!({ "on_conflict": "first_rule" })).await;
    desk.tell(&[ended(2, &both)]).await;
    assert_eq!(desk.holds(2, "hs_call_disposition").await, no_answer.as_str());
    desk.world.put("settings/calls", json!({ "on_conflict": "call_outcome" })).await;
    desk.world.delete(&format!("outcome-rules/{}", second["id"].as_str().unwrap())).await;
    desk.rule(good, &no_answer).await;
    desk.tell(&[ended(3, &both)]).await;
    assert_eq!(desk.holds(3, "hs_call_disposition").await, no_answer.as_str(), "both give the same");
    assert_eq!(
        desk.holds(1, "hs_call_disposition").await,
        desk.outcome("Connected").await.as_str(),
        "what is logged stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_outcome_takes_effect_after_the_delay_and_a_deleted_one_is_used_as_long() {
    let desk = Desk::new(&[("PATCHBAY_OUTCOME_DELAY", "5s"), ("PATCHBAY_LIST_REFRESH", "1s")]).await;
    let connected = desk.outcome("Connected").await;
    let tag = desk.tag("bad call").await;
    let tags = [(tag, "bad call")];
    let made = desk.world.hubspot(Method::POST, "outcomes", json!({ "label": "Wants a demo" })).await;
    let made = made["id"].as_str().unwrap().to_owned();
    let rule = desk.rule(tag, &made).await;
    assert_eq!(rule["state"], "pending");
    desk.tell(&[ended(1, &tags)]).await;
    assert_eq!(desk.holds(1, "hs_call_disposition").await, connected.as_str());

    until("the rule is active", async || desk.rule_state().await == "active").await;
    desk.tell(&[ended(2, &tags)]).await;
    assert_eq!(desk.holds(2, "hs_call_disposition").await, made.as_str());

    desk.world.hubspot(Method::DELETE, &format!("outcomes/{made}"), Value::Null).await;
    until("the outcome is leaving", async || desk.rule_state().await == "outcome_leaving").await;
    let choices = desk.world.get("outcomes").await;
    assert!(choices["items"].as_array().unwrap().iter().all(|one| one["id"] != made.as_str()), "{choices}");
    desk.tell(&[ended(3, &tags)]).await;
    assert_eq!(desk.holds(3, "hs_call_disposition").await, made.as_str());

    until("the outcome is deleted", async || desk.rule_state().await == "outcome_deleted").await;
    desk.tell(&[ended(4, &tags)]).await;
    assert_eq!(desk.holds(4, "hs_call_disposition").await, connected.as_str());
    let rule = rule["id"].as_str().unwrap();
    desk.world.delete(&format!("outcome-rules/{rule}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_told_after_the_end_decides_again() {
    let desk = Desk::new(&[]).await;
    let mut missed = ended(1, &[]);
    missed["data"]["direction"] = json!("inbound");
    missed["data"]["answered_at"] = Value::Null;
    missed["data"]["missed_call_reason"] = json!("agents_did_not_answer");
    desk.tell(std::slice::from_ref(&missed)).await;
    assert_eq!(desk.holds(1, "hs_call_disposition").await, desk.outcome("No answer").await.as_str());
    missed["data"]["voicemail"] =
        json!("https://aircall-media.example.com/calls/1/voicemail.mp3?X-Amz-Expires=3600");
    desk.tell(&[after(missed, "call.voicemail_left", 3)]).await;
    assert_eq!(desk.holds(1, "hs_call_disposition").await, desk.outcome("Left voicemail").await.as_str());
    assert_eq!(desk.holds(1, "hs_call_has_voicemail").await, "true");
    assert_eq!(desk.world.objects("calls").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_logged_at_its_end_alone_where_the_admin_wants_that() {
    let desk = Desk::new(&[]).await;
    desk.world.put("settings/calls", json!({ "log_when": "ended" })).await;
    let mut answered = call("call.answered", STARTED, 1, "+1 415-555-0101", &[]);
    answered["data"]["ended_at"] = Value::Null;
    answered["timestamp"] = json!(STARTED + 10);
    desk.send(&answered).await;
    let record = desk.world.record_in("aircall", "1", "waiting").await;
    assert!(record["why"].as_str().unwrap().contains("has not ended"), "{record}");
    desk.tell(&[ended(2, &[])]).await;
    assert_eq!(desk.world.objects("calls").await.len(), 1);
    desk.tell(&[ended(1, &[])]).await;
    assert_eq!(desk.world.objects("calls").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_left_out_is_not_logged_and_asks_hubspot_nothing() {
    let desk = Desk::new(&[]).await;
    desk.world.put("settings/calls", json!({ "exclude_numbers": ["7"] })).await;
    desk.world.forget_requests().await;
    desk.send(&ended(1, &[])).await;
    let record = desk.world.record_in("aircall", "1", "logged").await;
    assert!(record["why"].as_str().unwrap().contains("Left out"), "{record}");
    assert_eq!(desk.world.requests().await, 0);
    let mut other = ended(2, &[]);
    other["data"]["number"]["id"] = json!(8);
    desk.tell(&[other]).await;
    assert_eq!(desk.world.objects("calls").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_as_aircall_tells_them_end_alike_in_any_order_and_number() {
    let world = World::new().await;
    world.connect_hubspot("pat-na1-sandbox").await;
    world.put("connections/aircall", json!({ "api_id": "sandbox", "api_token": "sandbox" })).await;
    let mut ids = Vec::new();
    for (order, copies) in [(Value::Null, 1), (json!("reversed"), 2), (json!("shuffled"), 3)] {
        for story in ["answered", "missed", "voicemail"] {
            let order = json!({ "direction": "inbound", "from": "+1 415-555-0101", "story": story,
                "tags_after": ["good call"], "order": order, "copies": copies, "number_id": 397_376 });
            ids.push((story, world.phone(Method::POST, "calls", order).await["id"].clone()));
        }
    }
    world.settled(ids.len()).await;
    let calls = world.objects("calls").await;
    assert_eq!((calls.len(), world.objects("contacts").await.len()), (ids.len(), 1));
    for story in ["answered", "missed", "voicemail"] {
        let mut held = Vec::new();
        for (_, id) in ids.iter().filter(|(of, _)| *of == story) {
            let record = world.record("aircall", &id.to_string()).await.unwrap();
            let call = calls.iter().find(|call| call["id"] == record["hubspot"][0]["id"]).unwrap();
            let names =
                ["hs_call_disposition", "hs_call_status", "hs_call_has_voicemail", "hs_call_duration"];
            held.push(names.map(|name| call["properties"][name].clone()));
        }
        held.dedup();
        assert_eq!(held.len(), 1, "{story}: {held:?}");
    }
}
