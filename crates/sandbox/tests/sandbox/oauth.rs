//! HubSpot's OAuth and its webhooks: consent, refresh, uninstall, a contact deleted.

use serde_json::{Value, json};

use crate::world::{self, World};

async fn token(world: &World, fields: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/oauth/2026-09/token", world.sandbox.hubspot_url());
    let app = [("client_id", "sandbox-client"), ("client_secret", "sandbox-secret")];
    let form: Vec<(&str, &str)> = fields.iter().chain(&app).copied().collect();
    world.send(world.client.post(url).form(&form)).await
}

/// Consents as an admin would and returns the code.
async fn consent(world: &World) -> String {
    let url = format!("{}/oauth/authorize", world.sandbox.hubspot_url());
    let form = [
        ("client_id", "sandbox-client"),
        ("redirect_uri", "http://localhost/back"),
        ("scope", "oauth crm.objects.contacts.read"),
        ("state", "s1"),
        ("choice", "connect"),
    ];
    let answer = world.client.post(url).form(&form).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("http://localhost/back?code=") && location.ends_with("&state=s1"));
    location.replace("http://localhost/back?code=", "").replace("&state=s1", "")
}

#[tokio::test]
async fn a_code_works_once_and_an_uninstalled_app_cannot_refresh() {
    let world = world::start().await;
    let code = consent(&world).await;
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "http://localhost/back"),
    ];
    let (status, tokens) = token(&world, &grant).await;
    assert_eq!((status, tokens["expires_in"].as_i64()), (200, Some(1800)));
    assert_eq!(token(&world, &grant).await.1["status"], "BAD_AUTH_CODE");
    let url = format!("{}/account-info/2026-09/details", world.sandbox.hubspot_url());
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(world.send(world.client.get(&url).bearer_auth(access)).await.0, 200);
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    assert_eq!(token(&world, &refresh).await.0, 200);
    world.order("oauth/uninstall", json!({})).await;
    let (status, refused) = token(&world, &refresh).await;
    assert_eq!((status, refused["status"].as_str()), (400, Some("BAD_REFRESH_TOKEN")));
    assert_eq!(refused["error"], "invalid_grant");
}

#[tokio::test]
async fn a_deleted_contact_is_told_under_a_signature() {
    let world = world::start().await;
    let hook = world.inbox().await;
    world.order("hook", json!({"url": hook, "client_secret": "s"})).await;
    let id = world.contact(json!({"email": "a@example.net"})).await;
    let path = format!("/crm/objects/2026-09/contacts/{id}");
    assert_eq!(world.crm("DELETE", &path, Value::Null).await.0, 204);
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let received = world.received().await;
    assert_eq!(received[0][0]["subscriptionType"], "contact.deletion");
    assert_eq!(received[0][0]["objectId"].to_string(), id);
    assert_eq!(received[0][0]["changeSource"], "INTEGRATION");
}
