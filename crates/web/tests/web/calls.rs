//! The Calls page, as an admin uses it while the lists of others change.

use axum::http::StatusCode;
use domain::kind::Kind;
use jiff::SignedDuration;

use crate::{
    bench::Bench,
    browser::Browser,
    world::{BAD_CALL, CONNECTED, GOOD_CALL, NO_ANSWER},
};

const CALLS: &str = "/w/default/calls";

/// What stands between two marks of a page.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let after = page.split(from).nth(1).unwrap_or_else(|| panic!("no {from}: {page}"));
    after.split(to).next().unwrap()
}

/// The choices of a select.
fn select<'a>(page: &'a str, id: &str) -> &'a str {
    between(page, &format!("<select id=\"{id}\""), "</select>")
}

/// The address of the first rule.
fn first_rule(page: &str) -> String {
    let id = between(page, "/calls/outcomes/rules/", "/");
    format!("{CALLS}/outcomes/rules/{}", id.split('"').next().unwrap())
}

async fn rule<'a>(bench: &'a Bench, tag: u64, outcome: &str) -> (Browser<'a>, String) {
    bench.connect_both().await;
    let mut browser = Browser::admin(bench).await;
    browser.page(CALLS).await;
    let fields = [("tag_id", tag.to_string()), ("outcome_id", outcome.to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.submit(&format!("{CALLS}/outcomes/rules"), &fields).await;
    (browser, page)
}

#[tokio::test]
async fn each_kind_of_call_gets_any_outcome_of_the_account_or_none() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut browser = Browser::admin(&bench).await;
    let page = browser.page(CALLS).await;
    for heading in ["Call outcome", "Custom outcome", "Call type", "Custom call type"] {
        assert!(page.contains(&format!(">{heading}</h2>")), "{heading}: {page}");
    }
    let missed = select(&page, "outcomes-inbound_missed");
    assert!(missed.contains(&format!("value=\"{NO_ANSWER}\" selected>No answer")), "{missed}");
    assert!(missed.contains("<option value=\"\">None</option>"), "{missed}");
    let fields = [("outcomes.inbound_missed", CONNECTED), ("outcomes.outbound_busy", "")];
    let page = browser.submit(&format!("{CALLS}/outcomes"), &fields).await;
    assert!(select(&page, "outcomes-inbound_missed").contains(&format!("{CONNECTED}\" selected")), "{page}");
    let settings = bench.get("/settings/calls").await.json();
    assert_eq!(settings["outcomes"]["inbound_missed"], CONNECTED);
    assert!(settings["outcomes"]["outbound_busy"].is_null());
    assert_eq!(settings["outcomes"]["outbound_unanswered"], NO_ANSWER, "what the form leaves out stays");
    let page =
        browser.submit(&format!("{CALLS}/call-types"), &[("call_types.inbound_missed", "sales")]).await;
    assert!(select(&page, "call-types-inbound_missed").contains("value=\"sales\" selected"), "{page}");
}

#[tokio::test]
async fn a_rule_is_added_from_the_live_lists_and_changed_and_deleted() {
    let bench = Bench::new().await;
    let (mut browser, page) = rule(&bench, BAD_CALL, NO_ANSWER).await;
    assert!(page.contains("The rule for “bad call” is added.") && page.contains("Active"), "{page}");
    assert!(!select(&page, "outcomes-tag").contains("bad call"), "a tag has at most one rule");
    let own = first_rule(&page);
    let form = browser.page(&own).await;
    assert!(select(&form, "outcome_id").contains("selected>No answer"), "{form}");
    let good = GOOD_CALL.to_string();
    let page = browser.submit(&own, &[("tag_id", &good), ("outcome_id", CONNECTED)]).await;
    assert!(page.contains("The rule for “good call” is changed."), "{page}");
    let page = browser.submit(&format!("{own}/delete"), &[]).await;
    assert!(page.contains("There is no rule yet."), "{page}");
    assert_eq!(browser.get(&own).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_outcome_deleted_in_hubspot_leaves_the_choices_at_once_and_the_rule_says_until_when() {
    let bench = Bench::new().await;
    let (mut browser, _) = rule(&bench, BAD_CALL, NO_ANSWER).await;
    bench.world.facts().outcomes.retain(|(id, _)| id != NO_ANSWER);
    let page = browser.page(CALLS).await;
    assert!(!select(&page, "outcomes-target").contains("No answer"), "{page}");
    let rules = between(&page, "<ol class=\"rules\">", "</ol>");
    // 10:00 in Greenwich is 11:00 in Vienna, where the account is.
    assert!(rules.contains("still used until <time") && rules.contains(">12:00</time>"), "{rules}");
    let missed = between(&page, "<select id=\"outcomes-inbound_missed\"", "</p>");
    assert!(missed.contains("selected>No answer (not in HubSpot's list)"), "{missed}");
    assert!(missed.contains("still used until <time"), "{missed}");
    bench.pass(SignedDuration::from_hours(1));
    let page = browser.page(CALLS).await;
    assert!(page.contains("the outcome was deleted in HubSpot"), "{page}");
}

#[tokio::test]
async fn a_rule_to_a_new_outcome_says_when_it_takes_effect() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    bench.get("/outcomes").await;
    bench.world.facts().outcomes.push(("new".to_owned(), "Call back".to_owned()));
    let (_, page) = rule(&bench, BAD_CALL, "new").await;
    let rules = between(&page, "<ol class=\"rules\">", "</ol>");
    assert!(rules.contains("takes effect at <time") && rules.contains(">12:00</time>"), "{rules}");
}

#[tokio::test]
async fn a_tag_deleted_in_aircall_shows_as_deleted_tag() {
    let bench = Bench::new().await;
    let (mut browser, _) = rule(&bench, BAD_CALL, NO_ANSWER).await;
    bench.world.facts().tags.retain(|(id, _)| *id != BAD_CALL);
    let page = browser.page(CALLS).await;
    assert!(between(&page, "<ol class=\"rules\">", "</ol>").contains(">Deleted tag</strong>"), "{page}");
    let form = browser.page(&first_rule(&page)).await;
    assert!(select(&form, "tag_id").contains("selected>Deleted tag"), "{form}");
}

#[tokio::test]
async fn rules_are_moved_up_and_down_and_the_first_may_win() {
    let bench = Bench::new().await;
    let (mut browser, _) = rule(&bench, BAD_CALL, NO_ANSWER).await;
    let good = GOOD_CALL.to_string();
    let page = browser
        .submit(&format!("{CALLS}/outcomes/rules"), &[("tag_id", &good), ("outcome_id", CONNECTED)])
        .await;
    let order = |page: &str| page.find("<strong>bad call").unwrap() < page.find("<strong>good call").unwrap();
    assert!(order(&page));
    let first = first_rule(&page);
    let page = browser.submit(&format!("{first}/move"), &[("to", "down")]).await;
    assert!(!order(&page), "{page}");
    let page = browser.submit(&format!("{first}/move"), &[("to", "down")]).await;
    assert!(!order(&page), "at the end it stays");
    let page = browser.submit(&format!("{first}/move"), &[("to", "up")]).await;
    assert!(order(&page));
    browser.submit(&format!("{CALLS}/on-conflict"), &[("on_conflict", "first_rule")]).await;
    assert_eq!(bench.get("/settings/calls").await.json()["on_conflict"], "first_rule");
}

#[tokio::test]
async fn a_refused_rule_is_told_at_its_field_with_what_was_chosen() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut browser = Browser::admin(&bench).await;
    browser.page(CALLS).await;
    let bad = BAD_CALL.to_string();
    let fields = [("tag_id", bad.as_str()), ("outcome_id", "nothing")];
    let refused = browser.post(&format!("{CALLS}/outcomes/rules"), &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("id=\"outcome_id-wrong\">is not an outcome"), "{}", refused.text);
    assert!(select(&refused.text, "outcomes-tag").contains("selected>bad call"), "{}", refused.text);
}

#[tokio::test]
async fn lists_that_cannot_be_read_are_shown_as_last_known_and_why() {
    let bench = Bench::new().await;
    let (mut browser, _) = rule(&bench, BAD_CALL, NO_ANSWER).await;
    bench.world.facts().is_down = true;
    let page = browser.page(CALLS).await;
    assert!(page.contains("HubSpot&#39;s outcomes could not be read just now"), "{page}");
    assert!(select(&page, "outcomes-target").contains("No answer"), "{page}");
}

#[tokio::test]
async fn two_who_save_what_each_saw_keep_both_changes_and_who_changes_the_same_is_told() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut browser = Browser::admin(&bench).await;
    let own = format!("{CALLS}/logging");
    let page = browser.page(&own).await;
    let shown = page.split("name=\"as_shown\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let shown = shown.replace("&#34;", "\"");
    let was: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let title = was["title_template"].as_str().unwrap().to_owned();
    // Somebody else, meanwhile.
    bench.put("/settings/calls", &serde_json::json!({ "log_when": "ended" })).await;
    let mut fields = vec![("as_shown", shown.as_str()), ("title_template", title.as_str())];
    let creates: Vec<String> = Kind::ALL.map(|kind| format!("create_contacts.{}", kind.word())).into();
    fields.extend(creates.iter().map(|name| (name.as_str(), "yes")));
    fields.extend([("outbound_busy", "busy, user_busy, 17"), ("missed_call_task", "yes")]);
    let causes = was["outcome_causes"].as_object().unwrap();
    let wrong: Vec<&str> = causes
        .iter()
        .filter(|(_, kind)| *kind == "outbound_wrong_number")
        .map(|(cause, _)| cause.as_str())
        .collect();
    let wrong = wrong.join(", ");
    fields.push(("outbound_wrong_number", &wrong));
    let seen = [&fields[..], &[("log_when", "answered")]].concat();
    browser.submit(&own, &seen).await;
    let settings = bench.get("/settings/calls").await.json();
    assert_eq!(settings["log_when"], "ended", "as the other one has set it");
    assert_eq!(
        (&settings["missed_call_task"], &settings["outcome_causes"]["17"]),
        (&true.into(), &"outbound_busy".into())
    );

    bench.put("/settings/calls", &serde_json::json!({ "title_template": "{party}" })).await;
    fields[1] = ("title_template", "{agent}");
    let told = browser.post(&own, &[&fields[..], &[("log_when", "answered")]].concat()).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(
        told.text.contains("Somebody else has changed the same meanwhile (title_template)"),
        "{}",
        told.text
    );
    assert_eq!(bench.get("/settings/calls").await.json()["title_template"], "{party}");
}

#[tokio::test]
async fn logging_owners_and_numbers_are_set_from_their_forms() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut browser = Browser::admin(&bench).await;
    let own = format!("{CALLS}/logging");
    assert!(browser.page(&own).await.contains("value=\"busy, user_busy\""));
    let fields = [
        ("log_when", "ended"),
        ("title_template", "{party} <on> {line}"),
        ("missed_call_task", "yes"),
        ("create_contacts.inbound_answered", "yes"),
        ("outbound_busy", "busy, 17"),
        ("outbound_wrong_number", ""),
    ];
    let page = browser.submit(&own, &fields).await;
    assert!(page.contains("value=\"{party} &#60;on&#62; {line}\""), "{page}");
    let settings = bench.get("/settings/calls").await.json();
    assert_eq!(settings["log_when"], "ended");
    assert_eq!(settings["missed_call_task"], true);
    assert_eq!(settings["create_contacts"]["inbound_answered"], true);
    assert_eq!(settings["create_contacts"]["outbound_answered"], false);
    assert_eq!(settings["outcome_causes"].as_object().unwrap().len(), 2, "{settings}");
    let refused = browser.post(&own, &[("log_when", "ended"), ("title_template", "{nothing}")]).await;
    assert!(refused.text.contains("id=\"title_template-wrong\">has no place {nothing}"), "{}", refused.text);

    let own = format!("{CALLS}/owners");
    let page = browser.page(&own).await;
    assert!(page.contains("Lin Wu") && page.contains("Nobody: no owner has this address"), "{page}");
    browser.submit(&own, &[("owner_map.lin@phones.example", "77")]).await;
    browser.submit(&own, &[("agent", "Kim@Example.com"), ("owner", "11")]).await;
    let map = bench.get("/settings/calls").await.json()["owner_map"].clone();
    assert_eq!(map, serde_json::json!({ "lin@phones.example": "77", "kim@example.com": "11" }));
    browser.submit(&own, &[("owner_map.lin@phones.example", "")]).await;
    assert!(bench.get("/settings/calls").await.json()["owner_map"]["lin@phones.example"].is_null());

    let own = "/w/default/integrations/aircall";
    assert!(browser.page(own).await.contains("Vienna line"));
    browser
        .submit(
            &format!("{own}/numbers"),
            &[("shown", "397376"), ("shown", "397377"), ("left_out", "397377")],
        )
        .await;
    assert_eq!(bench.get("/settings/calls").await.json()["exclude_numbers"], serde_json::json!(["397377"]));
    browser.submit(&format!("{own}/numbers"), &[("shown", "397377")]).await;
    assert_eq!(bench.get("/settings/calls").await.json()["exclude_numbers"], serde_json::json!([]));
}

#[tokio::test]
async fn a_webhook_that_aircall_has_switched_off_or_forgotten_is_told() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut browser = Browser::admin(&bench).await;
    let own = "/w/default/integrations/aircall";
    assert!(browser.page(own).await.contains("with just the events that are read"));
    bench.world.facts().calls_webhooks = false;
    assert!(browser.page(own).await.contains("Aircall has switched it off"));
    bench.world.facts().webhooks.clear();
    assert!(browser.page(own).await.contains("Aircall does not know it any more"));
    bench.world.facts().calls_webhooks = true;
    let page = browser.submit(&format!("{own}/rotate-key"), &[]).await;
    assert!(page.contains("with just the events that are read"), "{page}");
}
