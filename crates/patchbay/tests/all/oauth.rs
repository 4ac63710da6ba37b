//! HubSpot connected by grant: state, cookie and code; tokens renewed once, rotated, revoked (I1, M10).

use std::time::{Duration, Instant};

use reqwest::{Method, header};
use serde_json::{Value, json};
use url::Url;

use crate::world::{AIRCALL_TOKEN, TOKEN, World, ended_call, until};

/// The settings of an operator who has an app.
pub const APP: [(&str, &str); 2] =
    [("PATCHBAY_HUBSPOT_CLIENT_ID", "sandbox-client"), ("PATCHBAY_HUBSPOT_CLIENT_SECRET", "sandbox-secret")];

/// A short life of a token, and yet long enough to connect with it on a busy machine.
const SHORT: Duration = Duration::from_secs(3);

/// A world whose operator has an app; Aircall is connected, HubSpot is not.
async fn with_app() -> World {
    let world = World::with(&APP).await;
    let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": AIRCALL_TOKEN });
    world.put("connections/aircall", aircall).await;
    world
}

/// As `with_app`, granted with tokens that live so long.
async fn granted(seconds: u64) -> World {
    let world = with_app().await;
    expires_in(&world, seconds).await;
    grant(&world).await;
    world
}

async fn expires_in(world: &World, seconds: u64) {
    world.hubspot(Method::POST, "oauth/expires_in", json!({ "seconds": seconds })).await;
}

/// Asks for a grant: where to send the browser, and the cookie as it was set.
pub async fn ask(world: &World) -> (String, String) {
    let address = format!("{}/api/v1/workspaces/default/connections/hubspot/grant", world.server.address());
    let answer = world.http.post(address).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    let body: Value = answer.json().await.unwrap();
    (body["authorize_url"].as_str().unwrap().to_owned(), cookie)
}

/// Answers HubSpot's page as an admin; returns where HubSpot sends the browser.
pub async fn answer(
    http: &connectors::http::Client,
    sandbox: &str,
    authorize_url: &str,
    choice: &str,
) -> String {
    let page = Url::parse(authorize_url).unwrap();
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.push(("choice".to_owned(), choice.to_owned()));
    let address = format!("{sandbox}{}", page.path());
    let answer = http.post(address).form(&form).send().await.unwrap();
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

/// Comes back from HubSpot with a cookie, or none.
async fn come_back(world: &World, location: &str, cookie: &str) -> (u16, String) {
    let pair = cookie.split(';').next().unwrap();
    let request = world.http.get(location).header(header::COOKIE, format!("theme=dark; {pair}"));
    let answer = request.send().await.unwrap();
    assert!(answer.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    assert!(answer.headers().get(header::LOCATION).is_none());
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Consents on HubSpot's page and comes back.
pub async fn consent(world: &World, authorize_url: &str, cookie: &str) -> (u16, String) {
    let back = answer(&world.http, &world.sandbox.hubspot_url(), authorize_url, "connect").await;
    come_back(world, &back, cookie).await
}

/// Grants access from beginning to end.
pub async fn grant(world: &World) {
    let (authorize_url, cookie) = ask(world).await;
    let (status, page) = consent(world, &authorize_url, &cookie).await;
    assert!(status == 200 && page.contains("HubSpot is connected"), "{status} {page}");
}

async fn call(world: &World, id: u64) {
    let hook = world.hook("aircall").await;
    let body = ended_call(id, &format!("+1 415-556-{id:04}"), &[]);
    assert_eq!(world.aircall(&hook, &body).await, 202);
}

/// Requests for tokens since the record was cleared.
async fn token_requests(world: &World) -> u64 {
    let count = world.hubspot(Method::GET, "requests/count", Value::Null).await;
    count["by_path"]["POST /oauth/2026-09/token"].as_u64().unwrap_or_default()
}

/// How many requests were answered with a status since the record was cleared.
async fn answered(world: &World, status: u64) -> usize {
    let all = world.hubspot(Method::GET, "requests?since=0", Value::Null).await;
    all["items"].as_array().unwrap().iter().filter(|item| item["status"] == status).count()
}

/// Lets the clock itself run: a token's life is real time.
async fn passes(time: Duration) {
    let begun = Instant::now();
    until("time passes", async || begun.elapsed() > time).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_connects_and_a_call_that_waited_is_written() {
    let world = with_app().await;
    call(&world, 1).await;
    world.record_in("aircall", "1", "waiting").await;
    let (authorize_url, cookie) = ask(&world).await;
    assert!(authorize_url.starts_with("https://app.hubspot.com/oauth/authorize?"), "{authorize_url}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/oauth/hubspot/callback", "Max-Age=600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain HTTP: {cookie}");
    let back = answer(&world.http, &world.sandbox.hubspot_url(), &authorize_url, "connect").await;
    assert!(back.starts_with(&format!("{}/oauth/hubspot/callback?code=", world.server.address())), "{back}");
    let (status, page) = come_back(&world, &back, &cookie).await;
    assert!(status == 200 && page.contains("HubSpot is connected"), "{status} {page}");
    let connection = world.get("connections/hubspot").await;
    assert_eq!((&connection["status"], connection["portal_id"].is_string()), (&json!("connected"), true));
    assert!(!connection.to_string().contains("na1-"), "{connection}");
    world.settled(1).await;
    assert_eq!(world.objects("calls").await.len(), 1);
    assert!(!world.get("outcomes").await["items"].as_array().unwrap().is_empty(), "live lists use it, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_good_once_and_for_the_browser_that_asked() {
    let world = with_app().await;
    let (authorize_url, cookie) = ask(&world).await;
    let (_, other) = ask(&world).await;
    let back = answer(&world.http, &world.sandbox.hubspot_url(), &authorize_url, "connect").await;
    let made_up = back.replace("state=", "state=%3Cscript%3E");
    for (location, cookie) in
        [(&back, other.as_str()), (&back, ""), (&back, "patchbay_grant="), (&made_up, &cookie)]
    {
        let (status, page) = come_back(&world, location, cookie).await;
        assert_eq!(status, 400);
        assert!(page.contains("Grant HubSpot access") && !page.contains("script"), "{page}");
    }
    assert_eq!(token_requests(&world).await, 0);
    assert_eq!(world.status("hubspot").await, "disconnected");
    assert_eq!(come_back(&world, &back, &cookie).await.0, 200);
    assert_eq!(come_back(&world, &back, &cookie).await.0, 400, "a second time");
    assert_eq!(world.status("hubspot").await, "connected");
    assert_eq!(token_requests(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_no_is_told_and_nothing_is_connected() {
    let world = with_app().await;
    let (authorize_url, cookie) = ask(&world).await;
    let back = answer(&world.http, &world.sandbox.hubspot_url(), &authorize_url, "deny").await;
    let (status, page) = come_back(&world, &back, &cookie).await;
    assert!(status == 400 && page.contains("was not granted"), "{status} {page}");
    assert_eq!(world.status("hubspot").await, "disconnected");
    // A code that HubSpot does not know.
    let (authorize_url, cookie) = ask(&world).await;
    let back = answer(&world.http, &world.sandbox.hubspot_url(), &authorize_url, "connect").await;
    let (status, page) = come_back(&world, &back.replace("code=", "code=x"), &cookie).await;
    assert!(status == 400 && page.contains("again"), "{status} {page}");
    assert_eq!(world.status("hubspot").await, "disconnected");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_app_the_settings_are_named() {
    let world = World::with(&APP[..1]).await;
    let address = format!("{}/api/v1/workspaces/default/connections/hubspot/grant", world.server.address());
    let answer = world.http.post(address).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(answer.status(), 422);
    let text = answer.text().await.unwrap();
    assert!(text.contains("PATCHBAY_HUBSPOT_CLIENT_ID") && text.contains("PATCHBAY_HUBSPOT_CLIENT_SECRET"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_with_a_token_that_has_expired_ask_for_one_token() {
    let world = granted(SHORT.as_secs()).await;
    expires_in(&world, 1800).await;
    passes(SHORT).await;
    world.forget_requests().await;
    let hook = world.hook("aircall").await;
    let calls = (0..250).map(|n| ended_call(n, &format!("+1 415-556-{n:04}"), &[])).collect();
    let lists = async { tokio::join!(world.get("outcomes"), world.get("call-types"), world.get("outcomes")) };
    tokio::join!(world.aircall_at_once(&hook, calls), lists);
    world.settled(250).await;
    assert_eq!((token_requests(&world).await, answered(&world, 401).await), (1, 0));
    assert_eq!(world.objects("calls").await.len(), 250);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_before_it_expires() {
    let world = granted(6).await;
    passes(Duration::from_secs(3)).await;
    world.forget_requests().await;
    call(&world, 1).await;
    world.settled(1).await;
    assert_eq!((token_requests(&world).await, answered(&world, 401).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_fails_is_not_felt_while_the_token_lives() {
    let world = granted(16).await;
    world.fault(json!({ "match": { "path_contains": "/oauth/" }, "kind": "status", "status": 503 })).await;
    passes(Duration::from_secs(8)).await;
    call(&world, 1).await;
    world.record_in("aircall", "1", "logged").await;
    assert_eq!((world.struck().await, world.status("hubspot").await), (1, json!("connected")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_hubspot_calls_expired_is_renewed_once_and_the_call_is_written_once() {
    let world = granted(1800).await;
    let keys = world.hubspot(Method::GET, "keys", Value::Null).await;
    let items = keys["items"].as_array().or(keys.as_array()).unwrap();
    let token = items.iter().find(|key| key["oauth"] == true).unwrap()["key"].as_str().unwrap().to_owned();
    world.hubspot(Method::POST, &format!("keys/{token}/expire"), Value::Null).await;
    world.forget_requests().await;
    for id in 1..5 {
        call(&world, id).await;
    }
    world.settled(4).await;
    assert_eq!((token_requests(&world).await, answered(&world, 401).await), (1, 1));
    assert_eq!(world.objects("calls").await.len(), 4);
    assert_eq!(world.status("hubspot").await, "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_refresh_token_is_stored_and_outlives_a_power_cut() {
    let mut world = with_app().await;
    world.hubspot(Method::POST, "oauth/rotate", json!({ "on": true })).await;
    expires_in(&world, SHORT.as_secs()).await;
    grant(&world).await;
    for id in 1..4 {
        passes(SHORT).await;
        call(&world, id).await;
        world.record_in("aircall", &id.to_string(), "logged").await;
        world.server.kill();
        world.server.start_again();
    }
    assert!(token_requests(&world).await > 3);
    assert_eq!(world.objects("calls").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uninstalled_app_asks_for_attention_hammers_nobody_and_a_new_grant_writes_all_once() {
    let world = granted(1800).await;
    call(&world, 1).await;
    world.settled(1).await;
    world.hubspot(Method::POST, "oauth/uninstall", Value::Null).await;
    world.forget_requests().await;
    call(&world, 2).await;
    until("attention is asked for", async || world.status("hubspot").await == "needs_attention").await;
    let connection = world.get("connections/hubspot").await;
    assert!(connection["reason"].as_str().unwrap().contains("uninstalled"), "{connection}");
    for id in 3..30 {
        call(&world, id).await;
    }
    let record = world.record_in("aircall", "29", "waiting").await;
    assert!(record["why"].as_str().unwrap().contains("Grant access again"), "{record}");
    let asked = world.requests().await;
    assert!((1..=3).contains(&asked), "{asked} requests of an uninstalled app");

    grant(&world).await;
    world.settled(29).await;
    assert_eq!((world.objects("calls").await.len(), world.objects("contacts").await.len()), (29, 29));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_refused_while_its_token_lives_asks_for_attention() {
    let world = granted(1800).await;
    expires_in(&world, 4).await;
    grant(&world).await;
    let refusal =
        json!({ "error": "access_denied", "status": "BAD_HUB", "message": "missing or unknown hub id" });
    world.fault(json!({ "match": { "path_contains": "/oauth/" }, "kind": "status", "status": 400, "body": refusal })).await;
    passes(Duration::from_secs(2)).await;
    call(&world, 1).await;
    until("attention is asked for", async || world.status("hubspot").await == "needs_attention").await;
    world.record_in("aircall", "1", "waiting").await;
    assert_eq!(world.struck().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_client_secret_disconnects_nobody() {
    let mut world = granted(SHORT.as_secs()).await;
    let app = |secret: &str| json!({ "client_id": "sandbox-client", "client_secret": secret });
    world.hubspot(Method::POST, "apps", app("changed at HubSpot")).await;
    passes(SHORT).await;
    world.forget_requests().await;
    call(&world, 1).await;
    let record = world.record_in("aircall", "1", "waiting").await;
    assert!(record["why"].as_str().unwrap().contains("BAD_CLIENT_SECRET"), "{record}");
    for id in 2..20 {
        call(&world, id).await;
    }
    passes(Duration::from_secs(2)).await;
    assert_eq!(world.status("hubspot").await, "connected");
    assert_eq!(world.requests().await, 1, "the one for a token");
    // A grant fails, too, and leaves the connection as it is.
    let (authorize_url, cookie) = ask(&world).await;
    let back = answer(&world.http, &world.sandbox.hubspot_url(), &authorize_url, "connect").await;
    let (status, page) = come_back(&world, &back, &cookie).await;
    assert!(status == 502 && page.contains("PATCHBAY_HUBSPOT_CLIENT_SECRET"), "{status} {page}");
    assert_eq!(world.status("hubspot").await, "connected");

    // The operator mends it, and starts again.
    world.hubspot(Method::POST, "apps", app("sandbox-secret")).await;
    world.server.kill();
    world.server.start_again();
    world.post("connections/hubspot/resume", Value::Null).await;
    world.settled(19).await;
    assert_eq!(world.objects("calls").await.len(), 19);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_is_down_for_a_moment_holds_up_and_loses_nothing() {
    let world = granted(SHORT.as_secs()).await;
    let down =
        json!({ "match": { "path_contains": "/oauth/" }, "kind": "status", "status": 503, "times": 3 });
    world.fault(down).await;
    passes(SHORT).await;
    call(&world, 1).await;
    let record = world.record_in("aircall", "1", "waiting").await;
    assert!(record["why"].as_str().unwrap().contains("token"), "{record}");
    assert_eq!(world.status("hubspot").await, "connected");
    world.settled(1).await;
    assert_eq!((world.struck().await, world.objects("calls").await.len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_disconnect_a_token_that_is_due_is_not_renewed() {
    let world = granted(SHORT.as_secs()).await;
    passes(SHORT).await;
    world.delete("connections/hubspot").await;
    world.forget_requests().await;
    call(&world, 1).await;
    world.record_in("aircall", "1", "waiting").await;
    assert_eq!(world.requests().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_where_the_setting_says_and_the_token_where_the_version_says() {
    for version in ["v3", "2026-03"] {
        let page = ("PATCHBAY_HUBSPOT_AUTHORIZE_URL", "https://app-eu1.hubspot.com");
        let world = World::with(&[APP[0], APP[1], page, ("PATCHBAY_HUBSPOT_API_VERSION", version)]).await;
        let (authorize_url, _) = ask(&world).await;
        assert!(authorize_url.starts_with("https://app-eu1.hubspot.com/oauth/authorize?"), "{authorize_url}");
        grant(&world).await;
        let count = world.hubspot(Method::GET, "requests/count", Value::Null).await;
        assert_eq!(count["by_path"][format!("POST /oauth/{version}/token")], 1, "{count}");
    }
}
