//! A person at the dashboard, from the first run to an app uninstalled in HubSpot, without scripts.

use std::collections::BTreeMap;

use reqwest::{Method, header};
use serde_json::Value;

use crate::{
    oauth::{APP, answer},
    world::{AIRCALL_TOKEN, SIGNING_SECRET, TOKEN, World, ended_call, until},
};

const NUMBER: &str = "+1 415-555-0101";

/// Somebody with a browser.
struct Person<'a> {
    world: &'a World,
    cookies: BTreeMap<String, String>,
    token: String,
}

impl<'a> Person<'a> {
    fn new(world: &'a World) -> Self {
        Self { world, cookies: BTreeMap::new(), token: String::new() }
    }

    /// Sends a request and follows where it leads on this server; returns the address and the page there, or the
    /// address elsewhere.
    async fn send(&mut self, method: Method, path: &str, form: &[(&str, &str)]) -> (String, String) {
        let base = self.world.server.address();
        let (mut method, mut address) = (method, format!("{base}{path}"));
        for _ in 0..5 {
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let mut request =
                self.world.http.request(method.clone(), &address).header(header::COOKIE, cookies.join("; "));
            if method == Method::POST {
                let mut fields = vec![("csrf", self.token.as_str())];
                fields.extend_from_slice(form);
                request = request.form(&fields);
            }
            let got = request.send().await.unwrap();
            for cookie in got.headers().get_all(header::SET_COOKIE) {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            let Some(next) = got.headers().get(header::LOCATION) else {
                assert_eq!(got.status(), 200, "{address}");
                let page = got.text().await.unwrap();
                if let Some(rest) = page.split("name=\"csrf\" value=\"").nth(1) {
                    rest.split('"').next().unwrap().clone_into(&mut self.token);
                }
                return (address, page);
            };
            let next = next.to_str().unwrap();
            if !next.starts_with('/') {
                return (next.to_owned(), String::new());
            }
            (method, address) = (Method::GET, format!("{base}{next}"));
        }
        panic!("{path} leads round and round");
    }

    async fn open(&mut self, path: &str) -> String {
        self.send(Method::GET, path, &[]).await.1
    }

    async fn submit(&mut self, path: &str, form: &[(&str, &str)]) -> String {
        self.send(Method::POST, path, form).await.1
    }

    /// Grants access on HubSpot's page and comes back.
    async fn grant(&mut self) -> String {
        self.open("/w/default/integrations/hubspot").await;
        let (page, _) = self.send(Method::POST, "/w/default/integrations/hubspot/grant", &[]).await;
        let back = answer(&self.world.http, &self.world.sandbox.hubspot_url(), &page, "connect").await;
        let path = back.strip_prefix(&self.world.server.address()).unwrap().to_owned();
        self.open(&path).await
    }
}

/// The value of the choice with that label.
fn choice(page: &str, label: &str) -> String {
    let before = page.split(&format!("\">{label}</option>")).next().unwrap();
    before.rsplit("value=\"").next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sets_everything_up_and_sees_what_becomes_of_it() {
    let world = World::with(&APP).await;
    let mut ada = Person::new(&world);
    assert!(ada.open("/").await.contains("Make the first admin"));
    let first = [("token", TOKEN), ("email", "ada@example.com"), ("password", "correct horse")];
    assert!(ada.submit("/first-run", &first).await.contains("Grant HubSpot access"));
    let page = ada.grant().await;
    assert!(page.contains("HubSpot is connected.") && page.contains("by ada@example.com"), "{page}");
    let aircall = [("api_id", "sandbox"), ("api_token", "sandbox"), ("webhook_token", AIRCALL_TOKEN)];
    assert!(ada.submit("/w/default/integrations/aircall/connect", &aircall).await.contains("Paris line"));
    let calendar = [("plan", "pro"), ("signing_secret", SIGNING_SECRET)];
    let page = ada.submit("/w/default/integrations/calendar/connect", &calendar).await;
    assert!(page.contains("/calendar\" readonly"), "{page}");

    let page = ada.open("/w/default/calls").await;
    let (tag, outcome) = (choice(&page, "bad call"), choice(&page, "No answer"));
    let rule = [("tag_id", tag.as_str()), ("outcome_id", outcome.as_str())];
    assert!(ada.submit("/w/default/calls/outcomes/rules", &rule).await.contains("Active"));
    let hook = world.hook("aircall").await;
    world.aircall(&hook, &ended_call(1, NUMBER, &[(tag.parse().unwrap(), "bad call")])).await;
    let record = world.record_in("aircall", "1", "logged").await;
    assert!(record["why"].as_str().unwrap().contains("bad call"), "{record}");

    world.hubspot(Method::DELETE, &format!("outcomes/{outcome}"), Value::Null).await;
    let page = ada.open("/w/default/calls").await;
    let add = page.split("<select id=\"outcomes-target\"").nth(1).unwrap().split("</select>").next().unwrap();
    assert!(!add.contains("No answer") && page.contains("still used until"), "{page}");

    world.hubspot(Method::POST, "oauth/uninstall", Value::Null).await;
    world.aircall(&hook, &ended_call(2, NUMBER, &[])).await;
    until("the uninstall is noticed", async || world.status("hubspot").await == "needs_attention").await;
    let page = ada.open("/w/default/integrations").await;
    assert!(page.contains("Needs attention") && page.contains("Grant HubSpot access"), "{page}");
    assert!(ada.grant().await.contains("HubSpot is connected."));
    world.record_in("aircall", "2", "logged").await;
    let page = ada.open("/w/default/audit").await;
    assert!(page.contains("Added the outcome rule") && page.contains("Connected HubSpot"), "{page}");
}
