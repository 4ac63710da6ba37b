//! One life of the product: store, engine and router as the binary wires them, with the simulation's clock and network.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request},
};
use connectors::{
    gate::Gates,
    http::{Carrier, Client},
    hubspot::Version,
};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Location, MasterKey, Pause, Store};
use tokio::sync::watch;
use tower::ServiceExt;
use url::Url;
use uuid::Uuid;

use super::{
    network::{AIRCALL, HUBSPOT, Wire},
    office::Office,
    post::{Letter, signed},
    story::{NO_ANSWER, TAG},
    world::World,
};
use crate::world::{SIGNING_SECRET, TOKEN};

const PUBLIC_URL: &str = "https://hooks.example.com";

/// A client; made once, as reading the system's certificates takes longer than a whole seed's storm.
fn client() -> Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| connectors::http::client().unwrap()).clone()
}

/// The disk's time around a commit.
fn pause(world: &Arc<World>) -> Pause {
    let world = Arc::clone(world);
    Arc::new(move || {
        let world = Arc::clone(&world);
        Box::pin(async move { world.disk().await })
    })
}

/// Randomness that is another in each life and the same in each run.
fn entropy(life: u64) -> Arc<dyn Fn() -> [u8; 32] + Send + Sync> {
    let drawn = AtomicU64::new(life << 32);
    Arc::new(move || Sha256::digest(drawn.fetch_add(1, Ordering::Relaxed).to_be_bytes()).into())
}

/// The product, running. Cheap to clone.
#[derive(Clone)]
pub struct Node {
    router: Router,
    pub store: Store,
    /// The engine runs as long as somebody could ask it to stop.
    _stop: watch::Sender<bool>,
}

impl Node {
    /// Starts on the database in a folder.
    pub async fn start(world: &Arc<World>, folder: &Path) -> Self {
        let location = Location::File(folder.join("patchbay.db"));
        let store = Store::open_in_steps(&location, MasterKey::from_bytes([7; 32]), pause(world)).unwrap();
        let clock: engine::Clock = Arc::new({
            let world = Arc::clone(world);
            move || world.clock.told()
        });
        for office in &world.offices {
            store.ensure_workspace(office.name, clock()).await.unwrap();
        }
        let url = |origin: &str| Url::parse(origin).unwrap();
        let carrier: Arc<dyn Carrier> = Arc::new(Wire(Arc::clone(world)));
        let http = client().carried_by(carrier);
        let gates = Arc::new(Gates::default());
        let life = world.new_life();
        let id = Uuid::from_u128(life.into());
        let tokens = engine::Tokens::new(store.clone(), Arc::clone(&clock), None, id);
        let meters = engine::Meters::new(store.clone(), Arc::clone(&clock), world.clock.now());
        let (outcome_delay, list_refresh) = (SignedDuration::from_hours(1), SignedDuration::from_mins(5));
        let name = format!("life {life}");
        let joined = engine::Node::join(store.clone(), Arc::clone(&clock), Arc::clone(&gates), id, name)
            .await
            .unwrap();
        let engine = engine::Engine::new(
            joined,
            http.clone(),
            tokens.clone(),
            meters.clone(),
            engine::Settings {
                hubspot_origin: url(HUBSPOT),
                hubspot_version: Version::V2026_09,
                aircall_origin: url(AIRCALL),
                calendly_origin: url("http://calendly.test"),
                outcome_delay,
                list_refresh,
            },
        );
        let entropy = entropy(life);
        let router = web::router(web::Web {
            store: store.clone(),
            clock,
            entropy,
            settings: web::Settings {
                public_url: url(PUBLIC_URL),
                hubspot_origin: url(HUBSPOT),
                hubspot_version: Version::V2026_09,
                aircall_origin: url(AIRCALL),
                calcom_origin: url("http://calcom.test"),
                calendly_origin: url("http://calendly.test"),
                admin_token: Some(SecretString::from(TOKEN)),
                has_mail: false,
                outcome_delay,
                list_refresh,
            },
            http,
            gates,
            sign_in: tokens.sign_in(),
            pacing: meters.pacing(),
            oauth: None,
            metrics: PrometheusBuilder::new().build_recorder().handle(),
        });
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(engine.run(stopped));
        Self { router, store, _stop: stop }
    }

    /// Connects an office to its HubSpot and its sources, and sets it up; returns the paths of its hooks.
    pub async fn connect(
        &self,
        office: &Office,
        tag: &str,
        on_reschedule: &str,
    ) -> Vec<(&'static str, String)> {
        self.connect_hubspot(office).await;
        let aircall =
            json!({"api_id": "sandbox", "api_token": "sandbox", "webhook_token": office.aircall_token});
        let aircall = self.api(office, Method::PUT, "connections/aircall", &aircall).await;
        let calendar = json!({"signing_secret": SIGNING_SECRET, "plan": "pro"});
        let calendar = self.api(office, Method::PUT, "connections/calendar", &calendar).await;
        self.api(office, Method::PUT, "settings/meetings", &json!({"on_reschedule": on_reschedule})).await;
        let rule = json!({"tag_id": tag, "outcome_id": NO_ANSWER});
        let rule = self.api(office, Method::POST, "outcome-rules", &rule).await;
        assert_eq!(rule["state"], "active", "the rule of {TAG}: {rule}");
        let path = |connection: &Value| {
            let address = connection["hook_url"].as_str().unwrap();
            address.strip_prefix(PUBLIC_URL).unwrap().to_owned()
        };
        vec![("aircall", path(&aircall)), ("calendar", path(&calendar))]
    }

    pub async fn connect_hubspot(&self, office: &Office) {
        let key = json!({"service_key": office.service_key});
        self.api(office, Method::PUT, "connections/hubspot", &key).await;
    }

    /// How many webhooks each record of an office tells of: by event and call, of the scheduler in all.
    pub async fn received(&self, office: &Office) -> BTreeMap<String, usize> {
        let mut received = BTreeMap::new();
        let records = self.api(office, Method::GET, "records?limit=200", &Value::Null).await;
        assert!(records["next"].is_null(), "more records than are looked at");
        for record in records["items"].as_array().unwrap() {
            let path = format!("records/{}", record["id"].as_str().unwrap());
            let record = self.api(office, Method::GET, &path, &Value::Null).await;
            for moment in record["timeline"].as_array().unwrap() {
                let text = moment["text"].as_str().unwrap();
                let Some((_, event)) = text.split_once(" sent ").filter(|_| moment["what"] == "received")
                else {
                    continue;
                };
                // What follows in brackets says what became of it.
                let event = event.split(" (").next().unwrap().trim_end_matches('.');
                let webhook = match (record["source"].as_str(), record["external_id"].as_str()) {
                    (Some("aircall"), Some(call)) => format!("{event} of {call}"),
                    (source, _) => source.unwrap().to_owned(),
                };
                *received.entry(webhook).or_default() += 1;
            }
        }
        received
    }

    /// Reads again all that ever came to an office.
    pub async fn replay(&self, office: &Office) {
        let span = json!({"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"});
        self.api(office, Method::POST, "replay", &span).await;
    }

    /// Posts a webhook to a hook; returns the status of its answer.
    pub async fn post(&self, hook: &str, letter: &Letter, now: Timestamp) -> u16 {
        let mut request = Request::post(hook).header("content-type", "application/json");
        if letter.source == "calendar" {
            for (name, value) in signed(&letter.id, &letter.body, now) {
                request = request.header(name, value);
            }
        }
        let request = request.body(Body::from(letter.body.clone())).unwrap();
        self.router.clone().oneshot(request).await.unwrap().status().as_u16()
    }

    /// Calls the admin API; what is refused fails the simulation.
    async fn api(&self, office: &Office, method: Method, path: &str, body: &Value) -> Value {
        let uri = format!("/api/v1/workspaces/{}/{path}", office.name);
        let request = Request::builder()
            .method(method.clone())
            .uri(&uri)
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let answer = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        assert!(status.is_success(), "{method} {uri}: {status} {}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}
