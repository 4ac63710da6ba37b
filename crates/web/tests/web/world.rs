//! A stand-in for HubSpot and Aircall, just enough of each to connect them and to list what they keep.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde_json::{Value, json};
use url::Url;

/// What the providers hold.
pub struct Facts {
    /// Whether they answer at all but with 503.
    pub is_down: bool,
    /// The credential that HubSpot takes.
    pub service_key: String,
    /// HubSpot's number of the account.
    pub portal: u64,
    /// Whether HubSpot lets us make unique properties.
    pub has_room: bool,
    /// HubSpot's outcomes.
    pub outcomes: Vec<(String, String)>,
    /// HubSpot's call types.
    pub call_types: Vec<(String, String)>,
    /// Aircall's tags.
    pub tags: Vec<(u64, String)>,
    /// HubSpot's owners: id and address.
    pub owners: Vec<(String, String)>,
    /// Aircall's agents: name and address.
    pub users: Vec<(String, String)>,
    /// Aircall's numbers: id and name.
    pub numbers: Vec<(u64, String)>,
    /// Whether Aircall calls the webhooks that it knows.
    pub calls_webhooks: bool,
    /// The webhooks registered with Aircall: id, address, token.
    pub webhooks: Vec<(String, String, String)>,
    /// How many requests came.
    pub requests: usize,
    webhooks_made: usize,
}

/// The stand-in, listening.
#[derive(Clone)]
pub struct World {
    facts: Arc<Mutex<Facts>>,
    /// Where it listens.
    pub origin: Url,
}

pub const CONNECTED: &str = "f240bbac-87c9-4f6e-bf70-924b57d47db7";
pub const NO_ANSWER: &str = "73a0d17f-1163-4015-bdd5-ec830791da20";
pub const BAD_CALL: u64 = 1_022_984;
pub const GOOD_CALL: u64 = 1_022_985;

impl World {
    pub async fn start() -> Self {
        let own = |list: &[(&str, &str)]| {
            list.iter().map(|(id, label)| ((*id).to_owned(), (*label).to_owned())).collect()
        };
        let facts = Facts {
            is_down: false,
            service_key: "pat-na1-right".to_owned(),
            portal: 62_515,
            has_room: true,
            outcomes: own(&[(CONNECTED, "Connected"), (NO_ANSWER, "No answer")]),
            call_types: own(&[("sales", "Sales call")]),
            tags: vec![(BAD_CALL, "bad call".to_owned()), (GOOD_CALL, "good call".to_owned())],
            owners: own(&[("11", "ada@example.com"), ("77", "grace@example.com")]),
            users: own(&[("Ada Park", "ada@example.com"), ("Lin Wu", "lin@phones.example")]),
            numbers: vec![(397_376, "New York line".to_owned()), (397_377, "Vienna line".to_owned())],
            calls_webhooks: true,
            webhooks: Vec::new(),
            requests: 0,
            webhooks_made: 0,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let world = Self { facts: Arc::new(Mutex::new(facts)), origin };
        let router = routes(&world);
        tokio::spawn(async move { axum::serve(listener, router).await });
        world
    }

    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap()
    }
}

fn routes(world: &World) -> Router {
    Router::new()
        .route("/account-info/{version}/details", get(account))
        .route("/crm/owners/{version}", get(owners))
        .route("/calling/v1/dispositions", get(outcomes))
        .route("/crm/properties/{version}/{object}", get(properties).post(make_property))
        .route(
            "/crm/properties/{version}/{object}/groups",
            post(|| async { (StatusCode::CREATED, Json(json!({}))) }),
        )
        .route("/crm/properties/{version}/{object}/{name}", get(property))
        .route("/v1/ping", get(|| async { Json(json!({ "ping": "pong" })) }))
        .route("/v1/tags", get(tags))
        .route("/v1/numbers", get(numbers))
        .route("/v2/users", get(users))
        .route("/v1/webhooks", get(webhooks).post(make_webhook))
        .route("/v1/webhooks/{id}", put(change_webhook).delete(remove_webhook))
        .layer(middleware::from_fn_with_state(world.clone(), gate))
        .with_state(world.clone())
}

/// Counts, and turns away as each provider does.
async fn gate(State(world): State<World>, request: Request, next: Next) -> Response {
    let refusal = {
        let mut facts = world.facts();
        facts.requests += 1;
        let credential = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let is_aircall = ["/v1/", "/v2/"].iter().any(|start| request.uri().path().starts_with(start));
        // `aid:atoken`
        let right = if is_aircall {
            "Basic YWlkOmF0b2tlbg==".to_owned()
        } else {
            format!("Bearer {}", facts.service_key)
        };
        match (facts.is_down, credential == Some(right.as_str()), is_aircall) {
            (true, ..) => Some(StatusCode::SERVICE_UNAVAILABLE),
            (false, true, _) => None,
            (false, false, true) => Some(StatusCode::FORBIDDEN),
            (false, false, false) => Some(StatusCode::UNAUTHORIZED),
        }
    };
    match refusal {
        Some(status) => (status, Json(json!({ "message": "turned away" }))).into_response(),
        None => next.run(request).await,
    }
}

async fn account(State(world): State<World>) -> Json<Value> {
    Json(
        json!({ "portalId": world.facts().portal, "timeZone": "Europe/Vienna", "uiDomain": "app.hubspot.com" }),
    )
}

async fn outcomes(State(world): State<World>) -> Json<Value> {
    let facts = world.facts();
    Json(
        facts
            .outcomes
            .iter()
            .map(|(id, label)| json!({ "id": id, "label": label, "deleted": false }))
            .collect(),
    )
}

async fn property(
    State(world): State<World>,
    Path((_, _, name)): Path<(String, String, String)>,
) -> (StatusCode, Json<Value>) {
    if name != "hs_activity_type" {
        return (StatusCode::NOT_FOUND, Json(json!({ "message": "no such property" })));
    }
    let facts = world.facts();
    let options: Vec<Value> =
        facts.call_types.iter().map(|(value, label)| json!({ "value": value, "label": label })).collect();
    (StatusCode::OK, Json(json!({ "name": name, "options": options })))
}

async fn properties() -> Json<Value> {
    let one = |name: &str| {
        let is_read_only = name.starts_with("hs_");
        json!({ "name": name, "type": "string", "modificationMetadata": { "readOnlyValue": is_read_only } })
    };
    let listed = ["email", "hubspot_owner_id", "company_size", "jobtitle", "hs_analytics_source"].map(one);
    Json(json!({ "results": listed }))
}

async fn make_property(State(world): State<World>, Json(asked): Json<Value>) -> (StatusCode, Json<Value>) {
    if !world.facts().has_room {
        return (StatusCode::BAD_REQUEST, Json(json!({ "message": "no more unique properties" })));
    }
    (StatusCode::CREATED, Json(asked))
}

async fn tags(State(world): State<World>) -> Json<Value> {
    let facts = world.facts();
    let tags: Vec<Value> = facts.tags.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    Json(json!({ "tags": tags, "meta": { "total": tags.len() } }))
}

async fn owners(State(world): State<World>, uri: Uri) -> Json<Value> {
    if uri.query().unwrap_or_default().contains("archived=true") {
        return Json(json!({ "results": [{ "id": "78", "archived": true }] }));
    }
    let facts = world.facts();
    let owners: Vec<Value> = facts
        .owners
        .iter()
        .map(|(id, email)| json!({ "id": id, "email": email, "type": "PERSON", "archived": false }))
        .collect();
    Json(json!({ "results": owners }))
}

async fn users(State(world): State<World>) -> Json<Value> {
    let facts = world.facts();
    let users: Vec<Value> = (1..)
        .zip(&facts.users)
        .map(|(id, (name, email))| json!({ "id": id, "name": name, "email": email }))
        .collect();
    Json(json!({ "users": users, "meta": { "total": users.len() } }))
}

async fn numbers(State(world): State<World>) -> Json<Value> {
    let facts = world.facts();
    let numbers: Vec<Value> =
        facts.numbers.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    Json(json!({ "numbers": numbers, "meta": { "total": numbers.len() } }))
}

fn webhook((id, url, token): &(String, String, String), active: bool) -> Value {
    json!({ "webhook_id": id, "url": url, "token": token, "active": active, "events": [] })
}

async fn webhooks(State(world): State<World>) -> Json<Value> {
    let facts = world.facts();
    let webhooks: Vec<Value> = facts.webhooks.iter().map(|one| webhook(one, facts.calls_webhooks)).collect();
    Json(json!({ "webhooks": webhooks, "meta": { "total": webhooks.len() } }))
}

async fn make_webhook(State(world): State<World>, Json(asked): Json<Value>) -> (StatusCode, Json<Value>) {
    let mut facts = world.facts();
    facts.webhooks_made += 1;
    let made = facts.webhooks_made;
    let made = (format!("wh-{made}"), asked["url"].as_str().unwrap().to_owned(), format!("token-{made}"));
    let answer = json!({ "webhook": webhook(&made, true) });
    facts.webhooks.push(made);
    (StatusCode::CREATED, Json(answer))
}

async fn change_webhook(State(world): State<World>, Path(id): Path<String>) -> Json<Value> {
    let facts = world.facts();
    let known = facts.webhooks.iter().find(|(known, ..)| *known == id).unwrap();
    Json(json!({ "webhook": webhook(known, true) }))
}

async fn remove_webhook(State(world): State<World>, Path(id): Path<String>) -> StatusCode {
    world.facts().webhooks.retain(|(known, ..)| *known != id);
    StatusCode::NO_CONTENT
}
