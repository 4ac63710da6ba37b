//! Users of the dashboard: added, changed, kept out; and what a viewer may not.

use axum::http::StatusCode;
use rstest::rstest;

use crate::{
    bench::Bench,
    browser::{Browser, EMAIL, location},
};

const USERS: &str = "/w/default/users";

/// The password that a page shows once.
fn password(page: &str) -> String {
    page.split("<input id=\"password\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Adds somebody; a browser in which they have signed in.
pub async fn add<'a>(admin: &mut Browser<'a>, email: &str, role: &str, reach: &str) -> Browser<'a> {
    admin.page(USERS).await;
    let fields = [("name", "Lin"), ("email", email), ("role", role), ("reach", reach)];
    let added = admin.post(USERS, &fields).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text);
    Browser::signed_in(admin.bench, &email.to_lowercase(), &password(&added.text)).await
}

/// The address of the page of the user who is not the first admin.
async fn page_of(admin: &mut Browser<'_>) -> String {
    let page = admin.page(USERS).await;
    let ids: Vec<&str> =
        page.split(&format!("{USERS}/")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    for id in ids {
        let own = format!("{USERS}/{id}");
        if !admin.page(&own).await.contains(EMAIL_LEAD) {
            return own;
        }
    }
    panic!("nobody else: {page}");
}

const EMAIL_LEAD: &str = "<p class=\"lead\">ada@example.com</p>";

#[tokio::test]
async fn somebody_is_added_with_a_password_that_is_shown_once() {
    let bench = Bench::new().await;
    let mut admin = Browser::admin(&bench).await;
    let mut lin = add(&mut admin, "Lin@Example.com", "viewer", "one").await;
    assert!(lin.page("/w/default/integrations").await.contains("Viewer"));
    let list = admin.page(USERS).await;
    assert!(list.contains("lin@example.com") && list.contains("This workspace"), "{list}");
    let again = admin.post(USERS, &[("email", "lin@example.com"), ("role", "admin")]).await;
    assert!(again.text.contains("id=\"email-wrong\">is somebody&#39;s already"), "{}", again.text);
}

#[rstest]
#[case::pause("/w/default/integrations/hubspot/pause")]
#[case::connect("/w/default/integrations/hubspot/connect")]
#[case::disconnect("/w/default/integrations/hubspot/disconnect")]
#[case::outcomes("/w/default/calls/outcomes")]
#[case::rules("/w/default/calls/outcomes/rules")]
#[case::logging("/w/default/calls/logging")]
#[case::owners("/w/default/calls/owners")]
#[case::meetings("/w/default/meetings")]
#[case::users("/w/default/users")]
#[tokio::test]
async fn a_viewer_changes_nothing(#[case] address: &str) {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut admin = Browser::admin(&bench).await;
    let mut viewer = add(&mut admin, "lin@example.com", "viewer", "one").await;
    viewer.page("/account").await;
    let refused = viewer.post(address, &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{address}");
    assert!(refused.text.contains("only an admin can change it"), "{}", refused.text);
    assert_eq!(bench.get("/connections/hubspot").await.json()["status"], "connected");
}

#[tokio::test]
async fn a_viewer_sees_neither_buttons_nor_the_addresses_of_hooks() {
    let bench = Bench::new().await;
    bench.connect_both().await;
    let mut admin = Browser::admin(&bench).await;
    let mut viewer = add(&mut admin, "lin@example.com", "viewer", "one").await;
    for page in [
        "integrations",
        "integrations/aircall",
        "integrations/hubspot/disconnect",
        "calls",
        "calls/logging",
        "calls/owners",
        "meetings",
        "audit",
        "users",
    ] {
        let html = viewer.page(&format!("/w/default/{page}")).await;
        let main = html.split("<main").nth(1).unwrap();
        assert!(!main.contains("method=\"post\"") || !main.contains("<button"), "{page}: {main}");
        assert!(!html.contains("/hooks/"), "{page}");
    }
}

#[tokio::test]
async fn who_reaches_one_workspace_sees_no_other_and_lets_nobody_into_others() {
    let bench = Bench::new().await;
    let mut admin = Browser::admin(&bench).await;
    let mut kim = add(&mut admin, "kim@example.com", "admin", "one").await;
    assert!(kim.page("/w/default/integrations").await.contains("Integrations"));
    for page in ["", "integrations", "calls", "users", "audit", "audit/export.csv"] {
        let answer = kim.get(&format!("/w/other/{page}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page}");
    }
    kim.page("/w/default/integrations/hubspot").await;
    assert_eq!(kim.post("/w/other/integrations/hubspot/pause", &[]).await.status, StatusCode::NOT_FOUND);
    // A form made up to reach all workspaces reaches one.
    add(&mut kim, "lin@example.com", "admin", "all").await;
    let lin = bench.store.user_by_email("lin@example.com").await.unwrap().unwrap();
    assert_eq!(lin.workspace, Some(bench.default.id));
    // The first admin reaches all, and is not Kim's to change.
    let ada = bench.store.user_by_email(EMAIL).await.unwrap().unwrap();
    for what in ["", "/access", "/reset-password", "/sign-out"] {
        let refused = kim.post(&format!("{USERS}/{}{what}", ada.id), &[("access", "off")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{what}");
    }
}

#[tokio::test]
async fn who_is_kept_out_is_out_at_once() {
    let bench = Bench::new().await;
    let mut admin = Browser::admin(&bench).await;
    let mut lin = add(&mut admin, "lin@example.com", "viewer", "one").await;
    let own = page_of(&mut admin).await;
    admin.submit(&format!("{own}/access"), &[("access", "off")]).await;
    assert_eq!(location(&lin.get("/w/default/calls").await), "/sign-in?next=%2Fw%2Fdefault%2Fcalls");
    admin.page(&own).await;
    let reset = admin.post(&format!("{own}/reset-password"), &[]).await;
    let new = password(&reset.text);
    let refused = lin.post("/sign-in", &[("email", "lin@example.com"), ("password", &new)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "a right password does not let them in");
    admin.page(&own).await;
    admin.submit(&format!("{own}/access"), &[("access", "on")]).await;
    Browser::signed_in(&bench, "lin@example.com", &new).await;
}

#[tokio::test]
async fn a_changed_role_holds_at_once_and_a_sign_out_everywhere_too() {
    let bench = Bench::new().await;
    let mut admin = Browser::admin(&bench).await;
    let mut lin = add(&mut admin, "lin@example.com", "viewer", "one").await;
    let own = page_of(&mut admin).await;
    admin.submit(&own, &[("name", "Lin Wu"), ("role", "admin")]).await;
    let page = lin.page("/w/default/calls").await;
    assert!(page.contains("Lin Wu") && page.contains("<button"), "{page}");
    admin.page(&own).await;
    admin.submit(&format!("{own}/sign-out"), &[]).await;
    assert_eq!(lin.get("/w/default/calls").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nobody_takes_the_last_admin_away() {
    let bench = Bench::new().await;
    let mut admin = Browser::admin(&bench).await;
    let ada = bench.store.user_by_email(EMAIL).await.unwrap().unwrap();
    let own = format!("{USERS}/{}", ada.id);
    admin.page(&own).await;
    let refused = admin.post(&format!("{own}/access"), &[("access", "off")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    admin.page(&own).await;
    admin.submit(&own, &[("name", "Ada"), ("role", "viewer")]).await;
    let still = bench.store.user_by_email(EMAIL).await.unwrap().unwrap();
    assert_eq!((still.role, still.name.as_str()), (store::Role::Admin, "Ada"));
    // Nor do two who take each other's role away at once.
    let alone = store::User { role: store::Role::Viewer, ..still };
    assert!(matches!(bench.store.update_user(alone).await, Err(store::StoreError::LastAdmin)));
}
