//! The Integrations page, as an admin and a viewer use it.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use jiff::SignedDuration;
use url::Url;

use crate::{
    bench::{Bench, SECRET},
    browser::{Browser, EMAIL, PASSWORD, location},
    doors::{booking, knock},
};

#[tokio::test]
async fn each_system_is_connected_from_its_form() {
    let bench = Bench::new().await;
    let mut browser = Browser::admin(&bench).await;
    let own = "/w/default/integrations";
    browser.page(&format!("{own}/hubspot")).await;
    let page = browser.submit(&format!("{own}/hubspot/connect"), &[("service_key", "pat-na1-right")]).await;
    assert!(page.contains("HubSpot is connected.") && page.contains("62515"), "{page}");
    assert!(
        page.contains("HubSpot itself refuses") && page.contains(EMAIL) && !page.contains("pat-na1-right")
    );
    let page = browser
        .submit(&format!("{own}/aircall/connect"), &[("api_id", "aid"), ("api_token", "atoken")])
        .await;
    assert!(
        page.contains("Registered with Aircall by Patchbay") && page.contains("/aircall\" readonly"),
        "{page}"
    );
    let fields = [("plan", "pro"), ("signing_secret", SECRET)];
    let page = browser.submit(&format!("{own}/calendar/connect"), &fields).await;
    assert!(page.contains("https://hooks.example.com/hooks/") && !page.contains(SECRET), "{page}");
}

#[tokio::test]
async fn what_is_refused_is_told_at_its_field_and_secrets_are_not_shown_again() {
    let bench = Bench::new().await;
    let mut browser = Browser::admin(&bench).await;
    browser.page("/w/default/integrations/calendar").await;
    let fields = [("plan", "basic"), ("signing_secret", SECRET)];
    let refused = browser.post("/w/default/integrations/calendar/connect", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("id=\"plan-wrong\">Calendar.com needs its Pro plan or above"),
        "{}",
        refused.text
    );
    assert!(!refused.text.contains(SECRET));
    let refused = browser
        .post("/w/default/integrations/aircall/connect", &[("api_id", "aid"), ("api_token", "wrong")])
        .await;
    assert!(refused.text.contains("value=\"aid\"") && !refused.text.contains("value=\"wrong\""));
}

#[tokio::test]
async fn a_pause_is_ended_with_what_was_missed_if_asked() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let hook = bench.connect_calendar().await;
    let mut browser = Browser::admin(&bench).await;
    browser.page("/w/default/integrations/calendar").await;
    let page = browser.submit("/w/default/integrations/calendar/pause", &[]).await;
    assert!(page.contains("Paused") && page.contains("Log what was missed"), "{page}");
    assert_eq!(knock(&bench, &hook, "msg_1", &booking("bk_1")).await, StatusCode::ACCEPTED);
    bench.pass(SignedDuration::from_secs(1));
    let page = browser.submit("/w/default/integrations/calendar/resume", &[("log_missed", "yes")]).await;
    assert!(page.contains("is being logged (1)"), "{page}");
    assert_eq!(bench.unread().await, 1);
}

#[tokio::test]
async fn disconnecting_asks_first_and_says_what_it_means() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut browser = Browser::admin(&bench).await;
    let page = browser.page("/w/default/integrations/hubspot/disconnect").await;
    assert!(page.contains("Uninstalling the app in HubSpot is a second step"), "{page}");
    let page = browser.submit("/w/default/integrations/hubspot/disconnect", &[]).await;
    assert!(page.contains("HubSpot is disconnected."), "{page}");
    assert_eq!(bench.get("/connections/hubspot").await.json()["status"], "disconnected");
}

/// Asks for a grant on the page; the state that HubSpot brings back.
async fn ask(browser: &mut Browser<'_>) -> String {
    browser.page("/w/default/integrations/hubspot").await;
    let asked = browser.post("/w/default/integrations/hubspot/grant", &[]).await;
    let url = Url::parse(&location(&asked)).unwrap();
    assert_eq!(url.host_str(), Some("app.hubspot.com"));
    url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

#[tokio::test]
async fn a_grant_comes_back_to_the_page_where_it_was_asked_for() {
    let bench = Bench::with_app().await;
    let mut browser = Browser::admin(&bench).await;
    let state = ask(&mut browser).await;
    let denied = browser.get(&format!("{}?error=access_denied&state={state}", web::CALLBACK)).await;
    assert_eq!(location(&denied), "/w/default/integrations/hubspot");
    assert!(browser.page(&location(&denied)).await.contains("Access was not granted."));
    assert!(!browser.page(&location(&denied)).await.contains("Access was not granted."), "it is said once");
}

#[tokio::test]
async fn a_stolen_state_is_of_no_use_to_another_session_or_to_none() {
    let bench = Bench::with_app().await;
    let mut browser = Browser::admin(&bench).await;
    let state = ask(&mut browser).await;
    let back = format!("{}?code=c&state={state}", web::CALLBACK);
    let before = bench.world.facts().requests;
    let mut other = Browser::signed_in(&bench, EMAIL, PASSWORD).await;
    assert_eq!(other.get(&back).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(Browser::new(&bench).get(&back).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(bench.world.facts().requests, before, "HubSpot is not asked");
    // Nor to the session that asked, once it has ended.
    let cookies = browser.cookies.clone();
    browser.post("/sign-out", &[]).await;
    browser.cookies = cookies;
    assert_eq!(browser.get(&back).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(bench.world.facts().requests, before);
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_run_no_script_of_their_own() {
    let bench = Bench::with_app().await;
    let mut browser = Browser::admin(&bench).await;
    let page = browser.get("/w/default/integrations").await;
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(policy.contains("form-action 'self' https://app.hubspot.com;"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    assert!(!page.text.contains("style=") && !page.text.contains(" onclick="));
    let script = page.text.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap();
    let script = bench.send(Request::get(script).body(Body::empty()).unwrap()).await;
    assert_eq!(script.status, StatusCode::OK);
    assert!(script.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    for missing in ["/assets/000000000000-htmx.js", "/assets/htmx.js", "/assets/..%2f..%2fCargo.toml"] {
        let answer = bench.send(Request::get(missing).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{missing}");
    }
}
