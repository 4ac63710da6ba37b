//! Signing in to the dashboard: first run, sessions, forged forms, forged addresses.

use axum::http::{StatusCode, header};
use jiff::SignedDuration;
use rstest::rstest;

use crate::{
    bench::{ADMIN, Bench, STRANGER, VIEWER},
    browser::{Browser, EMAIL, PASSWORD, location},
};

const INTEGRATIONS: &str = "/w/default/integrations";

#[tokio::test]
async fn a_first_run_asks_for_the_operators_token_and_makes_the_first_admin() {
    let bench = Bench::new().await;
    let mut browser = Browser::new(&bench);
    assert_eq!(location(&browser.get("/").await), "/first-run");
    assert_eq!(location(&browser.get("/sign-in").await), "/first-run");
    assert!(browser.page("/first-run").await.contains("PATCHBAY_ADMIN_TOKEN"));
    let fields =
        |token| [("token", token), ("name", "Ada"), ("email", "Ada@Example.com"), ("password", PASSWORD)];
    for token in ["", "wrong", VIEWER, STRANGER] {
        let refused = browser.post("/first-run", &fields(token)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{token}");
        assert!(refused.text.contains("is not the token of an admin"), "{}", refused.text);
        assert!(!refused.text.contains(PASSWORD));
    }
    assert!(!bench.store.has_users().await.unwrap());
    let made = browser.post("/first-run", &fields(ADMIN)).await;
    assert_eq!((made.status, location(&made).as_str()), (StatusCode::SEE_OTHER, "/"), "{}", made.text);
    let (mut here, mut steps) = ("/".to_owned(), 0);
    while browser.get(&here).await.status == StatusCode::SEE_OTHER && steps < 5 {
        here = location(&browser.get(&here).await);
        steps += 1;
    }
    assert_eq!(here, INTEGRATIONS, "the first page leads on to the first workspace");
    assert!(browser.page(INTEGRATIONS).await.contains("ada@example.com"));
    // Nobody makes another one.
    let again = Browser::new(&bench).post("/first-run", &fields(ADMIN)).await;
    assert_eq!(location(&again), "/sign-in");
}

#[tokio::test]
async fn who_holds_the_operators_token_gets_back_in_when_no_admin_can() {
    let bench = Bench::new().await;
    assert_eq!(location(&Browser::new(&bench).get("/back-in").await), "/first-run");
    let mut before = Browser::admin(&bench).await;
    let mut browser = Browser::new(&bench);
    assert!(browser.page("/back-in").await.contains("no admin can sign in"));
    let fields = |token| [("token", token), ("email", EMAIL), ("password", "another horse")];
    for token in ["", "wrong", VIEWER, STRANGER] {
        let refused = browser.post("/back-in", &fields(token)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{token}");
    }
    assert_eq!(location(&browser.post("/back-in", &fields(ADMIN)).await), "/");
    assert!(browser.page(INTEGRATIONS).await.contains("Ada Park"), "who they were stays");
    assert_eq!(before.get(INTEGRATIONS).await.status, StatusCode::SEE_OTHER, "old sessions have ended");
    Browser::signed_in(&bench, EMAIL, "another horse").await;
}

#[tokio::test]
async fn each_sign_in_begins_a_session_of_its_own_whatever_the_browser_brought() {
    let bench = Bench::new().await;
    let mut first = Browser::admin(&bench).await;
    let (name, old) = first.cookies.first_key_value().map(|(n, v)| (n.clone(), v.clone())).unwrap();
    assert!(name.starts_with("__Host-"), "{name}");
    let mut fixed = Browser::new(&bench);
    fixed.cookies.insert(name.clone(), "chosen-by-somebody-else".to_owned());
    fixed.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert!(fixed.cookies[&name].len() >= 43 && fixed.cookies[&name] != old);
    // Signing in again ends the session that the browser had.
    first.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_ne!(first.cookies[&name], old);
    first.cookies.insert(name, old);
    assert_eq!(first.get(INTEGRATIONS).await.status, StatusCode::SEE_OTHER);
    assert!(fixed.page(INTEGRATIONS).await.contains("Integrations"));
}

#[tokio::test]
async fn the_sessions_cookie_is_out_of_reach_of_scripts_and_of_plain_http() {
    let bench = Bench::new().await;
    let fields = [("token", ADMIN), ("email", EMAIL), ("password", PASSWORD)];
    let made = Browser::new(&bench).post("/first-run", &fields).await;
    let cookie = made.headers[header::SET_COOKIE].to_str().unwrap();
    for part in ["__Host-", "; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/;"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_when_it_is_old() {
    let bench = Bench::new().await;
    let mut browser = Browser::admin(&bench).await;
    for _ in 0..27 {
        bench.pass(SignedDuration::from_hours(11));
        browser.page(INTEGRATIONS).await;
    }
    bench.pass(SignedDuration::from_hours(13));
    assert_eq!(location(&browser.get(INTEGRATIONS).await), "/sign-in?next=%2Fw%2Fdefault%2Fintegrations");
    let mut browser = Browser::signed_in(&bench, EMAIL, PASSWORD).await;
    for _ in 0..30 {
        bench.pass(SignedDuration::from_hours(11));
        browser.page(INTEGRATIONS).await;
    }
    bench.pass(SignedDuration::from_hours(11));
    assert_eq!(browser.get(INTEGRATIONS).await.status, StatusCode::SEE_OTHER, "two weeks have passed");
}

#[tokio::test]
async fn signing_out_ends_this_session_and_signing_out_everywhere_ends_all() {
    let bench = Bench::new().await;
    let mut one = Browser::admin(&bench).await;
    let mut two = Browser::signed_in(&bench, EMAIL, PASSWORD).await;
    let mut three = Browser::signed_in(&bench, EMAIL, PASSWORD).await;
    let stolen = one.cookies.clone();
    assert!(one.submit("/sign-out", &[]).await.contains("You are signed out."));
    one.cookies = stolen;
    assert_eq!(one.get("/account").await.status, StatusCode::SEE_OTHER);
    two.page("/account").await;
    two.post("/account/sign-out-everywhere", &[]).await;
    for browser in [&mut two, &mut three] {
        assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn after_five_wrong_passwords_one_waits_and_is_told_how_long() {
    let bench = Bench::new().await;
    Browser::admin(&bench).await;
    let mut browser = Browser::new(&bench);
    for _ in 0..5 {
        let refused = browser.post("/sign-in", &[("email", EMAIL), ("password", "wrong")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("The e-mail address or the password is not right."));
    }
    let waits = browser.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        waits.text.contains("Wait 6 seconds") && waits.headers[header::RETRY_AFTER] == "6",
        "{}",
        waits.text
    );
    bench.pass(SignedDuration::from_secs(6));
    Browser::signed_in(&bench, EMAIL, PASSWORD).await;
}

#[tokio::test]
async fn an_address_that_nobody_has_is_answered_like_a_wrong_password() {
    let bench = Bench::new().await;
    Browser::admin(&bench).await;
    let mut browser = Browser::new(&bench);
    let wrong = browser.post("/sign-in", &[("email", EMAIL), ("password", "wrong")]).await;
    let nobody = browser.post("/sign-in", &[("email", "kim@example.com"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, nobody.status);
    assert_eq!(wrong.text.replace(EMAIL, ""), nobody.text.replace("kim@example.com", ""));
}

#[rstest]
#[case::path("/w/default/integrations/aircall", "/w/default/integrations/aircall")]
#[case::other_server("https://evil.example", "/w/default")]
#[case::no_scheme("//evil.example", "/w/default")]
#[case::backslash("/\\evil.example", "/w/default")]
#[case::tab("/\t/evil.example", "/w/default")]
#[case::script("javascript:alert(1)", "/w/default")]
#[tokio::test]
async fn signing_in_goes_on_to_a_path_of_this_server_only(#[case] next: &str, #[case] expected: &str) {
    let bench = Bench::new().await;
    Browser::admin(&bench).await;
    let mut browser = Browser::new(&bench);
    let fields = [("email", EMAIL), ("password", PASSWORD), ("next", next)];
    assert_eq!(location(&browser.post("/sign-in", &fields).await), expected);
}

#[rstest]
#[case::no_token(&[], &[])]
#[case::anothers_token(&[("csrf", "AAAA")], &[])]
#[tokio::test]
async fn a_form_without_the_sessions_token_changes_nothing(
    #[case] fields: &[(&str, &str)],
    #[case] headers: &[(&str, &str)],
) {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut browser = Browser::admin(&bench).await;
    let refused = browser.post_bare("/w/default/integrations/hubspot/disconnect", fields, headers).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("nothing was changed"), "{}", refused.text);
    assert_eq!(bench.get("/connections/hubspot").await.json()["status"], "connected");
}

#[rstest]
#[case::says_the_browser("sec-fetch-site", "cross-site")]
#[case::from_a_sibling("sec-fetch-site", "same-site")]
#[case::by_its_origin("origin", "https://evil.example")]
#[case::hidden_origin("origin", "null")]
#[tokio::test]
async fn a_form_of_another_site_changes_nothing_though_it_has_the_token(
    #[case] header: &str,
    #[case] value: &str,
) {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut browser = Browser::admin(&bench).await;
    let page = browser.page("/w/default/integrations/hubspot").await;
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let pause = "/w/default/integrations/hubspot/pause";
    let refused = browser.post_bare(pause, &[("csrf", &token)], &[(header, value)]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    let sign_in = Browser::new(&bench).post_bare("/sign-in", &fields, &[(header, value)]).await;
    assert_eq!(sign_in.status, StatusCode::FORBIDDEN, "nor is anybody signed in as somebody else");
    let own = browser.post_bare(pause, &[("csrf", &token)], &[("origin", "https://hooks.example.com")]).await;
    assert_eq!(own.status, StatusCode::SEE_OTHER, "{}", own.text);
}
