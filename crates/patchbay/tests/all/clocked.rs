//! An installation in this process, beside a sandbox: what days change is tried by moving its clock.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use connectors::{gate::Gates, hubspot::Version};
use hmac::{Hmac, Mac};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Location, MasterKey, Store};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use url::Url;
use uuid::Uuid;

use crate::world::{AIRCALL_TOKEN, SIGNING_SECRET, TOKEN, until};

/// The machine's clock, set ahead: time goes on by itself, since budgets wait for it.
#[derive(Clone, Default)]
struct Ahead(Arc<Mutex<SignedDuration>>);

impl Ahead {
    fn now(&self) -> Timestamp {
        Self::steady() + *self.0.lock().unwrap()
    }

    /// What a clock shows that is not set with the machine's.
    #[expect(clippy::disallowed_methods, reason = "what is ahead begins now")]
    fn steady() -> Timestamp {
        Timestamp::now()
    }
}

/// An installation with its outside world.
pub struct Clocked {
    sandbox: sandbox::Sandbox,
    folder: TempDir,
    clock: Ahead,
    http: connectors::http::Client,
    running: Running,
}

/// What ends with a stop.
struct Running {
    store: Store,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    engine: JoinHandle<()>,
    server: JoinHandle<()>,
}

impl Clocked {
    /// Starts both; connects nothing.
    pub async fn new() -> Self {
        let sandbox = sandbox::Sandbox::start(sandbox::Settings::default()).await.unwrap();
        let folder = TempDir::new().unwrap();
        let clock = Ahead::default();
        let running = start(&sandbox, &folder, &clock).await;
        Self { sandbox, folder, clock, http: connectors::http::client().unwrap(), running }
    }

    /// Starts both and connects all three.
    pub async fn connected() -> Self {
        let clocked = Self::new().await;
        clocked.connect().await;
        clocked
    }

    /// Connects HubSpot, Aircall and Calendar.com.
    pub async fn connect(&self) {
        self.put("connections/hubspot", json!({ "service_key": "pat-na1-sandbox" })).await;
        let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": AIRCALL_TOKEN });
        self.put("connections/aircall", aircall).await;
        self.put("connections/calendar", json!({ "signing_secret": SIGNING_SECRET, "plan": "pro" })).await;
    }

    /// What its clock says.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets days pass while it is stopped, and starts it again.
    pub async fn sleep_for_days(&mut self, days: i64) {
        self.restart_ahead(SignedDuration::from_hours(24 * days)).await;
    }

    /// Stops it, sets the machine's clock forward, and starts it again.
    pub async fn restart_ahead(&mut self, by: SignedDuration) {
        self.running.stop.send_replace(true);
        (&mut self.running.engine).await.unwrap();
        (&mut self.running.server).await.unwrap();
        self.running.store.close().await;
        *self.clock.0.lock().unwrap() += by;
        self.running = start(&self.sandbox, &self.folder, &self.clock).await;
    }

    pub async fn get(&self, path: &str) -> Value {
        self.api(Method::GET, path, Value::Null).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Value {
        self.api(Method::PUT, path, body).await
    }

    async fn api(&self, method: Method, path: &str, body: Value) -> Value {
        let address = format!("http://{}/api/v1/workspaces/default/{path}", self.running.address);
        let request = self.http.request(method, &address).bearer_auth(TOKEN);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Gives an order to the sandbox's HubSpot.
    pub async fn hubspot(&self, method: Method, order: &str, body: Value) -> Value {
        let address = format!("{}/_sandbox/{order}", self.sandbox.hubspot_url());
        let request = self.http.request(method, address);
        let request = if body.is_null() { request } else { request.json(&body) };
        request.send().await.unwrap().json().await.unwrap_or_default()
    }

    /// The live objects of a kind in the sandbox's HubSpot.
    pub async fn objects(&self, kind: &str) -> Vec<Value> {
        let all = self.hubspot(Method::GET, &format!("objects/{kind}"), Value::Null).await;
        all["items"].as_array().unwrap().clone()
    }

    /// Posts a webhook of Aircall; it is acknowledged.
    pub async fn aircall(&self, body: &Value) {
        let answer = self.http.post(self.hook("aircall").await).json(body).send().await.unwrap();
        assert_eq!(answer.status(), 202);
    }

    /// Posts a webhook of Calendar.com, signed now; it is acknowledged.
    pub async fn calendar(&self, id: &str, body: &Value) {
        let body = body.to_string();
        let key = BASE64_STANDARD.decode(SIGNING_SECRET.trim_start_matches("whsec_")).unwrap();
        let timestamp = self.now().as_second();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        let post = self.http.post(self.hook("calendar").await).header("content-type", "application/json");
        let post = post.header("webhook-id", id).header("webhook-timestamp", timestamp.to_string());
        let answer = post.header("webhook-signature", signature).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 202);
    }

    async fn hook(&self, source: &str) -> String {
        self.get(&format!("connections/{source}")).await["hook_url"].as_str().unwrap().to_owned()
    }

    /// The record of a source's id, if there is one.
    pub async fn record(&self, source: &str, external_id: &str) -> Option<Value> {
        let page = self.get(&format!("records?source={source}&external_id={external_id}")).await;
        page["items"].as_array().unwrap().first().cloned()
    }

    /// Waits until all webhooks were read and what came of them is written.
    pub async fn settled(&self) {
        until("all is written", async || {
            let unread = self.running.store.stats().await.unwrap().unread;
            let waiting = self.get("records?state=waiting").await;
            unread == 0 && waiting["items"].as_array().unwrap().is_empty()
        })
        .await;
    }
}

async fn start(sandbox: &sandbox::Sandbox, folder: &TempDir, clock: &Ahead) -> Running {
    let clock: engine::Clock = Arc::new({
        let clock = clock.clone();
        move || clock.now()
    });
    let location = Location::File(folder.path().join("patchbay.db"));
    let store = Store::open(location, MasterKey::from_bytes([7; 32])).unwrap();
    store.ensure_workspace("default", clock()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, mut stopped) = watch::channel(false);
    let http = connectors::http::client().unwrap();
    let gates = Arc::new(Gates::default());
    let tokens = engine::Tokens::new(store.clone(), Arc::clone(&clock), None, Uuid::from_u128(1));
    let meters = engine::Meters::new(store.clone(), Arc::clone(&clock), Ahead::steady());
    let url = |text: String| Url::parse(&text).unwrap();
    let settings = engine::Settings {
        hubspot_origin: url(sandbox.hubspot_url()),
        hubspot_version: Version::V2026_09,
        aircall_origin: url(sandbox.aircall_url()),
        calendly_origin: url(sandbox.calendly_url()),
        outcome_delay: SignedDuration::from_hours(1),
        list_refresh: SignedDuration::from_mins(5),
    };
    let web = web::Web {
        store: store.clone(),
        clock: Arc::clone(&clock),
        entropy: Arc::new(|| Sha256::digest(Uuid::new_v4()).into()),
        settings: web::Settings {
            public_url: url(format!("http://{address}")),
            hubspot_origin: settings.hubspot_origin.clone(),
            hubspot_version: settings.hubspot_version,
            aircall_origin: settings.aircall_origin.clone(),
            calcom_origin: url(sandbox.calcom_url()),
            calendly_origin: settings.calendly_origin.clone(),
            admin_token: Some(SecretString::from(TOKEN)),
            has_mail: false,
            outcome_delay: settings.outcome_delay,
            list_refresh: settings.list_refresh,
        },
        http: http.clone(),
        gates: Arc::clone(&gates),
        sign_in: tokens.sign_in(),
        pacing: meters.pacing(),
        oauth: None,
        metrics: PrometheusBuilder::new().build_recorder().handle(),
    };
    let node =
        engine::Node::join(store.clone(), clock, gates, Uuid::new_v4(), "test".to_owned()).await.unwrap();
    let engine = engine::Engine::new(node, http, tokens, meters, settings);
    let engine = tokio::spawn(engine.run(stopped.clone()));
    let router = web::router(web).into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move {
        let stop = async move { drop(stopped.wait_for(|stop| *stop).await) };
        axum::serve(listener, router).with_graceful_shutdown(stop).await.unwrap();
    });
    Running { store, address, stop, engine, server }
}
