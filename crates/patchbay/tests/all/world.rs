//! A sandbox and a Patchbay server for a test, both spoken to over HTTP alone.

use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use crate::{
    database::Database,
    server::{Installation, Server},
};

/// The admin token of each test server.
pub const TOKEN: &str = "test-admin-token";
/// The token in Aircall's webhooks.
pub const AIRCALL_TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// The signing secret of Calendar.com's webhooks.
pub const SIGNING_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Who notices come from.
pub const MAIL_FROM: &str = "Bookings <bookings@example.com>";

/// The outside world with a Patchbay in it.
pub struct World {
    pub sandbox: sandbox::Sandbox,
    pub server: Server,
    pub http: connectors::http::Client,
    _folder: TempDir,
    pub database: Database,
}

impl World {
    /// Starts both; connects nothing.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// Starts both, the server with further settings. In them `{smtp}` stands for the mailbox's address; where they say what
    /// to log, it goes to a file.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(Database::chosen(), settings).await
    }

    /// Starts the server beside a sandbox that runs already.
    pub fn beside(sandbox: sandbox::Sandbox, settings: &[(&str, &str)]) -> Self {
        Self::of(sandbox, Database::chosen(), settings)
    }

    /// Starts both on a database that the test has chosen.
    pub async fn on(database: Database, settings: &[(&str, &str)]) -> Self {
        let sandbox = sandbox::Sandbox::start(sandbox::Settings::default()).await.unwrap();
        Self::of(sandbox, database, settings)
    }

    fn of(sandbox: sandbox::Sandbox, database: Database, settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut environment = vec![
            ("PATCHBAY_DATABASE_URL".to_owned(), database.url()),
            ("PATCHBAY_MASTER_KEY_FILE".to_owned(), folder.path().join("patchbay.key").display().to_string()),
            ("PATCHBAY_HUBSPOT_API_URL".to_owned(), sandbox.hubspot_url()),
            ("PATCHBAY_AIRCALL_API_URL".to_owned(), sandbox.aircall_url()),
            ("PATCHBAY_CALCOM_API_URL".to_owned(), sandbox.calcom_url()),
            ("PATCHBAY_CALENDLY_API_URL".to_owned(), sandbox.calendly_url()),
            ("PATCHBAY_SMTP_URL".to_owned(), sandbox.smtp_url()),
            ("PATCHBAY_MAIL_FROM".to_owned(), MAIL_FROM.to_owned()),
        ];
        let smtp = sandbox.smtp_url().replace("smtp://", "");
        let further =
            settings.iter().map(|(name, value)| ((*name).to_owned(), value.replace("{smtp}", &smtp)));
        environment.extend(further);
        let installation = Installation { folder: folder.path().to_owned(), environment };
        let server = Server::start(&installation, "serve");
        let http = connectors::http::client().unwrap();
        Self { sandbox, server, http, database, _folder: folder }
    }

    /// Connects HubSpot, Aircall (with a given webhook token) and Calendar.com.
    pub async fn connected() -> Self {
        let world = Self::new().await;
        world.connect().await;
        world
    }

    /// Connects all three.
    pub async fn connect(&self) {
        self.put("connections/hubspot", json!({ "service_key": "pat-na1-sandbox" })).await;
        let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": AIRCALL_TOKEN });
        self.put("connections/aircall", aircall).await;
        self.put("connections/calendar", json!({ "signing_secret": SIGNING_SECRET, "plan": "pro" })).await;
    }

    /// The address of a source's hook.
    pub async fn hook(&self, source: &str) -> String {
        let connections = self.get("connections").await;
        let items = connections["items"].as_array().unwrap();
        let connection =
            items.iter().find(|item| item["source"] == source || item["system"] == source).unwrap();
        connection["hook_url"].as_str().unwrap().to_owned()
    }

    pub async fn get(&self, path: &str) -> Value {
        self.api(reqwest::Method::GET, path, None).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Value {
        self.api(reqwest::Method::PUT, path, Some(body)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.api(reqwest::Method::POST, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) {
        self.api(reqwest::Method::DELETE, path, None).await;
    }

    /// Speaks to the admin API; what is refused fails the test with the answer. What may be asked twice is, as long as the
    /// store takes nothing: on a busy machine a database may be slow to begin.
    async fn api(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let address = format!("{}/api/v1/workspaces/default/{path}", self.server.address());
        let begun = Instant::now();
        let mut again = tokio::time::interval(Duration::from_millis(500));
        loop {
            again.tick().await;
            let mut request = self.http.request(method.clone(), &address).bearer_auth(TOKEN);
            if let Some(body) = &body {
                request = request.json(body);
            }
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let text = answer.text().await.unwrap();
            if status == 503 && method.is_idempotent() && begun.elapsed() < PATIENCE {
                continue;
            }
            assert!(status.is_success(), "{method} {path}: {status} {text}");
            return serde_json::from_str(&text).unwrap_or(Value::Null);
        }
    }

    /// Gives an order to the sandbox's HubSpot.
    pub async fn hubspot(&self, method: reqwest::Method, order: &str, body: Value) -> Value {
        self.order(&self.sandbox.hubspot_url(), method, order, body).await
    }

    /// Gives an order to the sandbox's Aircall.
    pub async fn phone(&self, method: reqwest::Method, order: &str, body: Value) -> Value {
        self.order(&self.sandbox.aircall_url(), method, order, body).await
    }

    /// Gives an order to the sandbox's scheduler, which tells the hook before it answers.
    pub async fn scheduler(&self, order: &str, body: Value) -> Value {
        self.order(&self.sandbox.scheduler_url(), reqwest::Method::POST, order, body).await
    }

    /// Gives an order to the sandbox's mailbox.
    pub async fn mailbox(&self, method: reqwest::Method, order: &str, body: Value) -> Value {
        self.order(&self.sandbox.mailbox_url(), method, order, body).await
    }

    /// The mails that the sandbox's mailbox has taken.
    pub async fn mails(&self) -> Vec<Value> {
        let mails = self.mailbox(reqwest::Method::GET, "mails", Value::Null).await;
        mails["items"].as_array().unwrap().clone()
    }

    async fn order(&self, origin: &str, method: reqwest::Method, order: &str, body: Value) -> Value {
        let address = format!("{origin}/_sandbox/{order}");
        let mut request = self.http.request(method, address);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{order}: {}", answer.status());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null)
    }

    /// Puts a fault upon the sandbox's HubSpot.
    pub async fn fault(&self, fault: Value) {
        self.hubspot(reqwest::Method::POST, "faults", fault).await;
    }

    /// How often all faults put upon the sandbox's HubSpot have struck.
    pub async fn struck(&self) -> u64 {
        let faults = self.hubspot(reqwest::Method::GET, "faults", Value::Null).await;
        faults["items"].as_array().unwrap().iter().map(|fault| fault["struck"].as_u64().unwrap()).sum()
    }

    /// Lifts all faults.
    pub async fn lift_faults(&self) {
        self.hubspot(reqwest::Method::DELETE, "faults", Value::Null).await;
    }

    /// Sets a switch of the sandbox's HubSpot.
    pub async fn switch(&self, switches: Value) {
        self.hubspot(reqwest::Method::POST, "switches", switches).await;
    }

    /// The record of a source's id, if there is one.
    pub async fn record(&self, source: &str, external_id: &str) -> Option<Value> {
        let page = self.get(&format!("records?source={source}&external_id={external_id}")).await;
        page["items"].as_array().unwrap().first().cloned()
    }

    /// Waits until a record is in a state, and returns it.
    pub async fn record_in(&self, source: &str, external_id: &str, state: &str) -> Value {
        let is_in = async || {
            let record = self.record(source, external_id).await;
            record.is_some_and(|record| record["state"] == state)
        };
        until(&format!("{source} {external_id} is {state}"), is_in).await;
        self.record(source, external_id).await.unwrap()
    }

    /// The status of a connection.
    pub async fn status(&self, system: &str) -> Value {
        self.get(&format!("connections/{system}")).await["status"].clone()
    }

    /// Connects HubSpot with a service key.
    pub async fn connect_hubspot(&self, key: &str) -> Value {
        self.put("connections/hubspot", json!({ "service_key": key })).await
    }

    /// Tells the sandbox's scheduler of our hook.
    pub async fn connect_scheduler(&self) {
        let hook = json!({ "url": self.hook("calendar").await, "signing_secret": SIGNING_SECRET });
        self.scheduler("hook", hook).await;
    }

    /// Books a meeting at the sandbox's scheduler.
    pub async fn book(&self, id: &str, email: &str, start: &str, end: &str) {
        let invitee = json!({ "name": "Lin Wu", "email": email, "phone": null, "timezone": "Asia/Tokyo" });
        let booking = json!({
            "booking_id": id, "event_name": "Intro call", "start": start, "end": end, "invitee": invitee,
        });
        let told = self.scheduler("bookings", booking).await;
        assert_eq!(told["webhook"]["status"], 202, "{told}");
    }

    /// Posts a webhook of Calendar.com, signed as Standard Webhooks say; says how it was answered.
    #[expect(clippy::disallowed_methods, reason = "a signature is as old as the machine's clock says")]
    pub async fn signed(&self, hook: &str, id: &str, body: &str) -> u16 {
        let key = BASE64_STANDARD.decode(SIGNING_SECRET.trim_start_matches("whsec_")).unwrap();
        let timestamp = jiff::Timestamp::now().as_second().to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        let post = self.http.post(hook).body(body.to_owned()).header("content-type", "application/json");
        let post = post.header("webhook-id", id).header("webhook-timestamp", timestamp);
        post.header("webhook-signature", signature).send().await.unwrap().status().as_u16()
    }

    /// Posts webhooks of Aircall all at once; each is acknowledged.
    pub async fn aircall_at_once(&self, hook: &str, bodies: Vec<Value>) {
        let posts = bodies.into_iter().map(|body| {
            let (http, hook) = (self.http.clone(), hook.to_owned());
            tokio::spawn(async move {
                assert_eq!(http.post(hook).json(&body).send().await.unwrap().status(), 202);
            })
        });
        for post in posts.collect::<Vec<_>>() {
            post.await.unwrap();
        }
    }

    /// The live objects of a kind in the sandbox's HubSpot.
    pub async fn objects(&self, kind: &str) -> Vec<Value> {
        let all = self.hubspot(reqwest::Method::GET, &format!("objects/{kind}"), Value::Null).await;
        all["items"].as_array().cloned().unwrap()
    }

    /// How many requests the sandbox's HubSpot got since the last call of `forget_requests`.
    pub async fn requests(&self) -> u64 {
        let count = self.hubspot(reqwest::Method::GET, "requests/count", Value::Null).await;
        count["count"].as_u64().unwrap()
    }

    /// Clears the sandbox's record of requests.
    pub async fn forget_requests(&self) {
        self.hubspot(reqwest::Method::DELETE, "requests", Value::Null).await;
    }

    /// Posts a webhook of Aircall; says whether it was acknowledged.
    pub async fn aircall(&self, hook: &str, body: &Value) -> u16 {
        self.http.post(hook).json(body).send().await.unwrap().status().as_u16()
    }

    /// Waits until the whole store is settled: nothing waits and nothing is unread.
    pub async fn settled(&self, records: usize) {
        until("all records are written", async || {
            // First what is unread: a record that is logged now may have something unread that makes it wait.
            if self.unread().await > 0 {
                return false;
            }
            let mut logged = 0;
            let mut cursor = String::new();
            loop {
                let page = self.get(&format!("records?limit=200{cursor}")).await;
                logged +=
                    page["items"].as_array().unwrap().iter().filter(|item| item["state"] == "logged").count();
                match page["next"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            logged >= records
        })
        .await;
    }

    /// Webhooks that were acknowledged and not read yet, by the server's own gauge.
    pub async fn unread(&self) -> u64 {
        let address = format!("{}/metrics", self.server.address());
        let text = self.http.get(address).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find(|line| line.starts_with("patchbay_envelopes_unread ")).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

/// The longest that a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(2);

/// Looks again and again until it holds; fails the test if it does not come to hold.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    let mut look = tokio::time::interval(Duration::from_millis(50));
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        look.tick().await;
    }
}

/// An Aircall webhook of an answered outbound call that has ended.
pub fn ended_call(id: u64, digits: &str, tags: &[(u64, &str)]) -> Value {
    call("call.ended", 1_780_000_000 + i64::try_from(id).unwrap() * 60, id, digits, tags)
}

/// An Aircall webhook of an answered outbound call that began at `started` and took a minute.
pub fn call(event: &str, started: i64, id: u64, digits: &str, tags: &[(u64, &str)]) -> Value {
    let tags: Vec<Value> = tags
        .iter()
        .map(|(tag, name)| json!({ "id": tag, "name": name, "tagged_by": {}, "tagged_at": started + 62 }))
        .collect();
    json!({
        "resource": "call", "event": event, "timestamp": started + 90, "token": AIRCALL_TOKEN,
        "data": {
            "id": id, "direct_link": format!("https://api.aircall.io/v1/calls/{id}"), "direction": "outbound",
            "status": "done", "missed_call_reason": null, "started_at": started, "answered_at": started + 10,
            "ended_at": started + 60, "duration": 60, "cost": "0.0", "hangup_cause": null, "voicemail": null,
            "recording": null, "asset": null, "raw_digits": digits,
            "user": { "id": 1, "name": "Ada Park", "email": "ada@example.com" },
            "number": { "id": 7, "name": "Sales", "digits": "+1 415-555-0000", "country": "US" },
            "archived": false, "teams": [], "comments": [], "tags": tags,
        }
    })
}

/// The same webhook under another event, some seconds later.
pub fn after(mut body: Value, event: &str, seconds: i64) -> Value {
    body["event"] = json!(event);
    body["timestamp"] = json!(body["timestamp"].as_i64().unwrap() + seconds);
    body
}
