//! A workbench: a router with all that it needs, and a caller of it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::Response,
};
use connectors::{
    gate::Gates,
    hubspot::{self, App, Fixed, Free, Oauth, Secret, Version},
};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Location, MasterKey, Role, Store, Token, Workspace};
use tower::ServiceExt;
use url::Url;
use uuid::Uuid;
use web::{Settings, Web};

use crate::world::World;

pub const ADMIN: &str = "admin-token";
pub const VIEWER: &str = "viewer-token";
pub const STRANGER: &str = "stranger-token";
pub const BASE: &str = "/api/v1/workspaces/default";

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    /// The first field at fault.
    pub fn field(&self) -> String {
        self.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned()
    }
}

/// A workbench.
pub struct Bench {
    pub router: Router,
    pub store: Store,
    pub world: World,
    pub gates: Arc<Gates>,
    pub default: Workspace,
    pub recorder: PrometheusRecorder,
    now: Arc<Mutex<Timestamp>>,
}

impl Bench {
    /// A router on an empty store, with three tokens: an admin's, a viewer's, and an admin's of another workspace.
    pub async fn new() -> Self {
        Self::with(None, true).await
    }

    /// The same, with an app of the operator's at HubSpot.
    pub async fn with_app() -> Self {
        let app = App {
            client_id: "an-app".to_owned(),
            client_secret: "its-secret".into(),
            redirect_uri: format!("https://hooks.example.com{}", web::CALLBACK),
            authorize_origin: Url::parse("https://app.hubspot.com").unwrap(),
        };
        Self::with(Some(app), true).await
    }

    /// Without a mail server.
    pub async fn without_mail() -> Self {
        Self::with(None, false).await
    }

    async fn with(app: Option<App>, has_mail: bool) -> Self {
        let world = World::start().await;
        let store = Store::open(Location::Memory, MasterKey::from_bytes([7; 32])).unwrap();
        let now = Arc::new(Mutex::new("2026-11-20T10:00:00Z".parse().unwrap()));
        let start = *now.lock().unwrap();
        let default = store.ensure_workspace("default", start).await.unwrap();
        let other = store.ensure_workspace("other", start).await.unwrap();
        for (n, token, role, workspace) in
            [(1, VIEWER, Role::Viewer, Some(default.id)), (2, STRANGER, Role::Admin, Some(other.id))]
        {
            let hash = Sha256::digest(token).into();
            let id = Uuid::from_u128(n);
            let token = Token { id, hash, role, workspace, name: token.to_owned(), created_at: start };
            store.add_token(token).await.unwrap();
        }
        let gates = Arc::new(Gates::default());
        let recorder = PrometheusBuilder::new().build_recorder();
        let drawn = AtomicU64::new(0);
        let web = Web {
            store: store.clone(),
            clock: Arc::new({
                let now = Arc::clone(&now);
                move || *now.lock().unwrap()
            }),
            entropy: Arc::new(move || {
                Sha256::digest(drawn.fetch_add(1, Ordering::Relaxed).to_be_bytes()).into()
            }),
            settings: Settings {
                public_url: Url::parse("https://hooks.example.com/").unwrap(),
                hubspot_origin: world.origin.clone(),
                hubspot_version: Version::V2026_09,
                aircall_origin: world.origin.clone(),
                calcom_origin: world.origin.clone(),
                calendly_origin: world.origin.clone(),
                admin_token: Some(SecretString::from(ADMIN)),
                has_mail,
                outcome_delay: SignedDuration::from_hours(1),
                list_refresh: SignedDuration::from_mins(5),
            },
            http: connectors::http::client().unwrap(),
            gates: Arc::clone(&gates),
            sign_in: Arc::new(|_, _, secret| match secret {
                Secret::Key { service_key } => Fixed::of(service_key),
                Secret::Granted(tokens) => Fixed::of(tokens.access_token),
            }),
            pacing: Arc::new(|_, _| Arc::new(Free)),
            oauth: app.map(|app| {
                let settings = hubspot::Settings { origin: world.origin.clone(), version: Version::V2026_09 };
                Oauth::new(connectors::http::client().unwrap(), settings, app)
            }),
            metrics: recorder.handle(),
        };
        Self { router: web::router(web), store, world, gates, default, recorder, now }
    }

    pub fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    pub fn pass(&self, time: SignedDuration) {
        *self.now.lock().unwrap() += time;
    }

    /// Sends a request as it is; its answer may go on.
    pub async fn open(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// Calls the API with a token, and a body unless it is null.
    pub async fn call_as(&self, token: &str, method: Method, path: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(request.body(body).unwrap()).await
    }

    /// Calls the API of the workspace as an admin.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.call_as(ADMIN, method, &format!("{BASE}{path}"), body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &Value::Null).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path, body).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &Value::Null).await
    }

    /// Connects HubSpot and Aircall.
    pub async fn connect_both(&self) {
        let hubspot = self.put("/connections/hubspot", &json!({ "service_key": "pat-na1-right" })).await;
        assert_eq!(hubspot.status, StatusCode::OK, "{}", hubspot.text);
        let aircall =
            self.put("/connections/aircall", &json!({ "api_id": "aid", "api_token": "atoken" })).await;
        assert_eq!(aircall.status, StatusCode::OK, "{}", aircall.text);
    }

    /// Connects Calendar.com; returns the path of its hook.
    pub async fn connect_calendar(&self) -> String {
        let body = json!({ "signing_secret": SECRET, "plan": "Pro" });
        path_of(&self.put("/connections/calendar", &body).await)
    }

    /// How many envelopes wait to be read.
    pub async fn unread(&self) -> u64 {
        self.store.stats().await.unwrap().unread
    }
}

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The path within the hook's address that a connection shows.
pub fn path_of(connection: &Answer) -> String {
    let json = connection.json();
    let url = json["hook_url"].as_str().unwrap_or_else(|| panic!("no hook: {json}"));
    url.strip_prefix("https://hooks.example.com").unwrap().to_owned()
}
