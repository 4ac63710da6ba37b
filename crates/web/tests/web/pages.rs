//! What holds for all pages: sessions, hostile text, settings for meetings, the audit.

use axum::http::{StatusCode, header};
use serde_json::json;

use crate::{
    bench::Bench,
    browser::{Browser, EMAIL, location},
    world::BAD_CALL,
};

/// The source of the table of routes: each page in it is walked.
const ROUTES: &str = include_str!("../../src/dashboard.rs");

/// All addresses of the table, as they are within the workspace `default`.
pub fn addresses() -> Vec<String> {
    let (mut addresses, mut prefix) = (Vec::new(), "");
    for line in ROUTES.lines() {
        if line.starts_with("fn ") || line.starts_with("pub fn ") {
            prefix = match line {
                line if line.contains("fn workspace") => "/w/default",
                line if line.contains("fn calls") => "/w/default/calls",
                line if line.contains("fn users") => "/w/default/users",
                _ => "",
            };
        }
        let quoted = line.split('"').nth(1).filter(|path| path.starts_with('/'));
        if let Some(path) = quoted.filter(|path| !path.contains("{ws}")) {
            let path = path.replace("{source}", "hubspot").replace("{matter}", "outcomes");
            let path = path.replace("{id}", "00000000-0000-0000-0000-000000000000");
            let is_first = path == "/" && !prefix.is_empty();
            addresses.push(if is_first { prefix.to_owned() } else { format!("{prefix}{path}") });
        }
    }
    addresses
}

#[tokio::test]
async fn every_page_needs_a_session() {
    let bench = Bench::new().await;
    Browser::admin(&bench).await;
    let open = ["/", "/sign-in", "/sign-out", "/first-run", "/back-in"];
    let addresses = addresses();
    assert!(addresses.len() > 25, "{addresses:?}");
    for address in addresses.iter().filter(|address| !open.contains(&address.as_str())) {
        let got = Browser::new(&bench).get(address).await;
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{address}");
        assert!(location(&got).starts_with("/sign-in?next="), "{address}");
        let posted = Browser::new(&bench).post(address, &[]).await;
        assert_eq!(
            (posted.status, location(&posted).as_str()),
            (StatusCode::SEE_OTHER, "/sign-in"),
            "{address}"
        );
        let mut forged = Browser::new(&bench);
        forged.cookies.insert("__Host-patchbay_session".to_owned(), "made-up".to_owned());
        assert_eq!(forged.get(address).await.status, StatusCode::SEE_OTHER, "{address}");
    }
}

#[tokio::test]
async fn a_token_of_the_api_opens_no_page_and_a_session_opens_no_api() {
    let bench = Bench::new().await;
    let mut browser = Browser::admin(&bench).await;
    let page =
        bench.call_as(crate::bench::ADMIN, axum::http::Method::GET, "/w/default/calls", &json!(null)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let api = browser.get("/api/v1/workspaces/default/settings/calls").await;
    assert_eq!(api.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn hostile_text_stays_text_on_every_page() {
    const EVIL: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}";
    let bench = Bench::new().await;
    {
        let mut facts = bench.world.facts();
        facts.tags[0].1 = EVIL.to_owned();
        facts.outcomes[1].1 = EVIL.to_owned();
        facts.call_types[0].1 = EVIL.to_owned();
        facts.users[0].0 = EVIL.to_owned();
        facts.numbers[0].1 = EVIL.to_owned();
    }
    bench.connect_both().await;
    let mut browser = Browser::admin(&bench).await;
    browser.page("/account").await;
    browser.submit("/account", &[("name", EVIL)]).await;
    let tag = BAD_CALL.to_string();
    let rule = [("tag_id", tag.as_str()), ("outcome_id", crate::world::NO_ANSWER), ("call_type", "sales")];
    let said = browser.submit("/w/default/calls/outcomes/rules", &rule).await;
    assert!(said.contains("alert(1)") && !said.contains("<script>alert"), "{said}");
    browser.submit("/w/default/calls/call-types/rules", &rule).await;
    let settings = json!({ "answer_map": { EVIL: "company_size" } });
    assert_eq!(bench.put("/settings/meetings", &settings).await.status, StatusCode::OK);
    browser.page("/w/default/users").await;
    let added = browser
        .post("/w/default/users", &[("name", EVIL), ("email", "lin@example.com"), ("role", "viewer")])
        .await;
    assert!(!added.text.contains("<script>alert") && !added.text.contains("<img src=x"), "{}", added.text);
    let calls = browser.page("/w/default/calls").await;
    let rule =
        calls.split("/calls/outcomes/rules/").nth(1).unwrap().split(['/', '"']).next().unwrap().to_owned();
    let query =
        "/w/default/audit?who=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&what=%22%3E%3Cscript%3Ealert(1)";
    for (address, shows) in [
        ("/w/default/calls", true),
        (&format!("/w/default/calls/outcomes/rules/{rule}"), true),
        ("/w/default/calls/owners", true),
        ("/w/default/integrations/aircall", true),
        ("/w/default/meetings", true),
        ("/w/default/users", true),
        ("/w/default/audit", true),
        ("/account", true),
        (query, true),
        ("/w/default/%22%3E%3Cscript%3Ealert(1)", false),
    ] {
        let page = browser.get(address).await.text;
        assert!(page.contains("alert(1)") || !shows, "{address} shows it: {page}");
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{address}: {page}");
    }
    let mut nobody = Browser::new(&bench);
    let page = nobody.page("/sign-in?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!page.contains("<script>alert"), "{page}");
    let page = nobody.post("/sign-in", &[("email", EVIL), ("password", "x"), ("next", EVIL)]).await.text;
    assert!(!page.contains("<script>alert") && page.contains("alert(1)"), "{page}");
}

#[tokio::test]
async fn the_page_for_meetings_says_where_no_notice_can_be_sent() {
    let words = "No mail server is set (PATCHBAY_SMTP_URL): no notice is sent.";
    for (bench, is_said) in [(Bench::new().await, false), (Bench::without_mail().await, true)] {
        let page = Browser::admin(&bench).await.page("/w/default/meetings").await;
        assert_eq!(page.contains(words), is_said, "{page}");
    }
}

#[tokio::test]
async fn settings_for_meetings_are_set_from_their_form() {
    let bench = Bench::new().await;
    let mut browser = Browser::admin(&bench).await;
    let own = "/w/default/meetings";
    let page = browser.page(own).await;
    assert!(page.contains("value=\"Meeting - Cal.com: {event_name}\""), "{page}");
    let fields = [
        ("on_reschedule", "update"),
        ("notify_sources", "calcom"),
        ("notify_sources", "calendly"),
        ("answer_properties", "never"),
        ("question", "Company size"),
        ("property", "company_size"),
        ("question", "left empty"),
        ("property", ""),
        ("guests", "contacts"),
        ("title_template.calcom", "{event_name} with {invitee}"),
    ];
    let page = browser.submit(own, &fields).await;
    assert!(page.contains("value=\"Company size\"") && !page.contains("left empty"), "{page}");
    let settings = bench.get("/settings/meetings").await.json();
    assert_eq!(settings["on_reschedule"], "update");
    assert_eq!(settings["notify"], false);
    assert_eq!(settings["notify_sources"], json!(["calcom", "calendly"]));
    assert_eq!(settings["answer_map"], json!({ "Company size": "company_size" }));
    assert_eq!(settings["guests"], "contacts");
    assert_eq!(settings["title_template"]["calcom"], "{event_name} with {invitee}");
    assert_eq!(settings["title_template"]["calendar"], "Meeting - Calendar.com: {event_name}");
    let mut wrong = fields;
    wrong[5] = ("property", "Company Size");
    let refused = browser.post(own, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("value=\"Company Size\" aria-invalid"), "{}", refused.text);
}

#[tokio::test]
async fn retention_is_set_from_its_form_and_an_empty_field_keeps_all() {
    let bench = Bench::new().await;
    let mut browser = Browser::admin(&bench).await;
    let own = "/w/default/retention";
    browser.page(own).await;
    let page = browser.submit(own, &[("webhooks_days", "90"), ("records_days", "")]).await;
    assert!(page.contains("name=\"webhooks_days\" inputmode=\"numeric\" value=\"90\""), "{page}");
    let set = bench.get("/settings/retention").await.json();
    assert_eq!(set, json!({ "webhooks_days": 90, "records_days": null }));
    for wrong in ["soon", "29", "90.5", "99999"] {
        let refused = browser.post(own, &[("webhooks_days", ""), ("records_days", wrong)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(&format!("value=\"{wrong}\" aria-invalid")), "{}", refused.text);
    }
    assert_eq!(bench.get("/settings/retention").await.json(), set);
    let audit = browser.page("/w/default/audit").await;
    assert!(audit.contains("Changed retention: calls and meetings for good, webhooks 90 days"), "{audit}");
}

#[tokio::test]
async fn the_audit_tells_in_words_who_changed_what() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut browser = Browser::admin(&bench).await;
    browser.page("/w/default/calls").await;
    let tag = BAD_CALL.to_string();
    let rule = [("tag_id", tag.as_str()), ("outcome_id", crate::world::NO_ANSWER)];
    browser.submit("/w/default/calls/outcomes/rules", &rule).await;
    let own = "/w/default/audit";
    let page = browser.page(own).await;
    assert!(page.contains("Added the outcome rule “bad call” → “No answer”"), "{page}");
    assert!(page.contains("Connected Aircall") && page.contains(EMAIL), "{page}");
    let page = browser.page(&format!("{own}?what=connection&from=2026-11-20&to=2026-11-20")).await;
    assert!(page.contains("Connected HubSpot") && !page.contains("Added the outcome rule"), "{page}");
    // The day ends by the account's clock, in Vienna.
    assert!(browser.page(&format!("{own}?to=2026-11-19")).await.contains("Nothing was changed that fits"));
    let refused = browser.get(&format!("{own}?from=soon")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_audit_goes_on_to_older_pages() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    for _ in 0..30 {
        bench.post("/connections/hubspot/pause", &json!({})).await;
        bench.post("/connections/hubspot/resume", &json!({})).await;
    }
    let mut browser = Browser::admin(&bench).await;
    let page = browser.page("/w/default/audit?who=operator").await;
    assert_eq!(page.matches("<td class=\"when\">").count(), 50);
    let older =
        page.split("href=\"").find(|rest| rest.contains("cursor=")).unwrap().split('"').next().unwrap();
    let page = browser.page(&older.replace("&#38;", "&")).await;
    assert_eq!(page.matches("<td class=\"when\">").count(), 12, "{page}");
    assert!(page.contains("Connected HubSpot") && !page.contains("Older"), "{page}");
}

#[tokio::test]
async fn the_audit_is_exported_and_no_cell_is_a_formula() {
    let bench = Bench::new().await;
    let mut admin = Browser::admin(&bench).await;
    admin.page("/w/default/users").await;
    let fields = [("email", "=cmd@example.com"), ("name", "x"), ("role", "admin"), ("reach", "all")];
    let added = admin.post("/w/default/users", &fields).await;
    let password = added.text.split("id=\"password\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut evil = Browser::signed_in(&bench, "=cmd@example.com", password).await;
    evil.page("/w/default/meetings").await;
    let fields = [("on_reschedule", "update"), ("answer_properties", "never"), ("guests", "ignore")];
    evil.submit("/w/default/meetings", &fields).await;
    let csv = admin.get("/w/default/audit/export.csv").await;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert!(csv.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    assert!(csv.text.starts_with("at,who,what,in words,detail\r\n"), "{}", csv.text);
    assert!(csv.text.contains(",\"'=cmd@example.com\",\"settings.meetings_changed\","), "{}", csv.text);
    let json = admin.get("/w/default/audit/export.json?what=user").await.json();
    assert_eq!(json["items"].as_array().unwrap().len(), 1);
    assert_eq!(json["items"][0]["what"], "user.added");
}
